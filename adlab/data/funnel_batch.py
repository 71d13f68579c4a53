"""Rows of an advertising log as arrays: what the funnel's networks and losses read, and nothing else.

A row is an impression, or several alike: `weight` says how many. Creative vectors are not in it: `ad` names a row of
a matrix that is stored once (`adlab.training.funnel_creatives`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.errors import InputError

NO_AD = -1


class Bag(NamedTuple):
    """A multi-valued field of N rows, as `torch.nn.EmbeddingBag(include_last_offset=True)` takes it.

    Attributes:
        values: Codes of all rows, one row after the other, (V,) int64.
        offsets: Where each row begins in `values`, and last its length, (N + 1,) int64; equal neighbours are an
            empty row.
    """

    values: NDArray[np.int64]
    offsets: NDArray[np.int64]

    def take(self, rows: NDArray[np.integer]) -> Bag:
        """The lists of some rows, in the order given."""
        sizes = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], sizes)
        return Bag(self.values[np.repeat(self.offsets[:-1][rows], sizes) + within], offsets)


class FunnelBatch(NamedTuple):
    """N rows of a log, encoded by a `FeatureSchema`.

    Attributes:
        sparse: One code a field, in the schema's order, (N, F) int64, each from 0 to the field's size − 1.
        dense: Standardised numbers, then missing flags, then further numbers, in the schema's order, (N, D) float32.
        bags: Multi-valued fields by name.
        ad: Row of the ad in the matrix of creative vectors, `NO_AD` where it has none, (N,) int64.
        click: 1 where the impression was clicked, else 0, (N,) float32.
        conversion: 1 where a click converted, else 0; never above `click`, (N,) float32.
        weight: How many impressions the row stands for, above 0, (N,) float32.
    """

    sparse: NDArray[np.int64]
    dense: NDArray[np.float32]
    bags: Mapping[str, Bag]
    ad: NDArray[np.int64]
    click: NDArray[np.float32]
    conversion: NDArray[np.float32]
    weight: NDArray[np.float32]

    @property
    def rows(self) -> int:
        """Number of rows N; `len` is that of the tuple."""
        return len(self.click)

    def take(self, rows: NDArray[np.integer]) -> FunnelBatch:
        """Some rows, in the order given, as a batch of their own."""
        return FunnelBatch(
            sparse=self.sparse[rows],
            dense=self.dense[rows],
            bags={name: bag.take(rows) for name, bag in self.bags.items()},
            ad=self.ad[rows],
            click=self.click[rows],
            conversion=self.conversion[rows],
            weight=self.weight[rows],
        )

    def slice(self, start: int, stop: int) -> FunnelBatch:
        """Rows `start` to `stop` − 1 without copying, but for the offsets of bags."""
        stop = min(stop, self.rows)
        own = slice(start, stop)
        bags = {}
        for name, bag in self.bags.items():
            first, last = bag.offsets[start], bag.offsets[stop]
            bags[name] = Bag(bag.values[first:last], bag.offsets[start : stop + 1] - first)
        return FunnelBatch(
            self.sparse[own],
            self.dense[own],
            bags,
            self.ad[own],
            self.click[own],
            self.conversion[own],
            self.weight[own],
        )


def joined(batches: Sequence[FunnelBatch]) -> FunnelBatch:
    """Batches of one schema, one after the other.

    Raises:
        InputError: There is none.
    """
    if not batches:
        raise InputError("There is no batch to join; give one or more.")
    if len(batches) == 1:
        return batches[0]
    arrays = {
        name: np.concatenate([getattr(batch, name) for batch in batches])
        for name in FunnelBatch._fields
        if name != "bags"
    }
    return FunnelBatch(
        **arrays, bags={name: _joined([batch.bags[name] for batch in batches]) for name in batches[0].bags}
    )


def _joined(bags: Sequence[Bag]) -> Bag:
    starts = np.cumsum([0, *(bag.offsets[-1] for bag in bags)])
    offsets = [bag.offsets[:-1] + start for bag, start in zip(bags, starts[:-1], strict=True)]
    return Bag(np.concatenate([bag.values for bag in bags]), np.concatenate([*offsets, starts[-1:]]).astype(np.int64))
