"""The `funnel` head: from impression to click to conversion, learned together (ESMM with CL4CVR's contrastive task).

A new ad has no id that a log could know: the networks read what the ad shows and says, its vector, and for whom and
when it is shown. What is unknown of that is averaged over the rows of the log that the checkpoint stores. pCTCVR is
pCTR · pCVR to the bit. An ad without a picture or without copy is told by networks that met such ads while training,
with the calibration and the interval of its own kind. Columns that a log gave a role, a device or a bid, are read where
they are given; where not, they count as missing, which the networks met too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import torch
from scipy import special

from adlab.checkpoints.funnel import (
    ADS,
    HEAD,
    LEVEL,
    STEPS,
    WHOLE,
    coverage_name,
    load_funnel,
    mode_of,
)
from adlab.checkpoints.manifest import Measure
from adlab.checkpoints.reference_set import load_reference_set
from adlab.data.assessment import DataKind, HeadResult, Interval, Percentile, Provenance
from adlab.data.creative import Context, Creative
from adlab.data.feature_columns import lists_of
from adlab.data.feature_fields import LevelField, Role
from adlab.data.image_intake import AdImage
from adlab.data.level_codes import levels_of
from adlab.data.unknown_columns import known_columns, known_only
from adlab.errors import CheckpointError, ConfigError
from adlab.features.creative_vectors import CreativeEncoder, CreativeInputs
from adlab.features.dominant_colour import dominant_colour
from adlab.features.vectors import Vectors
from adlab.inference.pair_head import provenance_of
from adlab.inference.ranks import AVERAGED, percentile_in
from adlab.inference.scales import rare_scale
from adlab.metrics.percentile import percentile_from_quantiles
from adlab.models.funnel import funnel_inputs
from adlab.models.funnel_chain import Chain, chain_of

ANYONE = Context()
COLOURS_KEPT = 4096
OF_THE_AD = ("seller", "brand", "category")  # fields that an ad itself may give
OF_THE_CONTEXT = tuple(field.name for field in fields(Context))
NOTHING: Mapping[str, Any] = MappingProxyType({})
AVERAGE = "pctcvr_average"  # detail: averaged over all contexts, what reference ads are compared by
KINDS = {
    True: "split conformal: how far the planted log-odds lay from the statement on simulated ads that decided nothing",
    False: "spread of your ads about what is stated of them, the chance in their counts taken off",
}


class ToldAd(NamedTuple):
    """What the networks are given of one ad.

    Attributes:
        vector: Its creative vector, (1, V); None where the networks read none.
        mode: What was there of it.
        known: What the ad itself gives of fields.
    """

    vector: np.ndarray | None
    mode: str
    known: dict[str, Any]


class FunnelHead:
    """The loaded head; read-only but for a cache that threads may share.

    Args:
        name: Checkpoint name.
        vectors: The encoders at hand.
        root: Folder of the checkpoints.

    Attributes:
        levels: The fields that it reads of an ad's texts and its context, and their levels.
        columns: Further columns that it reads of a table's row, and how.

    Raises:
        UnknownNameError: There is no such checkpoint, or its reference set is not there.
        CheckpointError: The checkpoint is not intact, lacks something, or was trained on other encoders.
    """

    name = HEAD
    reads_words = True

    def __init__(self, name: str, vectors: Vectors, *, root: Path | None = None) -> None:
        self.manifest, self.network, self.settings, self.schema = load_funnel(name, vectors.encoder_ids, root=root)
        own, known = set(self.settings.columns), {*OF_THE_AD, *OF_THE_CONTEXT}
        sparse = [field for field in self.schema.sparse if field.name not in own or field.name in known]
        self.levels = {field.name: field.levels or () for field in sparse if field.levels is not None}
        self.columns: dict[str, Role] = {name: self._role(name) for name in self.settings.columns if name not in known}
        self._vectors, self._encoder = vectors, None
        self._colours: dict[str, str] = {}
        try:
            self._data_kind = DataKind(self.manifest.data_kind)
            if self.settings.creative is not None:
                scale = {"mean": self.network.creative_mean, "deviation": self.network.creative_deviation}
                self._encoder = CreativeEncoder.from_stored(self.settings.creative, scale, self.network.focal)
        except (ConfigError, ValueError) as error:
            raise CheckpointError(f"{name} has settings that do not serve {HEAD}: {error}") from error
        self.reference = load_reference_set(self.settings.reference, root) if self.settings.reference else None
        if self.reference is not None and f"{ADS}/{HEAD}" not in self.reference.quantiles:
            raise CheckpointError(f"{self.settings.reference} holds no quantiles of {HEAD}; train {name} again.")

    def results(
        self,
        creatives: Sequence[Creative],
        words: Sequence[str | None],
        contexts: Sequence[Context],
        columns: Sequence[Mapping[str, Any]] | None = None,
    ) -> list[HeadResult]:
        """One typed result an ad; its value is pCTCVR, and `details` hold the chain.

        Args:
            creatives: N ads, each with a picture, a title or a description.
            words: The words in each picture, None where they were not read.
            contexts: Who sees each ad, when and where.
            columns: Values of further columns of each row by name; those that the head does not read play no part.
        """
        provenance = provenance_of(self.manifest, self._data_kind, self._vectors.device.type, self._vectors.precision)
        return [
            self._result(self.told(creative, text), context, further, provenance)
            for creative, text, context, further in zip(
                creatives, words, contexts, columns or [NOTHING] * len(creatives), strict=True
            )
        ]

    def told(self, creative: Creative, words: str | None) -> ToldAd:
        """What the networks read of an ad; arguments as in `results`."""
        known = {name: getattr(creative, name) for name in OF_THE_AD if name in self.schema.names}
        known = {name: text for name, text in known.items() if text in self.levels.get(name, (text,)) and text}
        if self._encoder is None:
            return ToldAd(None, WHOLE, known)
        image, copy = creative.image, creative.copy
        text = None if image is None else words
        mode = mode_of(picture=image is not None, copy=bool(copy), words=text is not None)
        inputs = CreativeInputs(
            image=self._features(0) if image is None else self._vectors.images([image], width=self._widths[0]),
            copy=self._features(1) if not copy else self._vectors.texts([copy]),
            colours=[None if image is None else self._colour(image)],
            words=[text],
        )
        return ToldAd(self._encoder.vectors(inputs, self._vectors.texts), mode, known)

    def chain(self, ad: ToldAd, context: Context, columns: Mapping[str, Any] = NOTHING) -> Chain:
        """The chain of one ad in one context, (1,) each; what is unknown of it is averaged over.

        Args:
            ad: As `told` gives it.
            context: A level that the head does not know counts as unknown.
            columns: Further columns by name; as in `results`.
        """
        return self._told_chain(ad, context, columns)[0]

    def _told_chain(self, ad: ToldAd, context: Context, columns: Mapping[str, Any]) -> tuple[Chain, bool]:
        """The chain, and whether enough of the columns is known for the calibration of rows that have them."""
        known = dict(columns) | ad.known | self._readable(context)[0]
        rows = [stored | known for stored in self.settings.contexts]
        table = pa.table({name: [row.get(name) for row in rows] for name in self.schema.names})
        batch = known_only(self.schema.encode_unlabelled(table), self.schema, self.settings.columns)
        if ad.vector is not None:
            batch = batch._replace(ad=np.zeros(len(rows), dtype=np.int64))
        with torch.inference_mode():
            output = self.network(funnel_inputs(batch, ad.vector))
        told = int(known_columns(batch, self.schema, self.settings.columns)[0])
        calibration = self.settings.calibration(ad.mode, told)
        ctr, cvr = (
            platt.apply(part.double().numpy())[:, None]
            for platt, part in ((calibration.ctr, output.ctr), (calibration.cvr, output.cvr))
        )
        return chain_of(ctr, cvr, np.array(self.settings.weights)), calibration is self.settings.modes[ad.mode]

    def problem(self, context: Context, columns: Mapping[str, Any] = NOTHING) -> str:
        """What is to be said of values that the head does not know, or nothing.

        A brand or seller that no log knows is no exception but the rule: it is averaged over without a word.
        """
        strange = [(name, value, self.levels[name]) for name, value in self._readable(context)[1].items()]
        for field in (*self.schema.sparse, *self.schema.multi):
            if field.name in self.columns and field.levels is not None:
                strange += [(field.name, text, field.levels) for text in self._strange(field, columns.get(field.name))]
        return " ".join(
            f"{name} is {value!r}, which {HEAD} does not know; it "
            f"{'counts as missing' if name in self.settings.columns else 'was averaged over'}. Known: "
            f"{', '.join(levels[:12])}{', …' if len(levels) > 12 else ''}."
            for name, value, levels in strange
        )

    def _role(self, name: str) -> Role:
        if name in self.schema.bag_sizes:
            return "multi"
        return "dense" if any(field.name == name for field in self.schema.dense) else "sparse"

    def _strange(self, field: LevelField, value: Any) -> list[str]:
        """Levels in one cell that a field's vocabulary lacks."""
        cell = pa.array([value])
        if self.columns[field.name] == "multi":
            cell = lists_of(field.name, pa.chunked_array([cell]), field.separator).values
        texts = [text for levels in levels_of(field.name, cell) for text in levels.texts.to_pylist()]
        return [text for text in texts if text and text not in (field.levels or ())]

    def _colour(self, image: AdImage) -> str:
        """Dominant colour of a picture, kept by content: it takes longer than all else."""
        key = image.content_hash
        if key not in self._colours:
            if len(self._colours) >= COLOURS_KEPT:
                self._colours.clear()
            self._colours[key] = dominant_colour(image.pixels).name
        return self._colours[key]

    @property
    def _widths(self) -> tuple[int, int]:
        """Widths of the features of pictures and of copy."""
        focal = self.network.focal
        return (1, 1) if focal is None else (focal.config.image_dim, focal.config.text_dim)

    def _features(self, place: int) -> np.ndarray:
        """A picture or a copy that is not there."""
        return np.full((1, self._widths[place]), np.nan, dtype=np.float32)

    def _readable(self, context: Context) -> tuple[dict[str, str], dict[str, str]]:
        """Levels of a context that the head knows, and values that it does not know."""
        given = {name: str(value) for name, value in context.known.items() if name in self.schema.names}
        known = {name: value for name, value in given.items() if value in self.levels.get(name, (value,))}
        return known, {name: value for name, value in given.items() if name not in known}

    def _result(self, ad: ToldAd, context: Context, columns: Mapping[str, Any], provenance: Provenance) -> HeadResult:
        found, whole = self._told_chain(ad, context, columns)
        average = self.chain(ad._replace(known={}), ANYONE)
        calibration = self.settings.modes[ad.mode] if whole else self.settings.bare[ad.mode]
        averaged = set(self.schema.names) - set(self.settings.columns)  # where they are not known
        told = len(averaged & (ad.known | self._readable(context)[0]).keys())
        details = details_of(found, calibration.widths(told, max(len(averaged), 1))) | {
            AVERAGE: float(average.pctcvr[0])
        }
        # The card knows rows of which context and columns are known, and ads of which neither is.
        coverage = self._coverage(ad.mode, (told or len(self.settings.columns)) if whole else 0)
        high = details["pctcvr_high"]
        return HeadResult(
            head=HEAD,
            value=details["pctcvr"],
            unit="probability",
            scale=rare_scale(max(high, self._largest())),
            interval=Interval(
                low=details["pctcvr_low"],
                high=high,
                level=LEVEL,
                kind=KINDS[self._planted],
                measured_coverage=coverage.value if coverage else None,
                coverage_n=coverage.n if coverage else None,
            ),
            percentiles=self._percentiles(details[AVERAGE]),
            provenance=provenance,
            details=details,
        )

    @property
    def _planted(self) -> bool:
        planted = self.settings.planted
        return self._data_kind is DataKind.SIMULATION if planted is None else planted

    def _coverage(self, mode: str, told: int) -> Measure | None:
        """How often such intervals held on the card's ads: with their contexts known if anything is told of this one.

        A card without that measure has one width for both, and what it measured where nothing is known stands for it.
        """
        unknown = self.manifest.measure(coverage_name(mode, STEPS[-1]))
        known = self.manifest.measure(coverage_name(mode, STEPS[-1], known=True)) if told else None
        return unknown if known is None else known

    def _largest(self) -> float:
        return 0.0 if self.reference is None else float(self.reference.quantiles[f"{ADS}/{HEAD}"][-1])

    def _percentiles(self, average: float) -> tuple[Percentile, ...]:
        """Rank among reference ads, by what is averaged over all contexts, as theirs is."""
        if self.reference is None:
            return ()
        (rank,) = percentile_from_quantiles(np.array([average]), self.reference.quantiles[f"{ADS}/{HEAD}"])
        return (percentile_in(self.reference, ADS, rank, AVERAGED),)


def details_of(chain: Chain, half_widths: Mapping[str, float]) -> dict[str, float]:
    """Each step of the first chain with its interval, by column of the command-line contract.

    Args:
        chain: Of one ad.
        half_widths: Of the intervals around the stated log-odds, by step.
    """
    found: dict[str, float] = {}
    for step in STEPS:
        value = float(getattr(chain, step)[0])
        middle, half = special.logit(value), half_widths[step]
        ends = (float(special.expit(middle + sign * half)) for sign in (-1, 1))
        found |= dict(zip((step, f"{step}_low", f"{step}_high"), (value, *ends), strict=True))
    return found
