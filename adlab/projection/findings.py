"""The numbers beside the maps: what each space carries, how far apart the spaces lie, who the neighbours are."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adlab.errors import InputError
from adlab.projection.points import (
    ABSENT,
    IMAGE,
    PRIVATE,
    PRIVATE_IMAGE,
    PRIVATE_TEXT,
    SHARED,
    TEXT,
    Embeddings,
    Points,
    independent_groups,
    points_of,
    values_of_points,
)
from adlab.projection.probe import Probe, probe
from adlab.projection.progress import Progress, no_progress
from adlab.projection.quality import knn_purity

LABEL, MODALITY = "label", "modality"
NEIGHBOURS = 10
COSINES = {
    "picture and copy, shared": ("shared_image", "shared_text"),
    "picture and copy, private": ("private_image", "private_text"),
    "shared and private, picture": ("shared_image", "private_image"),
    "shared and private, copy": ("shared_text", "private_text"),
}
# Which question is put to which space, and the words for it.
QUESTIONS = ((SHARED, LABEL), (PRIVATE_IMAGE, LABEL), (PRIVATE_TEXT, LABEL), (PRIVATE, MODALITY), (SHARED, MODALITY))


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What one space says about one question.

    Attributes:
        space: One of `SPACES`.
        target: ``"label"`` or ``"modality"``.
        probe: What a linear probe reads, or None.
        alike: Share of a point's ten nearest in the space that are of its class, 0–1, or None.
        chance: What `alike` would be by chance, or None.
        reason: Why it was not judged; empty if it was.
    """

    space: str
    target: str
    probe: Probe | None = None
    alike: float | None = None
    chance: float | None = None
    reason: str = ""

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Answer:
        """The reverse of `dataclasses.asdict`.

        Raises:
            TypeError: A field is unknown or missing.
        """
        return cls(**{**plain, "probe": Probe(**plain["probe"]) if plain["probe"] else None})


