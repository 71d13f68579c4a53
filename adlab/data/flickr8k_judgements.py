"""Graded image–caption pairs of Flickr8k (Hodosh et al. 2013): the caption is the query, the image is the whole ad.

Experts: three grades of 1–4 a pair. The grade is their median less one, `mean_grade` their mean less one, the
confidence 1 − their standard deviation / 1.5. Crowd: at least three people said whether the caption describes the
image. With p the share of yes:

| p         | grade     |
|-----------|-----------|
| 0         | Bad       |
| below 1/2 | Fair      |
| below 1   | Good      |
| 1         | Excellent |

`mean_grade` is 3p, the confidence |2p − 1|. The crowd is stricter than the experts: of the pairs that nobody in the
crowd accepts, they find about half related. A pair that both judged counts once, as the experts say.

Every judged image is in the official test part, and all captions come from it. So graded pairs are used by folds over
images, and what was trained on them is measured on retrieval among the other test images only, with captions that
were in no judgement (`retrieval_set`).
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import NamedTuple

from adlab.data.flickr8k import Flickr8k, read_expert_judgements
from adlab.data.listing import listed
from adlab.data.relevance import RelevancePair, RelevanceSet, agreement_confidence, spread_of
from adlab.data.relevance_sources import labels_of
from adlab.errors import DataUnavailableError, TableError

EXPERTS, CROWD = "flickr8k-experts", "flickr8k-crowd"
LOWEST, HIGHEST = 1, 4
_CROWD_FILE = "CrowdFlowerAnnotations.txt"
_FOLDER_REMEDY = "Give the folder of Flickr8k with ExpertAnnotations.txt and CrowdFlowerAnnotations.txt."


class CrowdJudgement(NamedTuple):
    """Votes on whether a caption describes an image.

    Attributes:
        image: Name of the image judged.
        caption_of: Name of the image that the caption was written for.
        number: Which of that image's captions, from 0.
        yes: People who said that it does.
        no: People who said that it does not.
    """

    image: str
    caption_of: str
    number: int
    yes: int
    no: int


class RetrievalSet(NamedTuple):
    """Images and captions that no judgement has touched.

    Attributes:
        names: Images of the official test part that nobody judged, sorted.
        captions: Their captions that were in no judgement of any image, by name; several each.
    """

    names: tuple[str, ...]
    captions: dict[str, tuple[str, ...]]


def image_key(name: str) -> str:
    """Key of a Flickr8k image among the pictures of graded pairs."""
    return f"flickr8k:{name}"


def crowd_grade(yes: int, no: int) -> int:
    """Grade, 0–3, of votes, at least one in all."""
    return 3 if no == 0 else 0 if yes == 0 else 1 if yes < no else 2


def read_crowd_judgements(folder: Path) -> tuple[CrowdJudgement, ...]:
    """The crowd's votes; empty where the file is not part of the copy at hand.

    Raises:
        DataUnavailableError: The file cannot be read.
        TableError: A line is no judgement; each is named.
    """
    file = Path(folder) / _CROWD_FILE
    if not file.is_file():
        return ()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataUnavailableError(f"{str(file)!r} cannot be read ({error}). {_FOLDER_REMEDY}") from error
    found, problems = [], []
    for number, line in enumerate(lines, start=1):
        try:
            image, caption, _, yes, no = line.split("\t")
            name, _, which = caption.rpartition("#")
            judgement = CrowdJudgement(image, name, int(which), int(yes), int(no))
        except ValueError:
            problems.append(f"line {number}: {line[:60]!r}; give image, caption#number, share, yes, no, tabs between.")
            continue
        if min(judgement.yes, judgement.no) < 0 or judgement.yes + judgement.no == 0:
            problems.append(f"line {number}, yes and no: {yes!r} and {no!r}; give counts of 0 or more, one above 0.")
        found.append(judgement)
    if problems:
        raise TableError(f"{str(file)!r} cannot be used: {len(problems):,} lines do not fit.", problems[:20])
    return tuple(found)


def read_flickr8k_judgements(data: Flickr8k) -> RelevanceSet:
    """All graded pairs, the experts' first; labels are human.

    Args:
        data: The images and captions, as `read_flickr8k` gives them.

    Raises:
        DataUnavailableError: There are no judgements, or they cannot be read.
        TableError: A grade or vote does not fit; it is named.
    """
    experts = read_expert_judgements(data.folder)
    crowd = read_crowd_judgements(data.folder)
    if not experts and not crowd:
        raise DataUnavailableError(f"There are no judgements at {str(data.folder)!r}. {_FOLDER_REMEDY}")
    pairs: list[RelevancePair] = []
    unknown: list[str] = []
    problems: list[str] = []
    for line, judgement in enumerate(experts, start=1):
        grades = judgement.grades
        if not grades or not all(LOWEST <= grade <= HIGHEST for grade in grades):
            problems.append(f"line {line}, grades: {grades}; give grades of {LOWEST} to {HIGHEST}.")
        elif (caption := _caption(data, judgement.image, judgement.caption_of, judgement.number)) is None:
            unknown.append(f"{judgement.image} with {judgement.caption_of}#{judgement.number}")
        else:
            # The lower median of an even number of judges stays a grade of the scale.
            grade = statistics.median_low(grades) - LOWEST
            confidence = agreement_confidence(spread_of(grades), LOWEST, HIGHEST)
            mean = statistics.fmean(grades) - LOWEST
            pairs.append(_pair(caption, judgement.image, grade, mean, confidence, EXPERTS))
    if problems:
        raise TableError("ExpertAnnotations.txt cannot be used.", problems[:20])
    judged = {(judgement.image, judgement.caption_of, judgement.number) for judgement in experts}
    for votes in crowd:
        if votes[:3] in judged:
            continue
        if (caption := _caption(data, votes.image, votes.caption_of, votes.number)) is None:
            unknown.append(f"{votes.image} with {votes.caption_of}#{votes.number}")
            continue
        share = votes.yes / (votes.yes + votes.no)
        grade = crowd_grade(votes.yes, votes.no)
        pairs.append(_pair(caption, votes.image, grade, 3 * share, abs(2 * share - 1), CROWD))
    files = {pair.image: data.path(pair.image.removeprefix("flickr8k:")) for pair in pairs}
    flaws = (f"judged image or caption is not there: {len(unknown):,} ({listed(unknown)}).",) if unknown else ()
    return RelevanceSet(tuple(pairs), files, flaws)


def retrieval_set(data: Flickr8k) -> RetrievalSet:
    """Test images that nobody judged, with the captions that no judgement used.

    Raises:
        DataUnavailableError: A file of judgements cannot be read.
        TableError: A vote does not fit; it is named.
    """
    experts, crowd = read_expert_judgements(data.folder), read_crowd_judgements(data.folder)
    judged = {j.image for j in experts} | {j.image for j in crowd}
    used = {(j.caption_of, j.number) for j in experts} | {(j.caption_of, j.number) for j in crowd}
    captions = {
        name: tuple(text for number, text in enumerate(data.captions[name]) if (name, number) not in used)
        for name in data.names_of("test")
        if name not in judged
    }
    captions = {name: texts for name, texts in captions.items() if texts}
    return RetrievalSet(tuple(captions), captions)


def _caption(data: Flickr8k, image: str, caption_of: str, number: int) -> str | None:
    captions = data.captions.get(caption_of, ())
    return captions[number] if image in data.captions and 0 <= number < len(captions) else None


def _pair(caption: str, image: str, grade: int, mean: float, confidence: float, source: str) -> RelevancePair:
    return RelevancePair(
        query=caption,
        image=image_key(image),
        grade=grade,
        mean_grade=mean,
        confidence=confidence,
        labels=labels_of(source),
        source=source,
    )
