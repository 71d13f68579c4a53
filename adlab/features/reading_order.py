"""The order in which people read boxes of text: lines from top to bottom, columns one after the other.

Recursive cuts along white space (Nagy and Seth, 1984), with one addition for copy: lines that stand side by side are
columns if the white space between them runs through at least two of them; otherwise they are read across.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_SHRINK = 0.25  # of a box's height at both edges: detectors draw boxes larger than the letters
_GUTTER = 0.8  # of the median height of a line: narrower white space parts words, not columns


def reading_order(boxes: Sequence[tuple[float, float, float, float]]) -> list[int]:
    """Places of boxes in the order of reading.

    Args:
        boxes: Left, top, right, bottom of each, in pixels.

    Returns:
        Each place once.
    """
    if not boxes:
        return []
    edges = np.array(boxes, dtype=np.float64)
    heights = edges[:, 3] - edges[:, 1]
    gutter = _GUTTER * float(np.median(heights))
    edges[:, 1] += _SHRINK * heights
    edges[:, 3] -= _SHRINK * heights
    return _ordered(edges, np.arange(len(edges)), gutter)


def _ordered(edges: NDArray[np.float64], places: NDArray[np.intp], gutter: float) -> list[int]:
    if len(places) == 1:
        return [int(places[0])]
    columns = _cut(edges, places, axis=0, least=gutter)
    if len(columns) > 1:
        return [place for column in columns for place in _ordered(edges, column, gutter)]
    bands = _cut(edges, places, axis=1, least=0.0)
    if len(bands) == 1:
        words = _cut(edges, places, axis=0, least=0.0)
        if len(words) > 1:
            return [place for word in words for place in _ordered(edges, word, gutter)]
        # Boxes that overlap both ways: by the middle of the line, then from left to right.
        middle = edges[places, 1] + edges[places, 3]
        return [int(place) for place in places[np.lexsort((edges[places, 0], middle))]]
    groups = _with_common_columns(edges, bands, gutter)
    return [place for group in groups for place in _ordered(edges, group, gutter)]


def _cut(edges: NDArray[np.float64], places: NDArray[np.intp], axis: int, least: float) -> list[NDArray[np.intp]]:
    """Parts that white space of at least this width separates, in order; axis 0 cuts columns, 1 cuts bands."""
    order = places[np.argsort(edges[places, axis], kind="stable")]
    reach = np.maximum.accumulate(edges[order, axis + 2])
    gaps = np.flatnonzero(edges[order[1:], axis] - reach[:-1] > least) + 1
    return np.split(order, gaps)


def _with_common_columns(
    edges: NDArray[np.float64], bands: list[NDArray[np.intp]], gutter: float
) -> list[NDArray[np.intp]]:
    """Join successive bands through which one gutter runs, of which the first two have several boxes.

    Not all bands can end in one group: the gutter would run through everything, and the caller had cut there.
    """
    groups: list[NDArray[np.intp]] = []
    i = 0
    while i < len(bands):
        group, end = bands[i], i + 1
        while end < len(bands):
            joined = np.concatenate([group, bands[end]])
            columns = len(_cut(edges, joined, 0, gutter)) > 1
            if not columns or (end == i + 1 and min(len(group), len(bands[end])) < 2):
                break
            group, end = joined, end + 1
        groups.append(group)
        i = end
    return groups
