"""Reliability, ECE and temperature: by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.calibration import (
    TEMPERATURE_BOUNDS,
    expected_calibration_error,
    fit_temperature,
    reliability,
)


def test_ece_by_hand():
    p, y = [0.1, 0.3, 0.6, 0.8], [0, 1, 1, 1]
    # two bins: mean 0.2 against ½, mean 0.7 against 1, each half of the rows
    assert expected_calibration_error(p, y, bins=2) == pytest.approx(0.3)
    diagram = reliability(p, y, bins=2)
    assert diagram.mean_probability == pytest.approx([0.2, 0.7])
    assert diagram.observed_share.tolist() == [0.5, 1.0]
    assert diagram.n_rows.tolist() == [2, 2]


def test_a_bin_weighs_as_much_as_its_rows_by_hand():
    # ties make bins of three and one: ¾ · |0.2 − ⅓| + ¼ · |0.8 − 0|
    found = expected_calibration_error([0.2, 0.2, 0.2, 0.8], [1, 0, 0, 0], bins=2)
    assert found == pytest.approx(0.75 * (1 / 3 - 0.2) + 0.25 * 0.8)


def test_ece_equals_sorting_and_cutting_into_equal_parts_in_loops():
    rng = np.random.default_rng(0)
    p = rng.uniform(size=60)
    y = (rng.uniform(size=60) < p**2).astype(int)
    order, expected = sorted(range(60), key=lambda i: p[i]), 0.0
    for b in range(10):
        rows = order[6 * b : 6 * b + 6]
        expected += 0.1 * abs(sum(p[i] for i in rows) / 6 - sum(y[i] for i in rows) / 6)
    assert expected_calibration_error(p, y, bins=10) == pytest.approx(expected)


def test_equal_probabilities_share_a_bin_so_that_row_order_has_no_influence():
    rng = np.random.default_rng(1)
    p, y = rng.choice([0.2, 0.4, 0.9], size=200), rng.integers(2, size=200)
    diagram = reliability(p, y, bins=15)
    assert diagram.mean_probability == pytest.approx([0.2, 0.4, 0.9])
    assert diagram.observed_share == pytest.approx([y[p == v].mean() for v in (0.2, 0.4, 0.9)])
    order = rng.permutation(200)
    again = expected_calibration_error(p[order], y[order])
    assert again == pytest.approx(expected_calibration_error(p, y))


def test_ece_is_near_zero_for_honest_probabilities_and_one_for_the_worst():
    rng = np.random.default_rng(2)
    p = rng.uniform(size=20000)
    assert expected_calibration_error(p, rng.uniform(size=20000) < p) < 0.02
    assert expected_calibration_error([0.0, 1.0], [1, 0]) == 1.0
    assert expected_calibration_error([0.3], [1]) == pytest.approx(0.7)


def test_temperature_by_hand():
    # 3 of 4 right at |logit| 1: the likelihood is greatest where sigmoid(1/T) = ¾, so T = 1 / log 3
    assert fit_temperature([1, 1, 1, 1], [1, 1, 1, 0]) == pytest.approx(1 / math.log(3), rel=1e-5)
    assert fit_temperature([[0, 1]] * 4, [1, 1, 1, 0]) == pytest.approx(1 / math.log(3), rel=1e-5)


def test_temperature_is_the_best_of_a_fine_grid():
    rng = np.random.default_rng(3)
    logits, labels = rng.normal(0, 3, size=(200, 5)), rng.integers(5, size=200)
    labels[:120] = logits[:120].argmax(1)

    def loss(t):
        total = 0.0
        for row, label in zip(logits / t, labels, strict=True):
            total += math.log(sum(math.exp(x) for x in row)) - row[label]
        return total

    grid = np.geomspace(0.5, 20, 120)
    best = grid[np.argmin([loss(t) for t in grid])]
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(best, rel=0.03)
    assert loss(found) <= loss(best)


def test_logits_sharpened_by_a_factor_get_that_factor_as_temperature():
    rng = np.random.default_rng(4)
    logits = rng.normal(0, 2, size=5000)
    labels = rng.uniform(size=5000) < 1 / (1 + np.exp(-logits))
    assert fit_temperature(logits, labels) == pytest.approx(1, abs=0.1)
    assert fit_temperature(4 * logits, labels) == pytest.approx(4 * fit_temperature(logits, labels), rel=1e-4)


def test_temperature_stays_within_its_bounds():
    assert fit_temperature([5, -5], [1, 0]) == pytest.approx(TEMPERATURE_BOUNDS[0])
    assert fit_temperature([5, -5], [0, 1]) == pytest.approx(TEMPERATURE_BOUNDS[1])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: expected_calibration_error([1.2], [1]), r"run from 1\.2"),
        (lambda: expected_calibration_error([0.2], [3]), "labels holds 3"),
        (lambda: expected_calibration_error([0.2], [1], bins=0), "bins is 0"),
        (lambda: fit_temperature([0.2, 1], [1]), "labels has 1 rows where 2"),
        (lambda: fit_temperature([[0.2, 1]], [2]), "labels hold 2; give classes from 0 to 1"),
    ],
)
def test_values_outside_their_range_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
