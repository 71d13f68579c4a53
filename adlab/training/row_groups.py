"""Which rows of a log have the same features: the paper's false negatives of CL4CVR."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from adlab.data.funnel_batch import FunnelBatch

_STEP = np.uint64(0x9E3779B97F4A7C15)


def row_groups(batch: FunnelBatch) -> NDArray[np.int64]:
    """A number a row, equal where sparse codes, numbers, lists (in any order) and the ad are, (N,).

    It is a hash of 64 bits: among two million rows, one pair of different rows has the same with a chance of 1e-7.
    """
    key = _mixed(batch.ad.astype(np.uint64))
    for column in batch.sparse.T:
        key = _mixed(key ^ column.astype(np.uint64))
    # Adding 0 makes −0 and 0 one number.
    for column in (batch.dense + np.float32(0)).view(np.uint32).T:
        key = _mixed(key ^ column.astype(np.uint64))
    for name in sorted(batch.bags):
        bag = batch.bags[name]
        sizes = np.diff(bag.offsets)
        row = np.repeat(np.arange(batch.rows), sizes)
        content = np.zeros(batch.rows, dtype=np.uint64)
        np.add.at(content, row, _mixed(bag.values.astype(np.uint64)))
        key = _mixed(_mixed(key ^ content) ^ sizes.astype(np.uint64))
    return key.view(np.int64)


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser, a permutation of the 64-bit numbers; sums wrap around."""
    keys = keys + _STEP
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
