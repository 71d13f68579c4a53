r"""Reader of Ali-CCP (Ma et al. 2018): impressions of Taobao in two files, turned into Parquet for streaming.

    sample_skeleton_*.csv   sample id, click, purchase, key of the common features, number of features, features
    common_features_*.csv   key, number of features, features of a viewer, shared by many samples

Features are written `field\x02id\x03value` with `\x01` between them. Ids are kept; values, such as counts of a
viewer's past, are not. Samples are read in pieces; the common features are held in memory, which histories (fields
of `HISTORIES`) make large.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from adlab.data.feature_fields import FieldSpec
from adlab.data.parquet_rows import write_rows
from adlab.errors import ConfigError, DataUnavailableError

# The viewer; item, category, shop and brand; position; combinations of both with one id.
SINGLE = (
    *("101", "121", "122", "124", "125", "126", "127", "128", "129"),
    *("205", "206", "207", "216", "301", "508", "509", "702"),
)
MULTI = ("210", "853")  # intentions of the item, and their combination with the viewer's past
HISTORIES = ("109_14", "110_14", "127_14", "150_14")  # categories, shops, brands, intentions met by the viewer
AD = "205"
_SAMPLE = ("sample", "click", "conversion", "key", "count", "features")
_COMMON = ("key", "count", "features")
_BLOCK = 1 << 24  # bytes of text at a time
_FEATURE = "^(?P<field>[^\x02\x03]+)\x02(?P<id>[^\x02\x03]+)\x03"
_REMEDY = "Unpack sample_skeleton and common_features, and give both of the same part."


@dataclass(kw_only=True)
class AliCcpReport:
    """What was written.

    Attributes:
        rows: Impressions.
        clicks: Clicks.
        conversions: Conversions.
        without_click: Samples with a purchase and no click, left out as in the public preparations of the data.
        without_common: Samples whose key has no common features; these are missing there.
    """

    rows: int = 0
    clicks: int = 0
    conversions: int = 0
    without_click: int = 0
    without_common: int = 0


def ali_ccp_fields(fields: Sequence[str] = (*SINGLE, *MULTI), *, min_count: int = 10) -> tuple[FieldSpec, ...]:
    """The features of a converted log; vocabularies of levels with `min_count` impressions."""
    many = {*MULTI, *HISTORIES}
    return tuple(FieldSpec(name=n, role="multi" if n in many else "sparse", min_count=min_count) for n in fields)


def convert_ali_ccp(
    skeleton: Path, common: Path, out: Path, *, fields: Sequence[str] = (*SINGLE, *MULTI)
) -> AliCcpReport:
    """Write one part of the data as Parquet: a column a field, `click`, `conversion`.

    Args:
        skeleton: The samples.
        common: Their common features.
        out: The Parquet file to write; it is there whole or not at all.
        fields: Fields to keep.

    Raises:
        DataUnavailableError: A file is missing or has another layout.
        ConfigError: A field is named twice, or none is.
    """
    if not fields or len(set(fields)) < len(fields):
        raise ConfigError(f"fields are {tuple(fields)!r}; name each once, and at least one.")
    report = AliCcpReport()
    viewers = [_columns(table, fields).append_column("key", table["key"]) for table in _tables(common, _COMMON)]
    if not viewers:
        raise DataUnavailableError(f"{str(common)!r} is empty. {_REMEDY}")
    shared = pa.concat_tables(viewers).combine_chunks()
    keys = pd.Index(shared["key"].to_pandas())
    if not keys.is_unique:
        raise DataUnavailableError(f"{str(common)!r} has a key twice. {_REMEDY}")
    write_rows((_samples(table, shared, keys, fields, report) for table in _tables(skeleton, _SAMPLE)), out)
    return report


def _samples(
    table: pa.Table, shared: pa.Table, keys: pd.Index, fields: Sequence[str], report: AliCcpReport
) -> pa.Table:
    labels = {name: table[name].cast(pa.int8()) for name in ("click", "conversion")}
    sound = pc.greater_equal(labels["click"], labels["conversion"])
    table, labels = table.filter(sound), {name: column.filter(sound) for name, column in labels.items()}
    report.without_click += len(sound) - table.num_rows
    place = keys.get_indexer(pd.Index(table["key"].to_pandas()))
    report.without_common += int((place < 0).sum())
    report.rows += table.num_rows
    report.clicks += int(pc.sum(labels["click"]).as_py() or 0)
    report.conversions += int(pc.sum(labels["conversion"]).as_py() or 0)
    rows = pa.array(place, mask=place < 0)
    own = _columns(table, fields)
    columns = {}
    for name in fields:  # a field stands in one of the two files
        columns[name] = pc.coalesce(own[name], shared[name].take(rows))
    return pa.table(columns | labels)


def _columns(table: pa.Table, fields: Sequence[str]) -> pa.Table:
    """The features of each row, a column a field: its first id, or a list of ids, null where it has none."""
    lists = pc.split_pattern(table["features"].combine_chunks(), "\x01")
    row = np.repeat(np.arange(table.num_rows), pc.list_value_length(lists).to_numpy(zero_copy_only=False))
    parts = pc.extract_regex(lists.flatten(), _FEATURE)
    if parts.null_count:
        broken = lists.flatten().filter(parts.is_null())[0].as_py()
        raise DataUnavailableError(f"A feature is written {broken!r}, not as field, id and value. {_REMEDY}")
    names = pc.struct_field(parts, "field").dictionary_encode()
    ids, number = pc.struct_field(parts, "id"), {name: i for i, name in enumerate(names.dictionary.to_pylist())}
    code = names.indices.to_numpy(zero_copy_only=False)
    columns = {}
    for name in fields:
        found = np.flatnonzero(code == number.get(name, -1))
        columns[name] = (_lists if name in (*MULTI, *HISTORIES) else _firsts)(ids, found, row[found], table.num_rows)
    return pa.table(columns)


def _firsts(ids: pa.Array, found: NDArray[np.int64], row: NDArray[np.int64], rows: int) -> pa.Array:
    first = np.full(rows, -1, dtype=np.int64)
    first[row[::-1]] = found[::-1]  # the first of a row is written last
    return ids.take(pa.array(first, mask=first < 0))


def _lists(ids: pa.Array, found: NDArray[np.int64], row: NDArray[np.int64], rows: int) -> pa.Array:
    offsets = np.searchsorted(row, np.arange(rows + 1)).astype(np.int32)
    empty = np.append(np.diff(offsets) == 0, False)
    return pa.ListArray.from_arrays(pa.array(offsets, mask=empty), ids.take(pa.array(found)))


def _tables(path: Path, names: Sequence[str]) -> Iterator[pa.Table]:
    try:
        reader = csv.open_csv(
            path,
            read_options=csv.ReadOptions(column_names=list(names), block_size=_BLOCK, use_threads=False),
            parse_options=csv.ParseOptions(quote_char=False),
            convert_options=csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
        for batch in reader:
            yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError) as error:
        raise DataUnavailableError(f"{str(path)!r} cannot be read ({error}). {_REMEDY}") from error
