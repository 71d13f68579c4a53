"""What click rates over hours and ages say, in words that claim no more than their intervals do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from adlab.app.clicks import Rate
from adlab.app.context_words import known_words, listed, unknown_names
from adlab.app.wording import unbroken
from adlab.data.creative import Context
from adlab.data.score_text import number

UNIT = "probability"
COMPARED = (
    "Hours are compared by what they are relative to the average of all hours, ages by the average of all viewers, for "
    "the audience chosen: that is surer than the rates themselves, whose ranges are wider."
)
EVERYONE = "all viewers, at any time"


class Finding(NamedTuple):
    """What a series of click rates says.

    Attributes:
        ends: Where it is highest and lowest.
        verdict: Whether these can be told apart.
    """

    ends: str
    verdict: str


def rate_words(value: float, low: float, high: float) -> str:
    """A click rate with its interval, such as "3.4 % (2.6 % – 4.1 %)"; no line may break inside it."""
    ends = [number(each, UNIT) for each in (value, low, high)]
    return unbroken(f"{ends[0]} ({ends[1]} – {ends[2]})")


def lift_words(rate: Rate) -> str:
    """A rate relative to the average with its interval, such as "1.2 × the average (1.1 – 1.3)"."""
    return unbroken(f"{rate.lift:.2f} × the average ({rate.lift_low:.2f} – {rate.lift_high:.2f})")


def tip(name: str, rate: Rate) -> str:
    """What a cell or a dot tells the pointer."""
    return f"{name}: {_both(rate)}"


def finding(names: Sequence[str], rates: Sequence[Rate], things: str) -> Finding:
    """Where a series is highest and lowest, and whether that holds: by the intervals of the lifts.

    Args:
        names: Of each rate, as they stand after "Highest:".
        rates: In the same order.
        things: What they are, plural.
    """
    places = range(len(rates))
    top, bottom = max(places, key=lambda i: rates[i].value), min(places, key=lambda i: rates[i].value)
    best, worst = rates[top], rates[bottom]
    if number(best.value, UNIT) == number(worst.value, UNIT):
        return Finding(f"The same for all {things}: {rate_words(*best[:3])}.", "The model sees no difference.")
    ends = f"Highest: {names[top]}, {_both(best)}. Lowest: {names[bottom]}, {_both(worst)}."
    if best.lift_low <= worst.lift_high:
        return Finding(ends, "Too close to call: even these two may be equal.")
    near = sum(rate.lift_high >= best.lift_low for rate in rates) - 1
    if not near:
        return Finding(ends, f"The highest stands clear of all other {things}.")
    others = f"{near} of the other {len(rates) - 1} {things} {'is' if near == 1 else 'are'}"
    return Finding(ends, f"The two can be told apart, but {others} too close to the highest to call.")


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


def _both(rate: Rate) -> str:
    return f"{rate_words(*rate[:3])}, {lift_words(rate)}"
