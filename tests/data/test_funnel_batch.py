"""Rows of a log as arrays: taking, slicing and joining keep rows and their lists together."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.data.funnel_batch import Bag, FunnelBatch, joined
from adlab.errors import InputError

LISTS = [[7, 8], [], [9], [1, 2, 3], []]


def batch() -> FunnelBatch:
    n = len(LISTS)
    offsets = np.cumsum([0, *map(len, LISTS)]).astype(np.int64)
    return FunnelBatch(
        sparse=np.arange(2 * n).reshape(n, 2).astype(np.int64),
        dense=np.arange(n, dtype=np.float32)[:, None],
        bags={"tags": Bag(np.concatenate(LISTS).astype(np.int64), offsets)},
        ad=np.arange(n, dtype=np.int64) - 1,
        click=np.array([1, 0, 1, 0, 0], dtype=np.float32),
        conversion=np.array([1, 0, 0, 0, 0], dtype=np.float32),
        weight=np.arange(1, n + 1, dtype=np.float32),
    )


def lists_of(bag: Bag) -> list[list[int]]:
    return [bag.values[a:b].tolist() for a, b in zip(bag.offsets[:-1], bag.offsets[1:], strict=True)]


def same(left: FunnelBatch, right: FunnelBatch) -> bool:
    arrays = all(np.array_equal(getattr(left, n), getattr(right, n)) for n in FunnelBatch._fields if n != "bags")
    return arrays and {n: lists_of(b) for n, b in left.bags.items()} == {n: lists_of(b) for n, b in right.bags.items()}


def test_taken_rows_bring_their_own_lists():
    taken = batch().take(np.array([3, 1, 0, 3]))
    assert lists_of(taken.bags["tags"]) == [[1, 2, 3], [], [7, 8], [1, 2, 3]]
    assert taken.ad.tolist() == [2, 0, -1, 2]
    assert taken.weight.tolist() == [4, 2, 1, 4]


def test_a_slice_is_the_rows_taken_one_by_one():
    for start, stop in [(0, 2), (1, 4), (3, 9), (2, 2)]:
        assert same(batch().slice(start, stop), batch().take(np.arange(start, min(stop, 5))))


def test_joined_slices_are_the_whole():
    whole = batch()
    assert same(joined([whole.slice(0, 1), whole.slice(1, 3), whole.slice(3, 5)]), whole)


def test_a_slice_shares_the_memory_of_the_whole():
    whole = batch()
    assert np.shares_memory(whole.slice(1, 3).sparse, whole.sparse)


def test_joining_nothing_is_refused():
    with pytest.raises(InputError, match="no batch"):
        joined([])
