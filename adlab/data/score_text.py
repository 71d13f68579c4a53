"""A score as people read it, on a page and on a terminal alike."""

from __future__ import annotations

SMALLEST_PERCENT = 0.001  # below it the digits would say more than any of the models knows


def number(value: float, unit: str) -> str:
    """A score as people read it: whole percentiles, probabilities in percent, ratings and grades with one decimal."""
    if unit == "percentile":
        return f"{value:.0f}"
    return _percent(100 * value) if unit == "probability" else f"{value:.1f}"


def _percent(percent: float) -> str:
    """One decimal from 1 % on, two digits below: what stands beside each other is rounded alike."""
    if percent >= 1:
        return f"{percent:.1f} %"
    if 0 < percent < SMALLEST_PERCENT:
        return f"below {SMALLEST_PERCENT:g} %"
    return f"{percent:#.2g} %" if percent else "0 %"
