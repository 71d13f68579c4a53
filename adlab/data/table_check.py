"""Hold a whole table against the contract; every problem at once, with row, column, value and remedy."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, Literal

import pandas as pd

from adlab.data.creative import COPY_FIELDS
from adlab.data.table_columns import Column, Parsed, as_text, column_of, parse, rating_columns
from adlab.errors import TableError

Role = Literal["sparse", "dense"]
MAX_LINES = 1000
MAX_ROWS_NAMED = 20
_ALIASES = {
    "headline": "title",
    "name": "title",
    "img": "image",
    "picture": "image",
    "photo": "image",
    "file": "image",
    "filename": "image",
    "path": "image",
    "text": "description",
    "body": "description",
    "copy": "description",
    "keyword": "query",
    "search": "query",
}


def validate(
    frame: pd.DataFrame, *, roles: Mapping[str, Role] | None = None, needs_creative: bool = True
) -> pd.DataFrame:
    """Check a table and give its columns their types; the input is left as it is.

    Args:
        frame: One row an ad or an impression group, as `read_table` gives it.
        roles: For columns beyond the contract: ``"dense"`` is read as numbers, ``"sparse"`` as text.
        needs_creative: Whether a table without any column of image or copy is unusable.

    Returns:
        A copy in the same row order with a fresh index. Text, levels and dates are text, "" where empty; ages
        are bands; whole numbers `Int64`, other numbers `float64`. Further columns are kept as they are.

    Raises:
        TableError: With all problems; rows are counted from 1, the first below the header.
    """
    frame = frame.reset_index(drop=True)
    columns = _columns_of(frame, roles or {})
    parsed = {name: parse(column, frame[name]) for name, column in columns.items()}
    problems = _table_problems(frame, roles or {}, needs_creative) + _cell_problems(frame, columns, parsed)
    if problems:
        shown = [*problems[:MAX_LINES], f"and {len(problems) - MAX_LINES:,} more."][: len(problems)]
        noun = "one problem" if len(problems) == 1 else f"{len(problems):,} problems"
        raise TableError(f"The table cannot be used: {noun}.", shown)
    return frame.assign(**{name: values for name, (values, _) in parsed.items()})


def _columns_of(frame: pd.DataFrame, roles: Mapping[str, Role]) -> dict[str, Column]:
    """The contract's columns and those with a role, as far as the table has them exactly once."""
    names = list(frame.columns)
    found = [column_of(name) for name in names if isinstance(name, str)]
    for name, role in roles.items():
        if role == "dense":
            found.append(Column(name=name, meaning="a dense feature", kind="number", low=float("-inf")))
        elif column_of(name) is None:
            found.append(Column(name=name, meaning="a sparse feature"))
    return {column.name: column for column in found if column is not None and names.count(column.name) == 1}


def _table_problems(frame: pd.DataFrame, roles: Mapping[str, Role], needs_creative: bool) -> list[str]:
    names = [str(name) for name in frame.columns]
    problems = [
        f"column {n!r} appears {names.count(n)} times; keep one." for n in sorted({*names}) if names.count(n) > 1
    ]
    if frame.empty:
        problems.append("there is no row below the header; give at least one ad.")
    ratings = rating_columns(names)
    for step, name in enumerate(ratings, start=1):
        if name != f"rating_{step}":
            problems.append(f"column 'rating_{step}' is missing before {name!r}; give all steps from rating_1 up.")
            break
    for name, role in roles.items():
        if role not in ("sparse", "dense"):
            problems.append(f"column {name!r} is given the role {role!r}; the roles are sparse and dense.")
        if name not in names:
            problems.append(f"column {name!r} is given a role but is not in the table.{_nearest(name, names)}")
    usable = ("image", *COPY_FIELDS)
    if needs_creative and not set(usable) & set(names):
        hints = "".join(_near_miss(name, usable) for name in names)
        problems.append(f"no column holds an image or copy; name at least one of {', '.join(usable)}.{hints}")
    return problems


