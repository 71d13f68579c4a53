"""Click rates of the age bands relative to the average of all viewers, as dots with whiskers.

Relative, because the rates themselves are so unsure that their whiskers would hide every difference. Two genders differ
in shape and place, not only in colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil, floor, log10

from adlab.app.click_words import tip
from adlab.app.clicks import Rate
from adlab.app.context_words import age_words
from adlab.data.creative import AGE_BANDS

TICKS = 4  # at most this many steps up the axis
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
APART = 18  # percent of a band's width between its middle and the dot of either gender
SHORT = {AGE_BANDS[0]: "<15"}


def draw(
    ages: Mapping[str | None, Sequence[Rate]], band: str | None = None, gender: str | None = None, alt: str = ""
) -> str:
    """HTML of the strip.

    Args:
        ages: Rates by gender, None where it is not known, each youngest band first.
        band: The age band that is chosen.
        gender: The gender that is chosen.
        alt: What the strip shows, for those who do not see it.
    """
    rates = [rate for series in ages.values() for rate in series]
    marks = ticks(min(1.0, *(rate.lift_low for rate in rates)), max(1.0, *(rate.lift_high for rate in rates)))
    lines = "".join(
        f'<span class="line" style="top:{_top(mark, marks):.2f}%"><b>{mark:.3g} ×</b></span>' for mark in marks
    )
    lines += f'<span class="line average" style="top:{_top(1.0, marks):.2f}%"></span>'
    bands = "".join(_band(place, ages, gender, marks) for place in range(len(AGE_BANDS)))
    labels = "".join(
        f"<span{_own(each == band)}>{SHORT.get(each, each.replace('-', '–'))}</span>" for each in AGE_BANDS
    )
    return (
        f'{_key(ages, gender)}<div class="ad-ages" role="img" aria-label="{escape(alt)}"><div class="plot">{lines}'
        f'{bands}</div><div class="labels">{labels}</div></div>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers from below `low` to above `high`, ascending, evenly spaced: at least two, seldom over six."""
    span = max(high - low, 1e-3 * max(high, 1e-9))
    power = 10.0 ** floor(log10(span / TICKS))
    step = next(step * power for step in STEPS if step * power * TICKS >= span)
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [place * step for place in range(first, max(last, first + 1) + 1)]


def _band(place: int, ages: Mapping[str | None, Sequence[Rate]], gender: str | None, marks: list[float]) -> str:
    parts = []
    for series, (of, rates) in enumerate(ages.items()):
        rate, shift = rates[place], 0 if len(ages) == 1 else (2 * series - 1) * APART
        top, bottom = _top(rate.lift_high, marks), _top(rate.lift_low, marks)
        dot = 100 * (rate.lift_high - rate.lift) / max(rate.lift_high - rate.lift_low, 1e-12)
        who = f"{of} viewers {age_words(AGE_BANDS[place])}" if of else f"Viewers {age_words(AGE_BANDS[place])}"
        kinds = f"{'' if of == gender else 'other '}{'late' if place >= len(AGE_BANDS) / 2 else ''}".strip()
        parts.append(
            f'<i class="{kinds}" style="left:{50 + shift}%;top:{top:.2f}%;height:{bottom - top:.2f}%" '
            f'data-tip="{escape(tip(who.capitalize(), rate))}"><b style="top:{dot:.1f}%"></b></i>'
        )
    return f'<span class="band">{"".join(parts)}</span>'


def _key(ages: Mapping[str | None, Sequence[Rate]], gender: str | None) -> str:
    """Which shape is which gender; nothing where they are not told apart."""
    if len(ages) == 1:
        return ""
    items = "".join(
        f'<span><i class="{"" if of == gender else "other"}" aria-hidden="true"></i>{str(of).capitalize()}</span>'
        for of in ages
    )
    return f'<p class="ad-ages-key">{items}</p>'


def _top(value: float, marks: Sequence[float]) -> float:
    """Distance from the upper end of the axis, percent."""
    return 100 * (marks[-1] - value) / (marks[-1] - marks[0])


def _own(holds: bool) -> str:
    return ' class="own"' if holds else ""
