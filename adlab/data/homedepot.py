"""Reader of Home Depot's search relevance data (Kaggle 2016): queries and products, mean grade of three or more people.

Judges chose 1 (irrelevant), 2 (partly relevant) or 3 (perfect match); the data holds their mean. Cut points:

| mean          | of three judges                | grade     |
|---------------|--------------------------------|-----------|
| below 1.5     | most say irrelevant            | Bad       |
| 1.5 to 2.2    | partly relevant on the whole   | Fair      |
| 2.2 to 2.9    | some say perfect               | Good      |
| 2.9 and above | all say perfect                | Excellent |

`mean_grade` is (mean − 1) · 1.5. The spread is not published: the least that the mean allows, √(f(1 − f)) with f the
mean's fraction, stands in for it, so the confidence is an upper bound (1 for a mean of 2, which may also be 1, 2, 3).
"""

from __future__ import annotations

import math
from pathlib import Path

from adlab.data.labelled_rows import find_file, no_empty_cells, numbers, read_rows, refuse
from adlab.data.relevance import RelevancePair, RelevanceSet, agreement_confidence
from adlab.data.relevance_sources import labels_of

SOURCE = "homedepot"
LOWEST, HIGHEST = 1, 3
CUT_POINTS = (1.5, 2.2, 2.9)
_FILES = ("relevance.csv.gz", "relevance.csv", "train.csv", "train.csv.zip")
_COLUMNS = ("product_uid", "product_title", "search_term", "relevance")
_REMEDY = f"Give the folder that holds the data as one of {', '.join(_FILES)}, with its header."


def grade_of(mean: float) -> int:
    """Grade, 0–3, of a mean judgement, 1–3."""
    return sum(mean >= cut for cut in CUT_POINTS)


def confidence_of(mean: float) -> float:
    """Most that the judges can agree given their mean, 0–1."""
    fraction = mean % 1
    return agreement_confidence(math.sqrt(fraction * (1 - fraction)), LOWEST, HIGHEST)


def read_homedepot(place: Path) -> RelevanceSet:
    """Read the pairs, titles only; labels are human.

    Args:
        place: The file, or the folder that holds it.

    Raises:
        DataUnavailableError: There is no file, or it has other columns.
        TableError: Cells do not fit; they are named.
    """
    file = find_file(place, _FILES, "The Home Depot data", _REMEDY)
    table = read_rows(file, _COLUMNS, _REMEDY)
    problems: list[str] = []
    means = numbers(table, "relevance", LOWEST, HIGHEST, problems)
    for column in ("product_uid", "product_title", "search_term"):
        no_empty_cells(table, column, problems)
    refuse(file, problems)
    pairs = tuple(
        RelevancePair(
            query=query,
            title=title,
            grade=grade_of(mean),
            mean_grade=(mean - LOWEST) * 1.5,
            confidence=confidence_of(mean),
            labels=labels_of(SOURCE),
            source=SOURCE,
            product=uid,
        )
        for query, title, uid, mean in zip(
            table["search_term"], table["product_title"], table["product_uid"], means, strict=True
        )
    )
    return RelevanceSet(pairs)
