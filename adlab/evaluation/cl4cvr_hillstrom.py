"""The real part of `reproduce cl4cvr`: every funnel model on the Hillstrom mailing, five folds drawn several times.

The funnel is mailing → visit → conversion. Folds are drawn within rows of equal outcome; areas are taken on the rows
that were left out, fold by fold, then averaged. Networks, training and folds are the same for all; nothing is tuned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from itertools import chain
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedKFold

from adlab.data.feature_schema import FeatureSchema
from adlab.data.hillstrom import FIELDS, read_hillstrom
from adlab.errors import DataUnavailableError
from adlab.evaluation.cl4cvr_gradients import PLACES, plain_shares
from adlab.evaluation.cl4cvr_hillstrom_models import (
    BATCH,
    EPOCHS,
    RATE,
    TOWER,
    cross_validated,
    fold_gradients,
    models,
)
from adlab.evaluation.cl4cvr_measures import FunnelMeasures, Measured, compared, masses
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_tables import identical_pairs
from adlab.evaluation.cl4cvr_training import TimedParts
from adlab.evaluation.cl4cvr_variants import ESMM, FOLLOWED
from adlab.evaluation.kept import KeptParts
from adlab.features.stored import Progress, no_progress
from adlab.paths import cache_dir
from adlab.training.funnel_config import FunnelTraining
from adlab.training.run import run_name

FOLDS = 5


def reproduce_hillstrom(how: CL4CVRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Cross-validate every model.

    Args:
        how: What to do; `data` is the file or its folder.
        progress: Called with (trainings done, all trainings).

    Returns:
        Settings, areas by model, differences to ESMM, CL4CVR's gradients, and what is missing.

    Raises:
        DataUnavailableError: There is no Hillstrom file.
    """
    if how.data is None:
        raise DataUnavailableError("No Hillstrom file was given; name it with --data, or set ADLAB_DATA.")
    log = read_hillstrom(how.data)
    click, conversion = (log.table[name].to_numpy().astype(np.int64) for name in ("click", "conversion"))
    same = (log.table.num_rows, int(click.sum()), int(conversion.sum()), how.seed, EPOCHS, BATCH, RATE, TOWER)
    precision = FunnelTraining().resolved_precision()
    kept = KeptParts(cache_dir() / "reproduce" / run_name("cl4cvr-hillstrom", same, precision))
    parts, wanted = TimedParts(kept, how.budget_minutes), models()
    runs: dict[str, dict[int, NDArray[Any]]] = {}
    folds = [folds_of(click + conversion, how.seed + repeat) for repeat in range(how.repeats)]
    for repeat, fold in enumerate(folds):
        for done, model in enumerate(wanted, start=1):
            train = partial(cross_validated, model, log.table, fold, how.seed + repeat)
            found = parts.get(f"{model.name}-{repeat}", log.table.num_rows, train)
            if found is not None:
                runs.setdefault(model.name, {})[repeat] = found["scores"]
            progress(repeat * len(wanted) + done, how.repeats * len(wanted))
    # Rows are redrawn, whichever fold they are in; each draw of folds has a measure of its own.
    measures = [FunnelMeasures(masses(click, conversion), np.arange(len(click)), folds=f, seed=how.seed) for f in folds]
    measured = {
        name: _stacked([measures[repeat].of({repeat: run}) for repeat, run in found.items()])
        for name, found in runs.items()
    }
    return {
        "settings": {
            "rows": len(click),
            "clicks": int(click.sum()),
            "conversions": int(conversion.sum()),
            "folds": FOLDS,
            "repeats": how.repeats,
            "epochs": EPOCHS,
            "batch_size": BATCH,
            "learning_rate": RATE,
            "tower_dims": list(TOWER),
            "seed": how.seed,
            "problems": list(log.problems),
            "identical_pairs_a_batch": _alike(log.table, how.seed),
            "conversions_a_batch": float(conversion.mean() * BATCH),
            "precision": str(precision).removeprefix("torch."),
        },
        "models": [{"name": m.name, "label": m.label, "contrast": m.contrast and asdict(m.contrast)} for m in wanted],
        "areas": {name: measures[0].summary(own) for name, own in measured.items()},
        "above_esmm": compared(measures[0], measured, ESMM),
        "gradients": _gradients(parts, log.table, folds[0], how.seed),
        "missing": parts.missing,
    }


def folds_of(outcome: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Number of each row's fold, (N,); every fold has its share of each outcome."""
    fold = np.empty(len(outcome), dtype=np.int64)
    splitter = StratifiedKFold(FOLDS, shuffle=True, random_state=seed)
    for number, (_, rows) in enumerate(splitter.split(outcome, outcome)):
        fold[rows] = number
    return fold


def _stacked(draws: Sequence[Measured]) -> Measured:
    """Draws of folds as seeds."""
    seeds, value, resampled = zip(*draws, strict=True)
    return Measured(tuple(chain.from_iterable(seeds)), np.concatenate(value), np.concatenate(resampled))


def _gradients(parts: TimedParts, table: pa.Table, folds: NDArray[np.int64], seed: int) -> dict[str, Any]:
    """What CL4CVR does to the embeddings at either start, in one training: "places", and "runs" by model."""
    runs = {}
    for model in models():
        if model.name not in FOLLOWED or model.contrast is None:
            continue
        follow = partial(fold_gradients, model, table, folds, seed)
        # The time of a row is that of five trainings, and this is one.
        found = parts.get(f"gradients-{model.name}", len(folds) // FOLDS, follow)
        if found is not None:
            own = {"temperature": model.contrast.temperature, "weight": model.contrast.weight}
            runs[model.name] = own | plain_shares(found)
    return {"places": list(PLACES), "runs": runs}


def _alike(table: pa.Table, seed: int) -> float:
    """Pairs of customers with the same features in a batch, on average."""
    rows = FeatureSchema.fit(FIELDS, [table]).encode(table)
    return identical_pairs(rows.take(np.random.default_rng(seed).permutation(rows.rows)), BATCH)
