"""Reader of CrowdFlower's search relevance data (Kaggle 2015): queries and shop results, graded by several people.

The published median of 1–4 is the grade plus one. The column `relevance_variance` holds standard deviations: with
three judges, 0.471 and 0.943 are those of (4, 4, 3) and (4, 4, 2), whose variances would be 0.222 and 0.889. The
confidence is 1 − deviation / 1.5, where 1.5 is the largest deviation that the scale allows. There is no product id;
rows with the same title are taken for one product. Some descriptions were cut out of web pages: markup is taken off.
"""

from __future__ import annotations

import html
import re
from pathlib import Path

from adlab.data.labelled_rows import find_file, no_empty_cells, numbers, read_rows, refuse
from adlab.data.relevance import RelevancePair, RelevanceSet, agreement_confidence
from adlab.data.relevance_sources import labels_of

SOURCE = "crowdflower"
LOWEST, HIGHEST = 1, 4
_FILES = ("relevance.csv.gz", "relevance.csv", "train.csv", "train.csv.zip")
_COLUMNS = ("query", "product_title", "product_description", "median_relevance", "relevance_variance")
_REMEDY = f"Give the folder that holds the data as one of {', '.join(_FILES)}, with its header."
_UNSEEN = re.compile(r"<(style|script)\b.*?(</\1>|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[a-z][^<>]*>", re.IGNORECASE)


def without_markup(text: str) -> str:
    """What a reader of the page would see: no tags, styles and scripts, characters for their HTML names."""
    return html.unescape(_TAG.sub(" ", _UNSEEN.sub(" ", text)))


def read_crowdflower_relevance(place: Path) -> RelevanceSet:
    """Read the pairs, text only; labels are human.

    Args:
        place: The file, or the folder that holds it.

    Raises:
        DataUnavailableError: There is no file, or it has other columns.
        TableError: Cells do not fit; they are named.
    """
    file = find_file(place, _FILES, "The CrowdFlower data", _REMEDY)
    table = read_rows(file, _COLUMNS, _REMEDY)
    problems: list[str] = []
    medians = numbers(table, "median_relevance", LOWEST, HIGHEST, problems)
    spreads = numbers(table, "relevance_variance", 0, (HIGHEST - LOWEST) / 2, problems)
    for row, median in enumerate(medians):
        if median % 1 != 0 and median == median:
            problems.append(f"row {row + 1}, median_relevance: {median:g}; give a whole number from 1 to 4.")
    no_empty_cells(table, "query", problems)
    no_empty_cells(table, "product_title", problems)
    refuse(file, problems)
    pairs = tuple(
        RelevancePair(
            query=query,
            title=title,
            description=without_markup(description),
            grade=int(median) - LOWEST,
            confidence=agreement_confidence(spread, LOWEST, HIGHEST),
            labels=labels_of(SOURCE),
            source=SOURCE,
            product=" ".join(title.casefold().split()),
        )
        for query, title, description, median, spread in zip(
            table["query"], table["product_title"], table["product_description"], medians, spreads, strict=True
        )
    )
    return RelevanceSet(pairs)
