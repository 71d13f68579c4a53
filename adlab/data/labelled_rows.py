"""Published tables of labelled pairs as checked rows: every problem names file, row, column, value and remedy."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.errors import DataUnavailableError, TableError

MOST_NAMED = 20
_DAMAGED = (OSError, EOFError, zipfile.BadZipFile, zlib.error)


def find_file(place: Path, names: Sequence[str], what: str, remedy: str) -> Path:
    """The file itself, or the first of `names` in a folder.

    Raises:
        DataUnavailableError: There is none.
    """
    place = Path(place)
    if place.is_file():
        return place
    for name in names:
        if (place / name).is_file():
            return place / name
    raise DataUnavailableError(f"{what} is not at {str(place)!r}: there is none of {', '.join(names)}. {remedy}")


def read_rows(file: Path, columns: Sequence[str], remedy: str) -> pd.DataFrame:
    """The named columns of a CSV file (plain, `.gz` or `.zip`) as stripped text, "" where empty, index 0 ….

    UTF-8, or Latin-1 where it is not: some of the published files are.

    Raises:
        DataUnavailableError: The file cannot be read, or lacks a column.
    """
    try:
        content = _content(file)
        table = pd.read_csv(io.StringIO(content, newline=""), dtype=str, keep_default_na=False)
    except (*_DAMAGED, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataUnavailableError(f"{str(file)!r} cannot be read ({error}). {remedy}") from error
    if lacking := [name for name in columns if name not in table.columns]:
        found = ", ".join(map(repr, table.columns))
        raise DataUnavailableError(f"{str(file)!r} lacks the columns {lacking}; it has {found}. {remedy}")
    return table[list(columns)].apply(lambda cells: cells.str.strip())


def _content(file: Path) -> str:
    if file.suffix.lower() == ".gz":
        raw = gzip.decompress(file.read_bytes())
    elif file.suffix.lower() == ".zip":
        with zipfile.ZipFile(file) as archive:
            raw = archive.read(archive.namelist()[0])
    else:
        raw = file.read_bytes()
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def numbers(table: pd.DataFrame, column: str, low: float, high: float, problems: list[str]) -> NDArray[np.float64]:
    """The numbers of a column, (N,); each cell that is none from `low` to `high` becomes NaN and a problem."""
    values = pd.to_numeric(table[column], errors="coerce").to_numpy(dtype=np.float64)
    bad = ~((values >= low) & (values <= high))
    for row in np.flatnonzero(bad):
        problems.append(
            f"row {row + 1}, {column}: {table[column].iloc[row]!r}; give a number from {low:g} to {high:g}."
        )
    return np.where(bad, np.nan, values)


def no_empty_cells(table: pd.DataFrame, column: str, problems: list[str]) -> None:
    """Note every empty cell of a column as a problem."""
    problems += [f"row {row + 1}, {column}: empty; give text." for row in np.flatnonzero(table[column] == "")]


def refuse(file: Path, problems: Sequence[str]) -> None:
    """Refuse a file that has problems.

    Raises:
        TableError: There are some; the first twenty are named.
    """
    if problems:
        shown = [*problems[:MOST_NAMED], f"and {len(problems) - MOST_NAMED:,} more."][: len(problems)]
        raise TableError(f"{str(file)!r} cannot be used: {len(problems):,} cells do not fit.", shown)
