"""Batches of rows of like length, so that little is spent on padding; they depend on seed and epoch only.

Rows are shuffled, sorted by length within chunks of many batches, cut into batches, and the batches shuffled: each
epoch's batches differ, and no length comes first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler

from adlab.errors import ConfigError

CHUNK = 50  # batches that are sorted together: padding falls little beyond, and batches stay mixed


class LengthBuckets(Sampler[list[int]]):
    """A batch sampler for a `DataLoader`; call `set_epoch` before every epoch, as with torch's own samplers.

    Args:
        lengths: Tokens of each row, (N,).
        batch_size: Rows of a batch; the last of the data may be smaller.
        seed: Of the order.
        drop_last: Whether to leave out the batch that is not full.

    Raises:
        ConfigError: There is no row, or the batch size is below 1.
    """

    def __init__(self, lengths: Sequence[int], batch_size: int, *, seed: int = 0, drop_last: bool = False) -> None:
        if batch_size < 1 or len(lengths) == 0:
            raise ConfigError(f"batch_size is {batch_size} for {len(lengths)} rows; give 1 or more of both.")
        self.lengths = np.asarray(lengths, dtype=np.int64)
        self.batch_size, self.seed, self.drop_last = batch_size, seed, drop_last
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose batches come next, from 0."""
        self.epoch = epoch

    def __len__(self) -> int:
        full, rest = divmod(len(self.lengths), self.batch_size)
        return full + (rest > 0 and not self.drop_last)

    def __iter__(self) -> Iterator[list[int]]:
        rng = np.random.default_rng([self.seed, self.epoch])
        order = rng.permutation(len(self.lengths))
        size = CHUNK * self.batch_size
        chunks = [order[start : start + size] for start in range(0, len(order), size)]
        by_length = np.concatenate([chunk[np.argsort(self.lengths[chunk], kind="stable")] for chunk in chunks])
        batches = [by_length[start : start + self.batch_size] for start in range(0, len(order), self.batch_size)]
        if self.drop_last and len(batches[-1]) < self.batch_size:
            batches.pop()
        yield from (batches[place].tolist() for place in rng.permutation(len(batches)))
