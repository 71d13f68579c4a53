"""Readers of public logs: rows, labels and totals as the files say, one clear error where they say something else."""

from __future__ import annotations

import gzip
from pathlib import Path

import pandas as pd
import pytest

from adlab.data.cl4cvr_text import cl4cvr_tables, read_cl4cvr_text
from adlab.data.facebook_ads import read_facebook_ads
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_log import FunnelLog, contract_fields, contract_log
from adlab.data.hillstrom import read_hillstrom
from adlab.data.table import read_table
from adlab.errors import ConfigError, DataUnavailableError, TableError, UnknownNameError
from adlab.paths import data_dir

HILLSTROM = """recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend
10,2) $100 - $200,142.44,1,0,Surburban,0,Phone,Womens E-Mail,0,0,0.0
6,3) $200 - $350,329.08,1,1,Rural,1,Web,No E-Mail,1,1,29.99
7,2) $100 - $200,180.65,0,1,Surburban,1,Web,Mens E-Mail,1,0,0.0
"""
FACEBOOK = """Date,ad_id,xyz_campaign_id,fb_campaign_id,age,gender,interest,Impressions,Clicks,Spent,\
Total_Conversion,Approved_Conversion
31-08-2023,708746,916,103916,30-34,M,15,7350,3,1.43,2,1
30-08-2023,708749,916,103917,35-39,F,16,17861,2,1.82,5,4
01-08-2023,708771,936,103920,30-34,M,20,693,0,0,1,0
"""


def encoded(log: FunnelLog) -> FunnelBatch:
    return FeatureSchema.fit(log.fields, [log.table], ad="").encode(log.table)


def totals(batch: FunnelBatch) -> tuple[float, float, float]:
    weight = batch.weight.astype(float)
    return weight.sum(), weight @ batch.click, weight @ batch.conversion


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz"])
def test_cl4cvr_text_gives_labels_and_numbered_slots(tmp_path, suffix):
    path = tmp_path / f"log{suffix}"
    text = "0,0,11,7\n1,0,12,\n1,1,11,8\n"
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    log = read_cl4cvr_text(path)
    assert log.table.column_names == ["click", "conversion", "slot1", "slot2"]
    batch = encoded(log)
    assert batch.click.tolist() == [0, 1, 1]
    assert batch.conversion.tolist() == [0, 0, 1]
    assert batch.sparse.tolist() == [[2, 2], [3, 0], [2, 3]]
    assert [field.buckets for field in read_cl4cvr_text(path, buckets=9).fields] == [9, 9]


def test_a_long_cl4cvr_text_comes_in_several_tables(tmp_path):
    line = "1,0,123456789012345678901234567890,2\n"
    tables = list(cl4cvr_tables(written(tmp_path / "log.csv", line * 150_000)))
    assert len(tables) > 1
    assert sum(table.num_rows for table in tables) == 150_000


@pytest.mark.parametrize("text", ["", "1,0\n", "1,0,5,6\n1,0,5\n", "yes,0,5\n"])
def test_text_of_another_layout_is_refused(tmp_path, text):
    with pytest.raises(DataUnavailableError, match=r"Give lines of click"):
        read_cl4cvr_text(written(tmp_path / "log.csv", text))


def test_hillstrom_reads_visits_as_clicks_and_leaves_the_spending_out(tmp_path):
    log = read_hillstrom(written(tmp_path / "hillstrom.csv", HILLSTROM))
    assert "spend" not in log.table.column_names
    assert log.table["row"].to_pylist() == [1, 2, 3]
    batch = encoded(log)
    assert (batch.click.tolist(), batch.conversion.tolist()) == ([0, 1, 1], [0, 1, 0])
    schema = FeatureSchema.fit(log.fields, [log.table])
    assert schema.sparse[0].levels == ("Mens E-Mail", "No E-Mail", "Womens E-Mail")
    assert schema.dense_names == ("recency", "history")
    assert log.problems == ()


def test_hillstrom_reports_who_converted_without_a_visit(tmp_path):
    log = read_hillstrom(written(tmp_path / "hillstrom.csv", HILLSTROM.replace("E-Mail,0,0,", "E-Mail,0,1,")))
    assert log.table["row"].to_pylist() == [2, 3]
    assert log.problems == ("customer converted without a visit, left out: 1 (1).",)
    with pytest.raises(DataUnavailableError, match="no column visit"):
        read_hillstrom(written(tmp_path / "hillstrom.csv", HILLSTROM.replace("visit", "visited")))
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataUnavailableError, match="0 CSV files"):
        read_hillstrom(tmp_path / "empty")


def test_facebook_counts_become_weights_and_no_impression_is_lost(tmp_path):
    log = read_facebook_ads(written(tmp_path / "fb.csv", FACEBOOK))
    batch = encoded(log)
    assert totals(batch) == (7350 + 17861 + 693, 5, 3)
    assert batch.weight.tolist() == [7347, 2, 1, 17859, 2, 693]
    assert log.table["gender"].to_pylist() == ["male", "female", "male"]
    assert log.table["date"].to_pylist() == ["2023-08-31", "2023-08-30", "2023-08-01"]
    assert "Spent" not in log.table.column_names


