"""Whether probabilities mean what they say: reliability, expected calibration error, temperature scaling."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, IntArray, binary, check_length, matrix, vector

TEMPERATURE_BOUNDS = (0.01, 100.0)


class Reliability(NamedTuple):
    """A reliability diagram, one entry a bin, lowest probabilities first.

    Attributes:
        mean_probability: Mean stated probability, 0–1, (K,).
        observed_share: Share of positives, 0–1, (K,).
        n_rows: Number of rows, (K,).
    """

    mean_probability: FloatArray
    observed_share: FloatArray
    n_rows: IntArray


def reliability(probabilities: ArrayLike, labels: ArrayLike, *, bins: int = 15) -> Reliability:
    """Stated against observed probability in bins of equal mass; equal probabilities share a bin.

    Bins are cut at quantiles, so the order of rows has no influence, and ties can leave fewer bins than asked
    for.

    Args:
        probabilities: Stated probability of the positive class, 0–1, (N,).
        labels: 0 or 1, (N,).
        bins: Number of bins asked for, at least 1.

    Returns:
        The bins that hold rows.

    Raises:
        InputError: A probability is outside 0–1, a label is not 0 or 1, or `bins` is below 1.
    """
    p = vector("probabilities", probabilities)
    y = binary("labels", labels, len(p))
    if p.min() < 0 or p.max() > 1:
        raise InputError(f"probabilities run from {p.min():g} to {p.max():g}; give numbers from 0 to 1.")
    if bins < 1:
        raise InputError(f"bins is {bins}; give 1 or more.")
    last_rows = -(-np.arange(1, bins) * len(p) // bins) - 1  # ⌈k N / K⌉, in whole numbers, counted from 0
    _, index = np.unique(np.searchsorted(np.sort(p)[last_rows], p, side="left"), return_inverse=True)
    count = np.bincount(index)
    return Reliability(np.bincount(index, weights=p) / count, np.bincount(index, weights=y) / count, count)


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike, *, bins: int = 15) -> float:
    """Mean gap between stated and observed probability over equal-mass bins, weighted by their rows.

    Args:
        probabilities: Stated probability of the positive class, 0–1, (N,).
        labels: 0 or 1, (N,).
        bins: Number of bins, at least 1.

    Returns:
        0–1; 0 is perfect.

    Raises:
        InputError: As `reliability`.
    """
    diagram = reliability(probabilities, labels, bins=bins)
    gap = np.abs(diagram.mean_probability - diagram.observed_share)
    return float((gap * diagram.n_rows).sum() / diagram.n_rows.sum())


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """Temperature T that minimises the negative log-likelihood of logits / T (Guo et al. 2017).

    Args:
        logits: Binary logits (N,), or class logits (N, C).
        labels: 0 or 1, (N,), or the class of each row, 0 to C − 1.

    Returns:
        T within `TEMPERATURE_BOUNDS`; above 1 the logits were over-confident. It lies near the lower
        bound where they separate the classes without error, near the upper where they point the wrong way.

    Raises:
        InputError: A shape or value does not fit.
    """
    if np.ndim(logits) == 1:
        z = vector("logits", logits)
        scores, y = np.stack([np.zeros_like(z), z], axis=1), binary("labels", labels, len(z))
    else:
        scores = matrix("logits", logits)
        y = _classes(labels, len(scores), scores.shape[1])

    def negative_log_likelihood(log_temperature: float) -> float:
        scaled = scores / np.exp(log_temperature)
        return float(np.mean(special.logsumexp(scaled, axis=1) - scaled[np.arange(len(y)), y]))

    low, high = np.log(TEMPERATURE_BOUNDS)
    found = optimize.minimize_scalar(
        negative_log_likelihood, bounds=(low, high), method="bounded", options={"xatol": 1e-8}
    )
    return float(np.exp(found.x))


def _classes(labels: ArrayLike, n_rows: int, n_classes: int) -> IntArray:
    y = vector("labels", labels)
    check_length("labels", y, n_rows)
    if not np.isin(y, np.arange(n_classes)).all():
        wrong = y[~np.isin(y, np.arange(n_classes))][0]
        raise InputError(f"labels hold {wrong:g}; give classes from 0 to {n_classes - 1}.")
    return y.astype(np.int64)
