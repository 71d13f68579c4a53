"""The hours of a week as a heat map: weekdays down and hours across, turned round on a phone.

Strengths are even steps between two colours in OKLab, where equal distances look equal. Every cell tells its value to
a pointer; everyone else reads it in the table that stands below each use.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from adlab.app.context_words import WEEKDAYS

PALEST = 8  # percent of the full colour, so that the lowest cell is still seen as one
MARKED_HOURS = 3  # every third hour has its label
NOON, LATE_DAYS = 12, 4  # from here on a cell's words hang to its left, on a laptop and on a phone


def draw(
    rates: Sequence[Sequence[float]],
    words: Sequence[Sequence[str]],
    own: tuple[int | None, int | None] = (None, None),
    alt: str = "",
) -> str:
    """HTML of the grid.

    Args:
        rates: (7, 24), Monday first.
        words: What each cell tells the pointer, (7, 24).
        own: Weekday 1–7 and hour 0–23 that are chosen, None where they are not: a cell, or the label of a line.
        alt: What the grid shows, for those who do not see it.
    """
    low, high = min(map(min, rates)), max(map(max, rates))
    parts = ["<span></span>"]
    for hour in range(24):
        text = str(hour) if hour % MARKED_HOURS == 0 or hour == own[1] else ""
        parts.append(f"<span{_own(hour == own[1])}>{text}</span>")
    for day, (row, tips) in enumerate(zip(rates, words, strict=True)):
        parts.append(f"<span{_own(day + 1 == own[0])}>{WEEKDAYS[day][:3]}</span>")
        for hour, (rate, tip) in enumerate(zip(row, tips, strict=True)):
            kinds = [
                name
                for name, holds in (
                    ("own", (day + 1, hour) == own),
                    ("late", hour >= NOON),
                    ("late-day", day >= LATE_DAYS),
                )
                if holds
            ]
            kind = f' class="{" ".join(kinds)}"' if kinds else ""
            parts.append(f'<i{kind} style="--strength:{_strength(rate, low, high):.0f}%" data-tip="{escape(tip)}"></i>')
    return f'<div class="ad-week" role="img" aria-label="{escape(alt)}">{"".join(parts)}</div>'


def key(low: str, high: str, *, marked: bool = False) -> str:
    """HTML of the legend: the ramp between the numbers of its ends, and the mark where a cell has it."""
    mark = '<span class="chosen"><b aria-hidden="true"></b>the hour chosen</span>' if marked else ""
    ramp = f'<span>{escape(low)}</span><i aria-hidden="true"></i><span>{escape(high)}</span>'
    return f'<p class="ad-week-key">{ramp}{mark}</p>'


def _strength(rate: float, low: float, high: float) -> float:
    return PALEST + (100 - PALEST) * ((rate - low) / (high - low) if high > low else 0.5)


def _own(holds: bool) -> str:
    return ' class="own"' if holds else ""
