"""Counts forecast from a rate that is known roughly."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special, stats

from adlab.errors import InputError
from adlab.metrics.count_forecast import count_forecast


def test_a_rate_that_is_known_leaves_the_binomial_alone():
    found = count_forecast(0.03, 0.0, 10_000)
    low, high = stats.binom.ppf([0.05, 0.95], 10_000, 0.03)
    assert (found.expected, found.low, found.high) == (pytest.approx(300), low, high)


def test_doubt_about_the_rate_and_chance_are_both_in_the_interval():
    rng = np.random.default_rng(0)
    rates = special.expit(special.logit(0.002) + 0.8 / stats.norm.ppf(0.95) * rng.standard_normal(200_000))
    drawn = rng.binomial(5000, rates)
    found = count_forecast(0.002, 0.8, 5000)
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.05, 0.95]), abs=1)
    certain = count_forecast(0.002, 0.0, 5000)
    assert found.low < certain.low
    assert found.high > certain.high


def test_of_very_many_trials_the_doubt_about_the_rate_alone_is_left():
    found = count_forecast(0.02, 0.7, 10**8)
    ends = 1e8 * special.expit(special.logit(0.02) + np.array([-0.7, 0.7]))
    assert (found.low, found.high) == pytest.approx(tuple(ends), rel=0.01)


def test_few_trials_may_well_come_to_nothing():
    assert count_forecast(0.001, 0.5, 100).low == 0
    assert count_forecast(0.001, 0.5, 1).high == 0


@pytest.mark.parametrize("given", [(0.0, 0.1, 10), (0.1, -0.1, 10), (0.1, float("inf"), 10), (0.1, 0.1, 0)])
def test_what_cannot_be_is_refused(given):
    with pytest.raises(InputError, match="rate is"):
        count_forecast(*given)
