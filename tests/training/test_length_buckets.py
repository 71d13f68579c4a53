from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from torch.utils.data import DataLoader

from adlab.errors import ConfigError
from adlab.training.length_buckets import LengthBuckets

LENGTHS = np.random.default_rng(0).integers(5, 60, 1000)


def batches_of(sampler, epoch=0):
    sampler.set_epoch(epoch)
    return list(sampler)


def test_every_row_comes_once_an_epoch():
    batches = batches_of(LengthBuckets(LENGTHS, 16))
    assert sorted(row for batch in batches for row in batch) == list(range(1000))
    assert len(batches) == len(LengthBuckets(LENGTHS, 16)) == 63


def test_batches_depend_on_seed_and_epoch_only():
    first = batches_of(LengthBuckets(LENGTHS, 16, seed=3), epoch=2)
    np.random.seed(9)
    again = LengthBuckets(LENGTHS, 16, seed=3)
    batches_of(again, epoch=0)
    assert batches_of(again, epoch=2) == first
    assert batches_of(again, epoch=1) != first
    assert batches_of(LengthBuckets(LENGTHS, 16, seed=4), epoch=2) != first


def padded_share(batches: Sequence[Sequence[int]]) -> float:
    """Share of places in the batches that are padding."""
    sizes = [LENGTHS[batch] for batch in batches]
    return 1 - sum(each.sum() for each in sizes) / sum(each.max() * len(each) for each in sizes)


def test_rows_of_like_length_share_a_batch_and_short_ones_do_not_come_first():
    batches = batches_of(LengthBuckets(LENGTHS, 16))
    shuffled = np.random.default_rng(0).permutation(1000)[:992].reshape(-1, 16)
    assert padded_share(batches) < 0.03 < 0.3 < padded_share(shuffled)
    means = [LENGTHS[batch].mean() for batch in batches]
    assert abs(np.corrcoef(means, np.arange(len(means)))[0, 1]) < 0.5


def test_the_batch_that_is_not_full_can_be_left_out():
    sampler = LengthBuckets(LENGTHS, 16, drop_last=True)
    batches = batches_of(sampler)
    assert len(batches) == len(sampler) == 62
    assert {len(batch) for batch in batches} == {16}


def test_a_data_loader_takes_it():
    rows = list(DataLoader(list(range(1000)), batch_sampler=LengthBuckets(LENGTHS, 100)))
    assert sorted(int(row) for batch in rows for row in batch) == list(range(1000))


def test_no_rows_or_no_batch_size_is_refused():
    with pytest.raises(ConfigError, match="batch_size is 0"):
        LengthBuckets(LENGTHS, 0)
    with pytest.raises(ConfigError, match="0 rows"):
        LengthBuckets([], 4)
