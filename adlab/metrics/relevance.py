"""Measures of query–ad relevance with intervals that resample whole queries or images (AdsCVLR, §5).

Grades are 0 Bad – 3 Excellent. Pairs of one query are no independent draws: with 209 queries an interval over 8,016
pairs would be far too narrow.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, IntArray, check_length, matrix, vector
from adlab.metrics.bootstrap import BootstrapInterval, bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.correlation import sprc
from adlab.metrics.ranking import auc

BEST_GRADE = 3


def expected_grade(probabilities: ArrayLike) -> FloatArray:
    """Mean grade under each row's distribution, (N,), 0–3.

    Args:
        probabilities: Of Bad, Fair, Good and Excellent, (N, 4); each row sums to 1.

    Raises:
        InputError: The shape does not fit, or a row is no distribution.
    """
    p = _distributions(probabilities)
    return p @ np.arange(BEST_GRADE + 1.0)


def relevant_probability(probabilities: ArrayLike) -> FloatArray:
    """Probability of a grade above Bad, (N,): the score behind AdsCVLR's AUC and its student's target.

    Raises:
        InputError: As `expected_grade`.
    """
    return 1 - _distributions(probabilities)[:, 0]


def relevance_auc(
    scores: ArrayLike,
    grades: ArrayLike,
    groups: ArrayLike,
    *,
    level: float = 0.9,
    n_resamples: int = 1000,
    seed: int = 0,
) -> BootstrapInterval:
    """AUC of relevant (Fair or better) against Bad, as in AdsCVLR's tables.

    Args:
        scores: (N,), higher means more relevant.
        grades: (N,), 0–3.
        groups: What is resampled, for example the query of each pair, (N,).
        level: Nominal level of the interval.
        n_resamples: Number of resamples.
        seed: Of the draw.

    Raises:
        InputError: A shape or value does not fit, or grades are all Bad or none is.
    """
    x = vector("scores", scores)
    positive = _positive(grades, len(x))
    return bootstrap_interval(
        lambda rows: auc(x[rows], positive[rows]), groups, level=level, n_resamples=n_resamples, seed=seed
    )


def relevance_auc_difference(
    scores: ArrayLike,
    baseline: ArrayLike,
    grades: ArrayLike,
    groups: ArrayLike,
    *,
    level: float = 0.9,
    n_resamples: int = 1000,
    seed: int = 0,
) -> BootstrapInterval:
    """AUC of `scores` less that of `baseline`, both on the same resample each time; arguments as `relevance_auc`.

    Raises:
        InputError: As `relevance_auc`.
    """
    x = vector("scores", scores)
    y = vector("baseline", baseline)
    check_length("baseline", y, len(x))
    positive = _positive(grades, len(x))
    return paired_bootstrap_difference(
        lambda rows: auc(x[rows], positive[rows]),
        lambda rows: auc(y[rows], positive[rows]),
        groups,
        level=level,
        n_resamples=n_resamples,
        seed=seed,
    )


def grade_correlation(
    scores: ArrayLike,
    grades: ArrayLike,
    groups: ArrayLike,
    *,
    level: float = 0.9,
    n_resamples: int = 1000,
    seed: int = 0,
) -> BootstrapInterval:
    """Spearman's correlation of scores with grades, for example experts' mean grades, resampled by image.

    Args:
        scores: (N,).
        grades: (N,), any numbers.
        groups: What is resampled, (N,).
        level: Nominal level of the interval.
        n_resamples: Number of resamples.
        seed: Of the draw.

    Raises:
        InputError: A shape or value does not fit, or one side is constant.
    """
    x = vector("scores", scores)
    y = vector("grades", grades)
    check_length("grades", y, len(x))
    return bootstrap_interval(
        lambda rows: sprc(x[rows], y[rows]), groups, level=level, n_resamples=n_resamples, seed=seed
    )


def win_share(better: ArrayLike, worse: ArrayLike) -> float:
    """Share of comparisons in which the better one scores higher, ties counting half, 0–1: the colour test.

    Args:
        better: Scores of those that should win, (N,).
        worse: Scores of what each is compared with, (N,).

    Raises:
        InputError: A shape or value does not fit.
    """
    return float(_wins(better, worse).mean())


def win_share_interval(
    better: ArrayLike,
    worse: ArrayLike,
    groups: ArrayLike,
    *,
    level: float = 0.9,
    n_resamples: int = 1000,
    seed: int = 0,
) -> BootstrapInterval:
    """`win_share` with its interval under resampling of `groups`.

    Raises:
        InputError: A shape or value does not fit.
    """
    wins = _wins(better, worse)
    check_length("groups", np.asarray(groups), len(wins))
    return bootstrap_interval(
        lambda rows: float(wins[rows].mean()), groups, level=level, n_resamples=n_resamples, seed=seed
    )


def _wins(better: ArrayLike, worse: ArrayLike) -> FloatArray:
    x = vector("better", better)
    y = vector("worse", worse)
    check_length("worse", y, len(x))
    return (x > y) + 0.5 * (x == y)


def _positive(grades: ArrayLike, length: int) -> IntArray:
    values = vector("grades", grades)
    check_length("grades", values, length)
    if not np.isin(values, range(BEST_GRADE + 1)).all():
        wrong = values[~np.isin(values, range(BEST_GRADE + 1))][0]
        raise InputError(f"grades hold {wrong:g}; give whole numbers from 0 (Bad) to {BEST_GRADE} (Excellent).")
    return (values >= 1).astype(np.int64)


def _distributions(probabilities: ArrayLike) -> FloatArray:
    p = matrix("probabilities", probabilities)
    if p.shape[1] != BEST_GRADE + 1 or (p < 0).any() or not np.allclose(p.sum(axis=1), 1, atol=1e-4):
        raise InputError(f"probabilities of shape {p.shape}; give four of 0 or more a row that sum to 1.")
    return p
