"""What a chain of chances comes to: clicks and conversions of so many impressions, and what they cost."""

from __future__ import annotations

from math import log
from typing import NamedTuple

from adlab.data.assessment import HeadResult

IMPRESSIONS = (1_000, 10_000, 100_000, 1_000_000)
DEFAULT_IMPRESSIONS = IMPRESSIONS[1]


class Range(NamedTuple):
    """A number with its interval.

    Attributes:
        value: The number.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float


def rate(result: HeadResult, step: str) -> Range:
    """Chance of a step of the chain, "pctr", "pcvr" or "pctcvr"."""
    return Range(*(result.details[f"{step}{end}"] for end in ("", "_low", "_high")))


def count(result: HeadResult, step: str, impressions: int) -> Range:
    """How many of so many impressions get to the end of a step, with the doubt about the rate and with chance."""
    from adlab.metrics.count_forecast import count_forecast

    found = rate(result, step)
    half = _log_odds(found.high) - _log_odds(found.value)
    forecast = count_forecast(found.value, half, impressions, level=result.interval.level)
    return Range(forecast.expected, forecast.low, forecast.high)


def cost(result: HeadResult, step: str, per_thousand: float) -> Range:
    """Price of one click ("pctr") or one conversion ("pctcvr"), from the price of a thousand impressions.

    The doubt is that about the rate alone: what so many impressions come to by chance is in `count`.
    """
    found = rate(result, step)
    return Range(*(per_thousand / 1000 / chance for chance in (found.value, found.high, found.low)))


def place(number: float, impressions: int) -> float:
    """Where a count stands on a logarithmic scale from 1 to all impressions, percent of the width."""
    return 100 * log(min(max(number, 1.0), impressions)) / log(impressions)


def _log_odds(chance: float) -> float:
    return log(chance / (1 - chance))
