"""Bars without a charting library: the number twin stands beside each, and a screen reader gets a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from adlab.app.wording import interval_words
from adlab.data.assessment import HeadResult
from adlab.data.score_text import number


def position(value: float, scale: tuple[float, float]) -> float:
    """Where a value lies on its scale, in percent of the width, 0–100."""
    low, high = scale
    return 100 * min(max((value - low) / (high - low), 0.0), 1.0)


def interval_bar(result: HeadResult) -> str:
    """Track over the scale, interval as a band, value as a mark; HTML with its number twin beneath."""
    value, interval = result.value, result.interval
    start, end = position(interval.low, result.scale), position(interval.high, result.scale)
    words = interval_words(interval, result.unit)
    ends = [number(end_of_scale, result.unit) for end_of_scale in result.scale]
    alt = f"{number(value, result.unit)} on a scale from {ends[0]} to {ends[1]}, {words}"
    return (
        f'<div class="ad-bar" role="img" aria-label="{escape(alt)}"><div class="track"></div>'
        f'<div class="band" style="left:{start:.2f}%;width:{end - start:.2f}%"></div>'
        f'<div class="mark" style="left:{position(value, result.scale):.2f}%"></div></div>'
        f'<div class="ad-axis"><span>{ends[0]}</span><span>{escape(words)}</span><span>{ends[1]}</span></div>'
    )


def percentile_row(name: str, note: str, percentile: float, value: str) -> str:
    """One line: name with a note where there is one, a small bar from 0 to 100, the number."""
    alt = f"{name}: percentile {percentile:.0f} of 100"
    small = f"<small>{escape(note)}</small>" if note else ""
    return (
        f'<div class="ad-row"><div>{escape(name)}{small}</div>'
        f'<div class="ad-mini" role="img" aria-label="{escape(alt)}">'
        f'<i style="left:{position(percentile, (0.0, 100.0)):.2f}%"></i></div>'
        f'<div class="value">{escape(value)}</div></div>'
    )


def share_row(name: str, note: str, share: float) -> str:
    """One line: name with a note, a bar from 0 to 1, the share in percent."""
    words = share_words(share)
    small = f"<small>{escape(note)}</small>" if note else ""
    return (
        f'<div class="ad-row"><div>{escape(name)}{small}</div>'
        f'<div class="ad-mini" role="img" aria-label="{escape(name)}: {escape(words)}">'
        f'<i style="left:{position(share, (0.0, 1.0)):.2f}%"></i></div>'
        f'<div class="value" style="white-space:nowrap;justify-self:end">{escape(words)}</div></div>'
    )


def share_words(share: float) -> str:
    """A probability in percent that never claims the very ends."""
    if share < 0.01:
        return "< 1 %"
    return "> 99 %" if share > 0.99 else f"{100 * share:.0f} %"


def rating_columns(shares: Sequence[float]) -> str:
    """A column for each step of a rating scale with its share in percent beneath; nothing without shares."""
    steps = [str(step) for step in range(1, len(shares) + 1)]
    alt = [f"{100 * share:.0f} % rate it {step}" for step, share in zip(steps, shares, strict=True)]
    said = [f"{100 * share:.0f} %" for share in shares]
    return _columns(shares, said, steps, f"Stated share of viewers: {', '.join(alt)}")


def grade_columns(shares: Sequence[float], grades: Sequence[str]) -> str:
    """A column for each grade with its probability; nothing without shares."""
    if not shares:
        return ""
    said = [share_words(share) for share in shares]
    alt = [f"{grade} {words}" for grade, words in zip(grades, said, strict=True)]
    return _columns(shares, said, grades, f"Probability of each grade: {', '.join(alt)}")


def _columns(shares: Sequence[float], said: Sequence[str], names: Sequence[str], alt: str) -> str:
    if not shares:
        return ""
    most = max(shares)
    columns = "".join(
        f'<div><span class="share">{escape(words)}</span><i style="height:{100 * share / most:.1f}%"></i></div>'
        for share, words in zip(shares, said, strict=True)
    )
    steps = "".join(f"<span>{escape(name)}</span>" for name in names)
    return (
        f'<div class="ad-columns" role="img" aria-label="{escape(alt)}">{columns}</div>'
        f'<div class="ad-steps" aria-hidden="true">{steps}</div>'
    )
