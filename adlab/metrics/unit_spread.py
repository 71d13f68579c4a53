"""How far units, for example ads, lie from what is stated of them, when only counts are known of each.

log-odds of unit a = stated + τ·u_a,  u_a ~ N(0, 1),  successes ~ Binomial

τ is what is left when the chance in the counts is taken away: that of the likelihood with u integrated out. Few counts
leave it open, so an interval should be made of its upper limit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, special, stats

from adlab.errors import InputError
from adlab.metrics.arrays import check_length, check_level, vector

MOST = 3.0  # beyond it rates would be all but 0 or 1
_REACH, _STEP = 8.0, 0.02  # of the deviations looked at


class UnitSpread(NamedTuple):
    """Standard deviation of the units' log-odds about the stated ones.

    Attributes:
        value: Most likely, 0 or more.
        high: Upper limit.
    """

    value: float
    high: float


def unit_spread(
    logits: ArrayLike, successes: ArrayLike, trials: ArrayLike, units: ArrayLike, *, level: float = 0.9
) -> UnitSpread:
    """τ by maximum likelihood, with the upper limit that its likelihood ratio gives.

    Args:
        logits: Stated log-odds of each row, (R,).
        successes: Of each row, (R,).
        trials: At least as many, (R,).
        units: The unit of each row, (R,); rows of one unit share their deviation.
        level: Confidence that τ is not above the limit, between 0 and 1.

    Raises:
        InputError: A shape does not fit, or a row has more successes than trials.
    """
    check_level(level)
    stated, hits, shown = vector("logits", logits), vector("successes", successes), vector("trials", trials)
    names = np.asarray(units)
    for name, given in (("successes", hits), ("trials", shown), ("units", names)):
        check_length(name, given, len(stated))
    if (hits < 0).any() or (hits > shown).any():
        raise InputError("A row has fewer than no successes, or more than trials; correct the counts.")
    negative = _negative_log_likelihood(stated, hits, shown, names)
    found = optimize.minimize_scalar(negative, bounds=(0.0, MOST), method="bounded", options={"xatol": 1e-3})
    value = float(found.x) if found.fun < negative(0.0) else 0.0
    allowed = negative(value) + float(stats.norm.ppf(level)) ** 2 / 2
    if negative(MOST) <= allowed:
        return UnitSpread(value, MOST)
    return UnitSpread(value, float(optimize.brentq(lambda spread: negative(spread) - allowed, value, MOST, xtol=1e-3)))


def _negative_log_likelihood(
    stated: NDArray[np.float64], hits: NDArray[np.float64], shown: NDArray[np.float64], names: NDArray[np.generic]
) -> Callable[[float], float]:
    """Of τ, without its constant.

    What the counts say of a unit's deviation is taken once, on an even grid: unlike Gauss–Hermite nodes, it is fine
    enough for units with thousands of successes, whose deviation is known to a few hundredths.
    """
    unique, place = np.unique(names, return_inverse=True)
    grid = np.arange(-_REACH, _REACH + _STEP / 2, _STEP)
    by_unit = np.empty((len(unique), len(grid)))
    for column, deviation in enumerate(grid):
        logits = stated + deviation
        by_unit[:, column] = np.bincount(place, hits * logits - shown * np.logaddexp(0, logits), len(unique))

    def negative(spread: float) -> float:
        shares = -((grid / max(spread, _STEP / 100)) ** 2) / 2
        return -float(special.logsumexp(by_unit + shares - special.logsumexp(shares), axis=1).sum())

    return negative
