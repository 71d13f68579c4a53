"""The speed part of `reproduce cl4cvr`: what a row costs as the log grows; nothing is measured but time and memory.

The simulator writes the log as Parquet, and each training streams it in a process of its own: its resident memory is
that of a training, and tells whether it grows with the rows.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from adlab.data.funnel_log import contract_fields
from adlab.data.funnel_stream import Batching, FunnelStream, schema_on_disk
from adlab.data.parquet_rows import ParquetRows, write_rows
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_training import TimedParts, seconds_since
from adlab.evaluation.cl4cvr_variants import ESMM, FULL, MAIN, STARTS, Variant
from adlab.evaluation.cl4cvr_world import log_settings
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.features.stored import Progress, no_progress
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_networks import build_funnel
from adlab.paths import cache_dir
from adlab.processes import ProcessPool
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_creatives import simulated_tables
from adlab.training.funnel_loop import FunnelLoop
from adlab.training.memory import peak_memory
from adlab.training.run import run_name

SMALLEST, TIMES = 100_000, 10


def reproduce_throughput(how: CL4CVRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Train ESMM and CL4CVR for one epoch on logs of 100,000 rows, of ten times as many, and so on.

    Args:
        how: What to do; `study.throughput_rows` is the largest log.
        progress: Called with (trainings done, all trainings).

    Returns:
        "rows": by variant and size, what `streamed_training` gives, and "disk_bytes" of the log; and what is missing.
    """
    precision = FunnelTraining().resolved_precision()
    name = run_name("cl4cvr-streamed", how.study.ads, how.seed, precision)
    parts = TimedParts(KeptParts(cache_dir() / "reproduce" / name), how.budget_minutes)
    sizes, variants = sizes_up_to(how.study.throughput_rows), [v for v in MAIN if v.name in (ESMM, FULL)]
    found: list[dict[str, Any]] = []
    done = 0
    cache_dir().mkdir(parents=True, exist_ok=True)
    for size in sizes:
        with TemporaryDirectory(prefix="log-", dir=cache_dir()) as folder:
            for variant in variants:
                compute = partial(_measured, variant, size, how, Path(folder))
                part = parts.get(f"{variant.name}-{size}", size, compute)
                if part is not None:
                    numbers = {name: float(value) for name, value in part.items()}
                    found.append({"variant": variant.name, "rows": size, **numbers})
                done += 1
                progress(done, len(sizes) * len(variants))
    return {
        "precision": str(precision).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "batch_size": FunnelTraining().batch_size,
        "block_rows": Batching.block_rows,
        "rows": found,
        "missing": parts.missing,
    }


def sizes_up_to(most: int) -> list[int]:
    """Sizes of the logs, each ten times the one before, the last at most `most`."""
    sizes = [min(SMALLEST, most)]
    while sizes[-1] * TIMES <= most:
        sizes.append(sizes[-1] * TIMES)
    return sizes


def streamed_training(folder: Path, variant: Variant, seed: int, threads: int) -> Arrays:
    """Fit the schema to a log on disk in one pass, and train on it for one epoch.

    Args:
        folder: Of the log.
        variant: What to train; τ and α at their first start.
        seed: Of initial values, order and masks.
        threads: To train with.

    Returns:
        "seconds" and "cpu_seconds" of the training, reading and encoding included; "fitting_seconds" and
        "fitting_cpu_seconds" of the schema; this process's largest resident memory before it opened the log,
        "start_bytes", and at the end, "peak_bytes".
    """
    torch.set_num_threads(threads)
    start, fitting = peak_memory(), seconds_since()
    schema = schema_on_disk([folder], contract_fields(ParquetRows([folder]).names, leave_out=("user_id",)))
    fitted, training = fitting(), seconds_since()
    how = FunnelTraining(contrast=variant.contrast(*STARTS[0]))
    torch.manual_seed(seed)
    network = build_funnel(ESMMConfig(fields=schema.sizes, dense=len(schema.dense_names)))
    stream = FunnelStream([folder], schema, Batching(batch_rows=how.batch_size, seed=seed))
    FunnelLoop(network, how, stream, seed=seed).run()
    return {
        **training(),
        **{f"fitting_{name}": value for name, value in fitted.items()},
        "start_bytes": np.array(start),
        "peak_bytes": np.array(peak_memory()),
    }


def _measured(variant: Variant, size: int, how: CL4CVRReproduction, folder: Path) -> Arrays:
    """Write the log where it is not there yet, and train in a process of its own."""
    if not any(folder.iterdir()):
        for number, table in enumerate(simulated_tables(log_settings(replace(how.study, impressions=size), how.seed))):
            write_rows([table], folder / f"part-{number:05d}.parquet")
    with ProcessPool(1) as pool:
        found = pool.submit(streamed_training, folder, variant, how.seed, torch.get_num_threads()).result()
    return {**found, "disk_bytes": np.array(sum(path.stat().st_size for path in folder.iterdir()))}
