"""The simulated half of `reproduce m2fn`: Tables 4, 5, 7 and 8 on planted clicks, and early against late fusion.

Every arm and seed is a part of its own, kept on disk. The cheap arms come first: where attributes meet the picture
late, a network trains on maps that were computed once an ad; where they meet early, every row is a pass through the
backbone and back.
"""

from __future__ import annotations

import copy
import time
from dataclasses import asdict, replace
from functools import partial
from typing import Any

import numpy as np
import torch

from adlab.evaluation.kept import Arrays, KeptParts
from adlab.evaluation.m2fn_settings import M2FNReproduction
from adlab.evaluation.m2fn_simulated_arms import (
    FULL,
    FULL_PRESSED,
    LATE,
    LATE_PRESSED,
    NIMA,
    PRESSED,
    REPEATED,
    TABLES,
    Arm,
    arms_of,
)
from adlab.evaluation.m2fn_simulated_cost import context_cost
from adlab.evaluation.m2fn_simulated_measures import MeasuredRows, ceilings
from adlab.evaluation.m2fn_simulated_plain import plain_predictions
from adlab.evaluation.m2fn_simulated_study import World, world_of
from adlab.features.stored import Progress, no_progress
from adlab.models.m2fn_config import M2FNConfig
from adlab.paths import cache_dir
from adlab.training.ctr_task import ClickTask, predicted_ctr, reads_pixels
from adlab.training.run import Fit, fit, run_name

COMPARISONS = ((FULL, NIMA), (LATE, NIMA), (FULL, LATE), (FULL_PRESSED, LATE_PRESSED), (FULL, "cat"), (FULL, "image"))


def reproduce_simulated(how: M2FNReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Train every arm on a simulated log and measure it on ads it has not seen.

    Args:
        how: What to do; `budget_minutes` ends it between two trainings, and what is missing is named in the results.
        progress: Called with (trainings done, all trainings).

    Returns:
        Settings, ceilings, measures of every arm by name, differences, costs, and what is missing.
    """
    device = "cuda" if how.device != "cpu" and torch.cuda.is_available() else "cpu"
    started = time.monotonic()
    world = world_of(how.simulated, how.seed, device)
    study = replace(how.simulated, seeds=1)  # more seeds add parts and change none
    identity = (study, study.training(), study.further(), how.seed, world.encoders, world.shape)
    kept = KeptParts(cache_dir() / "reproduce" / run_name("m2fn-simulated", *identity))
    wanted = parts_of(how, world)
    found: dict[str, list[Arrays]] = {}
    longest: dict[bool, float] = {}
    missing = []
    for done, (arm, seed) in enumerate(wanted, start=1):
        early, name = arm.shape is not None and reads_pixels(arm.shape), f"{arm.name}-{seed}"
        used = time.monotonic() - started
        late = how.budget_minutes is not None and used + longest.get(early, 0.0) > 60 * how.budget_minutes
        if late and not kept.has(name):
            missing.append(name)
            continue
        part = kept.get(name, partial(train_arm, arm, world, how, seed, device))
        longest[early] = max(longest.get(early, 0.0), float(part["seconds"]))
        found.setdefault(arm.name, []).append(part)
        progress(done, len(wanted))
    cost = kept.get("cost", partial(context_cost, world))
    return summarise(how, world, found, {name: float(value) for name, value in cost.items()}, missing)


def parts_of(how: M2FNReproduction, world: World) -> list[tuple[Arm, int]]:
    """Arms and seeds in the order they are trained: one seed of everything first."""
    arms = arms_of(world.shape)
    more = [(arms[name], seed) for seed in range(1, how.simulated.seeds) for name in REPEATED]
    return [(arm, 0) for arm in arms.values()] + more


def train_arm(arm: Arm, world: World, how: M2FNReproduction, seed: int, device: str) -> Arrays:
    """Predicted click rates of the test rows, the seconds it took, and the number of trained parameters."""
    started, rows = time.monotonic(), world.log.rows
    data = replace(world.data, attributes=world.data.attributes.keep(arm.keep))
    if arm.shape is None:
        predicted, parameters = plain_predictions(arm.name, data, rows, seed), 0
    else:
        task = train_network(arm, arm.shape, world._replace(data=data), how, seed, device)
        predicted = predicted_ctr(task, rows["test"], device)
        parameters = sum(p.numel() for p in task.net.parameters() if p.requires_grad)
    return {
        "predicted": predicted,
        "seconds": np.array(time.monotonic() - started),
        "parameters": np.array(parameters),
    }


def train_network(
    arm: Arm, shape: M2FNConfig, world: World, how: M2FNReproduction, seed: int, device: str
) -> ClickTask:
    """Train a network on the training rows.

    On a frozen backbone it is trained behind the backbone first, without low-level fusion; then all of it goes on, with
    low-level fusion where it has any, as long for every network that is not pressed.
    """
    study, further = how.simulated, how.simulated.further()
    stages = [(shape, study.training())]
    if further is not None:
        if arm.pressed:
            further = replace(further, epochs=PRESSED * further.epochs, learning_rate=10 * further.learning_rate)
        stages = [(replace(shape, low=False), study.training()), (shape, further)]
    tasks: list[ClickTask] = []
    for part, training in stages:
        training = replace(training, loss=arm.loss, most_impressions=training.most_impressions if arm.capped else None)
        width = world.data.attributes.schema.width if shape.aux else 0
        backbone = copy.deepcopy(world.backbone) if shape.image else None
        train = world.log.rows["train"]
        task = ClickTask(training, replace(part, aux_dim=width), backbone, world.data, train, seed=seed)
        if tasks:
            task.start_from(tasks[-1])
        fit(task, Fit(epochs=training.epochs, monitor="val_loss", progress=False, seed=seed, accelerator=device))
        tasks.append(task)
    return tasks[-1]


def summarise(
    how: M2FNReproduction, world: World, found: dict[str, list[Arrays]], cost: dict[str, float], missing: list[str]
) -> dict[str, Any]:
    """The results as plain JSON."""
    measured = MeasuredRows(world.log, how.seed)
    runs = {name: [part["predicted"].astype(np.float64) for part in parts] for name, parts in found.items()}
    rows = world.log.rows
    return {
        "settings": {
            **asdict(how.simulated),
            "loss": how.simulated.training().loss,
            "most_impressions": how.simulated.training().most_impressions,
            "backbone": world.shape.backbone,
            "depth": world.shape.depth,
            "encoders": list(world.encoders),
            "train_rows": len(rows["train"]),
            "test_rows": len(rows["test"]),
            "test_rows_500": len(measured.of("sprc_500")),
            "test_ads": len(np.unique(measured.ads)),
            "impressions": int(world.log.impressions.sum()),
            "ctr": float(world.log.clicks.sum() / world.log.impressions.sum()),
        },
        "ceilings": ceilings(world.log, how.seed),
        "arms": {
            name: {
                "seeds": len(runs[name]),
                "parameters": int(found[name][0]["parameters"]),
                **measured.measures(runs[name]),
                **({"first": measured.measures(runs[name][:1])} if len(runs[name]) > 1 else {}),
            }
            for name in arms_of(world.shape)
            if name in runs
        },
        "tables": {number: [row._asdict() for row in table] for number, table in TABLES.items()},
        "differences": [
            {"of": name, "and": other, **measured.difference(runs[name], runs[other])}
            for name, other in COMPARISONS
            if name in runs and other in runs
        ],
        "cost": cost,
        "missing": missing,
    }
