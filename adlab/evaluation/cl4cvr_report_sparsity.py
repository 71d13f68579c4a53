"""The sparsity section of `cl4cvr.md`: what CL4CVR gains against how many conversions there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from adlab.errors import InputError
from adlab.evaluation.cl4cvr_report_gradients import reasons
from adlab.evaluation.cl4cvr_report_simulated import setting
from adlab.evaluation.cl4cvr_variants import ESMM, FULL
from adlab.evaluation.cl4cvr_words import ONE_SEED, cell, over_seeds, signed, verdict
from adlab.evaluation.writing import markdown_table
from adlab.metrics.correlation import sprc


def sparsity_section(results: Mapping[str, Any]) -> list[str]:
    """The section, from a heading of the second level on.

    Args:
        results: As `reproduce_sparsity` gives them.
    """
    rows = [
        [
            point["thinned"],
            f"{point['share']:g}",
            f"{point['conversions']:,.0f}",
            *(cell(point["areas"][name]["cvr"]) for name in (ESMM, FULL)),
            signed(point["above_esmm"]["cvr"]),
            over_seeds(point["above_esmm"]["cvr"]),
            signed(point["above_esmm"]["ctcvr"]),
        ]
        for point in results["points"]
    ]
    headings = ["thinned", "share left", "conversions", "CVR AUC, ESMM", "CVR AUC, CL4CVR", "gain in CVR AUC"]
    return [
        "## Gain against the number of conversions",
        setting(results["settings"]),
        f"{results['settings']['side_rows']:,} training rows at most. Thinned conversions become clicks without one, "
        "thinned clicks impressions without one; test rows stay those of the full log, and their true order stays "
        f"too. τ = {results['tuned']['temperature']:g}, α = {results['tuned']['weight']:g} at every share."
        + ONE_SEED
        * (results["settings"]["side_seeds"] == 1),
        markdown_table([*headings, "over seeds", "gain in CTCVR AUC"], rows),
        _trend(results["points"]),
        *_why(results),
    ]


def _why(results: Mapping[str, Any]) -> list[str]:
    """What the contrastive task does to the embeddings at both ends of the table."""
    followed = results.get("gradients")  # measured since this part knows of them
    if not followed:
        return []
    runs = {
        "nothing thinned" if run["share"] == 1 else f"{run['thinned']} thinned to {run['share']:g}": run
        for run in followed["runs"]
    }
    return reasons(runs, followed["places"], "the epoch")


def _trend(points: list[Mapping[str, Any]]) -> str:
    """Whether the gain grows as conversions become few: the paper's argument."""
    told = [verdict(point["above_esmm"]["cvr"]) for point in points]
    counted = (
        f"The gain in CVR AUC is above 0 at {told.count(1)}, below 0 at {told.count(-1)} and not told apart from 0 at "
        f"{told.count(0)} of {len(points)} points."
    )
    if len(points) < 3:
        return counted
    conversions = [point["conversions"] for point in points]
    gains = [point["above_esmm"]["cvr"]["value"] for point in points]
    try:
        agreement = sprc(conversions, gains)
    except InputError:
        return counted
    return (
        f"{counted} Rank correlation of the gain with the number of conversions: {agreement:+.2f}; the paper's "
        "argument asks for one below 0."
    )
