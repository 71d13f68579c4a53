"""Histograms of the colours of pictures, counted once a picture."""

from __future__ import annotations

import numpy as np

from adlab.data.image_intake import AdImage
from adlab.features.colour_histogram import colour_histogram
from adlab.features.vectors import VectorCache

PICTURES_KEPT = 1024  # histograms of 2 KB each


class PictureColours:
    """A cache by content, which threads may share."""

    def __init__(self) -> None:
        self._kept = VectorCache(PICTURES_KEPT)

    def of(self, image: AdImage) -> np.ndarray:
        """The histogram of one picture, (`BINS`,) float32."""
        found = self._kept.get(image.content_hash)
        if found is None:
            found = colour_histogram(image.pixels)
            self._kept.put(image.content_hash, found)
        return found
