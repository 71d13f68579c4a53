"""The map of a picture behind a frozen backbone: computed once, read by every head that stands on that backbone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from adlab.data.image_intake import AdImage
from adlab.encoders.preprocessing import Letterbox
from adlab.features.vectors import VectorCache
from adlab.models.m2fn_ensemble import M2FNEnsemble

MAPS_KEPT = 256  # of about 75 KB each


class PictureMaps:
    """Maps by content; safe to share between threads and heads.

    Heads share a map where their networks have the same backbone, depth and picture size: the backbone is frozen, and
    its identity is checked when a checkpoint is loaded.
    """

    def __init__(self) -> None:
        self._maps = VectorCache(MAPS_KEPT)

    def map_of(self, network: M2FNEnsemble, image: AdImage) -> torch.Tensor:
        """The backbone's map of one picture, (1, C, H, W)."""
        config = network.config
        key = f"{config.backbone}-{config.depth}-{config.image_size}-{image.content_hash}"
        kept = self._maps.get(key)
        if kept is None:
            with torch.inference_mode():
                kept = network.forward_features(pixels_of(network, [image.pixels])).numpy().copy()
            self._maps.put(key, kept)
        return torch.from_numpy(kept)


def pixels_of(network: M2FNEnsemble, pictures: Sequence[Image.Image]) -> torch.Tensor:
    """Pictures as a network takes them in, (N, 3, S, S)."""
    letterbox = Letterbox(size=network.config.image_size)
    backbone = network.networks()[0].backbone
    assert backbone is not None  # an ensemble has one
    return backbone.scale(torch.from_numpy(np.stack([letterbox(picture) for picture in pictures])))
