"""Small logs of impressions with a known funnel, in memory and as Parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adlab.data.feature_fields import FieldSpec

FIELDS = (
    FieldSpec(name="ad_id"),
    FieldSpec(name="hour"),
    FieldSpec(name="user_id", buckets=50),
    FieldSpec(name="row", role="dense"),
)


def funnel_log(rows: int, seed: int = 0, first_row: int = 0) -> pa.Table:
    """One row an impression; `row` numbers them, days run through January."""
    rng = np.random.default_rng([seed, first_row])
    click = rng.random(rows) < 0.3
    number = first_row + np.arange(rows)
    ads = pa.array([f"ad-{i}" for i in range(20)])
    return pa.table(
        {
            "ad_id": pa.DictionaryArray.from_arrays(pa.array(rng.integers(0, 20, rows, dtype=np.int32)), ads),
            "user_id": rng.integers(0, 500, rows),
            "hour": rng.integers(0, 24, rows).astype(np.int8),
            "date": [f"2026-01-{1 + int(i) * 28 // (first_row + rows):02d}" for i in number],
            "row": number.astype(np.float64),
            "impressions": np.ones(rows, dtype=np.int32),
            "clicks": click.astype(np.int32),
            "conversions": (click & (rng.random(rows) < 0.2)).astype(np.int32),
        }
    )


def write_log(table: pa.Table, folder: Path, *, files: int = 3, group_rows: int = 100) -> Path:
    """The log as several Parquet files of small row groups."""
    folder.mkdir(parents=True, exist_ok=True)
    each = -(-table.num_rows // files)
    for number in range(files):
        path = folder / f"part-{number:05d}.parquet"
        pq.write_table(table.slice(number * each, each), path, row_group_size=group_rows, data_page_size=1 << 14)
    return folder
