"""Batches of a log, in an order that depends on seed and epoch alone, from disk or from memory.

From disk, the row groups of all files are put into a random order; `block_rows` rows of it at a time are encoded and
mixed. Memory depends on the size of a block, not of the log. A block mixes the row groups that fit into it: a log
written with small row groups (some 2^15 rows) is mixed best. A log that fits into memory is encoded once and mixed
whole.

Rows of a block are spread over batches of nearly equal size, so that none is left with a few rows only. A `Position`
is given with every batch: a stopped training goes on behind it and sees the very batches that were to come.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch, joined
from adlab.data.funnel_split import SplitRule, rows_of
from adlab.data.parquet_rows import ParquetRows, Piece
from adlab.errors import ConfigError, TableError

_ORDER, _MIX = 1, 2  # streams of chance


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


class FunnelRows:
    """A log in memory, encoded once.

    Args:
        rows: All of it.
        batching: How it becomes batches; `block_rows` plays no part.
    """

    def __init__(self, rows: FunnelBatch, batching: Batching) -> None:
        self.rows, self.batching = rows, batching

    def batches(self, epoch: int, after: Position | None = None) -> Iterator[tuple[FunnelBatch, Position]]:
        """The batches of an epoch.

        Args:
            epoch: From 0; every epoch has an order of its own.
            after: Position to go on behind.

        Raises:
            ConfigError: The position is of another epoch.
        """
        _check(epoch, after)
        yield from _mixed(self.rows, self.batching, epoch, 0, after.batch if after else 0)


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
        order = np.arange(len(self.source.groups))
        if self.batching.shuffle:
            order = np.random.default_rng([self.batching.seed, epoch, _ORDER]).permutation(order)
        edges = _even(self.source.rows, self.batching.block_rows)
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
            yield from _mixed(joined(encoded), self.batching, epoch, block, given)
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
        table, name = piece.table, piece.path.name
        if self.rule is None:
            return self.schema.encode(table, self.ads, name=name, first_row=piece.first_row)
        last = piece.first_row + table.num_rows
        name = f"{name}, rows {piece.first_row + 1:,} to {last:,}, counted among those of {', '.join(self.parts)},"
        return self.schema.encode(rows_of(self.rule, table, self.parts), self.ads, name=name)


def _mixed(
    rows: FunnelBatch, batching: Batching, epoch: int, block: int, given: int
) -> Iterator[tuple[FunnelBatch, Position]]:
    """The batches of one block, but for the first `given`."""
    edges = _even(rows.rows, batching.batch_rows)
    order: NDArray[np.int64] | None = None
    if batching.shuffle:
        order = np.random.default_rng([batching.seed, epoch, _MIX, block]).permutation(rows.rows)
    for number in range(given, len(edges) - 1):
        start, stop = int(edges[number]), int(edges[number + 1])
        batch = rows.slice(start, stop) if order is None else rows.take(order[start:stop])
        yield batch, Position(epoch, block, number + 1)


def _even(rows: int, most: int) -> NDArray[np.int64]:
    """Edges of as few parts as `most` allows, of nearly equal size, (parts + 1,)."""
    parts = -(-rows // most)
    return np.arange(parts + 1, dtype=np.int64) * rows // max(parts, 1)


def _check(epoch: int, after: Position | None) -> None:
    if epoch < 0:
        raise ConfigError(f"epoch is {epoch}; give 0 or more.")
    if after is not None and after.epoch != epoch:
        raise ConfigError(f"The position is in epoch {after.epoch}, not in epoch {epoch}; go on with its own.")
