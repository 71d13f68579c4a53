"""Rank of a value in a reference set, as a mid-rank percentile from 0 to 100."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, vector


def mid_rank_percentile(values: ArrayLike, reference_sorted: ArrayLike, *, leave_one_out: bool = False) -> FloatArray:
    """100 · (number below + half of the number equal) / n.

    Args:
        values: (V,).
        reference_sorted: The reference set, ascending, (n,).
        leave_one_out: Whether each value is itself a row of the reference set, to be left out: it is then
            counted neither as equal nor in n.

    Returns:
        Percentiles, 0–100, (V,).

    Raises:
        InputError: The reference set is not ascending; or, leaving one out, a value is not in it or it has
            only one row.
    """
    x = vector("values", values)
    reference = _ascending("reference_sorted", reference_sorted, at_least=2 if leave_one_out else 1)
    below = np.searchsorted(reference, x, side="left")
    equal = np.searchsorted(reference, x, side="right") - below
    n = len(reference)
    if leave_one_out:
        if (equal == 0).any():
            raise InputError(
                f"{x[equal == 0][0]:g} is not in the reference set of {n}; leave_one_out is for its own rows."
            )
        equal, n = equal - 1, n - 1
    return 100 * (below + equal / 2) / n


def percentile_from_quantiles(values: ArrayLike, quantiles: ArrayLike) -> FloatArray:
    """Percentile against a reference set of which evenly spaced quantiles are stored.

    Linear between quantiles; at a value that several quantiles share, the middle of their levels. It differs
    from `mid_rank_percentile` by at most one step between levels, 100 / (Q − 1).

    Args:
        values: (V,).
        quantiles: Quantiles at the levels 0, 1/(Q−1), …, 1, ascending, (Q,), Q at least 2.

    Returns:
        Percentiles, 0–100, (V,); 0 below the smallest quantile, 100 above the largest.

    Raises:
        InputError: The quantiles are not ascending, or fewer than two.
    """
    x = vector("values", values)
    stored = _ascending("quantiles", quantiles, at_least=2)
    levels = np.linspace(0, 100, len(stored))
    points, first, counts = np.unique(stored, return_index=True, return_counts=True)
    lowest, highest = levels[first], levels[first + counts - 1]
    # Approaching a point from below ends at its lowest level, leaving it upwards starts at its highest.
    knots = np.repeat(points, 2)
    between = np.interp(x, knots, np.stack([lowest, highest], axis=1).ravel())
    at = np.minimum(np.searchsorted(points, x), len(points) - 1)
    return np.where(points[at] == x, (lowest[at] + highest[at]) / 2, between)


def _ascending(name: str, values: ArrayLike, *, at_least: int) -> FloatArray:
    array = vector(name, values, at_least=at_least)
    falls = np.flatnonzero(np.diff(array) < 0)
    if len(falls):
        i = int(falls[0])
        raise InputError(f"{name} falls from {array[i]:g} to {array[i + 1]:g} at row {i + 1}; sort it.")
    return array
