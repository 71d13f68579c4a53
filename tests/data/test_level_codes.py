"""Levels of columns: the same text from every type, and hashes that never change."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adlab.data.level_codes import levels_of, mixed, shares_of, text_hashes
from adlab.errors import TableError


def spelled(column: pa.Array | pa.ChunkedArray) -> list[str | None]:
    out: list[str | None] = []
    for places, texts in levels_of("x", column):
        out += [texts[i].as_py() if i >= 0 else None for i in places.tolist()]
    return out


@pytest.mark.parametrize(
    "column",
    [
        pa.array([3, 3, None, 12], pa.int8()),
        pa.array([3.0, 3.0, None, 12.0]),
        pa.array([3.0, 3.0, float("nan"), 12.0]),
        pa.array(["3", " 3 ", "", "12"]),
        pa.array(["3", "3", None, "12"], pa.large_string()),
        pa.array(["3", "3", None, "12"]).dictionary_encode(),
        pa.chunked_array([pa.array([3, 3]), pa.array([None, 12], pa.int64())]),
    ],
)
def test_a_level_is_the_same_text_whatever_the_type(column):
    assert [level or None for level in spelled(column)] == ["3", "3", None, "12"]


def test_truth_is_one_fractions_keep_their_digits_and_dates_are_iso():
    assert spelled(pa.array([True, False])) == ["1", "0"]
    assert spelled(pa.array([0.1, 1e20])) == ["0.1", "100000000000000000000"]
    assert spelled(pa.array([datetime.date(2026, 1, 31)])) == ["2026-01-31"]


def test_a_slice_of_a_dictionary_keeps_its_levels():
    column = pa.array(["a", None, "b", "a"]).dictionary_encode().slice(1, 2)
    assert spelled(column) == [None, "b"]


def test_lists_are_no_levels():
    with pytest.raises(TableError, match=r"'x' holds list.*multi"):
        list(levels_of("x", pa.array([["a"]])))


def slow_hash(text: str) -> int:
    """FNV-1a of 64 bits, then SplitMix64's finaliser, byte by byte."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % 2**64
    return value ^ (value >> 31)


@given(st.lists(st.text(alphabet=st.characters(codec="utf-8"), max_size=12), max_size=20))
def test_hashes_are_those_of_the_definition(texts):
    assert text_hashes(pa.array(texts, pa.string())).tolist() == [slow_hash(text) for text in texts]


def test_hashes_of_a_slice_are_those_of_its_texts():
    texts = pa.array(["alpha", "b", "", "gamma"])
    assert text_hashes(texts.slice(1, 3)).tolist() == [slow_hash(text) for text in ("b", "", "gamma")]


def test_a_hash_once_given_stays():
    assert hex(text_hashes(pa.array(["foobar"]))[0]) == "0x404da9e3b74078c2"


def test_mixed_numbers_are_spread_evenly():
    shares = shares_of(mixed(np.arange(20_000, dtype=np.uint64)))
    assert shares.min() >= 0
    assert shares.max() < 1
    assert np.histogram(shares, 10, (0, 1))[0] == pytest.approx(2000, rel=0.1)
