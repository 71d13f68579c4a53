"""The `appeal` head: how people would rate an ad, 1 to 7 (M2FN, learned from real web ads and real ratings)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from adlab.checkpoints.m2fn import ADS, COVERAGE, HEAD, LEVEL, load_m2fn, settings_of
from adlab.checkpoints.reference_set import ReferenceSet, load_reference_set
from adlab.data.assessment import DataKind, HeadResult, Interval, Provenance
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.encoders.preprocessing import Letterbox
from adlab.errors import CheckpointError, ConfigError
from adlab.features.appeal_attributes import row_of, vectors_of
from adlab.features.attributes import AttributeSchema
from adlab.features.vectors import Vectors
from adlab.inference.pair_head import provenance_of
from adlab.inference.picture_maps import PictureMaps, pixels_of
from adlab.inference.ranks import percentile_in
from adlab.metrics.distribution import histogram_mean, histogram_std
from adlab.metrics.percentile import percentile_from_quantiles
from adlab.models.m2fn_ensemble import mean_distribution
from adlab.models.m2fn_prepared import forward_without_picture


@dataclass(frozen=True)
class AppealScores:
    """Scores of N ads.

    Attributes:
        shares: Of viewers at each step of the scale, (N, K).
        mean: Mean rating, (N,).
        std: Standard deviation of ratings, (N,).
        percentile: Rank of the mean among the rated ads, 0–100, (N,).
    """

    shares: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    percentile: np.ndarray


class AppealInputs(NamedTuple):
    """What the network reads of one ad.

    Attributes:
        pixels: (1, 3, S, S), as the backbone's `scale` gives them.
        aux: Attribute vector, (1, aux_dim).
        box: Left, top, width and height of the picture inside the square, in pixels: `Letterbox.box`.
        size: S, the side of the square in pixels.
    """

    pixels: torch.Tensor
    aux: torch.Tensor
    box: tuple[int, int, int, int]
    size: int


class AppealHead:
    """The loaded head; read-only but for a cache that threads may share.

    Args:
        name: Checkpoint name.
        vectors: The encoders at hand; texts go through them.
        maps: Where maps of pictures are kept; shared with other heads.
        root: Folder of the checkpoints.

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
            self._data_kind = DataKind(self.manifest.data_kind)
        except (ConfigError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"{name} has a schema or data_kind that does not serve {HEAD}: {error}.") from error
        if self.schema.width != self.network.config.aux_dim:
            raise CheckpointError(
                f"{name}: the schema is {self.schema.width} wide, the network takes {self.network.config.aux_dim}."
            )
        self.reference: ReferenceSet = load_reference_set(self.settings.reference, root)
        if f"{ADS}/{HEAD}" not in self.reference.quantiles:
            raise CheckpointError(f"{self.settings.reference} holds no quantiles of {HEAD}; train {name} again.")
        self._quantiles = self.reference.quantiles[f"{ADS}/{HEAD}"]
        self._vectors, self._maps = vectors, maps or PictureMaps()
        self._letterbox = Letterbox(size=self.network.config.image_size)

    def score(self, images: Sequence[AdImage], words: Sequence[str | None]) -> AppealScores:
        """Score N pictures with the words in them; None where they were not read."""
        aux = self._aux(images, words)
        shares = np.zeros((len(images), self.network.config.outputs))
        with torch.inference_mode():
            for row, image in enumerate(images):  # one by one: a batch would round otherwise
                logits = self.network.forward_head(self._maps.map_of(self.network, image), aux[row : row + 1]).double()
                shares[row] = mean_distribution(logits, self.settings.temperature)[0].numpy()
        return self._scores(shares)

    def score_words(self, words: Sequence[str]) -> AppealScores:
        """Score N ads by the words in their pictures alone: look and shape are those of the average training ad."""
        rows = [{**row_of(1, 1, text), "aspect": None} for text in words]
        aux = torch.from_numpy(vectors_of(self.schema, rows, words, self._vectors.texts))
        shares = np.zeros((len(words), self.network.config.outputs))
        with torch.inference_mode():
            for row in range(len(words)):
                members = [forward_without_picture(one, aux[row : row + 1]) for one in self.network.networks()]
                shares[row] = mean_distribution(torch.stack(members).double(), self.settings.temperature)[0].numpy()
        return self._scores(shares)

    def _scores(self, shares: np.ndarray) -> AppealScores:
        mean = histogram_mean(shares) if len(shares) else np.zeros(0)
        std = histogram_std(shares) if len(shares) else np.zeros(0)
        return AppealScores(shares, mean, std, percentile_from_quantiles(mean, self._quantiles))

    def results(self, creatives: Sequence[Creative], words: Sequence[str | None]) -> list[HeadResult]:
        """One typed result an ad.

        Args:
            creatives: Each with a picture.
            words: The words in each picture, None where they were not read.
        """
        images = [creative.image for creative in creatives if creative.image is not None]
        scores = self.score(images, words)
        provenance = provenance_of(self.manifest, self._data_kind, "cpu", "float32")
        return [self._result(scores, row, provenance) for row in range(len(images))]

    def results_of_words(self, words: Sequence[str]) -> list[HeadResult]:
        """One typed result an ad by what `score_words` says; the interval is that of ads read whole."""
        scores = self.score_words(words)
        provenance = provenance_of(self.manifest, self._data_kind, "cpu", "float32")
        return [self._result(scores, row, provenance) for row in range(len(words))]

    def inputs(self, image: AdImage, words: str | None) -> AppealInputs:
        """What the network reads of a picture and the words in it, None where they were not read."""
        box = self._letterbox.box(image.width, image.height)
        return AppealInputs(
            pixels_of(self.network, [image.pixels]), self._aux([image], [words]), box, self._letterbox.size
        )

    def mean_ratings(self, pictures: Sequence[Image.Image], aux: torch.Tensor) -> np.ndarray:
        """Mean ratings of N pictures that share their attributes, (N,), such as copies of one ad; nothing is kept.

        Args:
            pictures: Brought to the network's square as any ad is.
            aux: (1, aux_dim), as `inputs` gives it.
        """
        with torch.inference_mode():
            logits = self.network(pixels_of(self.network, pictures), aux.expand(len(pictures), -1)).double()
            return histogram_mean(mean_distribution(logits, self.settings.temperature).numpy())

    def _aux(self, images: Sequence[AdImage], words: Sequence[str | None]) -> torch.Tensor:
        rows = [row_of(image.width, image.height, text) for image, text in zip(images, words, strict=True)]
        return torch.from_numpy(vectors_of(self.schema, rows, words, self._vectors.texts))

    def _result(self, scores: AppealScores, row: int, provenance: Provenance) -> HeadResult:
        coverage, steps = self.manifest.measure(COVERAGE), scores.shares.shape[1]
        mean, half = float(scores.mean[row]), self.settings.half_width
        return HeadResult(
            head=HEAD,
            value=mean,
            unit="rating",
            scale=(1.0, float(steps)),
            interval=Interval(
                low=max(1.0, mean - half),
                high=min(float(steps), mean + half),
                level=LEVEL,
                kind="split conformal: how far the mean rating of about ten people lay from the statement on ads that "
                "were not trained on",
                measured_coverage=coverage.value if coverage else None,
                coverage_n=coverage.n if coverage else None,
            ),
            percentiles=(percentile_in(self.reference, ADS, scores.percentile[row]),),
            provenance=provenance,
            details={
                "appeal_std": float(scores.std[row]),
                **{f"appeal_share_{step + 1}": float(share) for step, share in enumerate(scores.shares[row])},
            },
        )
