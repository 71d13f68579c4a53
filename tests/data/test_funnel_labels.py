"""Labels of a log's rows: by hand, and as an account in which no impression is lost."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlab.data.funnel_labels import impressions_of, labels_of
from adlab.errors import TableError


def counts(*rows: tuple[int, int, int]) -> pa.Table:
    impressions, clicks, conversions = zip(*rows, strict=True)
    return pa.table({"impressions": impressions, "clicks": clicks, "conversions": conversions})


def test_a_row_of_counts_becomes_three_weighted_rows():
    labels = labels_of(counts((10, 4, 1), (5, 0, 0), (3, 3, 3), (0, 0, 0)))
    assert labels.source.tolist() == [0, 0, 0, 1, 2]
    assert labels.click.tolist() == [0, 1, 1, 0, 1]
    assert labels.conversion.tolist() == [0, 0, 1, 0, 1]
    assert labels.weight.tolist() == [6, 3, 1, 5, 3]


def test_single_impressions_stay_one_row_each():
    labels = labels_of(counts((1, 0, 0), (1, 1, 0), (1, 1, 1)))
    assert labels.source is None
    assert labels.click.tolist() == [0, 1, 1]
    assert labels.conversion.tolist() == [0, 0, 1]
    assert labels.weight.tolist() == [1, 1, 1]


@given(
    st.lists(
        st.tuples(*[st.integers(0, 1000)] * 3).map(lambda row: tuple(sorted(row, reverse=True))), min_size=1, max_size=9
    )
)
def test_impressions_clicks_and_conversions_add_up(rows):
    labels = labels_of(counts(*rows))
    sums = np.sum(rows, axis=0)
    assert labels.weight.sum() == sums[0]
    assert labels.weight @ labels.click == sums[1]
    assert labels.weight @ labels.conversion == sums[2]
    assert impressions_of(labels, len(rows)).tolist() == [row[0] for row in rows]


def test_labels_win_over_counts_and_bring_their_weight():
    table = pa.table({"click": [1, 0], "conversion": [1, 0], "weight": [2.5, 1.0]})
    labels = labels_of(table)
    assert labels.weight.tolist() == [2.5, 1.0]
    assert labels.conversion.tolist() == [1, 0]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"click": [0, 2], "conversion": [0, 0]}, "row 12: click is not 0 or 1"),
        ({"click": [0, 1], "conversion": [1, 1]}, "row 11: there is a conversion without a click"),
        ({"click": [0, 1], "conversion": [0, None]}, "row 12: conversion is empty"),
        ({"click": [0, 1], "conversion": [0, 0], "weight": [0.0, 1.0]}, "row 11: weight is not above 0"),
        ({"impressions": [3], "clicks": [4], "conversions": [0]}, "more clicks than impressions"),
        ({"impressions": [3], "clicks": [1], "conversions": [2]}, "more conversions than clicks"),
        ({"impressions": [3.5], "clicks": [1], "conversions": [0]}, "not a whole number"),
        ({"impressions": ["many"], "clicks": [1], "conversions": [0]}, "'impressions' holds string"),
    ],
)
def test_labels_that_cannot_be_are_named_with_their_row(columns, words):
    with pytest.raises(TableError, match=words):
        labels_of(pa.table(columns), first_row=10)


def test_a_log_without_labels_says_which_columns_it_needs():
    with pytest.raises(
        TableError, match=r"click, conversion, or impressions, clicks, conversions.*It has: ad_id, clicks"
    ):
        labels_of(pa.table({"ad_id": ["a"], "clicks": [1]}))
