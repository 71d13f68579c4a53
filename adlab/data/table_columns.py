"""The columns of the table contract: what each means, which values it takes, how a cell becomes a value."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from adlab.data.creative import AGE_BANDS, GENDERS, age_band_of

Kind = Literal["text", "level", "age", "integer", "number", "date"]
SPLITS = ("train", "dev", "test")
RATING = re.compile(r"rating_([1-9][0-9]*)")


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of the contract; every cell may be empty.

    Attributes:
        name: As in the table's header.
        meaning: What it holds, for help texts.
        kind: How its cells are read. ``"age"`` takes a band or a number of years.
        low: Smallest value, for numbers.
        high: Largest value, for numbers.
        levels: The values allowed, for levels; compared without regard to case.
    """

    name: str
    meaning: str
    kind: Kind = "text"
    low: float = 0
    high: float = float("inf")
    levels: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What a cell may hold, in words that complete "give …"."""
        if self.kind in ("level", "age"):
            years = ", or a number of years from 0 to 120" if self.kind == "age" else ""
            return f"one of {', '.join(self.levels)}{years}"
        if self.kind == "date":
            return "a date like 2026-01-31"
        if self.kind == "text":
            return "text"
        noun = "a whole number" if self.kind == "integer" else "a number"
        if np.isfinite(self.high):
            return f"{noun} from {self.low:g} to {self.high:g}"
        return f"{noun}, {self.low:g} or more" if np.isfinite(self.low) else noun


COLUMNS = (
    Column(name="ad_id", meaning="identifier of the ad"),
    Column(name="image", meaning="path of the picture, relative to the images folder"),
    Column(name="query", meaning="what the viewer searched for"),
    Column(name="title", meaning="headline"),
    Column(name="description", meaning="body copy"),
    Column(name="seller", meaning="who sells"),
    Column(name="brand", meaning="brand named by the ad"),
    Column(name="category", meaning="product category"),
    Column(name="ocr_text", meaning="text read from the picture; spares the OCR"),
    Column(name="gender", meaning="viewer's gender", kind="level", levels=GENDERS),
    Column(name="age_band", meaning="viewer's age band, or age in years", kind="age", levels=AGE_BANDS),
    Column(name="month", meaning="month", kind="integer", low=1, high=12),
    Column(name="weekday", meaning="weekday, 1 is Monday", kind="integer", low=1, high=7),
    Column(name="hour", meaning="hour of the day", kind="integer", high=23),
    Column(name="position", meaning="placement slot"),
    Column(name="mid_category", meaning="product category, middle level"),
    Column(name="low_category", meaning="product category, lowest level"),
    Column(name="impressions", meaning="times shown", kind="integer"),
    Column(name="clicks", meaning="times clicked", kind="integer"),
    Column(name="conversions", meaning="conversions that followed a click", kind="integer"),
    Column(name="relevance_grade", meaning="query-ad relevance, 0 Bad to 3 Excellent", kind="integer", high=3),
    Column(name="relevance_confidence", meaning="trust in that grade", kind="number", high=1),
    Column(name="user_id", meaning="identifier of the viewer"),
    Column(name="campaign", meaning="identifier of the campaign"),
    Column(name="date", meaning="day of the impressions", kind="date"),
    Column(name="cost", meaning="money spent, in the account's currency", kind="number"),
    Column(name="revenue", meaning="money earned, in the account's currency", kind="number"),
    Column(name="split", meaning="part of the data", kind="level", levels=SPLITS),
)
_BY_NAME = {column.name: column for column in COLUMNS}


def column_of(name: str) -> Column | None:
    """The contract's column of that name (`rating_1` … included), or None for a further column."""
    if RATING.fullmatch(name):
        return Column(name=name, meaning="number of ratings at this step, lowest step first", kind="integer")
    return _BY_NAME.get(name)


def rating_columns(names: Iterable[object]) -> list[str]:
    """The `rating_k` among `names`, by step."""
    found = [name for name in names if isinstance(name, str) and RATING.fullmatch(name)]
    return sorted(found, key=lambda name: int(name.removeprefix("rating_")))


class Parsed(NamedTuple):
    """A column's cells as values: text "", numbers `<NA>` or NaN where empty.

    Attributes:
        values: The values; meaningless where `bad`.
        bad: True where a cell holds something that the column does not take.
    """

    values: pd.Series
    bad: pd.Series


def parse(column: Column, cells: pd.Series) -> Parsed:
    """Read raw cells as the column asks; never raises on their content."""
    text = as_text(cells)
    empty = text == ""
    if column.kind == "text":
        bad = cells.map(_is_structure).astype(bool) if pd.api.types.is_object_dtype(cells) else empty & False
        return Parsed(text, bad)
    if column.kind in ("level", "age"):
        values = text.str.lower()
        bad = ~empty & ~values.isin(column.levels)
        if column.kind == "age":
            years = pd.to_numeric(values.where(bad), errors="coerce")
            bands = years.between(0, 120)
            values = values.mask(bands, years.where(bands).map(age_band_of, na_action="ignore"))
            bad &= ~bands
        return Parsed(values, bad)
    if column.kind == "date":
        dates = pd.to_datetime(text.where(~empty), format="ISO8601", errors="coerce", utc=True)
        sound = dates.notna() & text.str.match(r"\d{4}-\d{2}-\d{2}")  # ISO 8601 also knows "2026" and "202601"
        return Parsed(text.str[:10], ~empty & ~sound)
    numbers = pd.to_numeric(text.where(~empty), errors="coerce").astype("float64")
    bad = ~empty & ~(numbers.between(column.low, column.high) & np.isfinite(numbers))
    if column.kind == "number":
        return Parsed(numbers, bad)
    bad |= ~empty & ((numbers % 1 != 0) | (numbers > 2**53))
    return Parsed(numbers.mask(bad).astype("Int64"), bad)


def as_text(cells: pd.Series) -> pd.Series:
    """Cells as trimmed text, "" where missing; whole numbers without ".0", which a gap in a column adds."""
    if pd.api.types.is_float_dtype(cells):
        return cells.map(lambda x: "" if pd.isna(x) else f"{x:.0f}" if x % 1 == 0 else repr(float(x))).astype(str)
    return cells.astype("object").where(cells.notna(), "").astype(str).str.strip()


def _is_structure(cell: object) -> bool:
    return isinstance(cell, bytes | list | tuple | dict | set | np.ndarray)
