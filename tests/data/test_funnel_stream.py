"""Batches of a log: every row once an epoch, one order a seed and epoch, resumable, memory flat in the rows."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from helpers.funnel_logs import FIELDS, funnel_log, write_log

from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch, joined
from adlab.data.funnel_split import ByKey, ByTime
from adlab.data.funnel_stream import Batching, FunnelRows, FunnelStream, Position, schema_on_disk
from adlab.data.parquet_rows import ParquetRows
from adlab.errors import ConfigError, TableError, UnknownNameError

ROWS = 1050
SMALL = Batching(batch_rows=64, block_rows=250, seed=3)


@pytest.fixture(scope="module")
def log() -> pa.Table:
    return funnel_log(ROWS)


@pytest.fixture(scope="module")
def folder(log: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(log, tmp_path_factory.mktemp("log"))


@pytest.fixture(scope="module")
def schema(log: pa.Table) -> FeatureSchema:
    return FeatureSchema.fit(FIELDS, [log])


def stream(folder: Path, schema: FeatureSchema, batching: Batching = SMALL, **options: object) -> FunnelStream:
    return FunnelStream([folder], schema, batching, **options)


def rows_in(batches: Iterable[tuple[FunnelBatch, Position]]) -> list[int]:
    """The numbers of the rows, in the order given."""
    batch = joined([batch for batch, _ in batches])
    middle, step = (ROWS - 1) / 2, np.arange(ROWS).std()
    return np.round(batch.dense[:, 0].astype(np.float64) * step + middle).astype(int).tolist()


def same(left: FunnelBatch, right: FunnelBatch) -> bool:
    return all(np.array_equal(getattr(left, n), getattr(right, n)) for n in FunnelBatch._fields if n != "bags")


def test_every_row_comes_once_an_epoch_with_its_own_labels(folder, schema, log):
    whole = schema.encode(log)
    for epoch in range(3):
        batches = list(stream(folder, schema).batches(epoch))
        order = rows_in(batches)
        assert sorted(order) == list(range(ROWS))
        assert same(joined([batch for batch, _ in batches]), whole.take(np.array(order)))


def test_order_depends_on_seed_and_epoch_alone(folder, schema):
    first = rows_in(stream(folder, schema).batches(0))
    assert rows_in(stream(folder, schema).batches(0)) == first
    assert rows_in(stream(folder, schema).batches(1)) != first
    other = Batching(batch_rows=64, block_rows=250, seed=4)
    assert rows_in(stream(folder, schema, other).batches(0)) != first


def test_blocks_mix_rows_of_several_row_groups(folder, schema):
    batches = list(stream(folder, schema).batches(0))
    groups = {number // 100 for number in rows_in(batches[:1])}
    assert len(groups) >= 2


def test_without_shuffling_the_order_is_that_of_the_log(folder, schema):
    plain = Batching(batch_rows=64, block_rows=250, shuffle=False)
    assert rows_in(stream(folder, schema, plain).batches(5)) == list(range(ROWS))


def test_batches_are_full_or_nearly_so(folder, schema):
    sizes = [batch.rows for batch, _ in stream(folder, schema).batches(0)]
    assert max(sizes) <= 64
    assert min(sizes) >= 50


@pytest.mark.parametrize("shuffle", [True, False])
def test_going_on_behind_any_position_gives_the_batches_that_were_to_come(folder, schema, shuffle):
    batching = Batching(batch_rows=64, block_rows=250, shuffle=shuffle)
    whole = list(stream(folder, schema, batching).batches(2))
    for place in range(len(whole)):
        rest = list(stream(folder, schema, batching).batches(2, after=whole[place][1]))
        assert [position for _, position in rest] == [position for _, position in whole[place + 1 :]]
        assert all(same(a, b) for (a, _), (b, _) in zip(rest, whole[place + 1 :], strict=True))


def test_a_stream_that_goes_on_does_not_read_what_lies_behind_it(folder, schema, monkeypatch):
    source = stream(folder, schema)
    half = Position(0, 3, 1)
    read = []
    whole = ParquetRows._tables
    monkeypatch.setattr(ParquetRows, "_tables", lambda self, group: read.append(group) or whole(self, group))
    list(source.batches(0, after=half))
    assert sum(group.rows for group in read) <= 500 < ROWS


def test_memory_and_disk_hold_the_same_rows(folder, schema, log):
    loaded = stream(folder, schema).load()
    assert same(loaded, schema.encode(log))
    in_memory = FunnelRows(loaded, SMALL)
    order = rows_in(in_memory.batches(0))
    assert sorted(order) == list(range(ROWS))
    assert rows_in(in_memory.batches(0)) == order
    assert rows_in(in_memory.batches(1)) != order


def test_rows_in_memory_go_on_behind_a_position(folder, schema):
    in_memory = FunnelRows(stream(folder, schema).load(), SMALL)
    whole = list(in_memory.batches(1))
    rest = list(in_memory.batches(1, after=whole[4][1]))
    assert len(rest) == len(whole) - 5
    assert all(same(a, b) for (a, _), (b, _) in zip(rest, whole[5:], strict=True))


def test_a_position_of_another_epoch_is_refused(folder, schema):
    with pytest.raises(ConfigError, match="epoch 1, not in epoch 2"):
        next(stream(folder, schema).batches(2, after=Position(1, 0, 1)))


def test_parts_of_a_rule_are_apart_and_together_everything(folder, schema):
    rule = ByKey(column="ad_id", shares=(("train", 0.6), ("dev", 0.2), ("test", 0.2)))
    parts = [stream(folder, schema, rule=rule, parts=[part]).load() for part in ("train", "dev", "test")]
    assert sum(part.rows for part in parts) == ROWS
    ads = [set(part.sparse[:, 0].tolist()) for part in parts]
    assert not ads[0] & ads[1] | ads[0] & ads[2] | ads[1] & ads[2]


def test_a_schema_is_fitted_from_disk_on_one_part(folder, log):
    rule = ByTime(dev_from="2026-01-15", test_from="2026-01-20")
    fitted = schema_on_disk([folder], FIELDS, rule=rule)
    early = log.filter(pa.compute.less(log["date"], "2026-01-15"))
    wanted = FeatureSchema.fit(FIELDS, [early])
    assert fitted.sparse == wanted.sparse
    assert fitted.dense[0].mean == pytest.approx(wanted.dense[0].mean, rel=1e-12)
    with pytest.raises(UnknownNameError, match=r"Unknown column 'hours'\. Did you mean 'hour'"):
        schema_on_disk([folder], [FieldSpec(name="hours")])


def test_counts_are_spread_while_they_are_read(tmp_path):
    table = pa.table({"slot": ["a", "b"], "impressions": [5, 3], "clicks": [2, 0], "conversions": [1, 0]})
    pq.write_table(table, tmp_path / "log.parquet")
    schema = FeatureSchema.fit([FieldSpec(name="slot")], [table])
    batch = FunnelStream([tmp_path], schema, SMALL).load()
    assert batch.weight.tolist() == [3, 1, 1, 3]


def test_a_row_with_impossible_labels_is_named_with_its_file_and_place(tmp_path, schema):
    bad = funnel_log(300).to_pandas()
    bad.loc[222, "conversions"] = 5
    write_log(pa.Table.from_pandas(bad, preserve_index=False), tmp_path, files=2, group_rows=50)
    source = FunnelStream([tmp_path], schema, SMALL)
    with pytest.raises(TableError, match=r"part-00001.parquet has labels.*\n.*row 73: there are more conversions"):
        list(source.batches(0))


def test_files_that_are_no_log_are_refused(tmp_path, schema):
    with pytest.raises(TableError, match=r"no \.parquet file"):
        FunnelStream([tmp_path], schema, SMALL)
    (tmp_path / "x.parquet").write_bytes(b"nothing")
    with pytest.raises(TableError, match=r"x\.parquet is not sound Parquet"):
        FunnelStream([tmp_path], schema, SMALL)
    pq.write_table(pa.table({"ad_id": ["a"], "click": [0], "conversion": [0]}), tmp_path / "x.parquet")
    with pytest.raises(UnknownNameError, match="Unknown column 'hour'"):
        FunnelStream([tmp_path], schema, SMALL)
    with pytest.raises(TableError, match="No file"):
        FunnelStream([], schema, SMALL)


_PEAK = """
import sys, tracemalloc
from pathlib import Path
import pyarrow as pa
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_stream import Batching, FunnelStream
from adlab.data import parquet_rows
from helpers.funnel_logs import FIELDS
parquet_rows.PIECE_ROWS = 4096  # below the row groups
folder = Path(sys.argv[1])
tracemalloc.start()
schema = FeatureSchema.fit(FIELDS, parquet_rows.ParquetRows([folder]).tables())
stream = FunnelStream([folder], schema, Batching(batch_rows=256, block_rows=4096))
rows = sum(batch.rows for batch, _ in stream.batches(0))
print(rows, tracemalloc.get_traced_memory()[1], pa.default_memory_pool().max_memory())
"""


def test_memory_does_not_grow_with_the_log(tmp_path):
    """Ten times the rows, in files and in row groups of one size, and in one row group ten times as large."""
    peaks = []
    piece = funnel_log(20_000)
    for name, copies, group in (("small", 1, 5000), ("large", 10, 5000), ("lump", 10, 200_000)):
        folder = write_log(pa.concat_tables([piece] * copies), tmp_path / name, files=1, group_rows=group)
        command = [sys.executable, "-c", _PEAK, str(folder)]
        path = [str(Path(__file__).resolve().parents[2]), str(Path(__file__).resolve().parents[1])]
        env = {"PYTHONPATH": ":".join(path), "OMP_NUM_THREADS": "1", "PATH": ""}
        out = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.split()
        assert int(out[0]) == 20_000 * copies
        peaks.append((int(out[1]), int(out[2])))
    for traced, _ in peaks[1:]:
        assert traced < 1.25 * peaks[0][0]
    assert peaks[1][1] < 1.25 * peaks[0][1]
    # A larger row group has larger dictionaries, of a mebibyte a column at most; its rows would need nine.
    assert peaks[2][1] < peaks[0][1] + 2 * 2**20
