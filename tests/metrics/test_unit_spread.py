"""The spread of units about what is stated of them, told from counts."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from adlab.errors import InputError
from adlab.metrics.unit_spread import MOST, unit_spread


def counts(spread: float, units: int, trials: int, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Two rows a unit."""
    rng = np.random.default_rng(seed)
    names = np.repeat(np.arange(units), 2)
    stated = rng.normal(-3, 0.5, 2 * units)
    true = special.expit(stated + spread * rng.standard_normal(units)[names])
    return stated, rng.binomial(trials, true).astype(float), np.full(2 * units, float(trials)), names


def test_the_spread_of_units_is_found_and_that_of_chance_is_not():
    found = unit_spread(*counts(0.6, 300, 500))
    assert found.value == pytest.approx(0.6, abs=0.06)
    assert found.value < found.high < 0.75
    none = unit_spread(*counts(0.0, 300, 500))
    assert none.value < 0.08
    assert none.high < 0.12


def test_units_with_many_successes_are_told_as_well():
    assert unit_spread(*counts(0.3, 300, 50_000)).value == pytest.approx(0.3, abs=0.04)


def test_rows_of_one_unit_share_their_deviation():
    stated, hits, trials, names = counts(0.6, 300, 500)
    apart = unit_spread(stated, hits, trials, np.arange(len(names)))
    together = unit_spread(stated, hits, trials, names)
    assert apart.high - apart.value < 0.9 * (together.high - together.value)


def test_few_counts_leave_the_limit_wide():
    few = unit_spread(*counts(0.3, 12, 30))
    assert few.high > 0.35
    assert unit_spread([-3.0], [0.0], [5.0], ["a"]).high == MOST


def test_more_successes_than_trials_are_refused():
    with pytest.raises(InputError, match="more than trials"):
        unit_spread([0.0], [3.0], [2.0], ["a"])
