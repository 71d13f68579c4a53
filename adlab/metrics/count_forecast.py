"""How many of N trials succeed when the rate itself is known only roughly: both doubts in one interval."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from adlab.errors import InputError
from adlab.metrics.arrays import check_level

_REACH, _STEP = 5.0, 0.02  # of the rate's distribution, in standard deviations
MOST_TRIALS = 10**9


class CountForecast(NamedTuple):
    """A number of successes.

    Attributes:
        expected: Trials times the stated rate.
        low: Lower end of the interval, a whole number.
        high: Upper end, a whole number.
    """

    expected: float
    low: int
    high: int


def count_forecast(rate: float, half_width: float, trials: int, *, level: float = 0.9) -> CountForecast:
    """Interval of a count, from the doubt about its rate and from chance.

    The rate's log-odds are taken as normal about the stated ones, with `half_width` as the half-width of their
    interval of the same level; given the rate, the count is binomial.

    Args:
        rate: Stated, above 0, below 1.
        half_width: Of the interval around its log-odds, 0 or more.
        trials: Whole number, 1 or more.
        level: Of both intervals, between 0 and 1.

    Raises:
        InputError: A number is outside its range.
    """
    check_level(level)
    if not 0 < rate < 1 or not 0 <= half_width < float("inf") or not 1 <= trials <= MOST_TRIALS:
        raise InputError(
            f"rate is {rate}, half_width {half_width}, trials {trials}; give a rate between 0 and 1, a finite width "
            f"of 0 or more, and 1 to {MOST_TRIALS:,} trials."
        )
    rates, weights = rate_nodes(rate, half_width, level)
    tail = (1 - level) / 2
    low, high = (_quantile(share, rates, weights, trials) for share in (tail, 1 - tail))
    return CountForecast(trials * rate, low, high)


def rate_nodes(rate: float, half_width: float, level: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates and their weights that stand for the doubt about a rate: an even grid on its log-odds.

    Gauss–Hermite nodes would be too few: of many trials each would be a step in the distribution of the count.
    """
    nodes = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    weights = np.exp(-(nodes**2) / 2)
    spread = half_width / stats.norm.ppf((1 + level) / 2)
    return special.expit(special.logit(rate) + spread * nodes), weights / weights.sum()


def _quantile(share: float, rates: NDArray[np.float64], weights: NDArray[np.float64], trials: int) -> int:
    """Smallest count that is reached or fallen short of with at least this chance, by bisection."""
    low, high = -1, trials  # the chance of at most `low` is below `share`, that of at most `high` is not
    while high - low > 1:
        middle = (low + high) // 2
        if float(stats.binom.cdf(middle, trials, rates) @ weights) >= share:
            high = middle
        else:
            low = middle
    return high
