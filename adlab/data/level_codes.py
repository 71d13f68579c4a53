"""Columns of an Arrow table as distinct levels and where each stands: a level is text, whatever the column's type.

3, 3.0 and "3" are one level, so that a log says the same as CSV and as Parquet; true is "1"; dates and times are ISO.
None, NaN and empty text are missing. Work is done on distinct values: a column that Parquet keeps as a dictionary is
never spelled out row by row.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from adlab.errors import TableError

_FNV_START, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


class Levels(NamedTuple):
    """Some rows of a column.

    Attributes:
        places: Where in `texts` each row's level stands, −1 where it is missing, (N,).
        texts: Levels, trimmed; two of them can be equal, and one can be empty: that too is missing.
    """

    places: NDArray[np.integer]
    texts: pa.StringArray


def levels_of(name: str, column: pa.ChunkedArray | pa.Array) -> Iterator[Levels]:
    """The levels of a column, piece by piece.

    Args:
        name: Of the column, for messages.
        column: Text, numbers, booleans or dates, as a dictionary or not.

    Raises:
        TableError: The column holds something else, for example lists.
    """
    for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
        if pa.types.is_null(chunk.type):
            yield Levels(np.full(len(chunk), -1, dtype=np.int32), pa.array([], pa.string()))
            continue
        if not pa.types.is_dictionary(chunk.type):
            if pa.types.is_nested(chunk.type) or pa.types.is_binary(chunk.type):
                raise TableError(f"The column {name!r} holds {chunk.type}; give it the role multi, or plain values.")
            chunk = chunk.dictionary_encode()
        places = chunk.indices
        places = (places.fill_null(-1) if places.null_count else places).to_numpy(zero_copy_only=False)
        yield Levels(places, texts_of(chunk.dictionary))


def counted_levels(
    name: str, column: pa.ChunkedArray | pa.Array, weight: NDArray[np.float64]
) -> Iterator[tuple[str, float]]:
    """Levels with the weight of their rows, missing ones left out; a level of several pieces comes several times.

    Args:
        name: Of the column, for messages.
        column: As for `levels_of`.
        weight: Of each row, (N,).
    """
    start = 0
    for places, texts in levels_of(name, column):
        own, known = weight[start : start + len(places)], places >= 0
        counts = np.bincount(places[known], own[known], len(texts))
        yield from (
            (level, count) for level, count in zip(texts.to_pylist(), counts.tolist(), strict=True) if level and count
        )
        start += len(places)


def texts_of(values: pa.Array) -> pa.StringArray:
    """Values as levels: trimmed text, "" where missing."""
    kind = values.type
    if pa.types.is_floating(kind):
        texts = pa.array([_number_text(value) for value in values.to_pylist()], pa.string())
    elif pa.types.is_boolean(kind):
        texts = values.cast(pa.int8()).cast(pa.string())
    else:
        texts = values.cast(pa.string())
    return pc.utf8_trim_whitespace(texts.fill_null(""))


def text_hashes(texts: pa.StringArray) -> NDArray[np.uint64]:
    """A hash of each text that depends on its UTF-8 bytes alone: FNV-1a, 64 bits, mixed by SplitMix64's finaliser.

    Python's own hash differs from process to process; this one is the same on every machine and in every version.
    """
    count = len(texts)
    if count == 0:
        return np.zeros(0, dtype=np.uint64)
    _, offsets_buffer, data_buffer = texts.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[texts.offset : texts.offset + count + 1].astype(np.int64)
    data = np.frombuffer(data_buffer, dtype=np.uint8) if data_buffer is not None else np.zeros(0, dtype=np.uint8)
    sizes = np.diff(offsets)
    order = np.argsort(-sizes, kind="stable")  # the longest first: those that go on are always a prefix
    starts, going = offsets[:-1][order], count - np.searchsorted(np.sort(sizes), np.arange(sizes.max()), side="right")
    hashes = np.full(count, _FNV_START)
    for place, n in enumerate(going.tolist()):
        hashes[:n] = (hashes[:n] ^ data[starts[:n] + place]) * _FNV_PRIME
    found = np.empty_like(hashes)
    found[order] = hashes
    return mixed(found)


def mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser: near keys become far apart."""
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def shares_of(keys: NDArray[np.uint64]) -> NDArray[np.float64]:
    """Hashes as uniform numbers, 0 ≤ share < 1."""
    return np.asarray((keys >> np.uint64(11)) * 2.0**-53)


def _number_text(value: float | None) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.0f}" if float(value).is_integer() else repr(float(value))
