"""A user's log that does not fit into memory: read as in memory, piece by piece, and trained on from disk."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from helpers.ad_logs import own_table
from helpers.pictures import picture
from helpers.tiny_models import CONVERSION

from adlab.checkpoints.funnel import MODES, load_funnel
from adlab.data import large_log, parquet_rows
from adlab.data.funnel_batch import FunnelBatch, joined
from adlab.data.funnel_stream import Batching, FunnelSource
from adlab.data.large_log import is_large
from adlab.errors import TableError, UnknownNameError
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_networks import build_funnel
from adlab.training import funnel_own
from adlab.training.funnel import train_funnel
from adlab.training.funnel_ads import MODE_SHARES, AdLog
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_loop import FunnelLoop
from adlab.training.funnel_members import FunnelTrain
from adlab.training.funnel_on_disk import StreamedAds
from adlab.training.funnel_own import own_ad_log

FAST = FunnelTraining(epochs=3, batch_size=64, learning_rate=0.01, contrast=Contrast(), precision="float32")


@pytest.fixture(autouse=True)
def small(monkeypatch, tmp_path_factory):
    """Logs of more than a hundred rows are large, and come in pieces of a few rows."""
    monkeypatch.setattr(large_log, "MOST_IN_MEMORY", 100)
    monkeypatch.setattr(parquet_rows, "PIECE_ROWS", 37)
    monkeypatch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))


def further(ads: int = 120) -> pd.DataFrame:
    """Further columns of every role, an empty one, and counts that are missing in some rows."""
    table, rng = own_table(ads), np.random.default_rng(1)
    rows = len(table)
    counts = ["impressions", "clicks", "conversions"]
    table[counts] = table[counts].astype("Int64")
    table.loc[[5, 300], "clicks"] = pd.NA
    tags = [list(rng.choice(["a", "b", "c"], int(rng.integers(0, 3)), replace=False)) for _ in range(rows)]
    return table.assign(device=rng.choice(["phone", "desk"], rows), bid=rng.random(rows), tags=tags, brand="", month=7)


ROLES = {"device": "sparse", "bid": "dense", "tags": "multi"}


def both(path: Path, monkeypatch: pytest.MonkeyPatch, **options: object) -> tuple[AdLog, AdLog]:
    """The log from disk, and the same in memory."""
    streamed = own_ad_log(path, **options)
    with monkeypatch.context() as patch:
        patch.setattr(large_log, "MOST_IN_MEMORY", 10**9)
        whole = own_ad_log(path, **options)
    assert whole.large is None
    assert streamed.large is not None
    return streamed, whole


def trained(log: AdLog, rows: FunnelBatch | FunnelSource) -> dict[str, torch.Tensor]:
    schema = log.schema()
    torch.manual_seed(0)
    network = build_funnel(ESMMConfig(fields=schema.sizes, embedding_dim=4, tower_dims=(8,)))
    loop = FunnelLoop(network, FAST, rows, seed=3)
    loop.run()
    return loop.task.state_dict()


def test_a_log_from_disk_is_the_log_in_memory(tmp_path, monkeypatch):
    further().to_parquet(tmp_path / "log.parquet", row_group_size=150)
    streamed, whole = both(tmp_path / "log.parquet", monkeypatch, roles=ROLES)
    assert streamed.ads == whole.ads
    assert streamed.fields == whole.fields
    assert streamed.columns == whole.columns
    assert all(np.array_equal(one, other) for one, other in zip(streamed.parts, whole.parts, strict=True))
    one, other = streamed.schema(), whole.schema()
    assert (one.sparse, one.multi, one.names) == (other.sparse, other.multi, other.names)
    assert one.dense[0].mean == pytest.approx(other.dense[0].mean, rel=1e-12)
    assert streamed.totals == whole.totals
    for part in ("stop", "calibrate", "test"):
        own, other = (log.rows_of(getattr(log.parts, part)) for log in (streamed, whole))
        assert streamed.table.take(own).to_pylist() == whole.table.take(other).to_pylist()
    for part in whole.parts._fields:
        assert streamed.conversions_of(part) == whole.conversions_of(part)
    assert not streamed.rows_of(streamed.parts.train).size
    assert "row lacks impressions, clicks or conversions, left out: 2" in streamed.words.data


def test_its_training_from_disk_is_that_in_memory_bit_by_bit(tmp_path, monkeypatch):
    own_table().to_parquet(tmp_path / "log.parquet")
    streamed, whole = both(tmp_path / "log.parquet", monkeypatch)
    source = StreamedAds(streamed, streamed.large, streamed.schema(), Batching(batch_rows=FAST.batch_size, seed=3))
    one, other = trained(streamed, source), trained(whole, whole.training(whole.schema()))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_the_column_split_and_labels_of_single_impressions_are_obeyed(tmp_path, monkeypatch):
    table = own_table()
    rng = np.random.default_rng(0)
    shown = table.drop(columns=["impressions", "clicks", "conversions"]).loc[table.index.repeat(4)]
    shown["click"] = (rng.random(len(shown)) < 0.5).astype(int)
    shown["conversion"] = shown["click"] * (rng.random(len(shown)) < 0.5)
    ad = shown["ad_id"].str.removeprefix("ad-").astype(int)
    shown["split"] = np.select([ad < 40, ad < 60], ["dev", "test"], "train")
    folder = tmp_path / "log"
    folder.mkdir()
    for number in range(2):
        pq.write_table(pa.Table.from_pandas(shown.iloc[number::2]), folder / f"part-{number}.parquet")
    streamed = own_ad_log(folder)
    assert {streamed.ads[i] for i in streamed.parts.test} == {f"ad-{i}" for i in range(40, 60)}
    assert streamed.large.totals.rows == streamed.large.totals.impressions == len(shown)
    train = shown[ad >= 60]
    assert streamed.large.train_rows == len(train)
    assert streamed.conversions_of("train") == train["conversion"].sum()


def test_rows_from_disk_meet_ads_and_columns_that_are_lacking_and_going_on_meets_the_same(
    tmp_path, tiny_models, monkeypatch
):
    ads = 16
    table = own_table(ads).assign(image="", title="", device="phone")
    for number in range(ads):
        picture(number, 40, 40).save(tmp_path / f"{number}.png")
        rows = table["ad_id"] == f"ad-{number}"
        table.loc[rows, ["image", "title"]] = f"{number}.png", f"Offer {number}"
    table = pd.concat([table] * 20, ignore_index=True)
    table.drop(columns="ad_id").to_parquet(tmp_path / "log.parquet", row_group_size=100)
    for name in ("LEAST_ADS", "LEAST_CONVERSIONS"):
        monkeypatch.setattr(funnel_own, name, dict.fromkeys(getattr(funnel_own, name), 0))
    options = {"images": tmp_path, "checkpoint": CONVERSION, "root": tiny_models, "roles": {"device": "sparse"}}
    log = own_ad_log(tmp_path / "log.parquet", **options)
    assert len(log.ads) == ads
    schema, batching = log.schema(), Batching(batch_rows=64, block_rows=200, seed=1)
    source = StreamedAds(log, log.large, schema, batching, seed=1)
    found = list(source.batches(0))
    rows = joined([batch for batch, _ in found])
    modes, own = np.divmod(rows.ad, ads)
    assert set(own) == set(log.parts.train)
    np.testing.assert_allclose(np.bincount(modes, minlength=len(MODES)) / rows.rows, MODE_SHARES, atol=0.06)
    device = rows.sparse[:, schema.names.index("device")]
    assert 0.08 < 1 - (device == device.max()).mean() < 0.25  # a tenth hides all, another tenth each with half a chance
    rest = list(source.batches(0, after=found[2][1]))
    assert all(np.array_equal(a.ad, b.ad) for (a, _), (b, _) in zip(found[3:], rest, strict=True))
    again = joined([batch for batch, _ in source.batches(1)])
    assert not np.array_equal(again.ad, rows.ad)
    plain = StreamedAds(log, log.large, schema, batching, creative=False)
    assert all((batch.ad == -1).all() for batch, _ in plain.batches(0))


def test_a_checkpoint_is_learned_from_disk(tmp_path):
    own_table().to_parquet(tmp_path / "log.parquet")
    log = own_ad_log(tmp_path / "log.parquet")
    run = FunnelTrain(
        out=tmp_path / "funnel-own", reference="", training=FAST, tower_dims=(8,), members=1, run=tmp_path / "run"
    )
    manifest = train_funnel(run, log)
    assert manifest.measure("CTR AUC, context known").value > 0.55
    assert log.totals in manifest.training.data
    _, _, _, schema = load_funnel(run.out.name, {}, root=tmp_path)
    assert schema.names == ("gender", "hour")


def test_of_a_part_that_is_measured_on_at_most_so_many_rows_are_kept_and_the_card_says_so(tmp_path, monkeypatch):
    own_table(300).to_parquet(tmp_path / "log.parquet")
    whole = own_ad_log(tmp_path / "log.parquet")
    rows = len(whole.rows_of(whole.parts.test))
    monkeypatch.setattr(funnel_own, "MEASURED", 60)
    log = own_ad_log(tmp_path / "log.parquet")
    assert [len(log.rows_of(getattr(log.parts, part))) for part in ("stop", "calibrate", "test")] == [60] * 3
    assert f"60 of the {rows:,} rows of part 'test' are read, drawn at random" in log.words.data
    assert log.conversions_of("test") == whole.conversions_of("test")
    assert log.totals == whole.totals
    assert log.digest != whole.digest
    kept = log.table.to_pylist()
    assert [row for row in whole.table.to_pylist() if row in kept] == kept  # the order of the log


def test_every_row_is_as_likely_kept_wherever_it_stands():
    places = np.zeros(400)
    for seed in range(300):
        sample = large_log._Sample(40, np.random.default_rng(seed))
        for first in range(0, 400, 25):
            number = np.arange(first, first + 25)
            sample.add(pa.table({"row": number}), number)
        table, kept = sample.kept()
        assert table["row"].to_pylist() == kept.tolist()
        assert len(kept) == 40
        places[kept] += 1
    tenths = places.reshape(10, 40).sum(axis=1) / 300  # 4 rows each; the mean of 300 draws deviates by about 0.11
    assert np.abs(tenths - 4).max() < 0.45


def test_another_log_has_another_digest(tmp_path):
    digests = []
    for seed in (0, 0, 1):
        own_table(seed=seed).to_parquet(tmp_path / "log.parquet")
        digests.append(own_ad_log(tmp_path / "log.parquet").digest)
    assert digests[0] == digests[1] != digests[2]


def test_what_is_amiss_is_said_with_its_place(tmp_path):
    table = own_table()
    table.loc[200, "clicks"] = 10**6
    table.to_parquet(tmp_path / "log.parquet")
    with pytest.raises(TableError, match=r"log\.parquet, rows 186 to 222, counted from the first(.|\n)*row 16"):
        own_ad_log(tmp_path / "log.parquet")
    for changed, message in (
        (own_table().drop(columns="ad_id"), "fill the column 'ad_id'"),
        (own_table().drop(columns="hour").assign(gender=""), "no column that is known of a new ad"),
        (own_table(30), r"train: \d+ ads|too few to learn"),
    ):
        changed.to_parquet(tmp_path / "log.parquet")
        with pytest.raises(TableError, match=message):
            own_ad_log(tmp_path / "log.parquet")
    with pytest.raises(UnknownNameError, match="Unknown column 'devise'"):
        own_ad_log(tmp_path / "log.parquet", roles={"devise": "sparse"})


def test_only_parquet_of_many_rows_and_folders_of_it_are_large(tmp_path):
    own_table(2).to_parquet(tmp_path / "small.parquet")
    own_table(40).to_csv(tmp_path / "large.csv", index=False)
    assert not any(is_large(tmp_path / name) for name in ("small.parquet", "large.csv", "gone.parquet"))
    assert is_large(tmp_path)
    own_table(40).to_parquet(tmp_path / "large.parquet")
    assert is_large(tmp_path / "large.parquet")


_PEAK = """
import sys, tracemalloc
from pathlib import Path
import pyarrow as pa
from adlab.data import parquet_rows
from adlab.data.large_log import read_large_log
from adlab.training.funnel_own import _part_of
parquet_rows.PIECE_ROWS = 4000
path = Path(sys.argv[1])
tracemalloc.start()
large = read_large_log(path, {}, _part_of, path.with_name("train.parquet"), measured=1000)
print(large.totals.rows, tracemalloc.get_traced_memory()[1], pa.default_memory_pool().max_memory())
"""


def test_memory_of_reading_does_not_grow_with_the_log(tmp_path):
    piece, peaks = pa.Table.from_pandas(own_table(500)), []
    for copies in (5, 50):
        path = tmp_path / "log.parquet"
        pq.write_table(pa.concat_tables([piece] * copies), path, row_group_size=4000, data_page_size=1 << 14)
        roots = str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])
        env = {"PYTHONPATH": ":".join(roots), "OMP_NUM_THREADS": "1", "PATH": ""}
        command = [sys.executable, "-c", _PEAK, str(path)]
        out = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.split()
        assert int(out[0]) == 2000 * copies
        peaks.append((int(out[1]), int(out[2])))
    assert peaks[1][0] < 1.25 * peaks[0][0]
    assert peaks[1][1] < 1.25 * peaks[0][1]
