"""Which columns of a log are attributes, which one names the ad, and what the date says of month and weekday."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from adlab.data.aggregation import COUNTS
from adlab.data.table_columns import as_text, column_of
from adlab.errors import TableError

FIRST = ("age_band", "hour", "weekday", "month", "gender", "position")
NAMES_OF_ADS = ("ad_id", "image")
FROM_CONTRACT = (*FIRST, "mid_category", "low_category", "category", "brand", "seller", "campaign")
MOST_LEVELS = 30


class LogColumns(NamedTuple):
    """The columns of a log that a study reads.

    Attributes:
        rows: The log; month and weekday are filled in from the date where the columns are missing.
        by: Column that names the ad.
        attributes: Columns to study, those of the context first.
        left_out: Why other columns are not studied, for the user.
    """

    rows: pd.DataFrame
    by: str
    attributes: tuple[str, ...]
    left_out: tuple[str, ...]


def log_columns(rows: pd.DataFrame) -> LogColumns:
    """Sort the columns of validated rows of the table contract.

    Raises:
        TableError: Something that a study needs is missing; all of it is named.
    """
    rows, by = _dated(rows), next((name for name in NAMES_OF_ADS if name in rows and (rows[name] != "").any()), "")
    missing = [name for name in COUNTS if name not in rows]
    problems = [f"column {name!r} is missing; give the number of {name} of each row." for name in missing]
    if not by:
        problems.insert(0, "column 'ad_id' is missing or empty; name the ad of each row, to tell ads apart.")
    found, left_out = [], []
    for name in [*FROM_CONTRACT, *(str(name) for name in rows.columns if column_of(str(name)) is None)]:
        if name not in rows or name == by:
            continue
        levels = len({level for level in as_text(pd.Series(rows[name].dropna().unique())) if level})
        if 2 <= levels <= MOST_LEVELS:
            found.append(name)
        elif levels:
            many = f"{levels:,} different values, more than {MOST_LEVELS}"
            left_out.append(f"{name}: {'one value only' if levels == 1 else many}")
    if not found:
        names = ", ".join(FIRST)
        problems.append(f"no column is an attribute with 2 to {MOST_LEVELS} levels; give one of {names}, or your own.")
    if not problems and not (rows["clicks"].fillna(0) > 0).any():
        problems.append("column 'clicks': there is not one click; nothing can be compared.")
    if problems:
        raise TableError("The log cannot be studied.", problems)
    return LogColumns(rows, by, tuple(found), tuple(left_out))


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    if "date" not in rows or {"month", "weekday"} <= set(rows.columns):
        return rows
    number, days = pd.factorize(rows["date"])  # a year has 365 days, its log millions of rows
    dates = pd.to_datetime(pd.Series(days).replace("", None), format="%Y-%m-%d", errors="coerce")
    parts = {"month": dates.dt.month, "weekday": dates.dt.weekday + 1}
    return rows.assign(
        **{name: part.astype("Int64").to_numpy()[number] for name, part in parts.items() if name not in rows}
    )
