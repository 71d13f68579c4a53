"""The simulated part of `reproduce cl4cvr`: the paper's variants against the known ceiling.

First τ and α are tuned on validation rows, then the masking rivals are trained on a part of the rows, the best of them
joins the main variants on all rows, and the readings that the paper leaves open come last, on a part of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from adlab.evaluation.cl4cvr_gradients import followed_gradients
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_tables import TEST_PARTS, Runs, expected_areas, settings_of, table_of, true_scores
from adlab.evaluation.cl4cvr_training import TimedParts, train_variant
from adlab.evaluation.cl4cvr_variants import IDS_ONLY, MAIN, MASKING_RIVALS, SIDE, STARTS, TUNED, Variant
from adlab.evaluation.cl4cvr_world import DEV, TEST, FunnelWorld, world_of
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.features.stored import Progress, no_progress
from adlab.paths import cache_dir
from adlab.training.funnel_config import FunnelTraining
from adlab.training.run import run_name


class Prepared(NamedTuple):
    """What the simulated parts share.

    Attributes:
        world: The log.
        parts: Its trainings.
        tuned: τ and α.
        tuning: Areas of each pair that was tried, on validation rows and on test rows of known ads.
    """

    world: FunnelWorld
    parts: TimedParts
    tuned: tuple[float, float]
    tuning: list[dict[str, Any]]


def reproduce_simulated(how: CL4CVRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Train the variants and measure them.

    Args:
        how: What to do.
        progress: Called with (trainings done, all trainings).

    Returns:
        Settings, ceilings, tuning, areas and differences by table and test part, costs, and what is missing.
    """
    prepared, study = prepare(how, progress), how.study
    world, most = prepared.world, study.side_rows
    side_variants = (*SIDE, *(IDS_ONLY if world.creatives is not None else ()))
    total = study.side_seeds * len(side_variants) + study.seeds * (len(MAIN) + 1)
    done = 0

    def trained(variants: Sequence[Variant], seeds: int, rows: int | None) -> Runs:
        nonlocal done
        found: Runs = {}
        for seed in range(seeds):  # one seed of everything first
            for variant in variants:
                part = trained_part(prepared, variant, rows, seed)
                if part is not None:
                    found.setdefault(variant.name, {})[seed] = part
                done += 1
                progress(min(done, total), total)
        return found

    rivals = trained(MASKING_RIVALS, study.side_seeds, most)
    best = best_rival(world, rivals)
    main = trained((*MAIN, *([best] if best else [])), study.seeds, None)
    side = rivals | trained([v for v in side_variants if v not in MASKING_RIVALS], study.side_seeds, most)
    side = {variant.name: side[variant.name] for variant in side_variants if variant.name in side}
    return {
        "settings": settings_of(how, world),
        "ceilings": {part: expected_areas(world.parts[part], true_scores(world.parts[part])) for part in TEST_PARTS},
        "tuning": prepared.tuning,
        "tuned": {"temperature": prepared.tuned[0], "weight": prepared.tuned[1]},
        "best_rival": best.name if best else None,
        "main": table_of(how, world, main),
        "side": table_of(how, world, side),
        "gradients": followed_gradients(world, prepared.parts, prepared.tuned, most),
        "cost": {name: _cost(list(runs.values())) for name, runs in main.items()},
        "missing": prepared.parts.missing,
    }


def prepare(how: CL4CVRReproduction, progress: Progress = no_progress) -> Prepared:
    """Simulate the log, and tune τ and α on its validation rows by the CVR AUC expected of the scores.

    The true probabilities stand in for drawn outcomes there, which no user has: it spares the choice their noise, in
    favour of the contrastive task. Test rows have no part in it.
    """
    study = how.study
    # Sizes that add trainings and change none of them are not part of the name.
    same = replace(study, seeds=1, side_seeds=1, side_rows=1, throughput_rows=1)
    precision = FunnelTraining().resolved_precision()
    kept = KeptParts(cache_dir() / "reproduce" / run_name("cl4cvr", same, how.seed, precision))
    parts = TimedParts(kept, how.budget_minutes)  # its time begins before the ads are drawn
    world = world_of(study, how.seed, kept, progress)
    prepared = Prepared(world, parts, STARTS[0], [])
    tuning: list[dict[str, Any]] = []
    for number, variant in enumerate(TUNED, start=1):
        if (found := trained_part(prepared, variant, study.side_rows, 0)) is not None and variant.start is not None:
            expected = {part: expected_areas(world.parts[part], found[part]) for part in (DEV, TEST)}
            tuning.append({"temperature": variant.start[0], "weight": variant.start[1], **expected})
        progress(number, len(TUNED))
    best = max(tuning, key=lambda row: float(row[DEV]["cvr"] or 0.0), default=None)
    tuned = (best["temperature"], best["weight"]) if best else STARTS[0]
    return Prepared(world, parts, tuned, tuning)


def trained_part(prepared: Prepared, variant: Variant, most: int | None, seed: int) -> Arrays | None:
    """One training, kept under what decides it; None where there was no time."""
    world = prepared.world
    train = world.train(most)
    contrast = variant.contrast(*prepared.tuned)
    chosen = f"{contrast.temperature:g}-{contrast.weight:g}" if contrast else "none"
    name = f"{variant.name}-{train.rows}-{chosen}-{seed}"
    rows = train.rows * variant.training.epochs
    return prepared.parts.get(name, rows, partial(train_variant, variant, world, train, prepared.tuned, seed))


def best_rival(world: FunnelWorld, runs: Runs) -> Variant | None:
    """The masking rival with the best CVR AUC on validation rows, mean over seeds; None where none was trained."""

    def area(variant: Variant) -> float:
        found = runs[variant.name].values()
        return float(np.mean([expected_areas(world.parts[DEV], run[DEV])["cvr"] or 0.0 for run in found]))

    return max((v for v in MASKING_RIVALS if v.name in runs), key=area, default=None)


def _cost(runs: Sequence[Arrays]) -> dict[str, float]:
    return {name: float(np.mean([run[name] for run in runs])) for name in ("seconds", "cpu_seconds")}
