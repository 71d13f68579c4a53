"""Numbers of the simulated log's tables: areas of trained variants, what stands beside them, and the log itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from adlab.data.funnel_batch import FunnelBatch
from adlab.evaluation.cl4cvr_measures import (
    MEASURES,
    FunnelMeasures,
    Measured,
    areas,
    common_seeds,
    compared,
    masses,
)
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_variants import ESMM, FULL, SAME_WITHOUT
from adlab.evaluation.cl4cvr_world import NEW, TEST, FunnelWorld, Rows
from adlab.evaluation.kept import Arrays
from adlab.training.funnel_config import FunnelTraining
from adlab.training.row_groups import row_groups

Runs = dict[str, dict[int, Arrays]]  # by variant and seed
TEST_PARTS = (TEST, NEW)


def table_of(how: CL4CVRReproduction, world: FunnelWorld, runs: Runs) -> dict[str, Any]:
    """Areas of variants on each test part, and what each is above ESMM and below CL4CVR.

    Returns:
        By part: "areas" by variant, "drawn" (areas on drawn outcomes, mean over seeds), "above_esmm", "full_above", and
        "above_same_without" (what a contrastive task adds where network or training are not ESMM's) by variant.
    """
    table = {}
    for part in TEST_PARTS:
        rows = world.parts[part]
        measures = FunnelMeasures(masses(rows.ctr, rows.cvr), rows.ad, seed=how.seed)
        measured = {name: measures.of({seed: run[part] for seed, run in found.items()}) for name, found in runs.items()}
        table[part] = {
            "areas": {name: measures.summary(own) for name, own in measured.items()},
            "drawn": {name: drawn_areas(rows, [run[part] for run in found.values()]) for name, found in runs.items()},
            "above_esmm": compared(measures, measured, ESMM),
            "full_above": _above(measures, measured),
            "above_same_without": _above_same_without(measures, measured),
        }
    return table


def drawn_areas(rows: Rows, runs: Sequence[np.ndarray]) -> dict[str, float | None]:
    """Areas on the outcomes that were drawn, mean over seeds; None where one class is missing."""
    known = masses(rows.batch.click, rows.batch.conversion)
    found = [areas(run, known) for run in runs]
    means = {}
    for name in MEASURES:
        values = [own[name] for own in found]
        means[name] = None if None in values else float(np.mean([v for v in values if v is not None]))
    return means


def identical_pairs(rows: FunnelBatch, batch_size: int) -> float:
    """Pairs of rows with the same features in a batch, on average over the log's batches."""
    groups, pairs, starts = row_groups(rows), 0, range(0, rows.rows, batch_size)
    for start in starts:
        counts = np.unique(groups[start : start + batch_size], return_counts=True)[1]
        pairs += int((counts * (counts - 1) // 2).sum())
    return pairs / len(starts)


def settings_of(how: CL4CVRReproduction, world: FunnelWorld) -> dict[str, Any]:
    """What the report says of the log and the training."""
    training = FunnelTraining()
    rows = world.train()
    return {
        **asdict(how.study),
        "seed": how.seed,
        "rows": {name: part.batch.rows for name, part in world.parts.items()},
        "test_ads": {name: len(np.unique(world.parts[name].ad)) for name in TEST_PARTS},
        "clicks": int(rows.click.sum()),
        "conversions": int(rows.conversion.sum()),
        "side_conversions": int(world.train(how.study.side_rows).conversion.sum()),
        "conversions_a_batch": float(rows.conversion.mean() * training.batch_size),
        "identical_pairs_a_batch": identical_pairs(rows, training.batch_size),
        "fields": list(world.schema.names),
        "creative_dim": 0 if world.creatives is None else world.creatives.shape[1],
        "batch_size": training.batch_size,
        "optimiser": training.optimiser,
        "learning_rate": training.learning_rate,
        "precision": str(training.resolved_precision()).removeprefix("torch."),
    }


def true_scores(rows: Rows) -> np.ndarray:
    """The best possible scores, (3, N)."""
    return np.stack([rows.ctr, rows.cvr, rows.ctr * rows.cvr])


def expected_areas(rows: Rows, scores: np.ndarray) -> dict[str, float | None]:
    """Areas expected of scores, given the true probabilities."""
    return areas(scores, masses(rows.ctr, rows.cvr))


def _above(measures: FunnelMeasures, measured: Mapping[str, Measured]) -> dict[str, Any]:
    """What CL4CVR is above every other variant."""
    full = measured.get(FULL)
    if full is None:
        return {}
    return {
        name: measures.difference(full, own)
        for name, own in measured.items()
        if name != FULL and common_seeds(full, own)
    }


def _above_same_without(measures: FunnelMeasures, measured: Mapping[str, Measured]) -> dict[str, Any]:
    """What variants with a contrastive task are above the same without it."""
    return {
        name: measures.difference(measured[name], measured[baseline])
        for name, baseline in SAME_WITHOUT.items()
        if name in measured and baseline in measured and common_seeds(measured[name], measured[baseline])
    }
