"""The exposure part of `reproduce cl4cvr`: does the contrastive task help where many ids have few rows each?

Two small logs of ids alone (`adlab.evaluation.cl4cvr_taste`), one whose exposure follows taste and one in which it is
chance; several epochs, as networks overfit such logs; dropout beside the contrastive task, as another way to overfit
less. Each seed draws a log of its own, so the intervals over seeds have the chance of the log in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np
import torch

from adlab.evaluation.cl4cvr_measures import MEASURES, areas, masses, student
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_tables import expected_areas, true_scores
from adlab.evaluation.cl4cvr_taste import TasteSettings, taste_log
from adlab.evaluation.cl4cvr_training import TimedParts, scores_of, seconds_since
from adlab.evaluation.cl4cvr_variants import ESMM, FULL
from adlab.evaluation.cl4cvr_world import FloatArray, Rows
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.features.stored import Progress, no_progress
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork
from adlab.models.funnel_networks import build_funnel
from adlab.paths import cache_dir
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_loop import FunnelLoop
from adlab.training.run import run_name

Curve = dict[str, FloatArray]  # what `_curve` gives
LOG_SEED = 50_000
EPOCHS, BATCH = 3, 128
# τ and α were chosen on logs of other seeds.
CONTRAST = Contrast(temperature=0.1, weight=0.02)
DROPOUT = 0.3
WORLDS = (TasteSettings(focus=2.0), TasteSettings(focus=0.0))
VARIANTS: dict[str, tuple[Contrast | None, float]] = {
    ESMM: (None, 0.0),
    FULL: (CONTRAST, 0.0),
    "dropout": (None, DROPOUT),
}


def reproduce_exposure(how: CL4CVRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Train ESMM, CL4CVR, and ESMM with dropout for some epochs, on as many logs of both kinds as there are seeds.

    Args:
        how: What to do; `study.seeds` is the number of logs.
        progress: Called with (trainings done, all trainings).

    Returns:
        Settings; by world, areas by variant and epoch, and at the epoch that is best on validation rows; what each is
        above ESMM; and what is missing.
    """
    precision = FunnelTraining().resolved_precision()
    same = (WORLDS, EPOCHS, BATCH, CONTRAST, DROPOUT, how.seed, precision)
    kept = KeptParts(cache_dir() / "reproduce" / run_name("cl4cvr-exposure", *same))
    parts = TimedParts(kept, how.budget_minutes)
    wanted = [(s, w, v) for s in range(how.study.seeds) for w in range(len(WORLDS)) for v in VARIANTS]
    runs: list[dict[str, dict[int, Curve]]] = [{} for _ in WORLDS]
    for done, (seed, world, name) in enumerate(wanted, start=1):
        train = partial(_curve, WORLDS[world], name, LOG_SEED + 1000 * how.seed + seed)
        if (found := parts.get(f"{name}-{world}-{seed}", EPOCHS * WORLDS[world].train, train)) is not None:
            curve = {key: np.asarray(value, dtype=np.float64) for key, value in found.items()}
            runs[world].setdefault(name, {})[seed] = curve
        progress(done, len(wanted))
    return {
        "settings": {
            "epochs": EPOCHS,
            "batch_size": BATCH,
            "contrast": asdict(CONTRAST),
            "dropout": DROPOUT,
            "precision": str(precision).removeprefix("torch."),
        },
        "worlds": [asdict(own) | _summary(found) for own, found in zip(WORLDS, runs, strict=True) if found],
        "missing": parts.missing,
    }


def _curve(settings: TasteSettings, name: str, seed: int) -> Arrays:
    """One training: areas on validation and test rows after each epoch, (E, 3); and what the log holds."""
    since, log = seconds_since(), taste_log(settings, seed)
    contrast, dropout = VARIANTS[name]
    torch.manual_seed(seed)
    network = build_funnel(ESMMConfig(fields=settings.fields, dropout=dropout))
    loop = FunnelLoop(network, FunnelTraining(epochs=EPOCHS, batch_size=BATCH, contrast=contrast), log.train, seed=seed)
    dev, test = [], []
    for _ in range(EPOCHS):
        loop.run(epochs=1)
        dev.append(_areas(network, log.dev))
        test.append(_areas(network, log.test))
    ceiling = expected_areas(log.test, true_scores(log.test))
    known = {"clicks": np.array(log.train.click.sum()), "conversions": np.array(log.train.conversion.sum())}
    return {
        "dev": np.array(dev),
        "test": np.array(test),
        "ceiling": np.array(list(ceiling.values())),
        **known,
        **since(),
    }


def _areas(network: FunnelNetwork, rows: Rows) -> list[float]:
    found = areas(scores_of(network, rows.batch), masses(rows.ctr, rows.cvr))
    return [np.nan if value is None else value for value in found.values()]


def _summary(runs: Mapping[str, Mapping[int, Curve]]) -> dict[str, Any]:
    """What the report says of one world."""
    every = [run for found in runs.values() for run in found.values()]
    return {
        "clicks": float(np.mean([run["clicks"] for run in every])),
        "conversions": float(np.mean([run["conversions"] for run in every])),
        "ceiling": dict(zip(MEASURES, np.mean([run["ceiling"] for run in every], axis=0).tolist(), strict=True)),
        "by_epoch": {
            name: np.mean([run["test"] for run in found.values()], axis=0).tolist() for name, found in runs.items()
        },
        "best_epochs": {name: [_best(run) + 1 for run in found.values()] for name, found in runs.items()},
        "at_best": {
            name: dict(zip(MEASURES, np.mean([_at_best(run) for run in found.values()], axis=0).tolist(), strict=True))
            for name, found in runs.items()
        },
        "above_esmm": _above(runs),
    }


def _best(run: Curve) -> int:
    """The epoch with the best CTCVR AUC on validation rows, from 0."""
    return int(np.argmax(run["dev"][:, MEASURES.index("ctcvr")]))


def _at_best(run: Curve) -> FloatArray:
    return np.asarray(run["test"][_best(run)])


def _above(runs: Mapping[str, Mapping[int, Curve]]) -> dict[str, Any]:
    """What each variant is above ESMM, paired by seed: each at its own best epoch, and epoch by epoch."""
    base, found = runs.get(ESMM, {}), {}
    for name, own in runs.items():
        seeds = [seed for seed in own if seed in base]
        if name == ESMM or not seeds:
            continue
        best = np.array([_at_best(own[seed]) - _at_best(base[seed]) for seed in seeds])  # (S, 3)
        epochs = np.array([own[seed]["test"] - base[seed]["test"] for seed in seeds])  # (S, E, 3)
        found[name] = {
            measure: {"at_best": student(best[:, place]), "by_epoch": [student(d) for d in epochs[:, :, place].T]}
            for place, measure in enumerate(MEASURES)
        }
    return found
