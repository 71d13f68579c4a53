"""What `cl4cvr.md` says of the contrastive task's weight: τ and α, and how they were tuned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adlab.errors import InputError
from adlab.evaluation.cl4cvr_words import plain
from adlab.evaluation.cl4cvr_world import DEV, TEST
from adlab.evaluation.writing import markdown_table
from adlab.metrics.correlation import sprc


def tuning_section(results: Mapping[str, Any]) -> str:
    """CL4CVR at every pair of τ and α that was tried.

    Args:
        results: As `reproduce_simulated` gives them.
    """
    rows = [
        [
            f"{row['temperature']:g}",
            f"{row['weight']:g}",
            *(plain(row[part][measure]) for part in (DEV, TEST) for measure in ("cvr", "ctcvr")),
        ]
        for row in results["tuning"]
    ]
    chosen = results["tuned"]
    return "\n\n".join(
        [
            "### τ and α",
            "CL4CVR, one seed each. The paper's values are not at hand; its public code has τ = 12 and α = 0.01. "
            f"Chosen by CVR AUC on validation rows: τ = {chosen['temperature']:g}, α = {chosen['weight']:g}. The area "
            "is the one expected from the true probabilities, which no user has: the choice favours the contrastive "
            "task.",
            markdown_table(
                ["τ", "α", "CVR AUC, validation", "CTCVR AUC, validation", "CVR AUC, test", "CTCVR AUC, test"], rows
            ),
            *_by_ratio(results["tuning"]),
        ]
    )


def _by_ratio(tuning: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whether α/τ orders the pairs: for large τ the loss is linear in similarities over τ."""
    ratios = [row["weight"] / row["temperature"] for row in tuning]
    areas = [row[DEV]["ctcvr"] for row in tuning]
    if len(tuning) < 3 or None in areas:
        return []
    try:
        agreement = sprc(ratios, areas)
    except InputError:
        return []
    return [f"Rank correlation of CTCVR AUC on validation rows with α/τ: {agreement:+.2f}."]
