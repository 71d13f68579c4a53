"""Interval of a score from the spread of an ensemble."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

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
    low, high = (100 * stats.norm.cdf(end) for end in _stretched(_probit(members), scale, level))
    return np.minimum(low, value), np.maximum(high, value)


def logit_interval(logits: np.ndarray, scale: float, *, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
    """Interval of a probability from the spread of ensemble members, on the logit scale.

    Args:
        logits: The members' log-odds, (M, N).
        scale: Stretch, fitted so that the interval covers what it says.
        level: Nominal level.

    Returns:
        Lower and upper end, probabilities, each (N,); the probability of the mean log-odds lies between them.
    """
    value = special.expit(logits.mean(axis=0))
    low, high = (special.expit(end) for end in _stretched(logits, scale, level))
    return np.minimum(low, value), np.maximum(high, value)


def _probit(percentiles: np.ndarray) -> np.ndarray:
    z: np.ndarray = stats.norm.ppf(np.clip(percentiles, EDGE, 100 - EDGE) / 100)
    return z


def _stretched(members: np.ndarray, scale: float, level: float) -> list[np.ndarray]:
    """Quantiles over members, (M, N) -> two of (N,), moved away from their mean by `scale`."""
    centre, tail = members.mean(axis=0), (1 - level) / 2
    return [centre + scale * (end - centre) for end in np.quantile(members, [tail, 1 - tail], axis=0)]
