"""Linear probes against planted truths and slow transcriptions."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.evaluation import probes
from adlab.evaluation.probes import RIDGE_GRID, Split, logistic_hits, ridge_r2


def parts(rows: np.ndarray) -> Split:
    return Split(rows[:200], rows[200:300], rows[300:])


def test_a_planted_line_is_found_by_both_solvers(monkeypatch):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 6)) * [1, 100, 0.01, 1, 1, 1] + 7
    y = ((x - 7) @ [1, 0.01, 100, 0, 0, 0] > 0).astype(int)
    newton = logistic_hits(x[:600], y[:600], x[600:], y[600:])
    monkeypatch.setattr(probes, "NEWTON_WIDTH", 1)
    assert newton.mean() > 0.97
    assert np.array_equal(newton, logistic_hits(x[:600], y[:600], x[600:], y[600:]))


def test_a_label_that_is_not_in_the_embedding_is_not_found():
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(4000, 5)), rng.integers(0, 2, 4000)
    assert logistic_hits(x[:2000], y[:2000], x[2000:], y[2000:]).mean() == pytest.approx(0.5, abs=0.04)


def test_one_class_is_refused():
    with pytest.raises(InputError, match="labels are all 1"):
        logistic_hits(np.eye(3), [1, 1, 1], np.eye(3), [0, 1, 1])


def test_r2_is_that_of_the_written_out_ridge_regression():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 4)) @ rng.normal(size=(4, 4)) + 3
    y = x @ rng.normal(size=(4, 2)) + rng.normal(size=(400, 2)) * [0.1, 5]
    found = ridge_r2(parts(x), parts(y))
    z = (x - x[:200].mean(0)) / x[:200].std(0)
    for target in range(2):
        t = y[:, target] - y[:200, target].mean()
        candidates = []
        for penalty in RIDGE_GRID:
            weights = np.linalg.solve(z[:200].T @ z[:200] + penalty * np.eye(4), z[:200].T @ t[:200])
            residual = (t - z @ weights) ** 2
            r2 = 1 - residual[300:].mean() / y[300:, target].var()
            candidates.append((residual[200:300].sum(), r2))
        assert found[target] == pytest.approx(min(candidates)[1])
    assert found[0] > 0.95 > found[1]


def test_a_target_unrelated_to_the_embedding_explains_nothing_and_a_constant_one_is_zero():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(900, 3)), rng.normal(size=(900, 2))
    y[300:, 1] = 4.0
    r2 = ridge_r2(parts(x), parts(y))
    assert r2[0] == pytest.approx(0, abs=0.05)
    assert r2[1] == 0


def test_units_of_the_embedding_do_not_matter():
    rng = np.random.default_rng(4)
    x, y = rng.normal(size=(400, 3)), rng.normal(size=(400, 1))
    assert ridge_r2(parts(x * [1e-3, 1, 1e4] - 5), parts(y)) == pytest.approx(ridge_r2(parts(x), parts(y)))


def test_targets_of_another_length_are_refused():
    with pytest.raises(InputError, match="targets has 100 rows where 200"):
        ridge_r2(parts(np.ones((400, 2))), Split(np.ones((100, 1)), np.ones((100, 1)), np.ones((100, 1))))
