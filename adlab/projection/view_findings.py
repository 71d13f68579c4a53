"""What CL4CVR's contrastive task has changed in what a funnel's networks see of ads, by numbers instead of by maps.

Two networks began alike and saw the same rows in the same order, one without and one with the task, so the differences
are the task's. The task draws masked views of a row together and away from those of others; whether ads that convert
alike lie closer together after it is what it is for. A third network, which differs from the second by its beginning
alone, says how much of a changed neighbourhood is chance.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.errors import InputError
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.projection.findings import LABEL, Answer
from adlab.projection.placing import nearest_rows
from adlab.projection.probe import LEVEL, RESAMPLES, probe
from adlab.projection.quality import knn_purity

WITHOUT, WITH = "funnel-without", "funnel-with"
VIEWS = (WITHOUT, WITH)
NEIGHBOURS, MASKS, KEEP = 10, 20, 0.5
Vectors = NDArray[np.float32]


class Difference(NamedTuple):
    """With the task minus without it.

    Attributes:
        value: The difference.
        low: Lower end of its 90 % interval, paired by ad.
        high: Upper end.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class ViewFindings:
    """The numbers.

    Attributes:
        answers: What a straight line reads of the label from each of `VIEWS`, against the untrained network.
        read: Accuracy of that line with the task minus without it, None where it was not judged.
        found: By name of `VIEWS` and "untrained", share of ads whose other masked view is the nearest of all ads'.
        found_more: With the task minus without it.
        kept: Share of an ad's ten nearest without the task that are among them with it.
        kept_by_chance: The same between two networks with the task, which began differently; None with one member.
        label: Name of the label.
        seed: Of folds, masks and resamples.
    """

    answers: tuple[Answer, ...]
    read: Difference | None
    found: dict[str, float]
    found_more: Difference
    kept: float
    kept_by_chance: float | None
    label: str
    seed: int = 0

    def answer(self, space: str) -> Answer:
        """What is read from a view."""
        return next(one for one in self.answers if one.space == space)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> ViewFindings:
        """The reverse of `to_dict`.

        Raises:
            TypeError: A field is unknown or missing.
        """
        answers = tuple(Answer.from_dict(answer) for answer in plain["answers"])
        read = None if plain["read"] is None else Difference(*plain["read"])
        return cls(**{**plain, "answers": answers, "read": read, "found_more": Difference(*plain["found_more"])})


def find_in_views(
    views: dict[str, Vectors],
    untrained: Vectors,
    other: Vectors | None,
    classes: NDArray[np.int64],
    *,
    label: str,
    seed: int = 0,
) -> ViewFindings:
    """Judge both views of N ads.

    Args:
        views: By name of `VIEWS`, (N, D) each.
        untrained: The same ads as both networks saw them before their training, (N, D).
        other: The same ads as a network with the task sees them that began differently, (N, D); None without one.
        classes: Class of each ad by the label, (N,).
        label: Name of the label.
        seed: Of folds, masks and resamples.

    Raises:
        InputError: A shape does not fit.
    """
    ads = np.arange(len(classes))
    answers = tuple(_answer(space, views[space], untrained, classes, seed) for space in VIEWS)
    read = None
    if all(answer.probe is not None for answer in answers):
        gain = probe(views[WITH], classes, ads, views[WITHOUT], seed=seed)
        if gain.gain is not None and gain.gain_low is not None and gain.gain_high is not None:
            read = Difference(gain.gain, gain.gain_low, gain.gain_high)
    found = {name: found_again(vectors, seed) for name, vectors in (views | {"untrained": untrained}).items()}
    more = found[WITH] - found[WITHOUT]
    interval = bootstrap_interval(
        lambda rows: float(more[rows].mean()), ads, level=LEVEL, n_resamples=RESAMPLES, seed=seed
    )
    return ViewFindings(
        answers=answers,
        read=read,
        found={name: float(share.mean()) for name, share in found.items()},
        found_more=Difference(interval.value, interval.low, interval.high),
        kept=kept_neighbours(views[WITHOUT], views[WITH]),
        kept_by_chance=None if other is None else kept_neighbours(other, views[WITH]),
        label=label,
        seed=seed,
    )


def found_again(vectors: Vectors, seed: int = 0) -> NDArray[np.float64]:
    """How often each ad's other masked view is the nearest of all ads' by cosine, over `MASKS` pairs of masks, (N,).

    As in CL4CVR's task, a mask keeps each element with the same chance and is one for all ads.

    Args:
        vectors: (N, D).
        seed: Of the masks.
    """
    rng, own = np.random.default_rng(seed), np.arange(len(vectors))
    hits = np.zeros(len(vectors))
    for _ in range(MASKS):
        first, second = (_at_length_1(vectors * (rng.random(vectors.shape[1]) < KEEP)) for _ in range(2))
        hits += (first @ second.T).argmax(axis=1) == own
    return hits / MASKS


def kept_neighbours(before: Vectors, after: Vectors) -> float:
    """Share of a point's ten nearest in one space that are among its ten nearest in another, 0–1.

    Args:
        before: (N, D).
        after: The same points, (N, E).
    """
    rows = np.arange(len(before))
    here, there = (nearest_rows(z, z, rows)[0] for z in (before.astype(np.float64), after.astype(np.float64)))
    return float(np.mean([len(np.intersect1d(a, b)) / len(a) for a, b in zip(here, there, strict=True)]))


def _answer(space: str, vectors: Vectors, untrained: Vectors, classes: NDArray[np.int64], seed: int) -> Answer:
    try:
        read = probe(vectors, classes, np.arange(len(classes)), untrained, seed=seed)
    except InputError as error:
        return Answer(space=space, target=LABEL, reason=str(error))
    purity = knn_purity(vectors, classes, neighbours=min(NEIGHBOURS, len(classes) - 1))
    return Answer(space=space, target=LABEL, probe=read, alike=purity.purity, chance=purity.chance)


def _at_length_1(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), dtype=np.float32)
