"""A log as counts: what every statistic of this package reads, however many impressions are behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.data.aggregation import UNKNOWN, sorted_levels

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]
NO_LEVEL = -1
_MOST_KEYS = 2**62


class Cells(NamedTuple):
    """Impressions and clicks of each ad and combination of attributes.

    Attributes:
        levels: Levels of each attribute, in reading order.
        codes: Place of each cell in them by attribute, (N,) each; −1 is unknown.
        ads: Number of each cell's ad, 0 … `ad_names`, (N,).
        ad_names: Names of the ads.
        impressions: (N,), each above 0.
        clicks: (N,).
    """

    levels: dict[str, tuple[str, ...]]
    codes: dict[str, IntArray]
    ads: IntArray
    ad_names: tuple[str, ...]
    impressions: FloatArray
    clicks: FloatArray

    def take(self, rows: IntArray | NDArray[np.bool_]) -> Cells:
        """Some of the cells; ads and levels keep their numbers."""
        codes = {name: code[rows] for name, code in self.codes.items()}
        return self._replace(
            codes=codes, ads=self.ads[rows], impressions=self.impressions[rows], clicks=self.clicks[rows]
        )


class AdLevels(NamedTuple):
    """Counts of one attribute: one row an ad and known level.

    Attributes:
        ads: Number of the ad, (M,).
        levels: Place of the level, (M,).
        impressions: (M,).
        clicks: (M,).
        size: Number of levels.
    """

    ads: IntArray
    levels: IntArray
    impressions: FloatArray
    clicks: FloatArray
    size: int


def cells_of(groups: pd.DataFrame, attributes: Sequence[str], *, by: str = "ad_id") -> Cells:
    """Groups as `adlab.data.aggregation.aggregate` gives them, as arrays."""
    ads, names = pd.factorize(groups[by])
    levels, codes = {}, {}
    for name in attributes:
        known = [level for level in groups[name].unique().tolist() if level != UNKNOWN]
        levels[name] = sorted_levels(name, known)
        codes[name] = pd.Categorical(groups[name], categories=list(levels[name])).codes.astype(np.int64)
    counts = (groups[name].to_numpy(dtype=np.float64) for name in ("impressions", "clicks"))
    return Cells(levels, codes, ads.astype(np.int64), tuple(map(str, names)), *counts)


def by_ad(cells: Cells, attribute: str) -> AdLevels:
    """The counts of one attribute; cells where it is unknown are left out."""
    known, count = cells.codes[attribute] != NO_LEVEL, len(cells.levels[attribute])
    keys, place = np.unique(cells.ads[known] * count + cells.codes[attribute][known], return_inverse=True)
    impressions = totals(place, cells.impressions[known], len(keys))
    clicks = totals(place, cells.clicks[known], len(keys))
    return AdLevels(keys // count, keys % count, impressions, clicks, count)


def totals(places: IntArray, weights: FloatArray, size: int) -> FloatArray:
    """Sum of the weights at each place, (size,)."""
    return np.bincount(places, weights, size).astype(np.float64, copy=False)


def group_numbers(codes: Sequence[IntArray], sizes: Sequence[int]) -> tuple[IntArray, int]:
    """A number for each distinct combination of codes, (N,), and how many there are."""
    key, span = np.zeros(len(codes[0]), dtype=np.int64), 1
    for code, size in zip(codes, sizes, strict=True):
        if span * size > _MOST_KEYS:  # the numbers so far made dense, or their product would overflow
            unique, key = np.unique(key, return_inverse=True)
            span = len(unique)
        key, span = key * size + code, span * size
    unique, numbers = np.unique(key, return_inverse=True)
    return numbers, len(unique)
