"""Histograms of ratings: their mean and standard deviation, and how far one is from another.

Rows are histograms over the same ordered scale, as counts or shares; each is divided by its sum first. M2FN and NIMA
judge predicted distributions by the mean and the standard deviation; NIMA's loss is the distance below.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, check_length, matrix, vector


def shares(name: str, histograms: ArrayLike) -> FloatArray:
    """Histograms as shares that sum to 1, (N, K).

    Args:
        name: What to call them in messages.
        histograms: (N, K) counts or shares, N and K at least 1.

    Raises:
        InputError: A shape or value does not fit, an entry is negative, or a row is empty.
    """
    counts = matrix(name, histograms)
    if (counts < 0).any():
        row, step = np.argwhere(counts < 0)[0]
        raise InputError(f"{name} holds {counts[row, step]:g} in row {row}; give counts or shares of 0 or more.")
    peak = counts.max(axis=1, keepdims=True)
    if (peak == 0).any():
        raise InputError(f"{name} has no rating in row {np.flatnonzero(peak == 0)[0]}; leave out rows without ratings.")
    scaled = counts / peak  # the sum of very large or very small entries would overflow or vanish
    result: FloatArray = scaled / scaled.sum(axis=1, keepdims=True)
    return result


def histogram_mean(histograms: ArrayLike, steps: ArrayLike | None = None) -> FloatArray:
    """Mean of each histogram on its scale, (N,).

    Args:
        histograms: (N, K) counts or shares.
        steps: (K,) value of each scale step, rising; 1, 2, …, K by default.

    Raises:
        InputError: A shape or value does not fit.
    """
    p = shares("histograms", histograms)
    mean: FloatArray = p @ _scale(steps, p.shape[1])
    return mean


def histogram_std(histograms: ArrayLike, steps: ArrayLike | None = None) -> FloatArray:
    """Standard deviation of each histogram on its scale, of the ratings themselves (divided by n), (N,).

    Args:
        histograms: (N, K) counts or shares.
        steps: (K,) value of each scale step, rising; 1, 2, …, K by default.

    Raises:
        InputError: A shape or value does not fit.
    """
    p = shares("histograms", histograms)
    scale = _scale(steps, p.shape[1])
    distance = scale - (p @ scale)[:, None]  # about the mean: the difference of two squares would lose digits
    std: FloatArray = np.sqrt((p * distance**2).sum(axis=1))
    return std


def emd(predicted: ArrayLike, observed: ArrayLike, *, r: float = 1.0) -> FloatArray:
    """Earth mover's distance of each pair of histograms, (N,): NIMA (Talebi and Milanfar, 2018), Eq. 1.

    It is the mean over scale steps of |difference of the cumulative sums|^r, to the power of 1/r; without the
    cumulative sums, a rating one step off would be as wrong as one six steps off.

    Args:
        predicted: (N, K) counts or shares.
        observed: (N, K) counts or shares.
        r: 1 for the distance that earth is moved, in scale steps, over K; 2 as NIMA trains.

    Raises:
        InputError: A shape or value does not fit, or `r` is below 1.
    """
    p, q = shares("predicted", predicted), shares("observed", observed)
    check_length("observed", q, len(p))
    if p.shape[1] != q.shape[1]:
        raise InputError(f"predicted has {p.shape[1]} scale steps and observed {q.shape[1]}; give the same scale.")
    if not 1 <= r < np.inf:
        raise InputError(f"r is {r!r}; give a number of 1 or more.")
    gaps = np.abs(np.cumsum(p - q, axis=1))
    distance: FloatArray = (gaps**r).mean(axis=1) ** (1 / r)
    return distance


def _scale(steps: ArrayLike | None, count: int) -> FloatArray:
    if steps is None:
        return np.arange(1.0, count + 1)
    scale = vector("steps", steps)
    check_length("steps", scale, count)
    if not (np.diff(scale) > 0).all():
        raise InputError(f"steps are {scale.tolist()}; give the values of the scale, rising.")
    return scale
