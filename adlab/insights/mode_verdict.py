"""One sentence on whether the picture earns its place by an outcome; never stronger than its interval."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from typing import Any

from adlab.data.modalities import BASES, Mode
from adlab.insights.modes import PRIVATE, ModeComparison
from adlab.metrics.bootstrap import BootstrapInterval

FEW = 30  # resampled units, below which a bootstrap interval is known to be too narrow
SMALL = 0.01  # a difference of AUC or rank correlation that hardly matters
EXTRAPOLATED = "This head was not trained on copy without a picture, so part of the difference may be that."
LEFT_OUT = "The private terms are left out of the same sum; nothing was trained without them."


class Verdict(StrEnum):
    """What the interval of a difference says."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"
    OPEN = "open"
    FEW = "few"


def verdict_of(difference: BootstrapInterval) -> Verdict:
    """`SAME` only where the interval lies within `SMALL` of zero; `OPEN` where it holds zero and reaches further.

    `FEW` below `FEW` resampled units whatever the interval: of seven ads ranked without a mistake every resample is,
    too, so that the interval would have no width at all.
    """
    if difference.n_groups < FEW:
        return Verdict.FEW
    if difference.low >= -SMALL and difference.high <= SMALL:
        return Verdict.SAME
    if difference.low > 0:
        return Verdict.BETTER
    return Verdict.WORSE if difference.high < 0 else Verdict.OPEN


def verdict_words(found: ModeComparison, head: str = "") -> str:
    """What the picture adds to a ranking, in plain words.

    Args:
        found: A comparison.
        head: What to call the head; its name if not given.
    """
    title = head or found.head
    if found.reason:
        return f"{title}: not judged. {found.reason}"
    added = found.differences["image_adds"]
    by = f"{signed(added.value)} {found.measure}, 90 % interval {signed(added.low)} to {signed(added.high)}"
    sentence = {
        Verdict.BETTER: f"{title}: the picture earns its place. With it the model {found.what} better ({by}).",
        Verdict.WORSE: f"{title}: the picture does harm. With it the model {found.what} worse ({by}).",
        Verdict.SAME: f"{title}: the picture changes next to nothing in how well the model {found.what} ({by}).",
        Verdict.OPEN: f"{title}: not shown either way. With the picture, how well the model {found.what} differs by "
        f"{by}, which holds zero.",
        Verdict.FEW: f"{title}: too few to tell. {added.n_groups} {found.unit} are few: how well the model "
        f"{found.what} differs by {by}, and the true interval is wider than this one.",
    }[verdict_of(added)]
    parts = [sentence]
    level = found.modes[Mode.BOTH]
    if found.measure == "AUC" and level.low <= 0.5:
        parts.append("With both parts the ranking itself is not shown to be better than chance.")
    if not BASES[found.head].trained:
        parts.append(EXTRAPOLATED)
    return " ".join(parts)


def private_words(found: ModeComparison, head: str = "") -> str:
    """What picture and copy each say for themselves adds to what they share, for a head with FOCAL's shared part.

    Args:
        found: A comparison.
        head: What to call the head; its name if not given.

    Returns:
        Plain words; empty for a head without a shared part, and where nothing was measured.
    """
    if found.shared is None:
        return ""
    title, part, added = head or found.head, found.shared, found.differences[PRIVATE]
    by = f"{signed(added.value)} {found.measure}, 90 % interval {signed(added.low)} to {signed(added.high)}"
    own = "what picture and copy each say for themselves"
    sentence = {
        Verdict.BETTER: f"{own.capitalize()} earns its place beside it ({by}).",
        Verdict.WORSE: f"{own.capitalize()} does harm beside it ({by}).",
        Verdict.SAME: f"{own.capitalize()} changes next to nothing beside it ({by}).",
        Verdict.OPEN: f"Whether {own} adds to it is not shown either way ({by}, which holds zero).",
        Verdict.FEW: f"Too few to tell whether {own} adds to it ({by}; the true interval is wider).",
    }[verdict_of(added)]
    return (
        f"{title}, shared part alone: {found.measure} {part.value:.3f}, 90 % interval {part.low:.3f} to "
        f"{part.high:.3f}. {sentence} {LEFT_OUT}"
    )


def signed(value: float) -> str:
    """A difference of AUC or rank correlation, such as "+0.020"."""
    return f"{value:+.3f}".replace("-", "−")


def comparison_dict(found: ModeComparison) -> dict[str, Any]:
    """A comparison as plain JSON, with its verdict and what the answers by one part are."""
    return {
        "head": found.head,
        "outcome": found.outcome,
        "measure": found.measure,
        "rows": found.rows,
        "resampled": found.unit,
        "modes": {mode.value: interval._asdict() for mode, interval in found.modes.items()},
        "shared": found.shared._asdict() if found.shared else None,
        "differences": {name: interval._asdict() for name, interval in found.differences.items()},
        "basis": asdict(BASES[found.head]),
        "verdict": verdict_words(found),
        "shared_verdict": private_words(found),
    }
