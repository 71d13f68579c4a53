"""One ad read three ways: by its picture alone, by its words alone, and by both; the types, and what "alone" means.

What an answer without a part is worth depends on how a head was trained. One that met such ads while training answers
as it was taught; any other extrapolates, and says so wherever its answer appears (`Basis.trained`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from adlab.data.assessment import HeadResult


class Mode(StrEnum):
    """Which parts of an ad are read; the values are those of AdsCVLR's input modes."""

    IMAGE_ONLY = "image-only"
    TEXT_ONLY = "text-only"
    BOTH = "image-text"


@dataclass(frozen=True, kw_only=True)
class Basis:
    """What a head's answers by one part are.

    Attributes:
        trained: Whether it was trained on ads that lack a part.
        image_only: What it reads of the picture alone, and what stands where the words were; empty if it cannot.
        text_only: Likewise of the words alone.
        shared: What it says by what picture and copy have in common alone; empty for a head without such a part.
    """

    trained: bool
    image_only: str = ""
    text_only: str = ""
    shared: str = ""


# Averaged over the other parts of many ads, heads that were never trained without a part say nearly the same, in the
# same order (correlation 0.96 or more) and at the same level: within 0.22 log-odds for `conversion`, 0.12 for `ctr`,
# and 0.03 rating steps for `appeal`. Measured on 160 and 60 simulated and 80 rated ads.
BASES: dict[str, Basis] = {
    "relevance": Basis(
        trained=True,
        image_only="Reads the query and the picture; title, seller, brand and description are hidden.",
        text_only="Reads the query and title, seller, brand and description; the picture is hidden.",
    ),
    "agreement": Basis(trained=False),
    "conversion": Basis(
        trained=False,
        image_only="Adds up what the picture's embeddings contribute; the copy's terms are left out.",
        text_only="Adds up what the copy's embeddings contribute; the picture's terms are left out.",
        shared="Adds up what the shared embeddings contribute, which hold what picture and copy have in common; the "
        "terms of the private ones, which hold what each says for itself, are left out.",
    ),
    "funnel": Basis(
        trained=True,
        image_only="Reads the picture and its colour; the copy and the words in the picture are left out.",
        text_only="Reads title and description; the picture and the words in it are left out.",
    ),
    "appeal": Basis(
        trained=False,
        image_only="Reads the picture and its shape; the words in it, if there are any, count as unknown.",
        text_only="Reads the words in the picture; its look is that of the average training ad, its shape unknown.",
    ),
    "ctr": Basis(
        trained=False,
        image_only="Reads the picture and its colour; title, description and the words in the picture, if there are "
        "any, count as unknown.",
        text_only="Reads title, description and the words in the picture; its look is that of the average training "
        "ad, its colour unknown.",
    ),
}
SHARED = "shared"  # the reading by FOCAL's shared embeddings, beside those by `Mode`
NEVER_ALONE = "Compares the picture with the copy, so it has no answer by one of them."


def readings_of(head: str) -> tuple[str, ...]:
    """The readings of a head that have columns: all modes, and `SHARED` where the head has a shared part."""
    return (*Mode, SHARED) if BASES[head].shared else tuple(Mode)


def column_name(head: str, reading: str) -> str:
    """The column of a head's answers by a mode or by `SHARED`, such as "relevance_image_only"."""
    return f"{head}_{str(reading).replace('-', '_')}"


@dataclass(frozen=True, kw_only=True)
class AdModes:
    """What the heads say of one ad by each part.

    Attributes:
        content_hash: Of the ad.
        results: By head and mode, as far as the ad has what the mode reads.
        missing: Why a head gives no answer in a mode, by head and mode.
        shared: What a head says by FOCAL's shared embeddings alone, by head: what picture and copy have in common.
        warnings: Sentences that qualify everything said of the ad.
    """

    content_hash: str
    results: Mapping[str, Mapping[Mode, HeadResult]]
    missing: Mapping[str, Mapping[Mode, str]] = field(default_factory=dict)
    shared: Mapping[str, HeadResult] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def result(self, head: str, mode: Mode) -> HeadResult | None:
        """What a head says in a mode, or None."""
        return self.results.get(head, {}).get(mode)

    def reading(self, head: str, name: str) -> HeadResult | None:
        """What a head says by a mode or by `SHARED`, or None."""
        return self.shared.get(head) if name == SHARED else self.result(head, Mode(name))

    def gain(self, head: str, without: Mode = Mode.TEXT_ONLY) -> float | None:
        """How much higher a head's answer is by both than by one part, in its own unit; None where either is missing.

        Args:
            head: The head.
            without: What it is compared with: by the text alone, the gain is the picture's.
        """
        both, less = self.result(head, Mode.BOTH), self.result(head, without)
        return None if both is None or less is None else both.value - less.value

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, ready for `json.dumps`, with the basis of every head."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        plain["bases"] = {head: asdict(BASES[head]) for head in {**self.results, **self.missing}}
        return plain
