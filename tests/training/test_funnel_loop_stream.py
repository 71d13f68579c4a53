"""Training from Parquet: the very training that memory gives, stopped and gone on with anywhere, flat in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from helpers.funnel_logs import FIELDS, funnel_log, write_log

from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_split import ByKey, ByTime
from adlab.data.funnel_stream import Batching, FunnelRows, FunnelSource, FunnelStream
from adlab.errors import CheckpointError, ConfigError, InputError
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_loop import FunnelLoop

ROWS, BATCH, SEED = 1050, 70, 5
HOW = FunnelTraining(epochs=2, batch_size=BATCH, contrast=Contrast(weight=0.1), precision="float32")


@pytest.fixture(scope="module")
def log() -> pa.Table:
    return funnel_log(ROWS)


@pytest.fixture(scope="module")
def schema(log: pa.Table) -> FeatureSchema:
    return FeatureSchema.fit(FIELDS, [log])


@pytest.fixture(scope="module")
def folder(log: pa.Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_log(log, tmp_path_factory.mktemp("log"))


def streamed(folder: Path, schema: FeatureSchema, block: int = 350, **batching: bool) -> FunnelStream:
    return FunnelStream([folder], schema, Batching(batch_rows=BATCH, block_rows=block, seed=SEED, **batching))


def loop(schema: FeatureSchema, data: FunnelBatch | FunnelSource, how: FunnelTraining = HOW) -> FunnelLoop:
    torch.manual_seed(0)
    shape = ESMMConfig(
        fields=schema.sizes, dense=len(schema.dense_names), embedding_dim=4, tower_dims=(16, 8), dropout=0.2
    )
    return FunnelLoop(build_funnel(shape), how, data, seed=SEED)


def trained(schema: FeatureSchema, data: FunnelBatch | FunnelSource) -> dict[str, torch.Tensor]:
    training = loop(schema, data)
    assert training.run().finished
    return training.task.state_dict()


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def test_a_log_on_disk_that_fits_into_a_block_trains_as_in_memory_bit_by_bit(folder, schema, log):
    assert equal(trained(schema, schema.encode(log)), trained(schema, streamed(folder, schema, block=ROWS)))


def test_a_log_of_many_blocks_trains_as_in_memory_where_the_order_is_that_of_the_log(folder, schema, log):
    memory = FunnelRows(schema.encode(log), Batching(batch_rows=BATCH, shuffle=False))
    assert equal(trained(schema, memory), trained(schema, streamed(folder, schema, shuffle=False)))
    assert not equal(trained(schema, memory), trained(schema, streamed(folder, schema)))


def test_counts_on_disk_train_as_in_memory(tmp_path):
    rng = np.random.default_rng(0)
    shown = rng.integers(1, 30, ROWS)
    clicks = rng.binomial(shown, 0.3)
    counts = {"impressions": shown, "clicks": clicks, "conversions": rng.binomial(clicks, 0.3)}
    table = pa.table({"slot": rng.integers(0, 9, ROWS), **counts})
    schema = FeatureSchema.fit([FieldSpec(name="slot")], [table])
    stream = streamed(write_log(table, tmp_path), schema, block=ROWS)
    batch = schema.encode(table)
    assert stream.extent == (batch.rows, shown.sum())
    assert equal(trained(schema, batch), trained(schema, stream))


@pytest.mark.parametrize("stop", [1, 4, 5, 6, 14, 15, 16, 29])
def test_a_stopped_training_from_disk_goes_on_as_if_it_had_never_been_stopped(folder, schema, stop, tmp_path):
    """In the middle of a block, at its edges, and at those of an epoch: an epoch is three blocks of five batches."""
    first = loop(schema, streamed(folder, schema))
    assert not first.run(max_steps=stop).finished
    torch.save(first.state_dict(), tmp_path / "state.pt")
    second = loop(schema, streamed(folder, schema))
    second.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert second.run().finished
    assert second.steps == 30
    assert equal(trained(schema, streamed(folder, schema)), second.task.state_dict())


def test_an_epoch_at_a_time_is_the_whole_training(folder, schema):
    training = loop(schema, streamed(folder, schema))
    assert [training.run(epochs=1).rows, training.steps, training.position.epoch] == [ROWS, 15, 1]
    assert training.run(epochs=3).finished
    assert training.run().rows == 0
    assert equal(trained(schema, streamed(folder, schema)), training.task.state_dict())


def test_a_part_of_the_log_is_trained_on_and_its_steps_are_about_as_many_as_were_told(folder, schema, log):
    rule = ByKey(column="ad_id", shares=(("train", 0.6), ("dev", 0.2), ("test", 0.2)))
    batching = Batching(batch_rows=BATCH, block_rows=350, seed=SEED)
    source = FunnelStream([folder], schema, batching, rule=rule)
    told: list[tuple[int, int]] = []
    training = loop(schema, source)
    run = training.run(progress=lambda done, total: told.append((done, total)))
    assert run.finished
    assert run.rows == 2 * source.load().rows == 2 * source.extent.rows < 2 * ROWS
    assert training.all_steps == pytest.approx(training.steps, abs=6)
    assert all(done <= total for done, total in told)
    other = loop(schema, FunnelStream([folder], schema, batching))
    with pytest.raises(CheckpointError, match=r"taken on a log of \d+ rows, this one has 1050"):
        other.load_state_dict(training.state_dict())


def test_a_source_that_does_not_fit_is_refused(folder, schema):
    with pytest.raises(ConfigError, match="cuts batches of 70 rows, batch_size is 64"):
        loop(schema, streamed(folder, schema), replace(HOW, batch_size=64))
    rule = ByTime(dev_from="2025-01-01", test_from="2025-01-02")  # before the log begins
    with pytest.raises(InputError, match="no row"):
        loop(schema, FunnelStream([folder], schema, Batching(batch_rows=BATCH), rule=rule))


WIDE = tuple(f"number {i}" for i in range(24))
_PEAK = """
import sys
from pathlib import Path
import torch
from adlab.data import parquet_rows
from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_stream import Batching, FunnelStream
from adlab.data.parquet_rows import ParquetRows
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_loop import FunnelLoop
from adlab.training.memory import peak_memory
files, block = [Path(sys.argv[1])], int(sys.argv[2])
specs = [FieldSpec(name="hour"), *(FieldSpec(name=f"number {i}", role="dense") for i in range(24))]
schema = FeatureSchema.fit(specs, ParquetRows(files).tables())
stream = FunnelStream(files, schema, Batching(batch_rows=2048, block_rows=block))
shape = ESMMConfig(fields=schema.sizes, dense=len(schema.dense_names), embedding_dim=2, tower_dims=(8,))
run = FunnelLoop(build_funnel(shape), FunnelTraining(batch_size=2048), stream).run()
print(run.rows, peak_memory())
"""


def _wide(rows: int) -> Iterator[pa.Table]:
    """Tables of 20,000 rows, 200 bytes a row in memory."""
    rng = np.random.default_rng(0)
    for first in range(0, rows, 20_000):
        table = funnel_log(20_000, first_row=first).select(["hour", "impressions", "clicks", "conversions"])
        for name in WIDE:
            table = table.append_column(name, pa.array(rng.standard_normal(20_000).astype(np.float32)))
        yield table


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="resident memory is read from Linux's /proc")
def test_memory_of_a_training_does_not_grow_with_the_log(tmp_path):
    peaks = []
    for rows in (40_000, 400_000):
        folder = write_log(pa.concat_tables(_wide(rows)), tmp_path / str(rows), files=rows // 20_000, group_rows=5000)
        path = str(Path(__file__).resolve().parents[1]), str(Path(__file__).resolve().parents[2])
        command = [sys.executable, "-c", _PEAK, str(folder), "20000"]
        env = {"PYTHONPATH": ":".join(path), "OMP_NUM_THREADS": "1", "PATH": ""}
        out = subprocess.run(command, capture_output=True, text=True, check=True, env=env).stdout.split()
        assert int(out[0]) == rows
        peaks.append(int(out[1]))
    # The rows more, encoded, would take 70 MB.
    assert peaks[1] - peaks[0] < 20 * 2**20
