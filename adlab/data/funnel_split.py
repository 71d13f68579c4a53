"""Parts of a log that do not leak into each other: by a key such as the ad or the user, by time, or as a column says.

- By key: no ad (or user) is in two parts; the part follows from the key alone, whatever else the log holds.
- By time: train before dev before test, and no day in two parts. What a model meets later is what a model in use
  meets: ads that it knows under later conditions, and new ones. Levels of a calendar field that only the later part
  has are unseen.
- By column: `split` of the table contract, as the simulator writes it.

A rule is applied to a table at a time, so it goes with streaming; only the cuts by time need a pass of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.funnel_labels import impressions_of, labels_of
from adlab.data.level_codes import counted_levels, levels_of
from adlab.data.splits import DEFAULT_SHARES, split_of
from adlab.data.table_columns import SPLITS
from adlab.errors import ConfigError, TableError, UnknownNameError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_IN_NONE = -1


class SplitRule(Protocol):
    """Which part each row of a table belongs to."""

    @property
    def column(self) -> str:
        """The column that decides."""

    def part_of(self, level: str) -> int:
        """Place in `SPLITS` of the rows with a level of the column, or −1 for none."""


@dataclass(frozen=True, kw_only=True)
class ByKey:
    """Parts by the SHA-256 of a key.

    Attributes:
        column: Of the key, for example "ad_id" or "user_id".
        seed: Another seed gives an independent split.
        shares: Names of the parts, of `SPLITS`, and their expected shares of the keys.

    Raises:
        UnknownNameError: A part has another name.
        ConfigError: The shares do not sum to 1.
    """

    column: str
    seed: int = 0
    shares: tuple[tuple[str, float], ...] = DEFAULT_SHARES

    def __post_init__(self) -> None:
        for name, _ in self.shares:
            if name not in SPLITS:
                raise UnknownNameError("part of the data", name, SPLITS)
        split_of("", shares=self.shares)

    def part_of(self, level: str) -> int:
        """The part of a key; rows without one belong to none."""
        return SPLITS.index(split_of(level, seed=self.seed, shares=self.shares)) if level else _IN_NONE


@dataclass(frozen=True, kw_only=True)
class ByTime:
    """Parts by day.

    Attributes:
        dev_from: First day of dev, as 2026-01-31.
        test_from: First day of test, not before that of dev.
        column: Of the day; what follows the day in a cell is not read.

    Raises:
        ConfigError: A day is no ISO date, or the two are in the wrong order.
    """

    dev_from: str
    test_from: str
    column: str = "date"

    def __post_init__(self) -> None:
        for name in ("dev_from", "test_from"):
            _check_day(name, getattr(self, name))
        if self.dev_from > self.test_from:
            raise ConfigError(f"dev_from is {self.dev_from}, after test_from ({self.test_from}); swap them.")

    @classmethod
    def at_shares(
        cls, tables: Iterable[pa.Table], *, dev: float = 0.1, test: float = 0.1, column: str = "date"
    ) -> ByTime:
        """The cuts that leave about so much of the impressions to dev and test; whole days only.

        Args:
            tables: The log, table after table, with its labels; in any order.
            dev: Share of dev, above 0.
            test: Share of test, above 0; both together below 1.
            column: Of the day.

        Raises:
            ConfigError: The shares cannot be, or a cell is no date.
            TableError: The log has too few days for three parts.
        """
        if not (dev > 0 and test > 0 and dev + test < 1):
            raise ConfigError(f"dev and test are {dev:g} and {test:g}; give shares above 0, below 1 together.")
        days: dict[str, float] = {}
        for table in tables:
            weight = impressions_of(labels_of(table), table.num_rows)
            for day, count in counted_levels(column, _column(table, column), weight):
                _check_day(f"A cell of {column!r}", day)
                days[day[:10]] = days.get(day[:10], 0.0) + count
        if len(days) < len(SPLITS):
            raise TableError(f"The log has {len(days)} day(s); a split by time into three parts needs three or more.")
        names = sorted(days)
        before = [0.0, *accumulate(days[name] for name in names)]
        place = np.array(before[:-1]) / before[-1]  # share of the impressions before each day
        first_dev = int(np.clip(np.abs(place - (1 - dev - test)).argmin(), 1, len(names) - 2))
        first_test = int(np.clip(np.abs(place - (1 - test)).argmin(), first_dev + 1, len(names) - 1))
        return cls(dev_from=names[first_dev], test_from=names[first_test], column=column)

    def part_of(self, level: str) -> int:
        """The part of a day; rows without one belong to none."""
        if not level:
            return _IN_NONE
        _check_day(f"A cell of {self.column!r}", level)
        day = level[:10]
        return int(day >= self.dev_from) + int(day >= self.test_from)


@dataclass(frozen=True, kw_only=True)
class ByColumn:
    """Parts as a column names them.

    Attributes:
        column: Holds names of `SPLITS`.
    """

    column: str = "split"

    def part_of(self, level: str) -> int:
        """The part named; rows without a name belong to none."""
        if not level:
            return _IN_NONE
        if level.lower() not in SPLITS:
            raise UnknownNameError(f"part of the data in {self.column!r}", level, SPLITS)
        return SPLITS.index(level.lower())


def parts_of(rule: SplitRule, table: pa.Table) -> NDArray[np.int8]:
    """Place in `SPLITS` of each row, −1 for none, (N,).

    Raises:
        UnknownNameError: The table lacks the column, or names an unknown part.
        ConfigError: A cell is no date.
    """
    out = np.full(table.num_rows, _IN_NONE, dtype=np.int8)
    start = 0
    for places, texts in levels_of(rule.column, _column(table, rule.column)):
        parts = np.array([*map(rule.part_of, texts.to_pylist()), _IN_NONE], dtype=np.int8)
        out[start : start + len(places)] = parts[places]
        start += len(places)
    return out


def rows_of(rule: SplitRule, table: pa.Table, parts: Sequence[str]) -> pa.Table:
    """The rows of some parts, in order.

    Raises:
        UnknownNameError: There is no such part.
    """
    for part in parts:
        if part not in SPLITS:
            raise UnknownNameError("part of the data", part, SPLITS)
    wanted = [SPLITS.index(part) for part in parts]
    return table.filter(pa.array(np.isin(parts_of(rule, table), wanted)))


def _column(table: pa.Table, name: str) -> pa.ChunkedArray:
    if name not in table.column_names:
        raise UnknownNameError("column", name, table.column_names)
    return table[name]


def _check_day(name: str, text: str) -> None:
    if not _DAY.match(text):
        raise ConfigError(f"{name} is {text!r}; give a date like 2026-01-31.")
