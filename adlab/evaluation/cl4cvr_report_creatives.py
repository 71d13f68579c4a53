"""What `cl4cvr.md` says of the ads' creative vectors: the same trainings with them and by ids alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from adlab.evaluation.cl4cvr_variants import ESMM, FULL, IDS_ONLY
from adlab.evaluation.cl4cvr_words import HEADINGS, cell, over_seeds, reversed_difference, signed, verdict
from adlab.evaluation.cl4cvr_world import NEW, TEST
from adlab.evaluation.writing import markdown_table

_ESMM_IDS, _FULL_IDS = (variant.name for variant in IDS_ONLY)
CL4CVR = "CL4CVR"
_NETWORKS = (("ESMM", ESMM, _ESMM_IDS), (CL4CVR, FULL, _FULL_IDS))
_VERDICTS = {1: "raise", -1: "lower", 0: "are not told apart from ids alone in"}


class WithVectors(NamedTuple):
    """What the vectors add to one network on one part of the test rows.

    Attributes:
        network: What a table calls it.
        part: The test rows.
        difference: With vectors − ids alone, by measure.
    """

    network: str
    part: str
    difference: Mapping[str, Mapping[str, Any]]


def creatives_section(side: Mapping[str, Any]) -> list[str]:
    """Areas with and without the vectors, their paired differences, and what these say.

    Args:
        side: Tables of the trainings on a part of the rows, by test part, as `reproduce_simulated` gives them.
    """
    rows = []
    for part in (TEST, NEW):
        areas = side[part]["areas"]
        for label, seen, blind in _NETWORKS:
            if seen in areas and blind in areas:
                for name, how in ((seen, "with"), (blind, "without")):
                    rows.append([f"{label}, {part}", how, *(cell(areas[name][m]) for m in HEADINGS)])
    found = list(with_vectors(side))
    if not rows or not found:
        return []
    differences = [
        [
            f"{own.network}, {own.part}",
            *(signed(own.difference[m]) for m in HEADINGS),
            *(over_seeds(own.difference[m]) for m in HEADINGS),
        ]
        for own in found
    ]
    return [
        "### With and without creative features",
        "The same rows and seeds as the rivals.",
        markdown_table(["", "creative vectors", *HEADINGS.values()], rows),
        "What the vectors add, with − without, paired by seed and by redrawn ads. A judgement below needs every "
        "interval of its difference on one side of 0.",
        markdown_table(
            ["with − without", *HEADINGS.values(), *(f"{name}, over seeds" for name in HEADINGS.values())], differences
        ),
        "\n".join(f"- {own.network}, {own.part}: {verdict_in_words(own.difference)}." for own in found),
    ]


def with_vectors(side: Mapping[str, Any]) -> Iterator[WithVectors]:
    """What the vectors add, where both trainings were measured: known ads first, ESMM before CL4CVR.

    ESMM's difference is stored as ids alone − with, CL4CVR's as with − ids alone.
    """
    for part in (TEST, NEW):
        if (found := side[part]["above_esmm"].get(_ESMM_IDS)) is not None:
            yield WithVectors("ESMM", part, {m: reversed_difference(found[m]) for m in HEADINGS})
        if (found := side[part]["full_above"].get(_FULL_IDS)) is not None:
            yield WithVectors(CL4CVR, part, found)


def verdict_in_words(difference: Mapping[str, Mapping[str, Any]]) -> str:
    """What the vectors raise and lower by every interval of with − without, and where neither can be said.

    Args:
        difference: By measure.
    """
    told = []
    for sign, words in _VERDICTS.items():
        names = [HEADINGS[m] for m in HEADINGS if verdict(difference[m]) == sign]
        if names:
            told.append(f"{words} {', '.join(names)}")
    return f"the vectors {'; they '.join(told)}"
