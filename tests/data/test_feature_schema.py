"""The feature schema: every code by hand, fitted in any order, stored and read back, clear about what it refuses."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from adlab.data.feature_fields import FieldSpec, LevelField
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.level_codes import text_hashes
from adlab.errors import ConfigError, TableError, UnknownNameError

SPECS = (
    FieldSpec(name="slot"),
    FieldSpec(name="user", buckets=7),
    FieldSpec(name="price", role="dense", flag_missing=True),
    FieldSpec(name="age", role="dense"),
    FieldSpec(name="tags", role="multi"),
)


def log(**changes: object) -> pa.Table:
    columns = {
        "ad_id": ["a", "b", "a", "c"],
        "slot": ["top", "side", "top", None],
        "user": [1, 2, 3, None],
        "price": [1.0, 3.0, None, 5.0],
        "age": ["20", "", "40", "60"],
        "tags": ["x|y", "", "y", "x|x|z"],
        "click": [1, 0, 0, 1],
        "conversion": [1, 0, 0, 0],
    }
    return pa.table(columns | changes)


def schema(**options: object) -> FeatureSchema:
    return FeatureSchema.fit(SPECS, [log()], **options)


def lists(batch: FunnelBatch, name: str) -> list[list[int]]:
    values, offsets = batch.bags[name]
    return [values[a:b].tolist() for a, b in pairwise(offsets)]


def test_codes_by_hand():
    batch = schema().encode(log(), {"a": 0, "c": 5})
    # 0 missing, 1 unseen, then side, top
    assert batch.sparse[:, 0].tolist() == [3, 2, 3, 0]
    buckets = text_hashes(pa.array(["1", "2", "3"])) % np.uint64(7) + np.uint64(1)
    assert batch.sparse[:, 1].tolist() == [*buckets.tolist(), 0]
    # price: mean 3, variance 8/3; age: mean 40, variance 800/3; then the flag of price
    step, years = 2 / np.sqrt(8 / 3), 20 / np.sqrt(800 / 3)
    assert batch.dense == pytest.approx(np.array([[-step, -years, 0], [0, 0, 0], [0, 0, 1], [step, years, 0]]))
    assert lists(batch, "tags") == [[2, 3], [], [3], [2, 2, 4]]
    assert batch.ad.tolist() == [0, -1, 0, 5]
    assert (batch.click.tolist(), batch.conversion.tolist()) == ([1, 0, 0, 1], [1, 0, 0, 0])
    assert batch.weight.tolist() == [1, 1, 1, 1]
    assert [array.dtype for array in (batch.sparse, batch.dense, batch.ad, batch.click)] == [
        np.int64,
        np.float32,
        np.int64,
        np.float32,
    ]


def test_sizes_are_one_above_the_largest_code():
    found = schema()
    assert found.sizes == (4, 8)
    assert found.bag_sizes == {"tags": 5}
    assert found.dense_names == ("price", "age", "price missing")


def test_levels_that_training_did_not_see_are_unseen_and_not_missing():
    batch = schema().encode(log(slot=["roof", "", None, "side"], tags=["q|x", "q", None, ""]))
    assert batch.sparse[:, 0].tolist() == [1, 0, 0, 2]
    assert lists(batch, "tags") == [[1, 2], [1], [], []]


def test_what_a_test_row_holds_changes_nothing_that_was_fitted():
    fitted = schema()
    before = fitted.to_plain()
    fitted.encode(log(price=[1e6, 1e6, 1e6, 1e6], slot=["new"] * 4))
    assert fitted.to_plain() == before


def test_rare_levels_share_the_code_of_the_unseen():
    spec = FieldSpec(name="slot", min_count=2)
    fitted = FeatureSchema.fit([spec], [log()])
    assert fitted.sparse[0].levels == ("top",)
    assert fitted.encode(log()).sparse[:, 0].tolist() == [2, 1, 2, 0]


def test_a_level_is_counted_in_impressions_not_in_rows():
    rows = pa.table({"slot": ["a", "b", "b"], "impressions": [9, 1, 1], "clicks": [0] * 3, "conversions": [0] * 3})
    fitted = FeatureSchema.fit([FieldSpec(name="slot", min_count=3)], [rows], ad="")
    assert fitted.sparse[0].levels == ("a",)
    numbers = FeatureSchema.fit([FieldSpec(name="clicked", role="dense")], [rows.append_column("clicked", [[0, 1, 1]])])
    assert numbers.dense[0].mean == pytest.approx(2 / 11)


def test_the_most_frequent_levels_are_kept_and_ties_go_by_text():
    rows = log(slot=["b", "b", "c", "a"])
    fitted = FeatureSchema.fit([FieldSpec(name="slot", max_levels=2)], [rows])
    assert fitted.sparse[0].levels == ("a", "b")


def test_rows_in_pieces_and_in_another_order_give_the_same_schema():
    rows = log()
    pieces = [rows.slice(3, 1), rows.slice(0, 1), rows.slice(1, 2)]
    whole, parts = schema().to_plain(), FeatureSchema.fit(SPECS, pieces).to_plain()
    for place in range(2):
        assert parts["dense"][place].pop("mean") == pytest.approx(whole["dense"][place].pop("mean"), rel=1e-12)
        deviations = [plain["dense"][place].pop("deviation") for plain in (parts, whole)]
        assert deviations[0] == pytest.approx(deviations[1], rel=1e-12)
    assert parts == whole


def test_deviation_survives_a_large_mean_and_many_pieces():
    values = 1e8 + np.arange(100.0) % 7
    tables = [
        pa.table({"x": values[start : start + 10], "click": [0] * 10, "conversion": [0] * 10})
        for start in range(0, 100, 10)
    ]
    fitted = FeatureSchema.fit([FieldSpec(name="x", role="dense")], tables)
    assert fitted.dense[0].deviation == pytest.approx(values.std(), rel=1e-6)


def test_a_constant_number_is_centred_and_left_unscaled():
    fitted = FeatureSchema.fit([FieldSpec(name="price", role="dense")], [log(price=[0.1] * 4)])
    assert fitted.dense[0].deviation == 1
    assert fitted.encode(log(price=[0.1, 0.1, 1.1, 0.1])).dense[:, 0] == pytest.approx(np.array([0, 0, 1, 0]), abs=1e-6)


def test_counts_are_encoded_once_and_repeated_with_their_lists():
    rows = log().drop_columns(["click", "conversion"])
    for name, values in {"impressions": [5, 0, 3, 2], "clicks": [2, 0, 0, 2], "conversions": [1, 0, 0, 2]}.items():
        rows = rows.append_column(name, [values])
    batch = schema().encode(rows, {"a": 0, "b": 1, "c": 2})
    assert batch.weight.tolist() == [3, 1, 1, 3, 2]
    assert batch.ad.tolist() == [0, 0, 0, 0, 2]
    assert batch.sparse[:, 0].tolist() == [3, 3, 3, 3, 0]
    assert lists(batch, "tags") == [[2, 3], [2, 3], [2, 3], [3], [2, 2, 4]]


def test_lists_text_and_dictionaries_give_the_same_bags():
    as_lists = pa.array([["x", "y"], [], ["y", None], ["x", "x", "z"]])
    as_dictionary = pa.array(["x|y", "", "y", "x|x|z"]).dictionary_encode()
    wanted = lists(schema().encode(log()), "tags")
    assert lists(schema().encode(log(tags=as_lists)), "tags") == wanted
    assert lists(schema().encode(log(tags=as_dictionary)), "tags") == wanted
    sliced = log(tags=as_lists).slice(1, 3)
    assert lists(schema().encode(sliced), "tags") == wanted[1:]


def test_a_frame_and_a_table_give_the_same_batch():
    frame = pd.DataFrame(log().to_pydict())
    left, right = schema().encode(log()), schema().encode(frame)
    assert np.array_equal(left.sparse, right.sparse)
    assert np.array_equal(left.dense, right.dense)


def test_a_schema_read_back_from_json_encodes_the_same():
    fitted = schema()
    again = FeatureSchema.from_plain(json.loads(json.dumps(fitted.to_plain())))
    assert again == fitted
    left, right = fitted.encode(log()), again.encode(log())
    assert np.array_equal(left.sparse, right.sparse)
    assert np.array_equal(left.dense, right.dense)


def test_unlabelled_rows_may_lack_fields():
    batch = schema().encode_unlabelled(pd.DataFrame({"slot": ["top", "side"], "ad_id": ["a", "b"]}), {"a": 4})
    assert batch.sparse.tolist() == [[3, 0], [2, 0]]
    assert batch.dense.tolist() == [[0, 0, 1], [0, 0, 1]]
    assert lists(batch, "tags") == [[], []]
    assert batch.ad.tolist() == [4, -1]
    with pytest.raises(UnknownNameError, match="'user'"):
        schema().encode_unlabelled(pd.DataFrame({"slot": ["top"]}), absent_ok=False)


def test_a_code_is_told_in_words():
    field = LevelField(name="slot", levels=("side", "top"))
    assert [field.level_at(code) for code in range(4)] == ["(missing)", "(unseen)", "side", "top"]
    assert LevelField(name="user", buckets=7).level_at(3) == "(bucket 3)"


def test_a_column_that_is_not_there_is_named_with_its_nearest():
    with pytest.raises(UnknownNameError, match=r"Unknown column 'slto'\. Did you mean 'slot'"):
        FeatureSchema.fit([FieldSpec(name="slto")], [log()])
    with pytest.raises(UnknownNameError, match="Unknown column 'slot'"):
        schema().encode(log().drop_columns(["slot"]))
    with pytest.raises(UnknownNameError, match="Did you mean 'slots'"):
        FeatureSchema.fit([FieldSpec(name="slot")], [log()]).columns(["slots", "slot_", "click", "conversion"])


def test_an_unknown_role_names_the_roles():
    with pytest.raises(UnknownNameError, match="dense, multi, sparse"):
        FieldSpec(name="x", role="category")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["click", "clicks", "conversions", "cost", "weight", "split", "revenue"])
def test_what_is_known_only_afterwards_is_no_feature(name):
    with pytest.raises(ConfigError, match="leak"):
        FeatureSchema.fit([FieldSpec(name=name)], [log()])


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"min_count": 0}, "min_count of 'x' is 0"),
        ({"buckets": -1}, "buckets of 'x' is -1"),
        ({"buckets": 5, "min_count": 2}, "hashed"),
        ({"role": "dense", "buckets": 5}, "dense"),
        ({"flag_missing": True}, "flag_missing"),
        ({"separator": ""}, "separator"),
    ],
)
def test_a_spec_that_contradicts_itself_is_refused(fields, words):
    with pytest.raises(ConfigError, match=words):
        FieldSpec(name="x", **fields)


def test_cells_that_do_not_fit_their_role_are_refused():
    with pytest.raises(TableError, match="'price' is dense and holds string"):
        schema().encode(log(price=["1", "two", "", "3"]))
    with pytest.raises(TableError, match="infinite"):
        schema().encode(log(price=[1.0, float("inf"), 2.0, 3.0]))
    with pytest.raises(TableError, match="'tags' holds int64"):
        schema().encode(log(tags=[1, 2, 3, 4]))
    with pytest.raises(TableError, match="'user' holds list"):
        schema().encode(log(user=[[1], [2], [3], [4]]))
    with pytest.raises(TableError, match="empty in all training rows"):
        FeatureSchema.fit([FieldSpec(name="price", role="dense")], [log(price=pa.nulls(4, pa.float64()))])


def test_no_rows_no_fields_and_a_field_twice_are_refused():
    with pytest.raises(TableError, match="no training rows"):
        FeatureSchema.fit(SPECS, [])
    with pytest.raises(ConfigError, match="no field"):
        FeatureSchema.fit([], [log()])
    with pytest.raises(ConfigError, match="'slot' stands twice"):
        FeatureSchema.fit([FieldSpec(name="slot"), FieldSpec(name="slot", buckets=3)], [log()])


@pytest.mark.parametrize(
    "plain",
    [
        {},
        {"ad": "", "sparse": [{"name": "x", "separator": "|"}], "dense": [], "multi": []},
        {"ad": "", "sparse": [{"name": "x", "levels": ["b", "a"], "separator": "|"}], "dense": [], "multi": []},
        {"ad": "", "sparse": [], "multi": [], "dense": [{"name": "x", "mean": 0, "deviation": 0, "flag_missing": 0}]},
    ],
)
def test_a_damaged_schema_is_refused(plain):
    with pytest.raises(ConfigError):
        FeatureSchema.from_plain(plain)
