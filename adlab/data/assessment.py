"""What adlab says about an ad: typed, with provenance and interval, and the same in app, CLI and API."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from adlab.errors import InputError

SCHEMA_VERSION = 1


class DataKind(StrEnum):
    """The kind of data a score was learned from; the value is the wording shown to users."""

    HUMAN_LABELS = "human labels"
    HUMAN_AND_RULE_LABELS = "human labels and labels made by a rule"
    MATCHED_PAIRS = "photos with captions written by people"
    PAIRS_OF_KINDS = "photos, products and simulated ads, each with a text of its own"
    RANDOMISED_TESTS = "randomised tests"
    SIMULATION = "planted simulation"
    USER_LOG = "your own log"


@dataclass(frozen=True, kw_only=True)
class Provenance:
    """Where a number comes from.

    Attributes:
        checkpoint: Folder name under `models/`.
        sha256: Digest of the checkpoint's weights.
        data_kind: Kind of data it was learned from.
        trained_on: The data sets, in words.
        terms: Data terms, strictest first.
        device: ``"cpu"`` or ``"cuda"``.
        precision: Floating-point format of the computation.
        adlab_version: Version of the package.
    """

    checkpoint: str
    sha256: str
    data_kind: DataKind
    trained_on: str
    terms: str
    device: str
    precision: str
    adlab_version: str


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Uncertainty of a value, on the value's own scale.

    Attributes:
        low: Lower end.
        high: Upper end; `low` ≤ value ≤ `high`.
        level: Nominal level, for example 0.9.
        kind: What spreads, in words.
        measured_coverage: Share of held-out cases that fell inside, 0–1; None where not measured.
        coverage_n: Number of those cases.
    """

    low: float
    high: float
    level: float
    kind: str
    measured_coverage: float | None = None
    coverage_n: int | None = None


@dataclass(frozen=True, kw_only=True)
class Percentile:
    """Rank of a value among a named reference set.

    Attributes:
        value: Mid-rank percentile, 0–100.
        reference: Name of the reference set.
        n: Its size.
        description: What it consists of, in words ("photos with their own caption").
    """

    value: float
    reference: str
    n: int
    description: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One property read from an embedding space by a stored linear probe.

    Attributes:
        space: ``"private image"``, ``"private text"``, ``"shared image"`` or ``"shared text"``.
        name: The property, for example ``"brightness"``.
        percentile: Rank of the reading in the reference set, 0–100.
        low_word: What a low reading means, in a marketer's words.
        high_word: What a high reading means.
        probe_r2: Share of the property's variance that the probe explains on held-out data, at most 1.
    """

    space: str
    name: str
    percentile: float
    low_word: str
    high_word: str
    probe_r2: float


@dataclass(frozen=True, kw_only=True)
class HeadResult:
    """One score.

    Attributes:
        head: Name from the command-line contract, for example ``"agreement"``.
        value: The score.
        unit: ``"percentile"``, ``"probability"``, ``"rating"`` or ``"grade"``.
        scale: Smallest and largest value of the scale it is shown on; all of it lies within.
        interval: Its uncertainty.
        percentiles: Ranks in reference sets, the main one first.
        provenance: Where it comes from.
        details: Further named numbers behind the score.
        readings: What the model's embedding spaces hold, in words.
    """

    head: str
    value: float
    unit: str
    scale: tuple[float, float]
    interval: Interval
    percentiles: tuple[Percentile, ...]
    provenance: Provenance
    details: dict[str, float] = field(default_factory=dict)
    readings: tuple[Reading, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """All that is said about one creative.

    Attributes:
        content_hash: The creative's content hash.
        heads: One result per head that could be scored.
        not_scored: Why a requested head is missing, by head; missing input is said, never guessed.
        warnings: Sentences that qualify the whole assessment.
        context: The known fields of the context that it was made for, `Context.known`; empty where none was given.
        schema_version: Version of the JSON layout.
    """

    content_hash: str
    heads: tuple[HeadResult, ...] = ()
    not_scored: dict[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    context: dict[str, str | int] = field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def head(self, name: str) -> HeadResult | None:
        """The result of one head, or None where it could not be scored."""
        return next((result for result in self.heads if result.head == name), None)

    def to_dict(self) -> dict[str, Any]:
        """Plain dictionaries, lists, numbers and strings, ready for `json.dumps`."""
        plain: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return plain

    def to_json(self, indent: int | None = 2) -> str:
        """JSON text; floats keep full precision, so `from_dict` gives an equal assessment."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> Assessment:
        """Rebuild from `to_dict`; the inverse of it.

        Raises:
            InputError: The layout has another version.
        """
        if plain.get("schema_version") != SCHEMA_VERSION:
            raise InputError(
                f"schema_version is {plain.get('schema_version')!r}, this adlab reads {SCHEMA_VERSION}; "
                "assess the ad again."
            )
        return cls(
            content_hash=plain["content_hash"],
            heads=tuple(_head_from_dict(head) for head in plain["heads"]),
            not_scored=dict(plain["not_scored"]),
            warnings=tuple(plain["warnings"]),
            context=dict(plain.get("context", {})),  # assessments from before contexts were read have none
        )


def _head_from_dict(plain: dict[str, Any]) -> HeadResult:
    provenance = dict(plain["provenance"])
    provenance["data_kind"] = DataKind(provenance["data_kind"])
    return HeadResult(
        head=plain["head"],
        value=plain["value"],
        unit=plain["unit"],
        scale=(plain["scale"][0], plain["scale"][1]),
        interval=Interval(**plain["interval"]),
        percentiles=tuple(Percentile(**p) for p in plain["percentiles"]),
        provenance=Provenance(**provenance),
        details=dict(plain["details"]),
        readings=tuple(Reading(**r) for r in plain["readings"]),
    )
