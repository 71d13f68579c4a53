"""Columns of an Arrow table as arrays: codes of levels, lists of codes, numbers."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from adlab.data.feature_fields import MISSING, LevelField
from adlab.data.funnel_batch import Bag
from adlab.data.level_codes import levels_of
from adlab.errors import TableError


class Lists(NamedTuple):
    """A column of lists, laid flat.

    Attributes:
        values: All values, one row after the other.
        offsets: Where each row begins, and last the number of values, (N + 1,).
    """

    values: pa.Array
    offsets: NDArray[np.int64]


def fill_codes(field: LevelField, column: pa.ChunkedArray, out: NDArray[np.int64]) -> None:
    """Write the codes of a column, (N,)."""
    start = 0
    for places, texts in levels_of(field.name, column):
        codes = np.append(field.codes(texts), MISSING)  # the place −1 is the last
        out[start : start + len(places)] = codes[places]
        start += len(places)


def bag_of(field: LevelField, column: pa.ChunkedArray) -> Bag:
    """The lists of a column as codes; missing values are left out of their lists."""
    lists = lists_of(field.name, column, field.separator)
    codes = np.empty(len(lists.values), dtype=np.int64)
    fill_codes(field, pa.chunked_array([lists.values]), codes)
    known = codes != MISSING
    before = np.concatenate([[0], np.cumsum(known)])
    return Bag(codes[known], before[lists.offsets].astype(np.int64))


def lists_of(name: str, column: pa.ChunkedArray, separator: str) -> Lists:
    """A column of lists, or of text with a separator, laid flat; an empty cell is an empty list.

    Raises:
        TableError: The column holds neither.
    """
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # Arrow keeps columns beyond 2 GB in pieces
        raise TableError(f"The column {name!r} is too long for one piece; read fewer rows at a time.")
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type) or pa.types.is_null(array.type):
        array = pc.split_pattern(array.cast(pa.string()).fill_null(""), separator)
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type)):
        raise TableError(f"The column {name!r} holds {array.type}; give lists, or text with {separator!r} in it.")
    sizes = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False)
    return Lists(array.flatten(), np.concatenate([[0], np.cumsum(sizes, dtype=np.int64)]))


def numbers_of(name: str, column: pa.ChunkedArray) -> NDArray[np.float64]:
    """A column as numbers, NaN where missing, (N,).

    Raises:
        TableError: A cell is no number, or not finite; it is named.
    """
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        texts = pc.utf8_trim_whitespace(column)
        column = pc.if_else(pc.equal(texts, ""), pa.scalar(None, texts.type), texts)
    elif pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    try:
        values = np.asarray(column.cast(pa.float64()).to_numpy(), dtype=np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise TableError(f"The column {name!r} is dense and holds {column.type}, no numbers ({error}).") from error
    if np.isinf(values).any():
        raise TableError(f"The column {name!r} holds an infinite number; leave the cell empty where it is unknown.")
    return values
