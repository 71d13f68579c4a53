"""Reader of the text layout of CL4CVR's public code: `click,conversion,slot1,slot2,…`, one impression a line.

There is no header. Slots are ids without names; an empty one is missing. A `.gz` file is unpacked while it is read.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from adlab.data.feature_fields import FieldSpec
from adlab.data.funnel_labels import LABELS
from adlab.data.funnel_log import FunnelLog
from adlab.errors import DataUnavailableError

_BLOCK = 1 << 22  # bytes of text at a time
_REMEDY = "Give lines of click, conversion and the ids of the slots, separated by commas."


def read_cl4cvr_text(path: Path, *, buckets: int = 0) -> FunnelLog:
    """Read a file that fits into memory.

    Args:
        path: Text, or `.gz`.
        buckets: Codes that each slot is hashed into; 0 for a vocabulary. The public code takes 200,000.

    Raises:
        DataUnavailableError: The file is missing or has another layout.
    """
    table = pa.concat_tables(cl4cvr_tables(path))
    fields = tuple(FieldSpec(name=name, buckets=buckets) for name in table.column_names if name not in LABELS)
    return FunnelLog(table, fields)


def cl4cvr_tables(path: Path) -> Iterator[pa.Table]:
    """Read a file of any size, table after table; errors as `read_cl4cvr_text`'s."""
    path = Path(path)
    names = [*LABELS, *(f"slot{number}" for number in range(1, _slots(path) + 1))]
    types = {name: pa.int8() if name in LABELS else pa.string() for name in names}
    try:
        reader = csv.open_csv(
            path,
            read_options=csv.ReadOptions(column_names=names, block_size=_BLOCK, use_threads=False),
            parse_options=csv.ParseOptions(quote_char=False),
            convert_options=csv.ConvertOptions(column_types=types),
        )
        for batch in reader:
            yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError) as error:
        raise DataUnavailableError(f"{str(path)!r} cannot be read ({error}). {_REMEDY}") from error


def _slots(path: Path) -> int:
    """Number of slots in the first line."""
    try:
        with gzip.open(path, "rt") if path.suffix == ".gz" else path.open(encoding="utf-8") as file:
            cells = file.readline().rstrip("\n").split(",")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise DataUnavailableError(f"{str(path)!r} cannot be read ({error}). {_REMEDY}") from error
    if len(cells) <= len(LABELS):
        raise DataUnavailableError(f"{str(path)!r} begins with {len(cells)} cell(s), no slots. {_REMEDY}")
    return len(cells) - len(LABELS)
