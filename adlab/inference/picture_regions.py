"""Regions of pictures as a checkpoint of AdsCVLR was trained on them, kept by content."""

from __future__ import annotations

import threading

import numpy as np
import torch

from adlab.checkpoints.relevance import RelevanceSettings
from adlab.data.image_intake import AdImage
from adlab.features.region_embedders import embedder_of
from adlab.features.region_rows import as_rows, from_rows
from adlab.features.vectors import VectorCache, Vectors
from adlab.models.visual_embedders import Regions, grid_boxes

PICTURES_KEPT = 1024  # of about 40 KB each on grids and boxes, 100 KB on squares of pixels


class PictureRegions:
    """Looks at each picture once; threads may share it.

    Cells of the grid come of the pass that all heads share. Other embedders look for themselves, one picture at a time.

    Args:
        settings: Of the checkpoint.
        vectors: The encoders at hand.

    Raises:
        WeightsUnavailableError: The weights of the checkpoint's detector are not at hand.
    """

    def __init__(self, settings: RelevanceSettings, vectors: Vectors) -> None:
        self._side, self._vectors, self._cache = settings.side, vectors, VectorCache(PICTURES_KEPT)
        self._turn, own = threading.Lock(), settings.visual != "grid"
        self._embedder = embedder_of(settings, vectors.image_encoder, device=vectors.device.type) if own else None

    def of(self, image: AdImage) -> Regions:
        """The regions of one picture as a batch of one, without classes."""
        kept = self._cache.get(image.content_hash)
        if kept is None:
            kept = self._look(image)
            self._cache.put(image.content_hash, kept)
        if self._embedder is not None:
            return from_rows(kept)
        features, side = torch.from_numpy(kept).float(), self._side
        return Regions(features, grid_boxes(side, side)[None], torch.ones(1, side * side, dtype=torch.bool), None)

    def _look(self, image: AdImage) -> np.ndarray:
        """Rounded to 16 bits, as regions were in training."""
        if self._embedder is None:
            return self._vectors.regions([image], self._side).features.half().numpy()
        with self._turn:
            return as_rows(self._embedder.look([image.pixels]))
