"""What AdsCVLR reads beside tokens: grid regions from the frozen image encoder, once a picture, kept as float16.

What the encoder takes a region for, the target of masked object classification, is not stored: its classifier is
linear, so the classes of a cell, or of a mean of cells, follow from the stored features.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from adlab.data.array_store import ArrayStore, compute_missing
from adlab.data.image_intake import read_image
from adlab.encoders.image import ImageEncoder, ShippedNetwork
from adlab.errors import ConfigError, InputError
from adlab.features.stored import Progress, no_progress
from adlab.models.adscvlr import AdsCVLR
from adlab.models.visual_embedders import Regions, grid_boxes, grid_regions
from adlab.paths import cache_dir
from adlab.simulator.ad import AdPlan
from adlab.simulator.render import draw
from adlab.training.adscvlr_wholes import KeyedPair, WholeBank
from adlab.training.simulated_relevance import SOURCE as SIMULATED

SIDE = 4  # cells a side: 16 regions cost half of what 49 do
DRAWN = 224  # pixels a simulated ad is drawn at, as everywhere in the app
BATCH = 32


@dataclass(frozen=True)
class RegionBank:
    """The regions of P pictures; read-only.

    Attributes:
        features: (P, R, D) float16; a memory map where it comes from the disk.
        places: Row of each picture by its key.
        boxes: Geometry of the regions, the same for every picture, (R, 5).
        wholes: Vectors of whole queries, copies and pictures; None for networks that do not read their likeness.
    """

    features: np.ndarray
    places: Mapping[str, int]
    boxes: Tensor
    wholes: WholeBank | None = None

    def regions(self, keys: Sequence[str]) -> Regions | None:
        """Regions of the pictures of a batch, masked in the rows of pairs without one; None if no pair has one.

        Args:
            keys: Of the pictures, "" without one.

        Raises:
            InputError: A picture has no regions here; the first one is named.
        """
        rows = [place for place, key in enumerate(keys) if key]
        if absent := [keys[row] for row in rows if keys[row] not in self.places]:
            raise InputError(f"{len(absent)} pictures have no regions, first {absent[0]!r}; compute them first.")
        if not rows:
            return None
        shape = self.features.shape[1:]
        features, mask = torch.zeros(len(keys), *shape), torch.zeros(len(keys), shape[0], dtype=torch.bool)
        found = np.asarray(self.features[[self.places[keys[row]] for row in rows]], dtype=np.float32)
        features[rows], mask[rows] = torch.from_numpy(found), True
        return Regions(features, self.boxes.expand(len(keys), -1, -1), mask, None)

    def wholes_of(self, pairs: Sequence[KeyedPair]) -> Tensor | None:
        """Vectors of the wholes of a batch, (B, 4, W); None where there are none.

        Raises:
            InputError: A query, copy or picture has no vector here.
        """
        return None if self.wholes is None else self.wholes.of(pairs)


def region_bank(
    encoder: ImageEncoder,
    files: Mapping[str, Path],
    plans: Sequence[AdPlan] = (),
    *,
    side: int = SIDE,
    progress: Progress = no_progress,
) -> RegionBank:
    """Look at pictures; those whose content was met before come from the cache.

    Simulated ads are drawn each time, so that a change of the renderer cannot leave old regions behind.

    Args:
        encoder: Frozen.
        files: Picture files by key.
        plans: Simulated ads to draw, keyed as `simulated_relevance` does.
        side: Cells a side, 1 or more.
        progress: Called with (pictures done, all pictures).

    Raises:
        ConfigError: `side` is below 1.
        ImageError: A file cannot be read as a picture.
    """
    store = _store(encoder, side)
    content: dict[str, str] = {}
    total = len(files) + len(plans)
    for start in range(0, len(files), BATCH):
        some = dict(list(files.items())[start : start + BATCH])
        hashes = {key: hashlib.sha256(file.read_bytes()).hexdigest() for key, file in some.items()}
        by_hash = {hashes[key]: file for key, file in some.items()}
        compute_missing(store, list(by_hash), partial(_read, encoder, side, by_hash), batch_size=BATCH)
        content |= hashes
        progress(len(content), total)
    for start in range(0, len(plans), BATCH):
        ads = plans[start : start + BATCH]
        pictures = [draw(plan, DRAWN).image for plan in ads]
        drawn = [hashlib.sha256(picture.tobytes()).hexdigest() for picture in pictures]
        by_pixels = dict(zip(drawn, pictures, strict=True))
        compute_missing(store, drawn, partial(_drawn, encoder, side, by_pixels), batch_size=BATCH)
        content |= {f"{SIMULATED}:{plan.ad_id}": key for plan, key in zip(ads, drawn, strict=True)}
        progress(len(content), total)
    row_of = {key: row for row, key in enumerate(store.keys())}
    places = {key: row_of[found] for key, found in content.items()}
    return RegionBank(store.rows(), places, grid_boxes(side, side))


def cell_classifier(encoder: ImageEncoder) -> nn.Linear:
    """A frozen copy of the encoder's classifier, (…, D) -> (…, 1000): what it takes a region for.

    Raises:
        ConfigError: The encoder is not a shipped one; others have classifiers that are not linear.
    """
    network = encoder.network
    if not isinstance(network, ShippedNetwork) or not isinstance(network.net.classifier, nn.Linear):
        raise ConfigError(f"{encoder.spec.name} has no linear classifier over cells; give a shipped image encoder.")
    return copy.deepcopy(network.net.classifier).cpu().float().requires_grad_(False)


def region_vectors(encoder: ImageEncoder, pictures: Sequence[Image.Image], side: int = SIDE) -> Tensor:
    """Features of the cells of pictures, (B, side², D) float32, on the CPU."""
    with torch.inference_mode():
        seen = encoder.forward(encoder.prepare(pictures)).feature_map.float()
        found: Tensor = grid_regions(seen, side=side).features.cpu()
    return found


def _store(encoder: ImageEncoder, side: int) -> ArrayStore:
    if side < 1:
        raise ConfigError(f"side is {side}; give a whole number of 1 or more.")
    width = encoder.network.net.classifier.in_features if isinstance(encoder.network, ShippedNetwork) else None
    if width is None:
        width = region_vectors(encoder, [Image.new("RGB", (DRAWN, DRAWN))], 1).shape[2]
    identity = f"{encoder.spec.encoder_id}-grid-{side}"
    return ArrayStore(cache_dir() / "vectors", encoder_id=identity, shape=(side * side, int(width)))


def _read(encoder: ImageEncoder, side: int, files: Mapping[str, Path], keys: Sequence[str]) -> np.ndarray:
    pictures = [read_image(files[key]).pixels for key in keys]
    return region_vectors(encoder, pictures, side).numpy()


def _drawn(encoder: ImageEncoder, side: int, pictures: Mapping[str, Image.Image], keys: Sequence[str]) -> np.ndarray:
    return region_vectors(encoder, [pictures[key] for key in keys], side).numpy()


def standardise_regions(net: AdsCVLR, bank: RegionBank, *, most: int = 2000, seed: int = 0) -> None:
    """Fit the network's scale of region features on some pictures.

    Args:
        net: Changed in place.
        bank: One picture or more.
        most: Pictures to take, drawn without repeats.
        seed: Of the draw.
    """
    places = [bank.places[key] for key in sorted(bank.places)]  # the store may hold others, in any order
    chosen = np.array(places)[np.random.default_rng(seed).permutation(len(places))[:most]]
    parts = (chosen[start : start + BATCH] for start in range(0, len(chosen), BATCH))
    net.region_scale.fit(
        torch.from_numpy(np.asarray(bank.features[rows], dtype=np.float32)).flatten(0, 1) for rows in parts
    )
