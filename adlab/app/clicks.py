"""The click rate of the ad on screen over the hours of the week and the ages of viewers; known ones from memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from adlab.app import audience, caching, picture_words
from adlab.app.state import Ad
from adlab.data.creative import GENDERS, Context
from adlab.errors import AdlabError


class Rate(NamedTuple):
    """A click rate.

    Attributes:
        value: Probability of a click, 0–1.
        low: Lower end of its interval.
        high: Upper end.
        lift: The rate relative to the ad's average for the audience at hand, above 0: over the hours of the week, or
            over ages and genders.
        lift_low: Lower end of its interval; contexts of one ad are compared by it, because what makes the models
            differ about the ad, and not about its contexts, cancels.
        lift_high: Upper end.
    """

    value: float
    low: float
    high: float
    lift: float
    lift_low: float
    lift_high: float


class Sweeps(NamedTuple):
    """The click rate of an ad in many contexts.

    Attributes:
        week: By hour of the week, Monday 0:00 first, 7 · 24; empty where the head does not read both.
        ages: By age band, youngest first, of viewers of each gender that is told apart, None where it is not known;
            empty where the head does not read age.
        stored: Stored contexts that stand for what is unknown.
        problem: Why there is nothing, for the user; empty if there is.
    """

    week: tuple[Rate, ...] = ()
    ages: Mapping[str | None, tuple[Rate, ...]] = MappingProxyType({})
    stored: int = 0
    problem: str = ""


def choices() -> dict[str, tuple[str | int, ...]]:
    """What can be chosen of the audience: the fields that the heads read with their levels."""
    loaded = caching.assessor()
    heads = [head for head in (loaded.funnel, loaded.ctr) if head is not None]
    return audience.choices({name: levels for head in heads for name, levels in head.levels.items()})


def sweeps(ad: Ad, context: Context) -> Sweeps:
    """Ask for every hour of the week and for every age; needs an ad with a picture, and the head."""
    head = caching.assessor().ctr
    assert head is not None  # its score stands on the page
    try:
        words = picture_words.known(ad).text
        week = _week(ad, words, context) if {"weekday", "hour"} <= head.levels.keys() else ()
        ages = _ages(ad, words, context) if "age_band" in head.levels else {}
    except AdlabError as error:
        return Sweeps(problem=str(error))
    return Sweeps(week, ages, len(head.stored))


def _week(ad: Ad, words: str | None, context: Context) -> tuple[Rate, ...]:
    base = replace(context, weekday=None, hour=None)
    return _rates(ad, words, "week", base, audience.week_contexts(base))


def _ages(ad: Ad, words: str | None, context: Context) -> dict[str | None, tuple[Rate, ...]]:
    base = replace(context, age_band=None, gender=None)
    # Either gender asks for the same contexts, so the first stands for both.
    name, asked = ("ages by gender", GENDERS[0]) if context.gender else ("ages", None)
    rates = _rates(ad, words, name, base, audience.age_contexts(replace(base, gender=asked)))
    genders: Sequence[str | None] = GENDERS if context.gender else (None,)
    size = len(rates) // len(genders)
    return {gender: rates[place * size : (place + 1) * size] for place, gender in enumerate(genders)}


def _rates(ad: Ad, words: str | None, name: str, base: Context, contexts: Sequence[Context]) -> tuple[Rate, ...]:
    found = caching.sweep(ad, words, name, base, contexts)
    parts = (getattr(found, name) for name in ("probability", "low", "high", "lift", "lift_low", "lift_high"))
    return tuple(Rate(*map(float, row)) for row in zip(*parts, strict=True))
