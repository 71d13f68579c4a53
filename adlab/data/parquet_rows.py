"""Rows of Parquet files as a stream of small tables, row group after row group, in any order of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from adlab.data.funnel_split import SplitRule, rows_of
from adlab.data.table_columns import SPLITS
from adlab.errors import TableError

PIECE_ROWS = 1 << 16
_BUFFER = 1 << 20  # bytes read ahead of a column; without it Arrow takes in a column's whole row group


class RowGroup(NamedTuple):
    """A row group of one of the files.

    Attributes:
        file: Place of its file.
        number: Its number there.
        first_row: Rows of the file before it.
        rows: Its rows.
    """

    file: int
    number: int
    first_row: int
    rows: int


class Piece(NamedTuple):
    """Some neighbouring rows of one file.

    Attributes:
        table: The rows.
        path: Their file.
        first_row: Rows of the file before them.
    """

    table: pa.Table
    path: Path
    first_row: int


class ParquetRows:
    """Parquet files of one schema, read piece by piece; only their footers are kept.

    Args:
        files: The files in order, or folders that hold them: those are read in order of name.
        columns: The columns to read; all if not given.

    Attributes:
        groups: All row groups, in order.
        names: Columns that all files have, in the order of the first.
        rows: Number of rows.

    Raises:
        TableError: There is no file, one is not sound Parquet, or lacks a column.
    """

    def __init__(self, files: Sequence[Path], columns: Sequence[str] | None = None) -> None:
        self.files = tuple(_files_of(files))
        groups, names, text = [], None, set()
        for place, path in enumerate(self.files):
            footer = _opened(path)
            with footer:
                own = footer.schema_arrow.names
                text |= {field.name for field in footer.schema_arrow if _is_text(field.type)}
                names = own if names is None else [name for name in names if name in own]
                first = 0
                for number in range(footer.num_row_groups):
                    rows = footer.metadata.row_group(number).num_rows
                    groups.append(RowGroup(place, number, first, rows))
                    first += rows
        self.groups = tuple(group for group in groups if group.rows)
        self.names = tuple(names or ())
        self.rows = sum(group.rows for group in self.groups)
        self.columns = list(self.names if columns is None else columns)
        self._text = [name for name in self.columns if name in text]
        if lacking := [name for name in self.columns if name not in self.names]:
            raise TableError(f"Not every one of the {len(self.files)} file(s) has the column {lacking[0]!r}.")

    def pieces(self, order: Sequence[int] | None = None, skip: int = 0) -> Iterator[Piece]:
        """The rows in pieces of at most `PIECE_ROWS`.

        Args:
            order: Places in `groups`, in the order to read them; as they are if not given.
            skip: Rows to leave out at the beginning; groups among them are not read.
        """
        for place in range(len(self.groups)) if order is None else order:
            group = self.groups[place]
            if skip >= group.rows:
                skip -= group.rows
                continue
            first = group.first_row
            for table in self._tables(group):
                if skip < table.num_rows:
                    yield Piece(table.slice(skip), self.files[group.file], first + skip)
                skip = max(skip - table.num_rows, 0)
                first += table.num_rows

    def tables(self, rule: SplitRule | None = None, parts: Sequence[str] = SPLITS) -> Iterator[pa.Table]:
        """The rows of some parts, table after table, in order, for a fit.

        Args:
            rule: Which part a row belongs to; without one all rows are given.
            parts: Names of the parts.
        """
        for piece in self.pieces():
            yield piece.table if rule is None else rows_of(rule, piece.table, parts)

    def _tables(self, group: RowGroup) -> Iterator[pa.Table]:
        path = self.files[group.file]
        with _opened(path, self._text) as file:
            try:
                for batch in file.iter_batches(
                    PIECE_ROWS, row_groups=[group.number], columns=self.columns, use_threads=False
                ):
                    yield pa.Table.from_batches([batch])
            except (pa.ArrowException, OSError) as error:
                raise TableError(f"{path.name} is damaged ({str(error).splitlines()[0]}); write it anew.") from error


def write_rows(tables: Iterable[pa.Table], path: Path, *, group_rows: int = 1 << 15) -> int:
    """Write tables of one schema as one file of small row groups, which a shuffled stream mixes well.

    Args:
        tables: Table after table; only one and a row group are held.
        path: The file; it is there whole or not at all.
        group_rows: Rows a row group, 1 or more.

    Returns:
        Number of rows.

    Raises:
        TableError: There is no table, or the place cannot be written.
    """
    path = Path(path)
    draft, rows, writer = path.with_name(f".{path.name}.part"), 0, None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        for table in tables:
            writer = writer or pq.ParquetWriter(draft, table.schema, compression="zstd")
            writer.write_table(table, row_group_size=group_rows)
            rows += table.num_rows
        if writer is None:
            raise TableError(f"There are no rows to write to {path.name}.")
        writer.close()
        draft.replace(path)
    except OSError as error:
        raise TableError(f"{path.name} cannot be written ({error}); check the folder.") from error
    finally:
        if writer is not None:
            writer.close()
        draft.unlink(missing_ok=True)
    return rows


def _is_text(kind: pa.DataType) -> bool:
    return any(found(kind) for found in (pa.types.is_string, pa.types.is_large_string))


def _opened(path: Path, text: Sequence[str] = ()) -> pq.ParquetFile:
    try:
        # Text comes as a dictionary, as Parquet keeps it: its levels are looked up once, not row by row.
        return pq.ParquetFile(path, read_dictionary=list(text), buffer_size=_BUFFER, pre_buffer=False)
    except (pa.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0]
        raise TableError(f"{path.name} is not sound Parquet ({reason}); give Parquet files.") from error


def _files_of(files: Sequence[Path]) -> Iterator[Path]:
    found = False
    for path in map(Path, files):
        inside = sorted(path.glob("*.parquet")) if path.is_dir() else [path]
        if not inside:
            raise TableError(f"{str(path)!r} holds no .parquet file; give a folder that does.")
        yield from inside
        found = True
    if not found:
        raise TableError("No file was given; give one or more Parquet files.")
