"""What AdsCVLR reads beside tokens: regions of pictures by a frozen embedder, once a picture, kept as float16.

What the grid's encoder takes a cell for, the target of masked object classification, is not stored: its classifier is
linear, so the classes of a cell, or of a mean of cells, follow from the stored features. Where they do not, or where
boxes are a picture's own, they are kept behind the features (`adlab.features.region_rows`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from adlab.data.array_store import ArrayStore, compute_missing
from adlab.data.image_intake import read_image
from adlab.errors import InputError
from adlab.features.region_embedders import RegionEmbedder
from adlab.features.region_rows import DETAILS, as_rows, details_of
from adlab.features.stored import Progress, no_progress
from adlab.models.adscvlr import AdsCVLR
from adlab.models.visual_embedders import Regions, grid_boxes
from adlab.paths import cache_dir
from adlab.simulator.ad import AdPlan
from adlab.training.adscvlr_wholes import KeyedPair, WholeBank
from adlab.training.drawn_ads import DrawnAds, drawn_batches
from adlab.training.simulated_relevance import SOURCE as SIMULATED

BATCH = 32


@dataclass(frozen=True)
class RegionBank:
    """The regions of P pictures; read-only.

    Attributes:
        features: (P, R, D) float16; a memory map where it comes from the disk.
        places: Row of each picture by its key.
        boxes: Geometry of the regions where it is the same for every picture, (R, 5); None where it is not.
        wholes: Vectors of whole queries, copies and pictures; None for networks that do not read their likeness.
        details: Of each picture its boxes, which of them there are, and their classes, (P, R, 6) float16 as in
            `adlab.features.region_rows`; None where every picture has all regions at `boxes`.
        classes: How many classes `details` tells apart; 0 without.
        visual: What regions are, one of `VISUALS`.
    """

    features: np.ndarray
    places: Mapping[str, int]
    boxes: Tensor | None
    wholes: WholeBank | None = None
    details: np.ndarray | None = None
    classes: int = 0
    visual: str = "grid"

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
        shape, kept = self.features.shape[1:], [self.places[keys[row]] for row in rows]
        features, mask = torch.zeros(len(keys), *shape), torch.zeros(len(keys), shape[0], dtype=torch.bool)
        features[rows] = torch.from_numpy(np.asarray(self.features[kept], dtype=np.float32))
        if self.details is None:
            assert self.boxes is not None
            mask[rows] = True
            return Regions(features, self.boxes.expand(len(keys), -1, -1), mask, None)
        own = details_of(self.details[kept])
        boxes = torch.zeros(len(keys), *own.boxes.shape[1:])
        boxes[rows], mask[rows] = own.boxes, own.mask
        return Regions(features, boxes, mask, None)

    def labels(self, keys: Sequence[str]) -> Tensor | None:
        """The class of each region of pictures, (B, R) int64, −1 where there is none; None where none are kept.

        Args:
            keys: Of pictures that are all here.
        """
        return None if self.details is None else details_of(self.details[[self.places[key] for key in keys]]).labels

    def there(self, rows: np.ndarray) -> np.ndarray:
        """Features of the regions that some pictures have, (N, D) float32.

        Args:
            rows: Numbers of the pictures, (K,).
        """
        found = np.asarray(self.features[rows], dtype=np.float32)
        if self.details is None:
            return found.reshape(-1, found.shape[2])
        kept: np.ndarray = found[details_of(self.details[rows]).mask.numpy()]
        return kept

    def content(self, key: str) -> bytes:
        """What a network sees of a picture."""
        row = self.places[key]
        more = b"" if self.details is None else self.details[row].tobytes()
        return self.features[row].tobytes() + more

    def wholes_of(self, pairs: Sequence[KeyedPair]) -> Tensor | None:
        """Vectors of the wholes of a batch, (B, 4, W); None where there are none.

        Raises:
            InputError: A query, copy or picture has no vector here.
        """
        return None if self.wholes is None else self.wholes.of(pairs)


def region_bank(
    embedder: RegionEmbedder,
    files: Mapping[str, Path],
    plans: Sequence[AdPlan] = (),
    *,
    progress: Progress = no_progress,
) -> RegionBank:
    """Look at pictures; those whose content was met before come from the cache.

    Args:
        embedder: Makes regions.
        files: Picture files by key.
        plans: Simulated ads to draw, keyed as `simulated_relevance` does.
        progress: Called with (pictures done, all pictures).

    Raises:
        ImageError: A file cannot be read as a picture.
    """
    count, width = embedder.shape
    detailed = embedder.visual != "grid"
    row = (count, width + DETAILS if detailed else width)
    store = ArrayStore(cache_dir() / "vectors", encoder_id=embedder.identity, shape=row)
    content: dict[str, str] = {}
    total = len(files) + len(plans)
    for start in range(0, len(files), BATCH):
        some = dict(list(files.items())[start : start + BATCH])
        hashes = {key: hashlib.sha256(file.read_bytes()).hexdigest() for key, file in some.items()}
        by_hash = {hashes[key]: file for key, file in some.items()}
        compute_missing(store, list(by_hash), partial(_read, embedder, by_hash), batch_size=BATCH)
        content |= hashes
        progress(len(content), total)
    names = iter(plans)
    for ads in drawn_batches(plans):
        compute_missing(store, ads.keys, partial(_drawn, embedder, ads), batch_size=BATCH)
        content |= {f"{SIMULATED}:{next(names).ad_id}": key for key in ads.keys}
        progress(len(content), total)
    row_of = {key: number for number, key in enumerate(store.keys())}
    places, rows = {key: row_of[found] for key, found in content.items()}, store.rows()
    if not detailed:
        side = round(count**0.5)
        return RegionBank(rows, places, grid_boxes(side, side))
    own, classes = rows[..., width:], embedder.classes
    return RegionBank(rows[..., :width], places, None, details=own, classes=classes, visual=embedder.visual)


def region_rows(embedder: RegionEmbedder, pictures: Sequence[Image.Image]) -> np.ndarray:
    """What is kept of pictures: features (B, R, D), and behind them, of embedders other than `grid`, the details."""
    if embedder.visual == "grid":
        return embedder.look(pictures).features.numpy()
    return as_rows(embedder.look(pictures, labels=True))


def _read(embedder: RegionEmbedder, files: Mapping[str, Path], keys: Sequence[str]) -> np.ndarray:
    return region_rows(embedder, [read_image(files[key]).pixels for key in keys])


def _drawn(embedder: RegionEmbedder, ads: DrawnAds, keys: Sequence[str]) -> np.ndarray:
    return region_rows(embedder, [ads.picture(key) for key in keys])


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
    net.region_scale.fit(torch.from_numpy(bank.there(rows)) for rows in parts)
