"""The student of AdsCVLR at work: an ad is read once, a query each time, a pair costs one product (AdsCVLR, §5.6)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from adlab.checkpoints.relevance_student import load_student
from adlab.data.creative import Creative
from adlab.errors import CheckpointError, InputError
from adlab.features.vectors import VectorCache, Vectors
from adlab.features.whole_copy import whole_copy
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import AdVectors

ADS_KEPT = 4096


class RelevanceStudent:
    """The loaded student; read-only but for a cache that threads may share.

    Args:
        name: Checkpoint name.
        vectors: The encoders at hand; pictures and texts go through them.
        root: Folder of the checkpoints.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: The checkpoint is not intact, or was trained on other encoders.
    """

    def __init__(self, name: str, vectors: Vectors, *, root: Path | None = None) -> None:
        self.manifest, self.settings, self.network = load_student(name, vectors.encoder_ids, root=root)
        self._vectors, self._ads = vectors, VectorCache(ADS_KEPT)
        if self.network.config.image_dim > vectors.image_encoder.output_dim:
            raise CheckpointError(
                f"{name} reads {self.network.config.image_dim} columns of a picture, the encoder gives "
                f"{vectors.image_encoder.output_dim}; restore the folder."
            )

    def scores(self, creatives: Sequence[Creative]) -> np.ndarray:
        """Probability that an ad answers its query at least fairly, 0–1, (N,) float64.

        Args:
            creatives: Each with a query, and a picture or copy.

        Raises:
            InputError: An ad lacks something.
        """
        ads = self.ad_vectors(creatives)
        if lacking := [creative for creative in creatives if not creative.query]:
            raise InputError(f"{len(lacking)} ads have no query, first {lacking[0].title!r}; give one to each.")
        found = np.zeros(len(creatives))
        queries = {query: self._query(query) for query in dict.fromkeys(each.query for each in creatives)}
        for row, creative in enumerate(creatives):
            with torch.inference_mode():
                logit = self.network.score(queries[creative.query], torch.from_numpy(ads[row : row + 1]))
            found[row] = self.settings.score(logit.double().numpy(), _mode(creative))[0]
        return found

    def ad_vectors(self, creatives: Sequence[Creative]) -> np.ndarray:
        """What is stored of ads: their vectors, which no query changes, (N, latent_dim) float32.

        Raises:
            InputError: An ad has neither picture nor copy.
        """
        rows = [self._ad(creative) for creative in creatives]
        return np.stack(rows) if rows else np.zeros((0, self.network.config.latent_dim), dtype=np.float32)

    def _query(self, query: str) -> torch.Tensor:
        with torch.inference_mode():
            return self.network.embed_query(torch.from_numpy(self._vectors.texts([query])))

    def _ad(self, creative: Creative) -> np.ndarray:
        """One by one: a batch would round otherwise."""
        copy, config = whole_copy(creative), self.network.config
        if creative.image is None and not copy:
            raise InputError("The ad has neither a picture nor copy; give one of them.")
        key = hashlib.sha256(f"{creative.image.content_hash if creative.image else '-'}\x00{copy}".encode()).hexdigest()
        known = self._ads.get(key)
        if known is not None:
            return known
        image, text = np.zeros((1, config.image_dim), np.float32), np.zeros((1, config.copy_dim), np.float32)
        if creative.image is not None and config.image_dim:
            image = self._vectors.images([creative.image], width=config.image_dim)
        if copy and config.copy_dim:
            text = self._vectors.texts([copy])
        ad = AdVectors(
            torch.from_numpy(image),
            torch.from_numpy(text),
            torch.tensor([creative.image is not None]),
            torch.tensor([bool(copy)]),
        )
        with torch.inference_mode():
            found: np.ndarray = self.network.embed_ad(ad)[0].numpy()
        self._ads.put(key, found)
        return found


def _mode(creative: Creative) -> InputMode:
    """What is read of an ad: all it has."""
    if creative.image is None:
        return InputMode.TEXT_ONLY
    return InputMode.IMAGE_TEXT if whole_copy(creative) else InputMode.IMAGE_ONLY