@dataclass(frozen=True, kw_only=True)
class Findings:
    """All numbers of a set of ads.

    Attributes:
        answers: One a question, in the order of `QUESTIONS`.
        cosines: Mean and mean size of the cosine between spaces, over the ads that have both.
        separation: AUC with which the shared cosine alone tells the label's two classes apart, or None. Where the
            classes have an order, that of their numbers (0 before 1), it is that of the higher class and falls below
            0.5 if the lower one has the larger cosines. Words have none: then it is the larger of the two AUCs, which
            does not depend on which word came first.
        label: Name of the label's column, empty for none.
        seed: Of folds and resamples.
    """

    answers: tuple[Answer, ...]
    cosines: dict[str, tuple[float, float]] = field(default_factory=dict)
    separation: float | None = None
    label: str = ""
    seed: int = 0

    def answer(self, space: str, target: str) -> Answer | None:
        """The answer to a question, or None."""
        return next((one for one in self.answers if (one.space, one.target) == (space, target)), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Findings:
        """The reverse of `to_dict`.

        Raises:
            TypeError: A field is unknown or missing.
        """
        answers = tuple(Answer.from_dict(answer) for answer in plain["answers"])
        cosines = {name: (float(mean), float(size)) for name, (mean, size) in plain["cosines"].items()}
        return cls(**{**plain, "answers": answers, "cosines": cosines})


def find(
    embeddings: Embeddings,
    classes: NDArray[np.int64] | None = None,
    untrained: Embeddings | None = None,
    *,
    label: str = "",
    ordered: bool = True,
    seed: int = 0,
    progress: Progress = no_progress,
) -> Findings:
    """Judge every space.

    Args:
        embeddings: Of N ads.
        classes: Class of each ad by the label, −1 for none, (N,); None where there is no label.
        untrained: The same ads through an untrained network.
        label: Name of the label, for the record.
        ordered: Whether the numbers of the classes mean an order, as 0 and 1 do and words do not.
        seed: Of folds and resamples.
        progress: Called with (done, total) questions.
    """
    groups = independent_groups(embeddings)
    answers = []
    for done, (space, target) in enumerate(QUESTIONS):
        progress(done, len(QUESTIONS))
        answers.append(_answer(embeddings, untrained, space, target, classes, groups, seed))
    progress(len(QUESTIONS), len(QUESTIONS))
    return Findings(
        answers=tuple(answers),
        cosines=_cosines(embeddings),
        separation=_separation(embeddings, classes, ordered),
        label=label if classes is not None else "",
        seed=seed,
    )


def _answer(
    embeddings: Embeddings,
    untrained: Embeddings | None,
    space: str,
    target: str,
    classes: NDArray[np.int64] | None,
    groups: NDArray[np.int64],
    seed: int,
) -> Answer:
    if target == LABEL and classes is None:
        return Answer(space=space, target=target, reason="The ads have no label with two or more values.")
    points = _items(embeddings) if (space, target) == (SHARED, MODALITY) else points_of(embeddings, space)
    if target == MODALITY:
        values = (points.modality == TEXT).astype(np.int64)
    else:
        assert classes is not None
        known = np.where(classes == ABSENT, np.nan, classes)
        values = np.nan_to_num(values_of_points(embeddings, points, known), nan=ABSENT).astype(np.int64)
    told = values != ABSENT
    if target == LABEL and space != SHARED and len(points.rows) and not told.any():
        what = "picture" if space == PRIVATE_IMAGE else "text"
        return Answer(
            space=space, target=target, reason=f"Each {what} stands in ads of both kinds, so alone it has no label."
        )
    other = None
    if untrained is not None:
        twin = _items(untrained) if (space, target) == (SHARED, MODALITY) else points_of(untrained, space)
        other = twin.vectors[told]
    x, y = points.vectors[told], values[told]
    try:
        found = probe(x, y, groups[points.rows[told]], other, seed=seed)
    except InputError as error:
        return Answer(space=space, target=target, reason=str(error))
    purity = knn_purity(x, y, neighbours=min(NEIGHBOURS, len(y) - 1))
    return Answer(space=space, target=target, probe=found, alike=purity.purity, chance=purity.chance)


def _items(embeddings: Embeddings) -> Points:
    """S_A and S_B in one space, one point a picture and one a text: what `PRIVATE` is to the private ones."""
    swapped = Embeddings(
        shared_image=embeddings.private_image,
        private_image=embeddings.shared_image,
        shared_text=embeddings.private_text,
        private_text=embeddings.shared_text,
        image_of=embeddings.image_of,
        text_of=embeddings.text_of,
    )
    return points_of(swapped, PRIVATE)


def _pairs(embeddings: Embeddings, left: str, right: str) -> NDArray[np.float64]:
    """Cosine of two embeddings of each ad, NaN where it lacks one, (N,)."""
    index = {IMAGE: embeddings.image_of, TEXT: embeddings.text_of}
    here, there = (index[name.split("_")[1]] for name in (left, right))
    known = (here != ABSENT) & (there != ABSENT)
    a, b = getattr(embeddings, left)[here[known]], getattr(embeddings, right)[there[known]]
    norms = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    cosines = np.full(len(embeddings), np.nan)
    cosines[known] = (a * b).sum(axis=1) / np.where(norms == 0, 1, norms)
    return cosines


def shared_cosine(embeddings: Embeddings) -> NDArray[np.float64]:
    """Cosine of picture and copy in the shared space, NaN where an ad lacks one, (N,)."""
    return _pairs(embeddings, "shared_image", "shared_text")


def shared_cosine_of(embeddings: Embeddings, row: int) -> float | None:
    """Cosine of picture and copy of one ad, None where it lacks one."""
    one = replace(embeddings, image_of=embeddings.image_of[[row]], text_of=embeddings.text_of[[row]])
    cosine = float(shared_cosine(one)[0])
    return None if np.isnan(cosine) else cosine


def _cosines(embeddings: Embeddings) -> dict[str, tuple[float, float]]:
    found = {}
    for name, (left, right) in COSINES.items():
        cosines = _pairs(embeddings, left, right)
        cosines = cosines[~np.isnan(cosines)]
        if len(cosines):
            found[name] = (float(cosines.mean()), float(np.abs(cosines).mean()))
    return found


def _separation(embeddings: Embeddings, classes: NDArray[np.int64] | None, ordered: bool) -> float | None:
    if classes is None or len(np.unique(classes[classes != ABSENT])) != 2:
        return None
    cosines = shared_cosine(embeddings)
    known = ~np.isnan(cosines) & (classes != ABSENT)
    values = classes[known]
    if len(np.unique(values)) != 2:
        return None
    from adlab.metrics.ranking import auc

    found = auc(cosines[known], (values == values.max()).astype(np.int64))
    return found if ordered else max(found, 1 - found)
