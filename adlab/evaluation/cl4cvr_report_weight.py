"""What `cl4cvr.md` says of the contrastive task's weight: τ and α, and what they do to the embeddings' gradient."""

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


def gradients_section(followed: Mapping[str, Any]) -> list[str]:
    """What the contrastive task adds to the gradient of the embeddings, and what follows from it.

    Args:
        followed: As `adlab.evaluation.cl4cvr_gradients` gives it.
    """
    if not followed["runs"]:
        return []
    rows = [
        [
            f"{run['temperature']:g}",
            f"{run['weight']:g}",
            f"{100 * place:.0f} %",
            f"{run['size'][number]:.3f}",
            f"{run['cosine'][number]:+.3f}",
            f"{100 * run['turned'][number]:.1f} %",
        ]
        for run in followed["runs"]
        for number, place in enumerate(followed["places"])
    ]
    cosines = [cosine for run in followed["runs"] for cosine in run["cosine"]]
    return [
        "### What the contrastive task does to the embeddings",
        "Gradient of α times the contrastive loss beside that of the labels' losses, on the embedding table, in the "
        "course of the epoch, one seed. Size: ratio of the norms, median over the embeddings that a batch reads. "
        "Turned: elements of which the contrastive task turns the sign.",
        markdown_table(["τ", "α", "of the epoch", "size", "cosine", "turned"], rows),
        f"The cosine lies between {min(cosines):+.3f} and {max(cosines):+.3f}: 1 would be the labels' own direction, 0 "
        "nothing of it. Adam makes every step about as long, so a contrastive gradient of the labels' size and of "
        "another direction takes room from theirs, and one far below it changes nothing. A reason lies in the log: its "
        "ads and contexts are drawn independently of each other, so which features occur together says nothing of "
        "clicks and conversions, and of the contrastive task's rules only SPI hears of labels. The exposure section "
        "measures a log in which they do.",
    ]