def _near_miss(name: str, usable: Iterable[str]) -> str:
    plain = name.strip().lower()
    meant = _ALIASES.get(plain) or next(iter(difflib.get_close_matches(plain, list(usable), n=1, cutoff=0.6)), None)
    return f" Did you mean {meant!r} by {name!r}?" if meant else ""


def _nearest(name: str, names: Iterable[str]) -> str:
    nearest = difflib.get_close_matches(name, list(names), n=1)
    return f" Did you mean {nearest[0]!r}?" if nearest else f" Its columns: {', '.join(names)}."


def _cell_problems(frame: pd.DataFrame, columns: Mapping[str, Column], parsed: Mapping[str, Parsed]) -> list[str]:
    """Cells that their column does not take, and rows that contradict themselves, as pandera finds them."""
    if not columns:
        return []
    import pandera.pandas as pa  # a quarter of a second that reading alone should not cost
    from pandera.errors import SchemaErrors

    def check(name: str, bad: pd.Series) -> Any:
        return pa.Check(lambda _: ~bad, name=name, ignore_na=False)

    rules = dict(_row_rules({name: values for name, (values, _) in parsed.items()}))
    schema = pa.DataFrameSchema(
        {name: pa.Column(nullable=True, checks=check(name, bad)) for name, (_, bad) in parsed.items()},
        checks=[check(words, bad) for words, bad in rules.items()],
    )
    try:
        schema.validate(frame[list(columns)], lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
    else:
        return []
    lines: dict[str, set[int]] = {}  # words -> rows counted from 1
    for name, rows in cases.groupby("check", sort=False)["index"]:
        at = rows.unique()
        if name in columns:
            remedy = f"give {columns[name].expected}, or leave it empty."
            cells = as_text(frame[name].iloc[at])
            words = [f"column {name!r}: {_short(cell)} cannot be used; {remedy}" for cell in cells]
        else:
            values = pd.DataFrame({field: values.iloc[at] for field, (values, _) in parsed.items()})
            words = [
                name.format(**{str(key): value for key, value in row.items()}) for row in values.to_dict("records")
            ]
        for row, line in zip(at, words, strict=True):
            lines.setdefault(line, set()).add(int(row) + 1)
    return [f"{_rows(sorted(lines[words]))}, {words}" for words in sorted(lines, key=lambda w: min(lines[w]))]


def _row_rules(values: Mapping[str, pd.Series]) -> Iterator[tuple[str, pd.Series]]:
    """What must hold within a row: a template of words and where it is broken."""
    funnel = [name for name in ("impressions", "clicks", "conversions") if name in values]
    for earlier, later in combinations(funnel, 2):
        bad = (values[later] > values[earlier]).fillna(False).astype(bool)
        if (earlier, later) == ("impressions", "conversions") and "clicks" in values:
            bad &= values["clicks"].isna()  # else one of the other two rules already speaks
        words = f"column {later!r}: {{{later}}} is more than {earlier} ({{{earlier}}}); check the two columns."
        yield words, bad
    ratings = rating_columns(values)
    if ratings:
        filled = pd.DataFrame({name: values[name].notna() for name in ratings})
        words = "some steps are empty; fill in all of them (0 for none), or leave all empty."
        yield f"columns 'rating_1' to {ratings[-1]!r}: {words}", filled.any(axis=1) & ~filled.all(axis=1)


def _rows(rows: Sequence[int]) -> str:
    named = ", ".join(map(str, rows[:MAX_ROWS_NAMED]))
    more = f" and {len(rows) - MAX_ROWS_NAMED:,} more" if len(rows) > MAX_ROWS_NAMED else ""
    return f"row{'s' if len(rows) > 1 else ''} {named}{more}"


def _short(value: str) -> str:
    return repr(value if len(value) <= 60 else value[:57] + "…")
