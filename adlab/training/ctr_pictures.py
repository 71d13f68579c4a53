"""Drawn ads as a click model sees them: dominant colour, square, and the frozen backbone's map, once an ad."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from adlab.data.array_store import ArrayStore, compute_missing
from adlab.encoders.image import ImageEncoder
from adlab.encoders.preprocessing import Letterbox
from adlab.features.dominant_colour import CLUSTERS, COLOUR_NAMES, MIN_LEAD, MIN_SHARE, dominant_colour
from adlab.features.stored import Progress, no_progress
from adlab.models.backbones import StagedBackbone
from adlab.paths import cache_dir
from adlab.simulator.ad import AdPlan
from adlab.training.drawn_ads import DrawnAds, drawn_batches
from adlab.training.simulated import drawn_store, view_vectors

BATCH = 32


@dataclass(frozen=True)
class FrozenEye:
    """What looks at the pictures.

    Attributes:
        backbone: Frozen.
        encoder_id: Identity of the encoder it was taken from.
        size: Side of the square it is given, pixels, a multiple of 32.
    """

    backbone: StagedBackbone
    encoder_id: str
    size: int

    @property
    def map_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of its map."""
        cells = self.size // self.backbone.stride
        return self.backbone.output_channels, cells, cells

    def look(self, squares: np.ndarray) -> np.ndarray:
        """Squares (B, S, S, 3) uint8 -> maps (B, C, H, W) float32."""
        device = self.backbone.mean.device
        with torch.inference_mode():
            pixels = self.backbone.scale(torch.from_numpy(squares).to(device))
            maps: np.ndarray = self.backbone(pixels).float().cpu().numpy()
        return maps


class SeenAds(NamedTuple):
    """N drawn ads.

    Attributes:
        colours: Dominant colour of each, one of `COLOUR_NAMES`.
        maps: Of the backbone, (N, C, H, W) float16; None where no backbone was given.
        squares: (N, S, S, 3) uint8; None where they were not asked for.
        vectors: Detailed representations, (N, D); None where no encoder was given.
    """

    colours: tuple[str, ...]
    maps: Tensor | None
    squares: Tensor | None
    vectors: np.ndarray | None = None


def see_ads(
    plans: Sequence[AdPlan],
    *,
    eye: FrozenEye | None = None,
    square: int | None = None,
    encoder: ImageEncoder | None = None,
    progress: Progress = no_progress,
) -> SeenAds:
    """Draw ads and look at them; colours and maps come from the cache where the pixels were met before.

    An ad is drawn only if something of it is new, or squares are wanted. A map is kept once an ad, never once a row of
    the log.

    Args:
        plans: The ads.
        eye: Whose maps are wanted.
        square: Side of the squares that are wanted, pixels; needed where the network meets the attributes early.
        encoder: Whose detailed representations are wanted.
        progress: Called with (ads done, all ads).
    """
    names = "-".join(COLOUR_NAMES)
    identity = hashlib.sha256(f"{names}|{MIN_SHARE}|{MIN_LEAD}|{CLUSTERS}".encode()).hexdigest()[:12]
    colours = ArrayStore(cache_dir() / "vectors", encoder_id=f"dominant-colour-{identity}", shape=(1,), dtype="int8")
    stored = _map_store(eye) if eye is not None else None
    drawn = drawn_store(encoder) if encoder is not None else None
    found: list[str] = []
    maps: list[np.ndarray] = []
    squares: list[np.ndarray] = []
    vectors: list[np.ndarray] = []
    for ads in drawn_batches(plans, BATCH):
        keys = ads.keys
        compute_missing(colours, keys, partial(_colours, ads), batch_size=BATCH)
        found += [COLOUR_NAMES[code] for code in colours.get(keys)[:, 0]]
        if eye is not None and stored is not None:
            compute_missing(stored, keys, partial(_maps, eye, ads), batch_size=BATCH)
            maps.append(stored.get(keys))
        if square is not None:
            squares.append(_squares([ads.picture(key) for key in keys], square))
        if encoder is not None and drawn is not None:
            vectors.append(view_vectors(drawn, encoder, ads))
        progress(len(found), len(plans))
    return SeenAds(
        tuple(found),
        torch.from_numpy(np.concatenate(maps)) if maps else None,
        torch.from_numpy(np.concatenate(squares)) if squares else None,
        np.concatenate(vectors) if vectors else None,
    )


def _map_store(eye: FrozenEye) -> ArrayStore:
    depth = len(eye.backbone.stages)
    letterbox = Letterbox(size=eye.size).description
    return ArrayStore(
        cache_dir() / "vectors", encoder_id=f"{eye.encoder_id}-stage-{depth}-{letterbox}", shape=eye.map_shape
    )


def _squares(pictures: Sequence[Image.Image], size: int) -> np.ndarray:
    letterbox = Letterbox(size=size)
    return np.stack([letterbox(picture) for picture in pictures])


def _colours(ads: DrawnAds, keys: Sequence[str]) -> np.ndarray:
    return np.array([[COLOUR_NAMES.index(dominant_colour(ads.picture(key)).name)] for key in keys], dtype=np.int8)


def _maps(eye: FrozenEye, ads: DrawnAds, keys: Sequence[str]) -> np.ndarray:
    return eye.look(_squares([ads.picture(key) for key in keys], eye.size))
