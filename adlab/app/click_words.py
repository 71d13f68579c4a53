"""What click rates over hours and ages say, in words that claim no more than their intervals do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from adlab.app.clicks import Rate
from adlab.app.context_words import known_words, listed, unknown_names
from adlab.app.wording import number
from adlab.data.creative import Context

UNIT, NO_BREAK = "probability", "\u00a0"
EVERYONE = "all viewers, at any time"


class Finding(NamedTuple):
    """What a series of click rates says.

    Attributes:
        ends: Where it is highest and lowest.
        verdict: Whether these can be told apart.
    """

    ends: str
    verdict: str


def rate_words(rate: Rate) -> str:
    """A click rate with its interval, such as "3.4 % (2.6 % – 4.1 %)"; no line may break inside a number."""
    value, low, high = (number(each, UNIT).replace(" ", NO_BREAK) for each in rate)
    return f"{value} ({low}{NO_BREAK}–{NO_BREAK}{high})"


def finding(names: Sequence[str], rates: Sequence[Rate], things: str) -> Finding:
    """Where a series is highest and lowest, and whether that holds.

    Args:
        names: Of each rate, as they stand after "Highest:".
        rates: In the same order.
        things: What they are, plural.
    """
    places = range(len(rates))
    top, bottom = max(places, key=lambda i: rates[i].value), min(places, key=lambda i: rates[i].value)
    best, worst = rates[top], rates[bottom]
    if number(best.value, UNIT) == number(worst.value, UNIT):
        return Finding(f"The same for all {things}: {rate_words(best)}.", "The model sees no difference.")
    ends = f"Highest: {names[top]}, {rate_words(best)}. Lowest: {names[bottom]}, {rate_words(worst)}."
    if best.low <= worst.high:
        return Finding(ends, "Their intervals overlap: too close to call.")
    near = sum(rate.high >= best.low for rate in rates) - 1
    if not near:
        return Finding(ends, f"The highest stands clear of all other {things}.")
    others = f"{near} of the other {len(rates) - 1} {things}"
    return Finding(ends, f"The two can be told apart, but {others} are too close to the highest to call.")


def whom(known: Mapping[str, str | int]) -> str:
    """Whom a click rate is for, as it stands after "for"."""
    return known_words(known) or EVERYONE


def averaged_words(context: Context, fields: Sequence[str], stored: int) -> str:
    """What is unknown and how it is dealt with; empty where all is known.

    Args:
        context: The audience chosen.
        fields: The fields that the head reads.
        stored: Stored contexts that are averaged over.
    """
    unknown = unknown_names(context, fields)
    if not unknown:
        return ""
    what = "Who sees it and when is unknown" if len(unknown) == len(fields) else f"Unknown: {listed(unknown)}"
    over = f"averaged over {stored} stored contexts, not guessed" if stored != 1 else "taken from one stored context"
    return f"{what}; {over}."
