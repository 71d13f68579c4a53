"""A hand-written Assessor for page tests: instant, countable, with a result for every kind of score."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np

from adlab.data.assessment import (
    Assessment,
    DataKind,
    HeadResult,
    Interval,
    Percentile,
    Provenance,
    Reading,
)
from adlab.data.creative import AGE_BANDS, GENDERS, Context, Creative

ANYONE = Context()
NEEDED = "it needs an image and a title or description"
# Unit, scale, value and interval that fit each head of the contract.
SHAPES: dict[str, tuple[str, tuple[float, float], float, float, float]] = {
    "agreement": ("percentile", (0.0, 100.0), 71.3, 62.0, 79.5),
    "conversion": ("probability", (0.0, 1.0), 0.034, 0.02, 0.06),
    "appeal": ("rating", (1.0, 7.0), 4.6, 3.9, 5.2),
    "ctr": ("probability", (0.0, 1.0), 0.0041, 0.001, 0.009),
    "relevance": ("grade", (0.0, 3.0), 2.1, 1.7, 2.4),
    "funnel": ("probability", (0.0, 1.0), 0.0008, 0.0001, 0.002),
    "headline": ("log-odds", (-2.0, 2.0), -0.3, -0.6, 0.1),
}


def result(head: str = "agreement", **changes: Any) -> HeadResult:
    """A plausible result of a head; fields can be replaced."""
    unit, scale, value, low, high = SHAPES[head]
    fields: dict[str, Any] = {
        "value": value,
        "unit": unit,
        "scale": scale,
        "interval": Interval(
            low=low,
            high=high,
            level=0.9,
            kind="spread of five models",
            measured_coverage=0.91,
            coverage_n=500,
        ),
        "percentiles": (
            Percentile(
                value=71.3,
                reference="reference-photos",
                n=1000,
                description="photos with their own caption",
            ),
            Percentile(
                value=99.6,
                reference="reference-photos",
                n=5000,
                description="photos with another photo's caption",
            ),
        ),
        "provenance": provenance(),
        "details": {"cosine": 0.4312},
        "readings": (
            Reading(
                space="private image",
                name="brightness",
                percentile=82.0,
                low_word="dark",
                high_word="bright",
                probe_r2=0.71,
            ),
            Reading(
                space="private text",
                name="length",
                percentile=20.0,
                low_word="short",
                high_word="long",
                probe_r2=0.2,
            ),
        ),
    }
    return HeadResult(head=head, **(fields | changes))


def provenance(data_kind: DataKind = DataKind.MATCHED_PAIRS) -> Provenance:
    """A provenance with every field filled in."""
    return Provenance(
        checkpoint="focal-fake",
        sha256="ab" * 32,
        data_kind=data_kind,
        trained_on="nothing: written by hand",
        terms="research use only",
        device="cpu",
        precision="float32",
        adlab_version="0.1.0",
    )


def assessment(content_hash: str = "c0ffee" * 10, **changes: Any) -> Assessment:
    """An assessment with the agreement head."""
    return Assessment(content_hash=content_hash, heads=(result(**changes),))


class FakeVectors:
    """What the Latent space page uses of the encoders; ids and widths are those of the tiny checkpoints if set so."""

    encoder_ids: ClassVar[dict[str, str]] = {}
    widths = (4, 4)

    def images(self, images: Sequence[Any]) -> np.ndarray:
        """Seeded by the picture's content."""
        return self._rows([image.content_hash for image in images], self.widths[0])

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """Seeded by the text."""
        return self._rows(texts, self.widths[1])

    def _rows(self, keys: Sequence[str], width: int) -> np.ndarray:
        rows = [np.random.default_rng(list(key.encode())).normal(size=width) for key in keys]
        return np.array(rows, dtype=np.float32).reshape(len(keys), width)


