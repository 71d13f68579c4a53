"""How the true response of an ad moves along each cause, all else as it is, and over the week."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from adlab.app.audience import week_contexts
from adlab.app.context_words import level_words
from adlab.app.simulator import MAX_KEPT, Rates, rates_of
from adlab.app.simulator_words import value_words
from adlab.data.creative import AGE_BANDS, GENDERS, Context
from adlab.simulator.contexts import POSITIONS
from adlab.simulator.distribution import sentence_count
from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS, Factors

CONTEXT_LEVELS: dict[str, tuple[Any, ...]] = {
    "gender": GENDERS,
    "age_band": AGE_BANDS,
    "month": tuple(range(1, 13)),
    "weekday": tuple(range(1, 8)),
    "hour": tuple(range(24)),
    "position": POSITIONS,
}


@dataclass(frozen=True, kw_only=True)
class Curve:
    """The response along one cause, all else as it is.

    Attributes:
        name: The cause.
        values: Its values, ascending where they are numbers.
        words: The values as people read them.
        rates: Probabilities at each.
        now: Place of the ad's own value; None where it is unknown.
        continuous: Whether there are values in between.
    """

    name: str
    values: tuple[Any, ...]
    words: tuple[str, ...]
    rates: tuple[Rates, ...]
    now: int | None
    continuous: bool


def curves(factors: Factors, context: Context) -> tuple[Curve, ...]:
    """The response along every cause of the ad and every field of the context."""
    return _curves(f"{factors!r}{context!r}", factors, context)


@st.cache_data(max_entries=MAX_KEPT, show_spinner=False)
def _curves(key: str, _factors: Factors, _context: Context) -> tuple[Curve, ...]:
    variants = [(name, value, _with(_factors, name, value), _context) for name, value in _ad_points(_factors)]
    variants += [
        (name, level, _factors, replace(_context, **{name: level}))
        for name, levels in CONTEXT_LEVELS.items()
        for level in levels
    ]
    found = rates_of([variant[2] for variant in variants], [variant[3] for variant in variants])
    by_name: dict[str, list[tuple[Any, Rates]]] = {}
    for (name, value, _, _), rate in zip(variants, found, strict=True):
        by_name.setdefault(name, []).append((value, rate))
    return tuple(_curve(name, points, _factors, _context) for name, points in by_name.items())


def hours_by_weekday(factors: Factors, context: Context) -> list[list[Rates]]:
    """The response at each weekday (7 rows) and hour (24 columns), the rest of the context as it is."""
    return _grid(f"{factors!r}{replace(context, hour=None, weekday=None)!r}", factors, context)


@st.cache_data(max_entries=MAX_KEPT, show_spinner=False)
def _grid(key: str, _factors: Factors, _context: Context) -> list[list[Rates]]:
    cells = list(week_contexts(_context))
    found = rates_of([_factors] * len(cells), cells)
    return [found[24 * day : 24 * day + 24] for day in range(7)]


def _ad_points(factors: Factors) -> list[tuple[str, Any]]:
    """Causes of the ad with the values that its curves go through, the ad's own among them."""
    sentences = sentence_count(factors.length)
    points: dict[str, set[Any]] = {
        "agreement": {0.0, 0.4, 0.8, 1.0},
        "appeal": {place / 10 for place in range(11)},
        "contrast": {place / 10 for place in range(11)},
        "clutter": {place / 10 for place in range(11)},
        "cta": {0.0} | {place / 10 for place in range(2, 11)},
        "urgency": {place / 4 for place in range(5)},
        "length": set(range(6, 61, 3)),
        "specificity": {place / sentences for place in range(sentences + 1)},
    }
    for name, values in points.items():
        values.add(getattr(factors, name))
    found = [(name, value) for name, values in points.items() for value in sorted(values)]
    found += [("background", colour) for colour in BACKGROUND_COLOURS]
    found += [("text_position", place) for place in TEXT_POSITIONS]
    return [*found, ("participation", False), ("participation", True)]


def _with(factors: Factors, name: str, value: Any) -> Factors:
    if name != "agreement":
        return replace(factors, **{name: value})
    if value == factors.agreement:
        return factors
    if value == 0.0:
        other = next(kind for kind in ("mug", "boot") if kind != factors.kind)
        return replace(factors, copy_kind=other)
    other_colour = next(colour for colour in ("red", "blue") if colour != factors.colour)
    told = {0.4: other_colour, 0.8: "", 1.0: factors.colour}[value]
    return replace(factors, copy_kind=factors.kind, copy_colour=told)


def _curve(name: str, points: list[tuple[Any, Rates]], factors: Factors, context: Context) -> Curve:
    of_context = name in CONTEXT_LEVELS
    values = tuple(value for value, _ in points)
    own = getattr(context if of_context else factors, name)
    words = tuple(level_words(name, value) if of_context else value_words(name, value) for value in values)
    return Curve(
        name=name,
        values=values,
        words=words,
        rates=tuple(rate for _, rate in points),
        now=values.index(own) if own in values else None,
        continuous=name in ("appeal", "contrast", "clutter", "cta", "length"),
    )
