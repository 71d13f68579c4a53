"""The speed part of `reproduce cl4cvr`: what a row costs as the log grows; nothing is measured but time and memory."""

from __future__ import annotations

import resource
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import joined
from adlab.data.funnel_log import contract_fields
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_training import TimedParts, seconds_since
from adlab.evaluation.cl4cvr_variants import ESMM, FULL, MAIN, STARTS, Variant
from adlab.evaluation.cl4cvr_world import log_settings
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.features.stored import Progress, no_progress
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel_networks import build_funnel
from adlab.paths import cache_dir
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_creatives import simulated_tables
from adlab.training.funnel_loop import FunnelLoop
from adlab.training.run import run_name

SMALLEST, TIMES = 100_000, 10


def reproduce_throughput(how: CL4CVRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Train ESMM and CL4CVR for one epoch on logs of 100,000 rows, of ten times as many, and so on.

    Args:
        how: What to do; `study.throughput_rows` is the largest log.
        progress: Called with (trainings done, all trainings).

    Returns:
        "rows": by variant and size, seconds and CPU seconds of encoding and training, and the process's largest
        resident memory so far, in bytes; and what is missing.
    """
    precision = FunnelTraining().resolved_precision()
    kept = KeptParts(cache_dir() / "reproduce" / run_name("cl4cvr-throughput", how.study.ads, how.seed, precision))
    parts = TimedParts(kept, how.budget_minutes)
    wanted = [(v, size) for size in sizes_up_to(how.study.throughput_rows) for v in MAIN if v.name in (ESMM, FULL)]
    found = []
    for done, (variant, size) in enumerate(wanted, start=1):
        part = parts.get(f"{variant.name}-{size}", size, partial(_timed, variant, size, how))
        if part is not None:
            numbers = {name: float(value) for name, value in part.items()}
            found.append({"variant": variant.name, "rows": size, **numbers})
        progress(done, len(wanted))
    return {
        "precision": str(precision).removeprefix("torch."),
        "threads": torch.get_num_threads(),
        "batch_size": FunnelTraining().batch_size,
        "rows": found,
        "missing": parts.missing,
    }


def sizes_up_to(most: int) -> list[int]:
    """Sizes of the logs, each ten times the one before, the last at most `most`."""
    sizes = [min(SMALLEST, most)]
    while sizes[-1] * TIMES <= most:
        sizes.append(sizes[-1] * TIMES)
    return sizes


def _timed(variant: Variant, size: int, how: CL4CVRReproduction) -> Arrays:
    settings = log_settings(replace(how.study, impressions=size), how.seed)
    tables = list(simulated_tables(settings))
    encoding = seconds_since()
    schema = FeatureSchema.fit(contract_fields(tables[0].column_names, leave_out=("user_id",)), tables)
    rows = joined([schema.encode(table) for table in tables])
    encoded = encoding()
    del tables
    torch.manual_seed(how.seed)
    network = build_funnel(ESMMConfig(fields=schema.sizes, dense=len(schema.dense_names)))
    training = seconds_since()
    FunnelLoop(network, FunnelTraining(contrast=variant.contrast(*STARTS[0])), rows, seed=how.seed).run()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024  # kilobytes on Linux
    return {
        **training(),
        **{f"encoding_{name}": value for name, value in encoded.items()},
        "peak_bytes": np.array(peak),
    }
