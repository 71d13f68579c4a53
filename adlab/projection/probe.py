"""What a straight line can read out of a space: cross-validated, with an interval, beside an untrained network.

A map shows clusters where there are none and hides some that are there, so what a space carries is judged here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adlab.errors import InputError
from adlab.metrics.arrays import check_length, matrix
from adlab.metrics.bootstrap import BootstrapInterval, bootstrap_interval

FOLDS = 5
LEVEL = 0.9
RESAMPLES = 500
MIN_GROUPS = 20
NEWTON_WIDTH = 1024  # above this width a Newton step costs more than many steps of L-BFGS


@dataclass(frozen=True, kw_only=True)
class Probe:
    """Balanced accuracy of a cross-validated linear probe: the mean over classes of the share told right.

    Attributes:
        accuracy: 0–1.
        low: Lower end of its 90 % interval, by bootstrap over groups.
        high: Upper end.
        chance: One over the number of classes.
        n: Points.
        groups: Groups that are split and resampled whole.
        untrained: Balanced accuracy of the same probe on an untrained network of the same shape, or None.
        gain: Accuracy above the untrained network's, or None.
        gain_low: Lower end of the gain's 90 % interval, on the same resamples.
        gain_high: Upper end.
    """

    accuracy: float
    low: float
    high: float
    chance: float
    n: int
    groups: int
    untrained: float | None = None
    gain: float | None = None
    gain_low: float | None = None
    gain_high: float | None = None

    @property
    def above_chance(self) -> bool:
        """Whether the whole interval lies above chance."""
        return self.low > self.chance

    @property
    def learned(self) -> bool:
        """Whether it is above chance, and the whole interval of the gain above 0: training brought it there."""
        return self.above_chance and self.gain_low is not None and self.gain_low > 0


def probe(
    vectors: ArrayLike, labels: ArrayLike, groups: ArrayLike, untrained: ArrayLike | None = None, *, seed: int = 0
) -> Probe:
    """Judge by logistic regression on standardised columns, penalty C = 1, five folds of whole groups.

    Args:
        vectors: (N, D).
        labels: Class of each point, two or more classes, (N,).
        groups: Points of one group fall into one fold, (N,).
        untrained: The same points through an untrained network, (N, D).
        seed: Seed of folds and resamples.

    Raises:
        InputError: A shape does not fit, there is one class only, or too few groups of a class.
    """
    classes, y = np.unique(np.asarray(labels), return_inverse=True)
    _, group = np.unique(np.asarray(groups), return_inverse=True)
    x = matrix("vectors", vectors, at_least=2)
    for name, rows in (("labels", y), ("groups", group)):
        check_length(name, rows, len(x))
    if len(classes) < 2:
        raise InputError(f"There is one class only, {classes[0]!r}; a probe needs two or more.")
    fewest = min(len(np.unique(group[y == index])) for index in range(len(classes)))
    if fewest < MIN_GROUPS:
        raise InputError(f"The rarest class has {fewest} independent ads; a probe needs {MIN_GROUPS} or more.")
    folds = _folds(y, group, seed)
    hits = _hits(x, y, folds)
    found = bootstrap_interval(_balanced(hits, y), group, level=LEVEL, n_resamples=RESAMPLES, seed=seed)
    other: float | None = None
    gain: BootstrapInterval | None = None
    if untrained is not None:
        z = matrix("untrained", untrained, at_least=2)
        check_length("untrained", z, len(x))
        base = _hits(z, y, folds)
        trained_score, other_score = _balanced(hits, y), _balanced(base, y)
        other = other_score(np.arange(len(y)))
        gain = bootstrap_interval(
            lambda rows: trained_score(rows) - other_score(rows),
            group,
            level=LEVEL,
            n_resamples=RESAMPLES,
            seed=seed,
        )
    return Probe(
        accuracy=found.value,
        low=found.low,
        high=found.high,
        chance=1 / len(classes),
        n=len(y),
        groups=found.n_groups,
        untrained=other,
        gain=gain.value if gain else None,
        gain_low=gain.low if gain else None,
        gain_high=gain.high if gain else None,
    )


def _folds(y: NDArray[np.int64], group: NDArray[np.int64], seed: int) -> list[tuple[NDArray, NDArray]]:
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(y)), y, group))


def _hits(x: NDArray[np.float64], y: NDArray[np.int64], folds: list[tuple[NDArray, NDArray]]) -> NDArray[np.bool_]:
    """Whether each point is told right by a probe that has not seen its group."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    solver = "newton-cholesky" if x.shape[1] <= NEWTON_WIDTH else "lbfgs"
    hits = np.zeros(len(y), dtype=bool)
    for train, test in folds:
        model = LogisticRegression(C=1.0, class_weight="balanced", solver=solver, max_iter=500)
        hits[test] = make_pipeline(StandardScaler(), model).fit(x[train], y[train]).predict(x[test]) == y[test]
    return hits


def _balanced(hits: NDArray[np.bool_], y: NDArray[np.int64]) -> Callable[[NDArray[np.int64]], float]:
    """Balanced accuracy on some rows; not a number, hence drawn anew, where a class is missing."""
    classes = int(y.max()) + 1

    def score(rows: NDArray[np.int64]) -> float:
        total = np.bincount(y[rows], minlength=classes)
        right = np.bincount(y[rows], weights=hits[rows], minlength=classes)
        return float((right / total).mean()) if (total > 0).all() else float("nan")

    return score
