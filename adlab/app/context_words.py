"""Words about who sees an ad, when and where: the fields of a context, their levels, and a whole context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from adlab.data.creative import AGE_BANDS, Context

FIELD_NAMES = {
    "gender": "Gender",
    "age_band": "Age",
    "month": "Month",
    "weekday": "Weekday",
    "hour": "Hour",
    "position": "Position",
}
MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
UNKNOWN_LEVEL = "Unknown"


def level_words(name: str, level: object) -> str:
    """A level of a context field, as people read it."""
    if level is None:
        return UNKNOWN_LEVEL
    if name == "month":
        return MONTHS[int(str(level)) - 1]
    if name == "weekday":
        return WEEKDAYS[int(str(level)) - 1]
    if name == "hour":
        return f"{level}:00"
    if name == "position":
        return f"Slot {level}"
    return str(level).capitalize() if name == "gender" else str(level)


def hour_words(weekday: int, hour: int) -> str:
    """An hour of the week, such as "Friday 18:00"."""
    return f"{WEEKDAYS[weekday - 1]} {hour}:00"


def age_words(band: str) -> str:
    """An age band, such as "25–29", "under 15" or "50 and over"."""
    if band == AGE_BANDS[0]:
        return f"under {int(band.split('-')[1]) + 1}"
    return f"{band[:-1]} and over" if band.endswith("+") else band.replace("-", "–")


def known_words(known: Mapping[str, str | int]) -> str:
    """Who, when and where, as far as known: such as "female viewers aged 25–29, Friday 18:00, August, slot 2"."""
    parts = [_viewers(known)] if {"gender", "age_band"} & known.keys() else []
    if "weekday" in known and "hour" in known:
        parts.append(hour_words(int(known["weekday"]), int(known["hour"])))
    else:
        parts += [level_words(name, known[name]) for name in ("weekday", "hour") if name in known]
    parts += [level_words("month", known["month"])] if "month" in known else []
    parts += [level_words("position", known["position"]).lower()] if "position" in known else []
    parts += [str(known[name]) for name in ("mid_category", "low_category") if name in known]
    return ", ".join(parts)


def unknown_names(context: Context, fields: Iterable[str]) -> list[str]:
    """Those of the fields that are unknown, as words in a sentence."""
    return [FIELD_NAMES.get(name, name).lower() for name in fields if name not in context.known]


def listed(words: list[str]) -> str:
    """Words in a row, the last after "and"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _viewers(known: Mapping[str, str | int]) -> str:
    gender = f"{known['gender']} viewers" if "gender" in known else "viewers"
    if "age_band" not in known:
        return gender
    age = age_words(str(known["age_band"]))
    return f"{gender} {age}" if age.startswith("under") else f"{gender} aged {age}"
