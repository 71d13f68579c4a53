"""What is not known of a column has one code, and rows of training meet it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from adlab.data.feature_fields import MISSING, FieldSpec
from adlab.data.feature_schema import FeatureSchema
from adlab.data.unknown_columns import HIDE_ALL, HIDE_SOME, hidden, known_columns, known_only, with_hidden

SPECS = (
    FieldSpec(name="hour"),
    FieldSpec(name="device", min_count=2),
    FieldSpec(name="shop", buckets=50),
    FieldSpec(name="bid", role="dense", flag_missing=True),
    FieldSpec(name="age", role="dense"),
    FieldSpec(name="cats", role="multi", min_count=2),
)
COLUMNS = ("device", "shop", "bid", "cats")


def table(rows: int = 4) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "hour": ["1", "2"] * (rows // 2),
            "device": ["phone", "phone", "desk", "tv"] * (rows // 4),
            "shop": ["a", "b", "c", ""] * (rows // 4),
            "bid": [1.0, 2.0, 3.0, None] * (rows // 4),
            "age": [1.0, 5.0, 5.0, 9.0] * (rows // 4),
            "cats": ["x|y", "x|z", "", "y|w"] * (rows // 4),
            "click": 0,
            "conversion": 0,
        }
    )


@pytest.fixture
def schema() -> FeatureSchema:
    return FeatureSchema.fit(SPECS, [table()])


def test_a_level_that_training_saw_too_rarely_is_missing_in_columns_and_unseen_elsewhere(schema):
    strange = table().assign(hour="7")
    batch = known_only(schema.encode(strange), schema, COLUMNS)
    assert batch.sparse[:, 0].tolist() == [1, 1, 1, 1]  # no column: unseen
    assert batch.sparse[:, 1].tolist() == [2, 2, MISSING, MISSING]
    assert (batch.sparse[:3, 2] > 0).all()  # whatever is hashed is known
    assert batch.bags["cats"].offsets.tolist() == [0, 2, 3, 3, 4]
    assert batch.bags["cats"].values.tolist() == [2, 3, 2, 3]


def test_without_columns_a_batch_is_left_as_it_is(schema):
    batch = schema.encode(table())
    assert known_only(batch, schema, ()) is batch
    assert with_hidden(batch, schema, (), np.random.default_rng(0)) is batch


def test_a_hidden_cell_is_encoded_as_an_empty_one(schema):
    batch = schema.encode(table())
    where = np.zeros((4, len(COLUMNS)), dtype=bool)
    where[1] = True
    found = hidden(batch, schema, COLUMNS, where)
    empty = table()
    empty.loc[1, ["device", "shop", "cats"]] = ""
    empty.loc[1, "bid"] = None
    wanted = schema.encode(empty)
    for name in ("sparse", "dense"):
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))
    for part in (0, 1):
        np.testing.assert_array_equal(found.bags["cats"][part], wanted.bags["cats"][part])
    assert batch.sparse[1, 1] != MISSING  # the batch itself is as it was


def test_known_columns_are_counted(schema):
    batch = known_only(schema.encode(table()), schema, COLUMNS)
    assert known_columns(batch, schema, COLUMNS).tolist() == [4, 4, 2, 1]
    assert known_columns(batch, schema, ("age", "cats")).tolist() == [2, 2, 1, 2]


def test_a_tenth_of_the_rows_lacks_all_columns_and_another_tenth_each_by_chance(schema):
    rows = 8000
    whole = table(rows).assign(device="phone", shop="a", bid=1.0, cats="x")
    batch = with_hidden(schema.encode(whole), schema, COLUMNS, np.random.default_rng(0))
    lacking = np.stack(
        [
            batch.sparse[:, 1] == MISSING,
            batch.sparse[:, 2] == MISSING,
            batch.dense[:, schema.dense_names.index("bid missing")] == 1,
            np.diff(batch.bags["cats"].offsets) == 0,
        ],
        axis=1,
    ).sum(axis=1)
    assert (lacking == 4).mean() == pytest.approx(HIDE_ALL + HIDE_SOME / 16, abs=0.01)
    assert (lacking == 0).mean() == pytest.approx(1 - HIDE_ALL - HIDE_SOME * 15 / 16, abs=0.012)
    assert (lacking == 2).mean() == pytest.approx(HIDE_SOME * 6 / 16, abs=0.01)
    np.testing.assert_array_equal(batch.sparse[:, 0], schema.encode(whole).sparse[:, 0])
    again = with_hidden(schema.encode(whole), schema, COLUMNS, np.random.default_rng(0))
    np.testing.assert_array_equal(again.sparse, batch.sparse)
