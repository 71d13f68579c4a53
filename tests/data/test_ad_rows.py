"""Logs of every layout as rows about ads: features, columns, parts, and what is said of the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.layout_logs import ROWS, WRITERS, contract_log

from adlab.data.ad_row_readers import read_ad_rows
from adlab.data.ad_rows import BUCKETS, MIN_IMPRESSIONS, contract_rows
from adlab.data.feature_schema import AD, FeatureSchema
from adlab.data.funnel_labels import labels_of
from adlab.data.table import read_table
from adlab.errors import ConfigError, DataUnavailableError, TableError, UnknownNameError
from adlab.paths import data_dir

ROLES = {"device": "sparse", "bid": "dense", "cats": "multi", "shop": "hashed"}


def totals(rows) -> tuple[float, float, float]:
    labels = labels_of(rows.table)
    weight = labels.weight.astype(float)
    return weight.sum(), weight @ labels.click, weight @ labels.conversion


def test_further_columns_have_the_role_that_was_asked_for(tmp_path):
    rows = read_ad_rows(contract_log(tmp_path), roles=ROLES)
    fields = {field.name: field for field in rows.fields}
    assert list(fields) == ["gender", "hour", *ROLES]
    assert rows.columns == tuple(ROLES)
    assert (fields["device"].role, fields["device"].min_count) == ("sparse", MIN_IMPRESSIONS)
    assert (fields["bid"].role, fields["bid"].flag_missing) == ("dense", True)
    assert (fields["cats"].role, fields["shop"].buckets) == ("multi", BUCKETS)
    schema = FeatureSchema.fit(rows.fields, [rows.table])
    assert schema.dense_names == ("bid", "bid missing")
    assert schema.multi[0].levels == ("home", "shoes", "sport")
    assert rows.notes == ()


def test_columns_that_nothing_reads_are_named(tmp_path):
    frame = read_table(contract_log(tmp_path)).assign(campaign="spring", user_id="u", cost="1", title="Shoes", month="")
    rows = contract_rows(frame, "log.csv", {"device": "sparse"})
    further, known = rows.notes
    assert "bid, cats, shop" in further
    assert "--role NAME=ROLE" in further
    assert "campaign, user_id, cost" in known
    assert not any(name in f"{further}{known}" for name in ("title", "month", "device", "gender"))


def test_a_column_of_the_context_can_be_read_otherwise_and_then_counts_as_missing(tmp_path):
    rows = read_ad_rows(contract_log(tmp_path), roles={"hour": "dense"})
    assert rows.columns == ("hour",)
    assert [field.role for field in rows.fields] == ["sparse", "dense"]


@pytest.mark.parametrize(
    ("roles", "error", "message"),
    [
        ({"devise": "sparse"}, UnknownNameError, r"'devise'\. Did you mean 'device'"),
        ({"device": "text"}, UnknownNameError, "dense, hashed, multi, sparse|sparse, dense, multi, hashed"),
        ({"ad_id": "hashed"}, ConfigError, "a new ad has none"),
        ({"clicks": "dense"}, ConfigError, "known only after the impression"),
        ({"device": "dense"}, TableError, "column 'device': 'desk' cannot be used"),
    ],
)
def test_a_role_that_cannot_be_is_refused(tmp_path, roles, error, message):
    with pytest.raises(error, match=message):
        read_ad_rows(contract_log(tmp_path), roles=roles)


def test_rows_without_counts_are_left_out_and_told(tmp_path):
    frame = read_table(contract_log(tmp_path))
    frame.loc[2, "clicks"] = ""
    rows = contract_rows(frame, "log.csv")
    assert rows.problems == ("row lacks impressions, clicks or conversions, left out: 1 (3).",)
    assert rows.table.num_rows == len(frame) - 1


def test_counts_of_the_facebook_table_are_weights_and_no_campaign_is_in_two_parts(tmp_path):
    path = WRITERS["facebook"](tmp_path)
    rows = read_ad_rows(path, "facebook")
    given = pd.read_csv(path)
    assert totals(rows) == tuple(given[name].sum() for name in ("Impressions", "Clicks", "Approved_Conversion"))
    assert rows.columns == ("campaign", "interest")  # gender and age are averaged over where they are unknown
    assert list(rows.keys) == given["fb_campaign_id"].astype(str).tolist()
    assert list(rows.ads[AD]) == given["ad_id"].astype(str).tolist()
    assert "fb_campaign" in rows.notes[0]
    more = read_ad_rows(path, "facebook", {"fb_campaign": "hashed", "gender": "sparse"})
    assert set(more.columns) == {"campaign", "gender", "interest", "fb_campaign"}


@pytest.mark.parametrize(("layout", "unit", "count"), [("cl4cvr", "rows", 3), ("hillstrom", "customers", 9)])
def test_a_row_of_a_log_without_ads_stands_for_itself(tmp_path, layout, unit, count):
    rows = read_ad_rows(WRITERS[layout](tmp_path), layout)
    assert rows.unit == unit
    assert len(rows.ads) == len(set(rows.keys)) == rows.table.num_rows == ROWS
    assert len(rows.columns) == len(rows.fields) == count
    assert not {"row", "spend"} & set(rows.table.column_names)
    if layout == "hillstrom":
        assert all(field.flag_missing for field in rows.fields if field.role == "dense")


def test_ali_ccp_is_converted_once_and_its_items_are_the_ads(tmp_path, monkeypatch):
    folder = WRITERS["ali-ccp"](tmp_path)
    rows = read_ad_rows(folder, "ali-ccp")
    assert rows.columns == ("101", "122", "206", "301", "210")
    assert len(rows.ads) == 160
    assert rows.fields[-1].role == "multi"
    monkeypatch.setattr("adlab.data.ali_ccp.convert_ali_ccp", lambda *a, **k: pytest.fail("converted again"))
    again = read_ad_rows(folder / "sample_skeleton_train.csv", "ali-ccp")
    assert again.table.equals(rows.table)
    (folder / "common_features_train.csv").unlink()
    with pytest.raises(DataUnavailableError, match="common_features_train"):
        read_ad_rows(folder, "ali-ccp")


def test_a_simulated_log_meets_its_ads_and_nothing_of_its_truth(tmp_path):
    folder = WRITERS["simulated"](tmp_path)
    rows = read_ad_rows(folder, "simulated")
    ads = pd.read_parquet(folder / "ads.parquet").set_index("ad_id")
    names = {"seller", "brand", "category", "gender", "age_band", "month", "weekday", "hour", "position"}
    assert {field.name for field in rows.fields} == names
    assert rows.columns == ()
    assert not any(name.startswith(("true_", "cause_")) for name in (*rows.table.column_names, *rows.ads.columns))
    table = rows.table.to_pandas()
    np.testing.assert_array_equal(table["brand"], ads.loc[table["ad_id"], "brand"])
    np.testing.assert_array_equal(rows.ads["title"], ads.loc[rows.ads["ad_id"], "title"])
    assert totals(rows) == tuple(ads[name].sum() for name in ("impressions", "clicks", "conversions"))
    assert rows.images is None
    with pytest.raises(UnknownNameError, match="true_ctr"):
        read_ad_rows(folder, "simulated", {"true_ctr": "dense"})
    ads.iloc[5:].reset_index().to_parquet(folder / "ads.parquet")
    with pytest.raises(TableError, match=r"ads.parquet lacks sim-0-00000"):
        read_ad_rows(folder, "simulated")
    (folder / "ads.parquet").unlink()
    with pytest.raises(DataUnavailableError, match="the folder that simulate has finished"):
        read_ad_rows(folder, "simulated")


def test_an_unknown_layout_is_named(tmp_path):
    with pytest.raises(UnknownNameError, match="hillstrom"):
        read_ad_rows(tmp_path, "hilstrom")


@pytest.mark.skipif(data_dir() is None, reason="the public data sets are not here ($ADLAB_DATA)")
def test_the_public_files_are_read_whole():
    folder = data_dir()
    assert folder is not None
    found = {
        layout: totals(read_ad_rows(folder / path, layout))
        for layout, path in {
            "facebook": "facebook-ads",
            "hillstrom": "hillstrom",
            "cl4cvr": "taobao-sample/taobao_cvr_sample.csv.gz",
        }.items()
    }
    assert found == {
        "facebook": (213_434_828, 38_165, 1_002),
        "hillstrom": (47_992, 7_084, 440),
        "cl4cvr": (26_080, 11_798, 36),
    }
