"""The `ctr` head: the probability of a click, for whom and when it is asked (M2FN, learned from a simulated log).

Attributes meet the picture after the backbone only, so a further context costs a vector and not a pass over the
picture (`adlab.models.m2fn_contexts`). What is unknown of a context is averaged over the contexts that the checkpoint
stores: the mean is of probabilities, each member's own. The interval is as wide as statements were wrong on ads that
decided nothing: what the members share they are wrong about together, so that their spread says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from scipy import special

from adlab.checkpoints.ctr import ADS, HEAD, KNOWN, LEVEL, UNKNOWN, lift_group, settings_of
from adlab.checkpoints.m2fn import load_m2fn
from adlab.checkpoints.reference_set import ReferenceSet, load_reference_set
from adlab.data.assessment import DataKind, HeadResult, Interval, Provenance
from adlab.data.creative import Context, Creative
from adlab.errors import CheckpointError, ConfigError, InputError
from adlab.features.attributes import AttributeSchema
from adlab.features.ctr_attributes import context_levels, readable, vectors_of
from adlab.features.dominant_colour import dominant_colour
from adlab.features.vectors import Vectors
from adlab.inference.pair_head import provenance_of
from adlab.inference.picture_maps import PictureMaps
from adlab.inference.ranks import AVERAGED, percentile_in
from adlab.inference.scales import rare_scale
from adlab.metrics.percentile import percentile_from_quantiles
from adlab.models.m2fn_contexts import forward_contexts
from adlab.models.m2fn_prepared import forward_without_picture

AT_ONCE = 256  # contexts a pass: 15 MB of hidden values a member
COLOURS_KEPT = 4096
ANYONE = Context()


class CtrSweep(NamedTuple):
    """Click rates of one ad in K contexts, (K,) each.

    Attributes:
        probability: Of a click per impression, 0–1.
        low: Lower end of its interval.
        high: Upper end.
        lift: Probability relative to that in the base context, above 0; 1.2 is a fifth more.
        lift_low: Lower end of its interval, which is narrower than that of the rates: what is wrong about the ad, and
            not about its contexts, cancels.
        lift_high: Upper end.
    """

    probability: np.ndarray
    low: np.ndarray
    high: np.ndarray
    lift: np.ndarray
    lift_low: np.ndarray
    lift_high: np.ndarray


class CtrHead:
    """The loaded head; read-only but for caches that threads may share.

    Args:
        name: Checkpoint name.
        vectors: The encoders at hand; texts go through them.
        maps: Where maps of pictures are kept; shared with other heads.
        root: Folder of the checkpoints.

    Attributes:
        levels: The fields of a context that it reads, and their levels.

    Raises:
        UnknownNameError: There is no such checkpoint, or its reference set is not there.
        CheckpointError: The checkpoint is not intact, lacks something, or was trained on other encoders.
    """

    name = HEAD
    reads_words = True

    def __init__(
        self, name: str, vectors: Vectors, *, maps: PictureMaps | None = None, root: Path | None = None
    ) -> None:
        self.manifest, self.network = load_m2fn(name, vectors.encoder_ids, root=root)
        self.settings = settings_of(self.manifest)
        try:
            self.schema = AttributeSchema.from_plain(self.settings.schema)
            self.stored = tuple(Context(**fields) for fields in self.settings.contexts)
            self._data_kind = DataKind(self.manifest.data_kind)
        except (ConfigError, InputError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{name} has settings that do not serve {HEAD}: {error}.") from error
        self.levels = context_levels(self.schema)
        self._check(name)
        self.reference: ReferenceSet = load_reference_set(self.settings.reference, root)
        if f"{ADS}/{HEAD}" not in self.reference.quantiles:
            raise CheckpointError(f"{self.settings.reference} holds no quantiles of {HEAD}; train {name} again.")
        self._quantiles = self.reference.quantiles[f"{ADS}/{HEAD}"]
        self._vectors, self._maps = vectors, maps or PictureMaps()
        self._colours: dict[str, str] = {}

    def sweep(
        self,
        creative: Creative,
        words: str | None,
        contexts: Sequence[Context],
        base: Context = ANYONE,
        *,
        picture: bool = True,
    ) -> CtrSweep:
        """Click rates of one ad in K contexts, from one look at its picture.

        Args:
            creative: With a picture.
            words: The words in it, None where they were not read.
            contexts: What is unknown in one, or of a level that the head does not know, is averaged.
            base: What lifts are relative to; anyone at any time if not given.
            picture: Whether the picture is read; off, its look is that of the average training ad and its colour
                unknown, and the creative need not have one.
        """
        *swept, own = self.member_logits(creative, words, [*contexts, base], picture=picture).T
        logits = np.stack(swept, axis=1) if swept else np.zeros((len(own), 0))
        mean, width = logits.mean(axis=0), self.settings.half_width
        logs = log_lifts(logits, own[:, None])
        half = np.array([self._lift_half(context, base) for context in contexts])
        value, low, high = (special.expit(end) for end in (mean, mean - width, mean + width))
        return CtrSweep(value, low, high, np.exp(logs), np.exp(logs - half), np.exp(logs + half))

    def _lift_half(self, context: Context, base: Context) -> float:
        """Half-width of the interval around the logarithm of a lift."""
        known, other = (readable(one, self.schema)[0].known for one in (context, base))
        differing = [name for name in self.levels if known.get(name) != other.get(name)]
        return self.settings.lift_halves[lift_group(differing)] if differing else 0.0

    def member_logits(
        self, creative: Creative, words: str | None, contexts: Sequence[Context], *, picture: bool = True
    ) -> np.ndarray:
        """Log-odds that each member gives one ad in K contexts after averaging, (M, K); arguments as in `sweep`."""
        full: dict[Context, int] = {}
        parts: list[dict[int, float]] = []
        for context in contexts:
            shares: dict[int, float] = {}
            for filled, weight in self.filled(context):
                place = full.setdefault(filled, len(full))
                shares[place] = shares.get(place, 0.0) + weight
            parts.append(shares)
        colour = self._colour(creative) if picture else ""
        aux = vectors_of(
            self.schema, creative, colour, words, list(full), self._vectors.texts
        )  # one row a distinct context: many unknown ones fill up to the same
        raw = self._logits(creative if picture else None, torch.from_numpy(aux))
        rates = special.expit(self.settings.calibration.apply(raw))
        weights = np.zeros((len(full), len(contexts)))
        for column, shares in enumerate(parts):
            for place, weight in shares.items():
                weights[place, column] = weight
        logits: np.ndarray = special.logit(rates @ weights)
        return logits

    def filled(self, context: Context) -> list[tuple[Context, float]]:
        """A context with what is unknown taken from each stored one, and the weights of these."""
        known = readable(context, self.schema)[0].known
        return [
            (replace(stored, **known), weight)  # type: ignore[arg-type]
            for stored, weight in zip(self.stored, self.settings.weights, strict=True)
        ]

    def results(
        self,
        creatives: Sequence[Creative],
        words: Sequence[str | None],
        contexts: Sequence[Context],
        *,
        picture: bool = True,
    ) -> list[HeadResult]:
        """One typed result an ad.

        Args:
            creatives: N ads, each with a picture.
            words: The words in each picture, None where they were not read.
            contexts: Who sees each ad, when and where.
            picture: As in `sweep`; the interval is that of ads read whole.
        """
        provenance = provenance_of(self.manifest, self._data_kind, "cpu", "float32")
        return [
            self._result(creative, text, context, provenance, picture)
            for creative, text, context in zip(creatives, words, contexts, strict=True)
        ]

    def problem(self, context: Context) -> str:
        """What is to be said of values that the head does not know, or nothing."""
        strange = readable(context, self.schema)[1]
        return " ".join(
            f"{name} is {value!r}, which {HEAD} does not know; it was averaged over. Known: "
            f"{', '.join(self.levels[name])}."
            for name, value in strange.items()
        )

    def _check(self, name: str) -> None:
        width = self.network.config.aux_dim
        if self.schema.width != width or self.network.config.outputs != 1:
            raise CheckpointError(
                f"{name}: the schema is {self.schema.width} wide and the network has {self.network.config.outputs} "
                f"outputs; {HEAD} needs {width} and 1."
            )
        for context in self.stored:
            lacking = [field for field in self.levels if field not in readable(context, self.schema)[0].known]
            if lacking:
                raise CheckpointError(f"{name}: a stored context has no {lacking[0]}; restore the folder.")

    def _logits(self, creative: Creative | None, aux: torch.Tensor) -> np.ndarray:
        """Raw log-odds of every member in K contexts, (M, K); without a creative those of the average picture."""
        with torch.inference_mode():
            if creative is None:
                average = [forward_without_picture(member, aux)[:, 0] for member in self.network.networks()]
                return torch.stack(average).double().numpy()
            assert creative.image is not None
            feature_map = self._maps.map_of(self.network, creative.image)
            found = [
                torch.cat([forward_contexts(member, feature_map, part[None])[0, :, 0] for part in aux.split(AT_ONCE)])
                for member in self.network.networks()
            ]
        return torch.stack(found).double().numpy()

    def _colour(self, creative: Creative) -> str:
        """Dominant colour of the picture, kept by content."""
        assert creative.image is not None
        key = creative.image.content_hash
        if key not in self._colours:
            if len(self._colours) >= COLOURS_KEPT:
                self._colours.clear()
            self._colours[key] = dominant_colour(creative.image.pixels).name
        return self._colours[key]

    def _result(
        self, creative: Creative, words: str | None, context: Context, provenance: Provenance, picture: bool
    ) -> HeadResult:
        known = readable(context, self.schema)[0]
        swept = self.sweep(creative, words, [known, ANYONE], picture=picture)
        value, low, high, lift, lift_low, lift_high = (float(part[0]) for part in swept)
        average = float(swept.probability[1])
        coverage = self.manifest.measure(UNKNOWN if len(known.known) < len(self.levels) else KNOWN)
        (rank,) = percentile_from_quantiles(np.array([average]), self._quantiles)
        return HeadResult(
            head=HEAD,
            value=value,
            unit="probability",
            scale=rare_scale(max(high, float(self._quantiles[-1]))),
            interval=Interval(
                low=low,
                high=high,
                level=LEVEL,
                kind="split conformal: how far the planted log-odds lay from the statement on simulated ads that "
                "decided nothing",
                measured_coverage=coverage.value if coverage else None,
                coverage_n=coverage.n if coverage else None,
            ),
            percentiles=(percentile_in(self.reference, ADS, rank, AVERAGED),),
            provenance=provenance,
            details={"ctr_average": average, "lift": lift, "lift_low": lift_low, "lift_high": lift_high},
        )


def log_lifts(logits: np.ndarray, base: np.ndarray) -> np.ndarray:
    """Logarithm of rates relative to base rates, mean over members; log-odds (M, K) and (M, K) or (M, 1) -> (K,)."""
    found: np.ndarray = (special.log_expit(logits) - special.log_expit(base)).mean(axis=0)
    return found
