"""Who sees an ad, when and where: what can be chosen, and the contexts that charts go through; no Streamlit in here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from adlab.data.creative import AGE_BANDS, GENDERS, Context

HOURS, WEEKDAYS = range(24), range(1, 8)
# What may be chosen where the levels do not depend on the checkpoint.
FIXED: Mapping[str, Sequence[str | int]] = {
    "gender": GENDERS,
    "age_band": AGE_BANDS,
    "month": range(1, 13),
    "weekday": WEEKDAYS,
    "hour": HOURS,
}
FIELDS = (*FIXED, "position")


def choices(levels: Mapping[str, Sequence[str]]) -> dict[str, tuple[str | int, ...]]:
    """What can be chosen for each field that a head reads, in a fixed order.

    Args:
        levels: The head's own levels by field; those of a position are the checkpoint's.
    """
    return {name: tuple(FIXED.get(name, levels[name])) for name in FIELDS if name in levels}


def week_contexts(context: Context) -> tuple[Context, ...]:
    """The hours of the week, Monday 0:00 first, the rest of the context as it is; 7 · 24."""
    return tuple(replace(context, weekday=day, hour=hour) for day in WEEKDAYS for hour in HOURS)


def age_contexts(context: Context) -> tuple[Context, ...]:
    """The age bands, youngest first; where the gender is known, those of either gender one after the other."""
    genders = (None,) if context.gender is None else GENDERS
    return tuple(replace(context, gender=gender, age_band=band) for gender in genders for band in AGE_BANDS)
