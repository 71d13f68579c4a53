"""What `cl4cvr.md` says of the contrastive task's gradient beside the labels': every claim follows from its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from adlab.evaluation.writing import markdown_table

FAINT = 0.1  # of the labels' length: at right angles it then turns the sum by less than six degrees
ALONG = 0.2  # of the cosine; nearer to 0 the two stand at nearly a right angle, 78 to 102 degrees
HEADING = "### What the contrastive task does to the embeddings"
_METHOD = (
    "Gradient of α times the contrastive loss beside that of the labels' losses, on the embedding table, in the course "
    "of {course}, one seed. Size: ratio of the norms, median over the embeddings that a batch reads. Turned: elements "
    "of which the contrastive task turns the sign."
)
_ADAM = (
    "Adam makes every step about as long, so a contrastive gradient of the labels' size and of another direction takes "
    "room from theirs, and one far below it changes nothing."
)
# By whether it is faint and by the sign of its cosine, 0 for nearly a right angle, None where that changes.
_CONCLUSIONS = {
    0: "of a size to turn the step, and where it turns it to says next to nothing of clicks and conversions",
    1: "of a size to matter, and it pulls where the labels pull",
    -1: "of a size to matter, and it pulls against the labels",
    None: "of a size to matter, now with the labels and now not",
}


def simulated_gradients(followed: Mapping[str, Any]) -> list[str]:
    """The section on the simulated log.

    Args:
        followed: As `adlab.evaluation.cl4cvr_gradients.followed_gradients` gives it.
    """
    if not followed["runs"]:
        return []
    cosines = [cosine for run in followed["runs"] for cosine in run["cosine"]]
    return [
        HEADING,
        _METHOD.format(course="the epoch"),
        gradients_table({}, followed["runs"], followed["places"], "of the epoch"),
        f"The cosine lies between {min(cosines):+.3f} and {max(cosines):+.3f}: 1 would be the labels' own direction, 0 "
        f"nothing of it. {_ADAM} A reason lies in the log: its ads and contexts are drawn independently of each other, "
        "so which features occur together says nothing of clicks and conversions, and of the contrastive task's rules "
        "only SPI hears of labels. The exposure section measures a log in which they do.",
    ]


def reasons(runs: Mapping[str, Mapping[str, Any]], places: Sequence[float], course: str) -> list[str]:
    """A section of some trainings, and what follows for each of them.

    Args:
        runs: By name, as a sentence and a table begin with it: τ, α, and sizes, cosines and turned shares by place.
        places: Shares of the training after which was looked.
        course: What a training was, in words.
    """
    if not runs:
        return []
    return [
        HEADING,
        _METHOD.format(course=course),
        gradients_table({"": list(runs)}, list(runs.values()), places, "of the training"),
        f"A cosine of 1 would be the labels' own direction, 0 nothing of it. {_ADAM}",
        "\n".join(f"- {name}: {reason(run)}." for name, run in runs.items()),
    ]


def reason(run: Mapping[str, Any]) -> str:
    """What the contrastive gradient of one training can do, from its size and its direction.

    Args:
        run: "size" and "cosine", one number a place.
    """
    sizes, cosines = run["size"], run["cosine"]
    told = (
        f"the contrastive gradient is {min(sizes):.3f} to {max(sizes):.3f} times as long as that of the labels, at a "
        f"cosine of {min(cosines):+.2f} to {max(cosines):+.2f}: "
    )
    if max(sizes) < FAINT:
        return told + "too faint to help or to harm much"
    sides = {int(cosine >= ALONG) - int(cosine <= -ALONG) for cosine in cosines}
    conclusion = _CONCLUSIONS[sides.pop() if len(sides) == 1 else None]
    return told + conclusion + ("" if min(sizes) >= FAINT else ", though not all the way through the training")


def gradients_table(
    names: Mapping[str, Sequence[str]], runs: Sequence[Mapping[str, Any]], places: Sequence[float], course: str
) -> str:
    """Sizes, cosines and turned shares, a row a training and place.

    Args:
        names: Further columns to begin with, one cell a training.
        runs: The trainings.
        places: Shares of the training after which was looked.
        course: Heading of these shares.
    """
    rows = [
        [
            *(cells[number] for cells in names.values()),
            f"{run['temperature']:g}",
            f"{run['weight']:g}",
            f"{100 * share:.0f} %",
            f"{run['size'][place]:.3f}",
            f"{run['cosine'][place]:+.3f}",
            f"{100 * run['turned'][place]:.1f} %",
        ]
        for number, run in enumerate(runs)
        for place, share in enumerate(places)
    ]
    return markdown_table([*names, "τ", "α", course, "size", "cosine", "turned"], rows)
