"""Percentile bootstrap that resamples whole groups, for example all captions of an image together."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import IntArray, check_level

Statistic = Callable[[IntArray], float]


class BootstrapInterval(NamedTuple):
    """An estimate and its percentile bootstrap interval.

    Attributes:
        value: The statistic on all rows.
        low: Lower end.
        high: Upper end.
        level: Nominal level, 0–1.
        n_groups: Number of resampled units.
        n_resamples: Number of resamples.
        share_below_zero: Share of resamples below zero, one that equals zero counting half, 0–1.
    """

    value: float
    low: float
    high: float
    level: float
    n_groups: int
    n_resamples: int
    share_below_zero: float


def bootstrap_interval(
    statistic: Statistic,
    groups: ArrayLike,
    *,
    level: float = 0.9,
    n_resamples: int = 1000,
    seed: int = 0,
) -> BootstrapInterval:
    """Interval of a statistic under resampling of groups with replacement (Efron 1979).

    Args:
        statistic: From row numbers (any length, repeats allowed) to a number, for example
            ``lambda rows: auc(scores[rows], labels[rows])``. A resample on which it raises `InputError` or
            is not finite, for example because one class is missing, is drawn anew.
        groups: The unit each row belongs to, (N,); rows of one unit are drawn together. At least two units.
        level: Nominal level of the interval, between 0 and 1.
        n_resamples: Number of resamples, at least 2.
        seed: Seed of the draw.

    Returns:
        Value, interval and the counts behind it.

    Raises:
        InputError: An argument is outside its range, or the statistic fails on more than half of the draws.
    """
    check_level(level)
    if n_resamples < 2:
        raise InputError(f"n_resamples is {n_resamples}; give 2 or more, 1000 for a stable interval.")
    rows_by_group = _rows_by_group(groups)
    n_groups = len(rows_by_group)
    rng = np.random.default_rng(seed)
    replicates: list[float] = []
    for _ in range(2 * n_resamples):
        drawn = rng.integers(n_groups, size=n_groups)
        try:
            replicate = float(statistic(np.concatenate([rows_by_group[g] for g in drawn])))
        except InputError:
            continue
        if np.isfinite(replicate):
            replicates.append(replicate)
        if len(replicates) == n_resamples:
            break
    else:
        raise InputError(
            f"The statistic is defined on {len(replicates)} of {2 * n_resamples} resamples only; "
            f"give more than {n_groups} groups."
        )
    values = np.array(replicates)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return BootstrapInterval(
        value=float(statistic(np.sort(np.concatenate(rows_by_group)))),
        low=float(low),
        high=float(high),
        level=level,
        n_groups=n_groups,
        n_resamples=n_resamples,
        share_below_zero=float((values < 0).mean() + (values == 0).mean() / 2),
    )


def paired_bootstrap_difference(
    statistic: Statistic,
    baseline: Statistic,
    groups: ArrayLike,
    *,
    level: float = 0.9,
    n_resamples: int = 1000,
    seed: int = 0,
) -> BootstrapInterval:
    """Interval of `statistic` − `baseline`, both taken on the same resample each time.

    Pairing removes what both share, such as hard images, so it tells differences that two intervals would
    not.

    Args:
        statistic: As in `bootstrap_interval`.
        baseline: What it is compared with.
        groups: As in `bootstrap_interval`.
        level: As in `bootstrap_interval`.
        n_resamples: As in `bootstrap_interval`.
        seed: As in `bootstrap_interval`.

    Returns:
        Interval of the difference; twice the smaller of `share_below_zero` and one minus it is a two-sided
        bootstrap p-value.

    Raises:
        InputError: As `bootstrap_interval`.
    """

    def difference(rows: IntArray) -> float:
        return statistic(rows) - baseline(rows)

    return bootstrap_interval(difference, groups, level=level, n_resamples=n_resamples, seed=seed)


def _rows_by_group(groups: ArrayLike) -> list[IntArray]:
    names = np.asarray(groups)
    if names.ndim != 1:
        raise InputError(f"groups have shape {names.shape}; give one unit a row, (N,).")
    unique, index = np.unique(names, return_inverse=True)
    if len(unique) < 2:
        raise InputError(f"There is {len(unique)} group; resampling needs two or more.")
    order = np.argsort(index, kind="stable")
    return np.split(order, np.cumsum(np.bincount(index))[:-1])
