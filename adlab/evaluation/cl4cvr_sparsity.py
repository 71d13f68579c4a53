"""The sparsity part of `reproduce cl4cvr`: what the contrastive task gains as conversions become few.

The paper argues that contrast helps because conversions are few. Training rows are thinned: some conversions become
clicks without one, or some clicks become impressions without one; the test rows stay those of the full log, and the
true probabilities rank them as before.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_sparsity import subsample_clicks, subsample_conversions
from adlab.evaluation.cl4cvr_gradients import PLACES, ROWS, follow, plain_shares
from adlab.evaluation.cl4cvr_measures import FunnelMeasures, masses
from adlab.evaluation.cl4cvr_settings import CL4CVRReproduction
from adlab.evaluation.cl4cvr_simulated import Prepared, prepare
from adlab.evaluation.cl4cvr_tables import Runs, settings_of
from adlab.evaluation.cl4cvr_training import loop_of, seconds_since, train_variant
from adlab.evaluation.cl4cvr_variants import ESMM, FULL, MAIN, Variant
from adlab.evaluation.cl4cvr_world import TEST
from adlab.evaluation.kept import Arrays
from adlab.features.stored import Progress, no_progress

CONVERSIONS, CLICKS = "conversions", "clicks"
THINNED: dict[str, Callable[[FunnelBatch, float, int], FunnelBatch]] = {
    CONVERSIONS: subsample_conversions,
    CLICKS: subsample_clicks,
}
SHARES = {CONVERSIONS: (1.0, 0.5, 0.25, 0.1, 0.05), CLICKS: (0.5, 0.25, 0.1)}
COMPARED = tuple(variant for variant in MAIN if variant.name in (ESMM, FULL))


def reproduce_sparsity(how: CL4CVRReproduction, progress: Progress = no_progress) -> dict[str, Any]:
    """Train ESMM and CL4CVR on thinned rows.

    Args:
        how: What to do; rows and seeds are those of the side tables.
        progress: Called with (trainings done, all trainings).

    Returns:
        Settings, and "points": what was thinned, the share left, conversions left (mean over seeds), areas of both,
        and the difference; "gradients", as `followed_thinned` gives them.
    """
    prepared = prepare(how, progress)
    wanted = [(kind, share) for kind, shares in SHARES.items() for share in shares]
    rows = prepared.world.parts[TEST]
    measures = FunnelMeasures(masses(rows.ctr, rows.cvr), rows.ad, seed=how.seed)
    points = []
    for done, (kind, share) in enumerate(wanted, start=1):
        runs: Runs = {}
        for seed in range(how.study.side_seeds):
            both = {v.name: thinned_part(prepared, how, kind, share, v, seed) for v in COMPARED}
            for name, part in both.items():
                if part is not None and None not in both.values():
                    runs.setdefault(name, {})[seed] = part
        if runs:
            measured = {name: measures.of({s: p[TEST] for s, p in found.items()}) for name, found in runs.items()}
            kept = [float(part["conversions"]) for part in runs[FULL].values()]
            points.append(
                {
                    "thinned": kind,
                    "share": share,
                    "conversions": sum(kept) / len(kept),
                    "areas": {name: measures.summary(own) for name, own in measured.items()},
                    "above_esmm": measures.difference(measured[FULL], measured[ESMM]),
                }
            )
        progress(done, len(wanted))
    return {
        "settings": settings_of(how, prepared.world),
        "tuned": {"temperature": prepared.tuned[0], "weight": prepared.tuned[1]},
        "points": points,
        "gradients": followed_thinned(prepared, how),
        "missing": prepared.parts.missing,
    }


def followed_thinned(prepared: Prepared, how: CL4CVRReproduction) -> dict[str, Any]:
    """What the contrastive task does to the embeddings where nothing is thinned and where most is: why it (not) helps.

    Args:
        prepared: The log, and τ and α.
        how: What to do.

    Returns:
        "places", and "runs": what was thinned, the share left, τ, α and `adlab.evaluation.cl4cvr_gradients.follow`.
    """
    rows, (temperature, weight) = prepared.world.train(how.study.side_rows), prepared.tuned
    ends = dict.fromkeys([(CONVERSIONS, max(SHARES[CONVERSIONS])), *((kind, min(SHARES[kind])) for kind in SHARES)])
    runs = []
    for kind, share in ends:
        name = f"gradients-{kind}-{share:g}-{rows.rows}-{temperature:g}-{weight:g}"
        if (found := prepared.parts.get(name, rows.rows, partial(_followed, prepared, rows, kind, share))) is not None:
            about = {"thinned": kind, "share": share, "temperature": temperature, "weight": weight}
            runs.append(about | plain_shares(found))
    return {"places": list(PLACES), "runs": runs}


def thinned_part(
    prepared: Prepared, how: CL4CVRReproduction, kind: str, share: float, variant: Variant, seed: int
) -> Arrays | None:
    """One training on thinned rows; both variants of a seed see the same ones. None where there was no time."""
    tuned = prepared.tuned
    rows = prepared.world.train(how.study.side_rows)
    chosen = "none" if variant.contrast(*tuned) is None else f"{tuned[0]:g}-{tuned[1]:g}"
    name = f"{kind}-{share:g}-{variant.name}-{rows.rows}-{chosen}-{seed}"
    return prepared.parts.get(name, rows.rows, partial(_trained, prepared, rows, kind, share, variant, seed))


def _followed(prepared: Prepared, rows: FunnelBatch, kind: str, share: float) -> Arrays:
    since, thinned = seconds_since(), THINNED[kind](rows, share, 0)
    loop = loop_of(COMPARED[-1], prepared.world, thinned, prepared.tuned, 0)
    return {**follow(loop, thinned.slice(0, ROWS)), **since()}


def _trained(prepared: Prepared, rows: FunnelBatch, kind: str, share: float, variant: Variant, seed: int) -> Arrays:
    thinned = THINNED[kind](rows, share, seed)
    found = train_variant(variant, prepared.world, thinned, prepared.tuned, seed)
    return found | {"conversions": (thinned.conversion * thinned.weight).sum()}
