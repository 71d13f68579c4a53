"""Linear probes: what a straight line can read out of an embedding."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, binary, check_length, matrix

NEWTON_WIDTH = 1024  # a Newton step costs N·d², above this width more than a hundred steps of L-BFGS
RIDGE_GRID = tuple(10.0**power for power in range(-3, 6))


class Split(NamedTuple):
    """Rows of a probe.

    Attributes:
        train: Embeddings or targets it is fitted on, (N, …).
        dev: Those that choose its penalty.
        test: Those it is judged by.
    """

    train: NDArray[np.generic]
    dev: NDArray[np.generic]
    test: NDArray[np.generic]


def logistic_hits(train: ArrayLike, labels: ArrayLike, test: ArrayLike, truth: ArrayLike) -> NDArray[np.bool_]:
    """Whether logistic regression on standardised columns gives each test row its label.

    Solved to convergence, penalty C = 1: by Newton's method, or by L-BFGS where there are more than `NEWTON_WIDTH`
    columns.

    Args:
        train: (N, D).
        labels: 0 or 1, both present, (N,).
        test: (M, D).
        truth: 0 or 1, (M,).

    Returns:
        (M,).

    Raises:
        InputError: A shape or value does not fit.
    """
    x, z = matrix("train", train, at_least=2), matrix("test", test)
    y, wanted = binary("labels", labels, len(x)), binary("truth", truth, len(z))
    if y.min() == y.max():
        raise InputError(f"labels are all {y[0]}; a classifier needs both 0 and 1.")
    solver = "newton-cholesky" if x.shape[1] <= NEWTON_WIDTH else "lbfgs"
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, solver=solver, max_iter=500))
    hits: NDArray[np.bool_] = model.fit(x, y).predict(z) == wanted
    return hits


def ridge_r2(embeddings: Split, targets: Split) -> FloatArray:
    """Share of each target's variance on the test rows that ridge regression explains; its penalty comes from dev.

    Args:
        embeddings: (N, D) each; columns are standardised on the train rows.
        targets: (N, P) each.

    Returns:
        R² a target, (P,): 1 is perfect, 0 no better than the test mean; it can be negative. 0 for a target that is
        constant on the test rows.

    Raises:
        InputError: A shape or value does not fit.
    """
    x, y = [_matrices(name, split) for name, split in (("embeddings", embeddings), ("targets", targets))]
    for part, rows in zip(x, y, strict=True):
        check_length("targets", rows, len(part))
    mean, std = x[0].mean(axis=0), x[0].std(axis=0)
    x = [(part - mean) / np.where(std == 0, 1.0, std) for part in x]
    centre = y[0].mean(axis=0)
    values, vectors = np.linalg.eigh(x[0].T @ x[0])
    projected = vectors.T @ (x[0].T @ (y[0] - centre))  # (D, P)
    on_dev, on_test = x[1] @ vectors, x[2] @ vectors
    dev_errors, test_errors = [], []
    for penalty in RIDGE_GRID:
        weights = projected / (np.maximum(values, 0) + penalty)[:, None]
        dev_errors.append(np.square(y[1] - centre - on_dev @ weights).sum(axis=0))
        test_errors.append(np.square(y[2] - centre - on_test @ weights).sum(axis=0))
    best = np.argmin(dev_errors, axis=0)
    error = np.array(test_errors)[best, np.arange(len(best))]
    spread = np.square(y[2] - y[2].mean(axis=0)).sum(axis=0)
    return np.where(spread > 0, 1 - error / np.where(spread > 0, spread, 1.0), 0.0)


def _matrices(name: str, split: Split) -> list[FloatArray]:
    return [matrix(f"{name} ({part})", rows, at_least=2) for part, rows in zip(Split._fields, split, strict=True)]
