"""Columns that points can be coloured and judged by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.errors import InputError

NO_LEVEL = -1
MOST_LEVELS = 50


@dataclass(frozen=True, kw_only=True)
class Column:
    """One value an ad.

    Attributes:
        name: As in the table.
        values: Numbers, NaN where absent; or, with levels, the number of the level, −1 where absent. (N,).
        levels: Names of the levels; empty for numbers.
        meaning: What it says, for a legend; may be empty.

    Raises:
        InputError: A number of a level has no level.
    """

    name: str
    values: NDArray[np.float32] | NDArray[np.int32]
    levels: tuple[str, ...] = ()
    meaning: str = ""

    def __post_init__(self) -> None:
        if (
            self.levels
            and len(self.values)
            and not (self.values.min() >= NO_LEVEL and self.values.max() < len(self.levels))
        ):
            raise InputError(f"The column {self.name!r} has {len(self.levels)} levels but holds others.")

    def texts(self) -> list[str]:
        """The values as words, "" where absent."""
        if self.levels:
            return [self.levels[code] if code != NO_LEVEL else "" for code in self.values.astype(int)]
        return ["" if np.isnan(value) else f"{value:.6g}" for value in self.values]

    def classes(self) -> NDArray[np.int64] | None:
        """Number of the class of each ad, −1 for none; None for numbers, unless there are two of them only."""
        if self.levels:
            return self.values.astype(np.int64)
        known = np.unique(self.values[~np.isnan(self.values)])
        if len(known) != 2:
            return None
        return np.where(np.isnan(self.values), NO_LEVEL, (self.values == known[1]).astype(np.int64))


def levels_column(name: str, texts: list[str], meaning: str = "") -> Column:
    """A column of words; an empty one is absent. Levels are in the order of their first appearance."""
    levels = tuple(dict.fromkeys(text for text in texts if text))
    place = {level: code for code, level in enumerate(levels)}
    codes = np.array([place.get(text, NO_LEVEL) for text in texts], dtype=np.int32)
    return Column(name=name, values=codes, levels=levels, meaning=meaning)


def columns_of(table: pd.DataFrame, leave_out: frozenset[str] = frozenset()) -> tuple[Column, ...]:
    """The columns of a table that say something about its ads: numbers, and words of at most `MOST_LEVELS` kinds.

    Args:
        table: One row an ad.
        leave_out: Names of columns that are no use, such as paths.
    """
    found = []
    for name in table.columns:
        if name in leave_out:
            continue
        texts = table[name].astype("object").where(table[name].notna(), "").astype(str).str.strip()
        filled = texts[texts != ""]
        if filled.empty or filled.nunique() < 2:
            continue
        numbers = pd.to_numeric(filled, errors="coerce")
        if numbers.notna().all() and np.isfinite(numbers).all():
            values = pd.to_numeric(texts.where(texts != ""), errors="coerce").to_numpy(dtype=np.float32)
            found.append(Column(name=str(name), values=values))
        elif filled.nunique() <= MOST_LEVELS:
            found.append(levels_column(str(name), texts.tolist()))
    return tuple(found)
