"""The table contract: ads in, scores out, as CSV or Parquet, one row an ad or an impression group.

`read_table` takes in any readable file, `validate` holds it against the contract, `creative_of`, `context_of`
and `outcomes_of` turn a validated row into the types that models read, `write_table` writes results. A scorer
keeps what `read_table` gave beside its scores, so that input columns come out as they went in.
"""

from __future__ import annotations

import csv
import io
import os
import re
import uuid
from pathlib import Path
from typing import Any, BinaryIO, Literal

import pandas as pd

from adlab.data.table_check import Role, validate
from adlab.data.table_columns import COLUMNS, Column
from adlab.data.table_rows import context_of, creative_of, image_path, outcomes_of
from adlab.errors import TableError

__all__ = [
    "COLUMNS",
    "Column",
    "Role",
    "context_of",
    "creative_of",
    "image_path",
    "outcomes_of",
    "read_table",
    "validate",
    "write_table",
]

_FORMULA = re.compile(r"'*[=+\-@\t\r\n]")  # apostrophes included: what was escaped before is told apart
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")


def read_table(path: str | Path) -> pd.DataFrame:
    """Read a table as it stands; `validate` gives the columns their types.

    Args:
        path: A `.csv` (UTF-8, with or without byte order mark, commas) or `.parquet` file.

    Returns:
        One row a data row, index 0 …; every CSV cell is text as written, "" where empty. The apostrophe that
        `write_table` puts before a formula is taken off again.

    Raises:
        TableError: The file is missing, of another kind, or cannot be read; all ragged rows are named.
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise TableError(f"{path.name} has the suffix {path.suffix!r}; save the table as .csv or .parquet.")
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise TableError(f"{path.name} {what} ({str(path)!r}); give the path of a table.")
    try:
        return _read_csv(path) if path.suffix.lower() == ".csv" else _read_parquet(path)
    except OSError as error:
        raise TableError(f"{path.name} cannot be read ({error}); check the file and its permissions.") from error


def _read_csv(path: Path) -> pd.DataFrame:
    content = path.read_bytes()
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise TableError(f"{path.name} is UTF-16 text; save it as 'CSV UTF-8'.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        bad = content[error.start : error.start + 1]
        raise TableError(f"{path.name} is not UTF-8 (byte {bad!r} in line {line}); save it as 'CSV UTF-8'.") from error
    try:
        header, *rows = [cells for cells in csv.reader(io.StringIO(text, newline=""), strict=True) if cells] or [[]]
    except csv.Error as error:
        raise TableError(f"{path.name} is not sound CSV ({error}); check its quotes, or save it anew.") from error
    if not header:
        raise TableError(f"{path.name} is empty; give a header line and one line an ad.")
    if len(header) == 1 and (other := next((c for c in ";\t|" if c in header[0]), None)):
        raise TableError(f"{path.name} has columns separated by {other!r}; save it with commas.")
    ragged = [
        f"row {number} has {len(cells)} cells, the header {len(header)}; put quotes around text with commas."
        for number, cells in enumerate(rows, start=1)
        if len(cells) != len(header)
    ]
    if ragged:
        raise TableError(f"{path.name} has rows of another length than its header.", ragged)
    plain = [[_unescape(cell) for cell in cells] for cells in rows]
    return pd.DataFrame(plain, columns=[_unescape(name) for name in header], dtype="str")


def _read_parquet(path: Path) -> pd.DataFrame:
    from pyarrow import ArrowException

    try:
        frame = pd.read_parquet(path, engine="pyarrow")
    except (
        ArrowException,
        ValueError,
        OSError,
    ) as error:  # OSError is also how Arrow reports damaged content
        reason = str(error).splitlines()[0]
        raise TableError(f"{path.name} is not sound Parquet ({reason}); write it anew.") from error
    return frame.reset_index(drop=all(name is None for name in frame.index.names))


def write_table(frame: pd.DataFrame, path: str | Path) -> None:
    """Write a table whole or not at all: to a file beside it first, then renamed over it.

    In CSV, text that a spreadsheet would run as a formula gets a leading apostrophe; numbers stay as is.

    Args:
        frame: The rows; the index is not written.
        path: `.csv` or `.parquet`; missing folders are made.

    Raises:
        TableError: Another suffix, the place cannot be written, or a column mixes types (Parquet).
    """
    path = Path(path)
    if path.suffix.lower() not in (".csv", ".parquet"):
        raise TableError(f"{path.name} has the suffix {path.suffix!r}; name the output .csv or .parquet.")
    from pyarrow import ArrowException

    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("xb") as file:
            if path.suffix.lower() == ".csv":
                _write_csv(escaped(frame), file)
            else:
                frame.to_parquet(file, index=False, engine="pyarrow")
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except (OSError, ArrowException, UnicodeEncodeError) as error:
        raise TableError(f"{path.name} cannot be written ({error}); check the folder and the columns.") from error
    finally:
        partial.unlink(missing_ok=True)


def _write_csv(frame: pd.DataFrame, file: BinaryIO) -> None:
    text = frame.select_dtypes(exclude=["number", "bool", "datetime", "datetimetz"])
    lone_return = any(text.iloc[:, i].astype(str).str.contains("\r", regex=False).any() for i in range(text.shape[1]))
    # pandas leaves a lone carriage return unquoted, and readers then see a new row.
    quoting: Literal[0, 2] = csv.QUOTE_NONNUMERIC if lone_return else csv.QUOTE_MINIMAL
    frame.to_csv(file, index=False, lineterminator="\n", encoding="utf-8", quoting=quoting)


def escaped(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy whose text cells and column names no spreadsheet takes for a formula."""
    columns = {}
    for position, dtype in enumerate(frame.dtypes):
        column = frame.iloc[:, position]
        holds_text = not (pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype))
        columns[position] = column.astype("object").map(_escape) if holds_text else column
    return pd.DataFrame(columns, index=frame.index).set_axis([_escape(name) for name in frame.columns], axis=1)


def _escape(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and _runs(cell) else cell


def _unescape(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _runs(cell[1:]) else cell


def _runs(text: str) -> bool:
    """Whether a spreadsheet would run the text, or would if its apostrophes were taken off."""
    return bool(_FORMULA.match(text)) and not _NUMBER.fullmatch(text)
