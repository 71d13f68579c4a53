"""Batches of a log, in an order that depends on seed and epoch alone, from disk or from memory.

From disk, the row groups of all files are put into a random order; `block_rows` rows of it at a time are encoded and
mixed. Memory depends on the size of a block, not of the log. A block mixes the row groups that fit into it: a log
written with small row groups (some 2^15 rows) is mixed best. A log that fits into memory is encoded once and mixed
whole; one on disk that fits into a block gives the very batches that it would give in memory.

Rows of several blocks are spread over batches of nearly equal size, so that no block ends with a few rows only. A
`Position` is given with every batch: a stopped training goes on behind it and sees the very batches that were to come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch, joined
from adlab.data.funnel_labels import LABELS, label_columns, labels_of
from adlab.data.funnel_split import SplitRule, rows_of
from adlab.data.parquet_rows import ParquetRows, Piece
from adlab.errors import ConfigError, TableError, UnknownNameError

_MIX, _GROUPS = 1, 3  # streams of chance; 2 is that of a training's steps, which share the seed


@dataclass(frozen=True, kw_only=True)
class Batching:
    """How rows become batches.

    Attributes:
        batch_rows: Most rows a batch, 1 or more.
        block_rows: Rows that are encoded and mixed at a time, `batch_rows` or more; of a log on disk.
        shuffle: Whether the order is random; else it is that of the log.
        seed: Of the order, 0 or more.

    Raises:
        ConfigError: A number is outside its range.
    """

    batch_rows: int = 1024
    block_rows: int = 1 << 18
    shuffle: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("batch_rows", 1), ("block_rows", self.batch_rows), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a whole number of {least} or more.")


class Position(NamedTuple):
    """How far an epoch has been read.

    Attributes:
        epoch: From 0.
        block: From 0.
        batch: Batches of the block that were given.
    """

    epoch: int
    block: int
    batch: int


class Extent(NamedTuple):
    """What an epoch gives.

    Attributes:
        rows: Encoded rows.
        weight: Sum of their weights: impressions.
    """

    rows: int
    weight: float


class FunnelSource(Protocol):
    """A log that is trained on batch by batch."""

    batching: Batching

    @property
    def extent(self) -> Extent:
        """What an epoch gives."""

    @property
    def steps(self) -> int:
        """Batches of an epoch; about so many where a rule or counts decide how many rows a block has."""

    def batches(self, epoch: int, after: Position | None = None) -> Iterator[tuple[FunnelBatch, Position]]:
        """The batches of an epoch, or those behind a position in it."""


class FunnelRows:
    """A log in memory, encoded once.

    Args:
        rows: All of it.
        batching: How it becomes batches; `block_rows` plays no part.
    """

    def __init__(self, rows: FunnelBatch, batching: Batching) -> None:
        self.rows, self.batching = rows, batching

    @cached_property
    def extent(self) -> Extent:
        """What an epoch gives."""
        return Extent(self.rows.rows, float(self.rows.weight.sum(dtype=np.float64)))

    @property
    def steps(self) -> int:
        """Batches of an epoch; the last may be shorter."""
        return -(-self.rows.rows // self.batching.batch_rows)

    def batches(self, epoch: int, after: Position | None = None) -> Iterator[tuple[FunnelBatch, Position]]:
        """The batches of an epoch.

        Args:
            epoch: From 0; every epoch has an order of its own.
            after: Position to go on behind.

        Raises:
            ConfigError: The position is of another epoch.
        """
        _check(epoch, after)
        edges = _full(self.rows.rows, self.batching.batch_rows)
        yield from _mixed(self.rows, edges, self.batching, Position(epoch, 0, after.batch if after else 0))


class FunnelStream:
    """A log on disk, as Parquet.

    Args:
        files: Files, or folders of them.
        schema: How rows are encoded.
        batching: How they become batches.
        ads: Row of each ad in the matrix of creative vectors, by name; None for none.
        rule: Which part of the data a row belongs to; without one all rows are read.
        parts: The parts to read.

    Raises:
        TableError: A file is not sound, or has no labels.
        UnknownNameError: A field of the schema has no column.
    """

    def __init__(
        self,
        files: Sequence[Path],
        schema: FeatureSchema,
        batching: Batching,
        *,
        ads: Mapping[str, int] | None = None,
        rule: SplitRule | None = None,
        parts: Sequence[str] = ("train",),
    ) -> None:
        self.schema, self.batching, self.ads = schema, batching, ads
        self.rule, self.parts = rule, tuple(parts)
        columns = schema.columns(ParquetRows(files).names)
        self.source = ParquetRows(files, list(dict.fromkeys([*columns, *([rule.column] if rule else [])])))

    @cached_property
    def extent(self) -> Extent:
        """What an epoch gives; takes a pass over the labels where they, or a rule, decide on it.

        Raises:
            TableError: Labels cannot be used.
        """
        labels = label_columns(self.source.names)
        if self.rule is None and labels == LABELS:
            return Extent(self.source.rows, float(self.source.rows))
        rows, weight = 0, 0.0
        columns = dict.fromkeys([*labels, *([self.rule.column] if self.rule else [])])
        for piece in ParquetRows(self.source.files, list(columns)).pieces():
            table, name, first_row = self._own(piece)
            found = labels_of(table, name=name, first_row=first_row)
            rows, weight = rows + len(found.click), weight + float(found.weight.sum(dtype=np.float64))
        return Extent(rows, weight)

    @property
    def steps(self) -> int:
        """Batches of an epoch; about so many where a rule or counts decide how many rows a block has."""
        blocks = np.diff(self._edges) * (self.extent.rows / max(self.source.rows, 1))
        return int(np.ceil(blocks / self.batching.batch_rows).sum())

    @property
    def _edges(self) -> NDArray[np.int64]:
        """Where blocks begin among the rows on disk, and their end, (blocks + 1,)."""
        return _even(self.source.rows, self.batching.block_rows)

    def batches(self, epoch: int, after: Position | None = None) -> Iterator[tuple[FunnelBatch, Position]]:
        """The batches of an epoch.

        Args:
            epoch: From 0; every epoch has an order of its own.
            after: Position to go on behind; blocks before it are not read.

        Raises:
            ConfigError: The position is of another epoch.
            TableError: Rows cannot be used.
        """
        _check(epoch, after)
        order, edges = np.arange(len(self.source.groups)), self._edges
        several = len(edges) > 2  # one block is mixed whole
        if self.batching.shuffle and several:
            order = np.random.default_rng([self.batching.seed, _GROUPS, epoch]).permutation(order)
        cut = _even if several else _full
        first, given = (after.block, after.batch) if after else (0, 0)
        pieces = self.source.pieces(order.tolist(), skip=int(edges[min(first, len(edges) - 1)]))
        rest: Piece | None = None
        for block in range(first, len(edges) - 1):
            encoded, wanted = [], int(edges[block + 1] - edges[block])
            while wanted:
                piece = rest or next(pieces)
                own = piece.table.slice(0, wanted)
                left = piece.table.slice(own.num_rows)
                rest = Piece(left, piece.path, piece.first_row + own.num_rows) if left.num_rows else None
                encoded.append(self._encoded(Piece(own, piece.path, piece.first_row)))
                wanted -= own.num_rows
            rows = joined(encoded)
            encoded.clear()  # else the block would be held twice while its batches are given
            own_edges = cut(rows.rows, self.batching.batch_rows)
            yield from _mixed(rows, own_edges, self.batching, Position(epoch, block, given))
            given = 0

    def load(self) -> FunnelBatch:
        """All rows in memory, in the order of the log.

        Raises:
            TableError: There are none, or rows cannot be used.
        """
        rows = [self._encoded(piece) for piece in self.source.pieces()]
        if not sum(batch.rows for batch in rows):
            raise TableError(f"The log has no rows{f' in {self.parts}' if self.rule else ''}; give some.")
        return joined(rows)

    def _encoded(self, piece: Piece) -> FunnelBatch:
        table, name, first_row = self._own(piece)
        return self.schema.encode(table, self.ads, name=name, first_row=first_row)

    def _own(self, piece: Piece) -> tuple[pa.Table, str, int]:
        """The rows of the wanted parts, what they are called in messages, and the number of rows before them."""
        table, name = piece.table, piece.path.name
        if self.rule is None:
            return table, name, piece.first_row
        last = piece.first_row + table.num_rows
        name = f"{name}, rows {piece.first_row + 1:,} to {last:,}, counted among those of {', '.join(self.parts)},"
        return rows_of(self.rule, table, self.parts), name, 0


def schema_on_disk(
    files: Sequence[Path],
    specs: Sequence[FieldSpec],
    *,
    rule: SplitRule | None = None,
    parts: Sequence[str] = ("train",),
) -> FeatureSchema:
    """The schema that rows on disk imply, fitted in one pass that reads no other column.

    Args:
        files: Files, or folders of them.
        specs: What is asked of each column.
        rule: Which part of the data a row belongs to; without one all rows are read.
        parts: The parts to fit on.

    Raises:
        UnknownNameError: A column is not in every file.
        TableError: Rows, labels or cells cannot be used.
        ConfigError: A column is named twice, or is an outcome of the row.
    """
    names = ParquetRows(files).names
    for spec in specs:
        if spec.name not in names:
            raise UnknownNameError("column", spec.name, names)
    wanted = [*(spec.name for spec in specs), *label_columns(names), *([rule.column] if rule else [])]
    return FeatureSchema.fit(specs, ParquetRows(files, list(dict.fromkeys(wanted))).tables(rule, parts))


def _mixed(
    rows: FunnelBatch, edges: NDArray[np.int64], batching: Batching, after: Position
) -> Iterator[tuple[FunnelBatch, Position]]:
    """The batches of one block behind a position in it."""
    epoch, block, given = after
    order: NDArray[np.int64] | None = None
    if batching.shuffle:
        # The first block has the order that a log in memory has: a log of one block trains as it would there.
        stream = [batching.seed, _MIX, epoch, *([block] if block else [])]
        order = np.random.default_rng(stream).permutation(rows.rows)
    for number in range(given, len(edges) - 1):
        start, stop = int(edges[number]), int(edges[number + 1])
        batch = rows.slice(start, stop) if order is None else rows.take(order[start:stop])
        yield batch, Position(epoch, block, number + 1)


def _full(rows: int, most: int) -> NDArray[np.int64]:
    """Edges of parts of `most` rows, the last of what is left, (parts + 1,)."""
    return np.append(np.arange(0, rows, most, dtype=np.int64), rows)


def _even(rows: int, most: int) -> NDArray[np.int64]:
    """Edges of as few parts as `most` allows, of nearly equal size, (parts + 1,)."""
    parts = -(-rows // most)
    return np.arange(parts + 1, dtype=np.int64) * rows // max(parts, 1)


def _check(epoch: int, after: Position | None) -> None:
    if epoch < 0:
        raise ConfigError(f"epoch is {epoch}; give 0 or more.")
    if after is not None and after.epoch != epoch:
        raise ConfigError(f"The position is in epoch {after.epoch}, not in epoch {epoch}; go on with its own.")