class FakeCtr:
    """What the app uses of the head `ctr`: a click rate that moves with every field; counts its sweeps.

    Evenings and viewers from 25 to 29 click most, by a lot. Intervals are as wide as `half` and `lift_half` say.
    """

    name = "ctr"
    levels: ClassVar[dict[str, tuple[str, ...]]] = {
        "gender": GENDERS,
        "age_band": AGE_BANDS,
        "month": tuple(str(month) for month in range(1, 13)),
        "weekday": tuple(str(day) for day in range(1, 8)),
        "hour": tuple(str(hour) for hour in range(24)),
        "position": ("1", "2", "3", "4"),
    }
    stored = (Context(gender="female", hour=9), Context(gender="male", hour=21))
    half, lift_half = 0.008, 0.07

    def __init__(self) -> None:
        self.swept: list[Sequence[Context]] = []

    def rate(self, context: Context) -> float:
        """Of one context, in closed form."""
        rate = 0.03 if context.hour is None else 0.03 - 0.012 * math.cos(math.pi * (context.hour - 8) / 12)
        rate += 0 if context.weekday is None else 0.0005 * context.weekday
        rate -= 0 if context.age_band is None else 0.002 * abs(AGE_BANDS.index(context.age_band) - 3)
        rate += {"female": 0.003, "male": -0.003, None: 0}[context.gender]
        rate -= 0 if context.month is None else 0.0001 * context.month
        return rate - (0 if context.position is None else 0.001 * int(context.position))

    def result(self, context: Context) -> HeadResult:
        """As the card shows it."""
        rate = self.rate(context)
        interval = Interval(low=rate - self.half, high=rate + self.half, level=0.9, kind="spread of five models")
        scale = (0.0, 0.08)
        simulated = provenance(DataKind.SIMULATION)
        rest = {"details": {"ctr_average": self.rate(Context())}, "readings": ()}
        return result("ctr", value=rate, scale=scale, interval=interval, provenance=simulated, **rest)

    def sweep(self, creative: Creative, words: str | None, contexts: Sequence[Context], base: Context = ANYONE) -> Any:
        """Rates with their intervals."""
        self.swept.append(contexts)
        rates = np.array([self.rate(context) for context in contexts])
        lifts = rates / self.rate(base)
        ends = {"lift_low": lifts - self.lift_half, "lift_high": lifts + self.lift_half}
        return SimpleNamespace(probability=rates, low=rates - self.half, high=rates + self.half, lift=lifts, **ends)


def funnel_result(kind: DataKind = DataKind.SIMULATION, pctr: float = 0.04) -> HeadResult:
    """A chain of which every number is round."""
    details = {"pctr": pctr, "pctr_low": 0.025, "pctr_high": 0.06, "pcvr": 0.05, "pcvr_low": 0.03, "pcvr_high": 0.08}
    ends = {"pctcvr_low": 0.001, "pctcvr_high": 0.004, "pctcvr_average": 0.0015}
    rank = Percentile(value=62.0, reference="reference-ads", n=2000, description="simulated ads")
    return result(
        "funnel",
        value=pctr * 0.05,
        interval=Interval(low=0.001, high=0.004, level=0.9, kind="split conformal"),
        provenance=provenance(kind),
        percentiles=(rank,),
        details=details | {"pctcvr": pctr * 0.05} | ends,
        readings=(),
    )


class FakeFunnel:
    """What the app uses of the head `funnel`: women click more."""

    name = "funnel"
    levels: ClassVar[dict[str, tuple[str, ...]]] = {"gender": GENDERS, "brand": ("Acme",)}

    def result(self, context: Context) -> HeadResult:
        """As the card shows it."""
        return funnel_result(pctr=0.05 if context.gender == "female" else 0.04)


GRADE_SHARES = {"relevance_bad": 0.05, "relevance_fair": 0.15, "relevance_good": 0.45, "relevance_excellent": 0.35}


def relevance(creative: Creative) -> Assessment:
    """A grade for an ad with a query, or that it lacks one."""
    if not creative.query:
        missing = {"relevance": "Needs a query; this ad lacks one."}
        return Assessment(content_hash=creative.content_hash, not_scored=missing)
    found = result("relevance", details=GRADE_SHARES | {"relevance_student": 0.91}, readings=())
    return Assessment(content_hash=creative.content_hash, heads=(found,))


class FakeAssessor:
    """What the app uses of the Assessor; `calls` counts assessments over all instances."""

    heads: tuple[str, ...] = ("agreement",)
    reads_words: frozenset[str] = frozenset()
    vectors = FakeVectors()
    appeal: Any = None
    ctr: Any = None
    funnel: Any = None
    relevance: Any = None
    conversion: Any = None
    words = "off"
    fingerprint = "fake"
    calls = 0

    def check_heads(self, heads: Any = None) -> tuple[str, ...]:
        """Those asked for, or all."""
        return tuple(heads or self.heads)

    def assess_batch(self, creatives: Sequence[Creative], heads: Any = None, contexts: Any = None) -> list[Assessment]:
        """Each by itself."""
        shown = contexts or [None] * len(creatives)
        return [self.assess(creative, heads, context) for creative, context in zip(creatives, shown, strict=True)]

    def assess(self, creative: Creative, heads: Any = None, context: Context | None = None) -> Assessment:
        """A fixed result, or what is missing; the click rate follows from the context."""
        type(self).calls += 1
        if heads == ("relevance",):
            return relevance(creative)
        if heads is not None and set(heads) <= {"ctr", "funnel"}:
            chain = (self.funnel.result(context),) if "funnel" in heads else ()
            rate = (self.ctr.result(context),) if "ctr" in heads and creative.image else ()
            missing = {} if rate or "ctr" not in heads else {"ctr": "it needs an image"}
            return Assessment(content_hash=creative.content_hash, heads=(*rate, *chain), not_scored=missing)
        if creative.image is None or not creative.copy:
            return Assessment(content_hash=creative.content_hash, not_scored={"agreement": NEEDED})
        found = assessment(creative.content_hash)
        if "ctr" in (heads or ()):
            return replace(found, heads=(*found.heads, self.ctr.result(context or Context())))
        return found
