"""The Ali-CCP layout: features of samples and of viewers meet in one row, and flaws are counted."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from adlab.data import ali_ccp
from adlab.data.ali_ccp import ali_ccp_fields, convert_ali_ccp
from adlab.data.feature_schema import FeatureSchema
from adlab.data.parquet_rows import ParquetRows
from adlab.errors import ConfigError, DataUnavailableError


def features(*triples: tuple[str, str]) -> str:
    return "\x01".join(f"{name}\x02{value}\x031.0" for name, value in triples)


COMMON = {
    "k1": features(("101", "31319"), ("122", "3864"), ("109_14", "4525"), ("109_14", "4599")),
    "k2": features(("101", "77"), ("122", "3865")),
}
SAMPLES = [
    ("1", "0", "0", "k1", features(("301", "9"), ("205", "501"), ("210", "80"), ("210", "81"))),
    ("2", "1", "1", "k2", features(("205", "502"), ("301", "9"), ("205", "503"))),
    ("3", "0", "1", "k1", features(("205", "501"))),
    ("4", "1", "0", "k9", features(("205", "501"))),
]


def written(
    folder: Path, samples: list[tuple[str, ...]] = SAMPLES, common: dict[str, str] = COMMON
) -> tuple[Path, Path]:
    skeleton, shared = folder / "sample_skeleton_train.csv", folder / "common_features_train.csv"
    rows = [",".join([*row[:4], str(row[4].count("\x01") + 1), row[4]]) for row in samples]
    skeleton.write_text("\n".join(rows) + "\n")
    shared.write_text("".join(f"{key},{text.count(chr(1)) + 1},{text}\n" for key, text in COMMON.items()))
    return skeleton, shared


FIELDS = ("101", "122", "205", "210", "301", "109_14", "702")


def test_a_row_has_the_features_of_its_sample_and_of_its_viewer(tmp_path):
    report = convert_ali_ccp(*written(tmp_path), tmp_path / "train.parquet", fields=FIELDS)
    rows = pq.read_table(tmp_path / "train.parquet").to_pydict()
    assert rows["101"] == ["31319", "77", None]
    assert rows["122"] == ["3864", "3865", None]
    assert rows["205"] == ["501", "502", "501"]  # of two, the first
    assert rows["301"] == ["9", "9", None]
    assert rows["210"] == [["80", "81"], None, None]
    assert rows["109_14"] == [["4525", "4599"], None, None]
    assert rows["702"] == [None, None, None]
    assert (rows["click"], rows["conversion"]) == ([0, 1, 1], [0, 1, 0])
    assert (report.rows, report.clicks, report.conversions) == (3, 2, 1)
    assert (report.without_click, report.without_common) == (1, 1)


def test_the_converted_log_can_be_fitted_and_encoded(tmp_path):
    convert_ali_ccp(*written(tmp_path), tmp_path / "train.parquet", fields=FIELDS)
    specs = ali_ccp_fields(FIELDS, min_count=1)
    schema = FeatureSchema.fit(specs, ParquetRows([tmp_path / "train.parquet"]).tables(), ad="205")
    batch = schema.encode(pq.read_table(tmp_path / "train.parquet"), {"502": 0, "501": 1})
    assert batch.ad.tolist() == [1, 0, 1]
    assert batch.bags["109_14"].offsets.tolist() == [0, 2, 2, 2]
    assert batch.sparse[:, 0].tolist() == [2, 3, 0]


def test_pieces_of_a_long_file_give_the_same_rows(tmp_path, monkeypatch):
    samples = [(str(i), "1", "0", f"k{i % 2 + 1}", features(("205", str(i)), ("301", "9"))) for i in range(300)]
    skeleton, common = written(tmp_path, samples)
    convert_ali_ccp(skeleton, common, tmp_path / "whole.parquet", fields=FIELDS)
    monkeypatch.setattr(ali_ccp, "_BLOCK", 1 << 10)
    convert_ali_ccp(skeleton, common, tmp_path / "pieces.parquet", fields=FIELDS)
    whole, pieces = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("whole", "pieces"))
    assert pieces.equals(whole)
    assert whole["205"].to_pylist() == [str(i) for i in range(300)]
    assert pq.ParquetFile(tmp_path / "pieces.parquet").num_row_groups > 1


def test_another_layout_is_refused_and_nothing_is_left_behind(tmp_path):
    out = tmp_path / "out" / "train.parquet"
    skeleton, common = written(tmp_path, [("1", "0", "0", "k1", "205:501")])
    with pytest.raises(DataUnavailableError, match="'205:501', not as field, id and value"):
        convert_ali_ccp(skeleton, common, out)
    assert list(out.parent.iterdir()) == []
    with pytest.raises(DataUnavailableError, match="cannot be read"):
        convert_ali_ccp(tmp_path / "none.csv", common, out)
    skeleton.write_text("1,0\n")
    with pytest.raises(DataUnavailableError, match="cannot be read"):
        convert_ali_ccp(skeleton, common, out)
    common.write_text(common.read_text() * 2)
    with pytest.raises(DataUnavailableError, match="has a key twice"):
        convert_ali_ccp(skeleton, common, out)
    with pytest.raises(ConfigError, match="name each once"):
        convert_ali_ccp(skeleton, common, out, fields=("101", "101"))
