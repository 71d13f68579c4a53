"""Interval of a percentile from the spread of an ensemble."""

from __future__ import annotations

import numpy as np
from scipy import stats

EDGE = 0.05  # percentiles are held this far from 0 and 100 before they are put on the probit scale


def spread_interval(
    value: np.ndarray, members: np.ndarray, scale: float, *, level: float = 0.9
) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a percentile from the spread of ensemble members.

    Percentiles are put on the probit scale, where the spread is about as wide in the middle as at the ends. The
    5 % and 95 % quantiles over members (for level 0.9), stretched about their mean by `scale`, are put back.

    Args:
        value: The ensemble's percentile, 0–100, (N,).
        members: The members' percentiles, 0–100, (M, N).
        scale: Stretch, fitted so that the interval covers what it says.
        level: Nominal level.

    Returns:
        Lower and upper end, 0–100, each (N,); the value always lies between them.
    """
    z = stats.norm.ppf(np.clip(members, EDGE, 100 - EDGE) / 100)
    centre, tail = z.mean(axis=0), (1 - level) / 2
    low, high = np.quantile(z, [tail, 1 - tail], axis=0)
    ends = [100 * stats.norm.cdf(centre + scale * (end - centre)) for end in (low, high)]
    return np.minimum(ends[0], value), np.maximum(ends[1], value)