def test_facebook_conversions_beyond_the_clicks_are_cut_and_told(tmp_path):
    path = written(tmp_path / "fb.csv", FACEBOOK)
    assert "1 (2); 2 of 5 conversions are left out" in read_facebook_ads(path).problems[0]
    total = read_facebook_ads(path, "total")
    assert totals(encoded(total)) == (25904, 5, 4)
    assert "2 (2, 3); 4 of 8 conversions" in total.problems[0]
    with pytest.raises(UnknownNameError, match="approved, total"):
        read_facebook_ads(path, "all")  # type: ignore[arg-type]
    with pytest.raises(DataUnavailableError, match="day-month-year"):
        read_facebook_ads(written(tmp_path / "fb.csv", FACEBOOK.replace("31-08-2023", "2023-08-31")))
    with pytest.raises(DataUnavailableError, match="cannot be read"):
        read_facebook_ads(tmp_path / "none.csv")


def contract(**changes: object) -> pd.DataFrame:
    columns = {
        "ad_id": ["a", "a", "b"],
        "user_id": ["u1", "u2", "u1"],
        "title": ["Shoes", "Shoes", "Hats"],
        "hour": ["7", "23", ""],
        "age_band": ["22", "50+", ""],
        "date": ["2026-01-31", "2026-02-01", "2026-02-01"],
        "cost": ["1.5", "", "2"],
        "impressions": ["10", "1", "5"],
        "clicks": ["4", "0", ""],
        "conversions": ["1", "0", "0"],
        "device": ["phone", "desk", "phone"],
        "bid": ["1", "3", "2"],
    }
    return pd.DataFrame(columns | changes)


def test_the_table_contract_says_which_columns_are_features():
    fields = {field.name: field for field in contract_fields(list(contract().columns))}
    assert list(fields) == ["user_id", "ad_id", "age_band", "hour"]
    assert fields["user_id"].buckets == 200_000
    assert fields["hour"].buckets == 0


def test_a_log_of_the_contract_is_checked_and_rows_without_counts_are_told():
    log = contract_log(contract(), {"device": "sparse", "bid": "dense"})
    assert log.problems == ("row lacks impressions, clicks or conversions, left out: 1 (3).",)
    assert log.table["age_band"].to_pylist() == ["20-24", "50+"]
    batch = encoded(log)
    assert totals(batch) == (11, 4, 1)
    assert [field.name for field in log.fields] == ["user_id", "ad_id", "age_band", "hour", "device", "bid"]
    with pytest.raises(TableError, match="row 2, column 'hour'"):
        contract_log(contract(hour=["7", "25", ""]))
    with pytest.raises(TableError, match=r"conversions.*is more than clicks"):
        contract_log(contract(conversions=["5", "0", "0"]))
    with pytest.raises(TableError, match="No row of the log has"):
        contract_log(contract(clicks=["", "", ""]))


def test_roles_are_checked_against_the_log_and_against_leaks():
    names = list(contract().columns)
    with pytest.raises(UnknownNameError, match=r"'devise'\. Did you mean 'device'"):
        contract_fields(names, {"devise": "sparse"})
    with pytest.raises(ConfigError, match="'cost' is known only after the impression"):
        contract_fields(names, {"cost": "dense"})
    with pytest.raises(UnknownNameError, match="dense, multi, sparse"):
        contract_fields(names, {"device": "text"})  # type: ignore[dict-item]
    assert [f.name for f in contract_fields(names, leave_out=["ad_id", "user_id"])] == ["age_band", "hour"]
    with pytest.raises(TableError, match="No column of the log is a feature"):
        contract_fields(["clicks", "impressions", "conversions"])


def test_a_contract_column_can_be_read_as_a_number():
    log = contract_log(contract(), {"hour": "dense"})
    assert FeatureSchema.fit(log.fields, [log.table]).dense_names == ("hour",)


def test_a_csv_file_of_the_contract_is_read(tmp_path):
    contract().to_csv(tmp_path / "log.csv", index=False)
    assert totals(encoded(contract_log(read_table(tmp_path / "log.csv")))) == (11, 4, 1)


@pytest.mark.skipif(data_dir() is None, reason="the public data sets are not here ($ADLAB_DATA)")
@pytest.mark.parametrize(
    ("read", "wanted"),
    [
        (lambda d: read_cl4cvr_text(d / "taobao-sample" / "taobao_cvr_sample.csv.gz"), (26_080, 11_798, 36)),
        (lambda d: read_hillstrom(d / "hillstrom"), (47_992, 7_084, 440)),
        (lambda d: read_facebook_ads(d / "facebook-ads"), (213_434_828, 38_165, 1_002)),
    ],
)
def test_totals_of_the_public_files(read, wanted):
    folder = data_dir()
    assert folder is not None
    assert totals(encoded(read(folder))) == wanted
