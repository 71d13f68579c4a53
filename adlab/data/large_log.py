"""A log of the table contract that does not fit into memory: read once, piece by piece, and parted on the way.

Rows of the ads that are trained on are written to one Parquet file, checked and with their ad's name, for
`adlab.data.funnel_stream`. Of each other part so many rows are kept in memory as are needed to measure; where it has
more, they are drawn at random, each row as likely as any other. What grows in memory is the number of ads, not of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.ad_rows import (
    KNOWN_OF_A_NEW_AD,
    MIN_IMPRESSIONS,
    READ_OF_AN_AD,
    AdRows,
    AskedRole,
    ad_names,
    asked_fields,
    left_out,
)
from adlab.data.creative import COPY_FIELDS
from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import AD, arrow_of
from adlab.data.funnel_labels import COUNTS, impressions_of, label_columns, labels_of
from adlab.data.listing import listed
from adlab.data.parquet_rows import ParquetRows, Piece, write_rows
from adlab.data.table_check import Role as TableRole
from adlab.data.table_check import validate
from adlab.errors import TableError

MOST_IN_MEMORY = 2_000_000  # rows; a larger log is streamed
MEASURED = 200_000  # rows of each part that is measured on
TRAIN = "train"
_SAMPLE = 11  # stream of chance
PartOf = Callable[[str, str], str]


@dataclass(frozen=True, kw_only=True)
class Totals:
    """What came of all rows of a log.

    Attributes:
        rows: Of the file.
        impressions: That they stand for.
        clicks: Of these.
        conversions: Of these, by part.
    """

    rows: int
    impressions: float
    clicks: float
    conversions: Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class LargeLog:
    """A log with its training rows on disk.

    Attributes:
        rows: The ads, and the kept rows of those that train nothing, in the order of the log.
        file: Rows of the ads that are trained on.
        train_rows: How many these are.
        totals: Of the whole log.
    """

    rows: AdRows
    file: Path
    train_rows: int
    totals: Totals


def is_large(path: Path) -> bool:
    """Whether a log of the table contract is streamed: Parquet of more than `MOST_IN_MEMORY` rows, or a folder of it.

    Raises:
        TableError: A file is not sound Parquet.
    """
    if path.is_dir():
        return any(path.glob("*.parquet"))
    return path.is_file() and path.suffix.lower() == ".parquet" and ParquetRows([path]).rows > MOST_IN_MEMORY


def read_large_log(
    path: Path, roles: Mapping[str, AskedRole], part_of: PartOf, file: Path, *, measured: int = MEASURED
) -> LargeLog:
    """Read a log in one pass.

    Args:
        path: A Parquet file of the table contract, or a folder of such.
        roles: For columns that are no features by themselves.
        part_of: Name of the part that an ad belongs to, from its name and what its first row has in `split`.
        file: Where the rows that are trained on are written.
        measured: Most rows of each other part that are kept.

    Raises:
        TableError: Rows break the contract or have no labels, nothing is known of a new ad, or no ad is trained on.
        UnknownNameError: A role is given to a column that is not there, or there is no such role.
        ConfigError: A column with a role is the ad's name or an outcome.
    """
    reader = _Reader(path, roles, part_of, measured)
    train_rows = write_rows(reader.train(), file)
    return LargeLog(rows=reader.rows(), file=file, train_rows=train_rows, totals=reader.totals())


class _Reader:
    def __init__(self, path: Path, roles: Mapping[str, AskedRole], part_of: PartOf, measured: int) -> None:
        names = [name for name in ParquetRows([path]).names if not name.startswith("__index_level_")]
        self.path, self.part_of = path, part_of
        self.labels, self.asked = label_columns(names), asked_fields(roles, names)
        taken = {field.name for field in self.asked}
        self.context = [name for name in KNOWN_OF_A_NEW_AD if name in names and name not in taken]
        about = [name for name in (AD, *COPY_FIELDS, *READ_OF_AN_AD) if name in names]
        wanted = dict.fromkeys([*about, *self.context, *(field.name for field in self.asked), *self.labels])
        self.source = ParquetRows([path], list(wanted))
        self.notes = left_out(names, set(wanted))
        self._kept = list(dict.fromkeys([AD, *self.context, *(field.name for field in self.asked), *self.labels]))
        self._samples: dict[str, _Sample] = {}
        self._measured = measured
        self._part: dict[str, str] = {}
        self._ads: list[pd.DataFrame] = []
        self._filled: set[str] = set()
        self._incomplete = 0
        self._sums = np.zeros(2)
        self._conversions: dict[str, float] = {}

    def train(self) -> Iterator[pa.Table]:
        """The rows that are trained on; those of other parts are kept, and all are counted."""
        first = 0
        for piece in self.source.pieces():
            rows, table = self._checked(piece)
            self._note(rows)
            parts = rows[AD].map(self._part).to_numpy()
            self._count(table, parts)
            for part in dict.fromkeys(parts.tolist()):
                own = np.flatnonzero(parts == part)
                if part == TRAIN:
                    yield table.take(own)
                else:
                    if part not in self._samples:
                        stream = [_SAMPLE, len(self._samples)]
                        self._samples[part] = _Sample(self._measured, np.random.default_rng(stream))
                    self._samples[part].add(table.take(own), first + own)
            first += len(rows)

    def rows(self) -> AdRows:
        """The ads and the kept rows, once all are read."""
        present = [name for name in self.context if name in self._filled]
        if not present and not self.asked:
            raise TableError(
                f"{self.path.name} has no column that is known of a new ad; give one or more of "
                f"{listed(KNOWN_OF_A_NEW_AD, 12)}, or a further column with --role."
            )
        ads = pd.concat(self._ads, ignore_index=True)
        found = [sample.kept() for sample in self._samples.values()]
        order = np.argsort(np.concatenate([places for _, places in found]) if found else np.zeros(0))
        none = pa.schema([(name, pa.string()) for name in self._kept]).empty_table()
        table = pa.concat_tables([own for own, _ in found]).take(order) if found else none
        asked = (field.name for field in self.asked)
        return AdRows(
            table=table.select(list(dict.fromkeys([AD, *present, *asked, *self.labels]))),
            fields=(*(FieldSpec(name=name, min_count=MIN_IMPRESSIONS) for name in present), *self.asked),
            columns=tuple(field.name for field in self.asked),
            ads=ads,
            keys=tuple(ads[AD]),
            problems=self._problems(),
            notes=self.notes,
        )

    def totals(self) -> Totals:
        """Of all rows that were read."""
        shown, clicks = self._sums.tolist()
        return Totals(rows=self.source.rows, impressions=shown, clicks=clicks, conversions=self._conversions)

    def _checked(self, piece: Piece) -> tuple[pd.DataFrame, pa.Table]:
        """Rows that say what came of them, as a frame with their types, and what is kept of them."""
        plain: dict[str, TableRole] = {}
        for field in self.asked:
            if field.role != "multi":
                plain[field.name] = field.role
        given = _spelled_out(piece.table)
        try:
            rows = validate(given.to_pandas(), roles=plain, needs_creative=False)
        except TableError as error:
            last = piece.first_row + given.num_rows
            where = f"{piece.path.name}, rows {piece.first_row + 1:,} to {last:,}, counted from the first of them"
            raise TableError(f"{where}: {error.summary}", error.problems) from error
        whole = np.ones(len(rows), dtype=bool)
        if self.labels == COUNTS:
            whole = rows[list(COUNTS)].notna().all(axis=1).to_numpy()
            self._incomplete += int((~whole).sum())
        rows = rows.assign(**{AD: ad_names(rows)})[whole].reset_index(drop=True)
        lists = {field.name for field in self.asked if field.role == "multi"}
        table = arrow_of(rows[[name for name in self._kept if name not in lists]])
        for name in lists:  # as the file has them: what a frame makes of lists depends on the rows at hand
            table = table.append_column(given.schema.field(name), given[name].filter(pa.array(whole)))
        return rows, table.select(self._kept)

    def _note(self, rows: pd.DataFrame) -> None:
        """Ads that come for the first time, and columns that hold something."""
        new = rows[~rows[AD].isin(self._part.keys())].drop_duplicates(AD)
        split = new["split"] if "split" in new else [""] * len(new)
        self._part |= {str(name): self.part_of(str(name), str(part)) for name, part in zip(new[AD], split, strict=True)}
        if len(new):
            self._ads.append(new)
        empty = [name for name in self.context if name not in self._filled]
        self._filled |= {name for name in empty if (rows[name].astype(str) != "").any()}

    def _count(self, table: pa.Table, parts: NDArray[np.object_]) -> None:
        labels = labels_of(table)
        self._sums += impressions_of(labels, table.num_rows).sum(), (labels.weight * labels.click).sum(dtype=float)
        own = parts if labels.source is None else parts[labels.source]
        for part in dict.fromkeys(own.tolist()):
            here = (labels.weight * labels.conversion)[own == part].sum(dtype=float)
            self._conversions[part] = self._conversions.get(part, 0.0) + float(here)

    def _problems(self) -> tuple[str, ...]:
        problems = []
        if self._incomplete:
            problems.append(f"row lacks impressions, clicks or conversions, left out: {self._incomplete:,}.")
        for part, sample in self._samples.items():
            if sample.seen > self._measured:
                problems.append(
                    f"{self._measured:,} of the {sample.seen:,} rows of part {part!r} are read, drawn at random."
                )
        return tuple(problems)


class _Sample:
    """At most so many of the rows that are added, each as likely as any other; all of them where they are no more."""

    def __init__(self, most: int, rng: np.random.Generator) -> None:
        self.most, self.seen, self._rng = most, 0, rng
        self._tables: list[pa.Table] = []
        self._places: list[NDArray[np.int64]] = []
        self._keys: list[NDArray[np.float64]] = []
        self._limit = 1.0  # rows with a larger key are no longer wanted

    def add(self, table: pa.Table, places: NDArray[np.int64]) -> None:
        """Take rows in, with their places in the log."""
        keys = self._rng.random(table.num_rows)
        self.seen += table.num_rows
        wanted = np.flatnonzero(keys < self._limit)
        self._tables.append(table.take(wanted))
        self._places.append(places[wanted])
        self._keys.append(keys[wanted])
        if sum(map(len, self._keys)) > 2 * self.most:
            self._shrink()

    def kept(self) -> tuple[pa.Table, NDArray[np.int64]]:
        """The rows, in the order of the log, and their places in it."""
        self._shrink()
        return self._tables[0], self._places[0]

    def _shrink(self) -> None:
        table, places, keys = pa.concat_tables(self._tables), np.concatenate(self._places), np.concatenate(self._keys)
        if len(keys) > self.most:
            self._limit = float(np.partition(keys, self.most)[self.most])
        own = np.flatnonzero(keys < self._limit)
        self._tables, self._places, self._keys = [table.take(own).combine_chunks()], [places[own]], [keys[own]]


def _spelled_out(table: pa.Table) -> pa.Table:
    """The table with text in place of dictionaries."""
    columns: Sequence[pa.ChunkedArray] = [
        column.cast(column.type.value_type) if pa.types.is_dictionary(column.type) else column
        for column in table.columns
    ]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))
