"""Who sees an ad, when and where: the levels of a context and how they are distributed.

The six fields of a context are independent of each other and of the ad, so what a field does to the response can be
told apart from everything else. The levels are those of M2FN, Table 1; how often each occurs is ours, chosen to look
like a mobile service: most impressions in the evening, all ages, four slots of which the first is shown most.

| field | distribution |
|---|---|
| gender | female 52 %, male 48 % |
| age_band | 3, 8, 13, 15, 15, 13, 11, 9, 13 % from the youngest band to the oldest |
| month | 1/12 each |
| weekday | Monday to Friday 14 % each, Saturday and Sunday 15 % each |
| hour | by `HOUR_WEIGHTS`: lowest from 3 to 5, highest from 19 to 22 |
| position | slots 1 to 4: 40, 30, 20, 10 % |
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.data.creative import AGE_BANDS, GENDERS, Context
from adlab.errors import InputError

POSITIONS = ("1", "2", "3", "4")
SEASONS = ("winter", "spring", "summer", "autumn")
SEASON_OF_MONTH = np.array([0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3, 0])  # December to February is winter
AGE_SCORES = np.arange(len(AGE_BANDS)) / (len(AGE_BANDS) - 1)  # youngest band 0, oldest 1
YEAR = 2025
HOUR_WEIGHTS = (
    *(2.0, 1.2, 0.8, 0.6, 0.6, 1.0, 2.0, 3.5, 4.5, 4.6, 4.6, 4.8),
    *(5.6, 5.0, 4.6, 4.6, 4.8, 5.2, 5.8, 6.4, 6.8, 6.8, 5.4, 3.6),
)
PROBABILITIES: dict[str, NDArray[np.float64]] = {
    "gender": np.array([0.52, 0.48]),
    "age_band": np.array([0.03, 0.08, 0.13, 0.15, 0.15, 0.13, 0.11, 0.09, 0.13]),
    "month": np.full(12, 1 / 12),
    "weekday": np.array([0.14] * 5 + [0.15] * 2),
    "hour": np.array(HOUR_WEIGHTS) / sum(HOUR_WEIGHTS),
    "position": np.array([0.4, 0.3, 0.2, 0.1]),
}
_TEXT_LEVELS = {"gender": GENDERS, "age_band": AGE_BANDS, "position": POSITIONS}
_FIRST = {"month": 1, "weekday": 1, "hour": 0}  # what code 0 stands for
UNKNOWN = -1


class ContextTable(NamedTuple):
    """Contexts as codes, one array a field, (N,) each; −1 is unknown.

    Attributes:
        gender: Place in `GENDERS`.
        age_band: Place in `AGE_BANDS`.
        month: 0 (January) – 11.
        weekday: 0 (Monday) – 6.
        hour: 0–23.
        position: Place in `POSITIONS`.
    """

    gender: NDArray[np.integer]
    age_band: NDArray[np.integer]
    month: NDArray[np.integer]
    weekday: NDArray[np.integer]
    hour: NDArray[np.integer]
    position: NDArray[np.integer]

    @property
    def rows(self) -> int:
        """Number of contexts."""
        return len(self.gender)

    def take(self, rows: NDArray[Any] | slice) -> ContextTable:
        """Some of the contexts."""
        return ContextTable(*(codes[rows] for codes in self))


def context_table(contexts: Iterable[Context] | pd.DataFrame) -> ContextTable:
    """Contexts as codes.

    Args:
        contexts: Contexts, or a table with some of their columns as the simulator's log has them; what is missing or
            empty is unknown. Categories of the context have no effect and are not read.

    Raises:
        InputError: A value is not a level of the simulated world.
    """
    if isinstance(contexts, pd.DataFrame):
        columns = {name: contexts[name] if name in contexts else [None] * len(contexts) for name in PROBABILITIES}
    else:
        rows = list(contexts)
        columns = {name: [getattr(row, name) for row in rows] for name in PROBABILITIES}
    return ContextTable(**{name: _codes(name, pd.Series(cells, dtype=object)) for name, cells in columns.items()})


def contexts_at(points: NDArray[np.float64]) -> ContextTable:
    """Contexts at uniform numbers, by each field's inverse distribution.

    Args:
        points: (N, 6), 0–1: gender, age, month, weekday, hour, position.
    """
    return ContextTable(*(level_at(name, points[:, i]) for i, name in enumerate(PROBABILITIES)))


def level_at(name: str, shares: NDArray[np.float64]) -> NDArray[np.int8]:
    """Codes of one field at uniform numbers, (N,)."""
    edges = np.cumsum(PROBABILITIES[name])[:-1]
    return np.searchsorted(edges, shares, side="right").astype(np.int8)


def decoded(contexts: ContextTable) -> dict[str, Any]:
    """The columns of a log: text levels as categories, months, weekdays and hours as whole numbers."""
    columns: dict[str, Any] = {}
    for name, codes in zip(ContextTable._fields, contexts, strict=True):
        levels = _TEXT_LEVELS.get(name)
        columns[name] = (
            pd.Categorical.from_codes(codes, pd.Index(levels)) if levels else (codes + _FIRST[name]).astype(np.int8)
        )
    return columns


class Calendar(NamedTuple):
    """Every hour of the year in order, with its probability.

    Attributes:
        dates: Days as text, (365,).
        day: Place in `dates` of each hour, (8760,).
        month: 0–11, (8760,).
        weekday: 0–6, (8760,).
        hour: 0–23, (8760,).
        cumulative: Probability of that hour or an earlier one, (8760,).
    """

    dates: list[str]
    day: NDArray[np.int16]
    month: NDArray[np.int8]
    weekday: NDArray[np.int8]
    hour: NDArray[np.int8]
    cumulative: NDArray[np.float64]


@cache
def calendar() -> Calendar:
    """The year of the log; a month's impressions of a weekday are spread evenly over its days."""
    days = [date(YEAR, 1, 1) + timedelta(days=i) for i in range(365)]
    month = np.array([day.month - 1 for day in days])
    weekday = np.array([day.weekday() for day in days])
    count = np.zeros((12, 7))
    np.add.at(count, (month, weekday), 1)
    of_day = PROBABILITIES["month"][month] * PROBABILITIES["weekday"][weekday] / count[month, weekday]
    hours = (of_day[:, None] * PROBABILITIES["hour"]).ravel()
    return Calendar(
        dates=[day.isoformat() for day in days],
        day=np.repeat(np.arange(365, dtype=np.int16), 24),
        month=np.repeat(month, 24).astype(np.int8),
        weekday=np.repeat(weekday, 24).astype(np.int8),
        hour=np.tile(np.arange(24, dtype=np.int8), 365),
        cumulative=np.cumsum(hours) / hours.sum(),
    )


def _codes(name: str, cells: pd.Series) -> NDArray[np.int8]:
    levels = _TEXT_LEVELS.get(name)
    known = cells.notna() & (cells.astype(str) != "")
    codes = np.full(len(cells), UNKNOWN, dtype=np.int8)
    if levels:
        places = {level: place for place, level in enumerate(levels)}
        found = cells[known].astype(str).map(places)
    else:
        size = len(PROBABILITIES[name])
        found = pd.to_numeric(cells[known], errors="coerce") - _FIRST[name]
        found = found.where(found.isin(range(size)))
    if found.isna().any():
        wrong = cells[found.index[found.isna()][0]]
        valid = ", ".join(levels) if levels else f"{_FIRST[name]} to {_FIRST[name] + len(PROBABILITIES[name]) - 1}"
        raise InputError(f"{name} is {wrong!r}, which the simulated world does not have; give {valid}, or nothing.")
    codes[known.to_numpy()] = found.to_numpy(dtype=np.int8)
    return codes
