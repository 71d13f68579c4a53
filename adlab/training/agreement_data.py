"""Pairs that agree, of three kinds: photos with captions, products with titles, simulated ads with their own copy.

The kinds are kept apart: a pair is contrasted with pairs of its own kind only, so that telling a drawing from a
photo, or a caption from a slogan, earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from adlab.data.fashion import Product, read_fashion
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.features.stored import Progress, no_progress, stored_images, stored_texts
from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.factors import COLOURS
from adlab.training.focal import PairFeatures
from adlab.training.focal_data import FlickrPairs, drop_words
from adlab.training.simulated import SimulatedPairs

PHOTOS, PRODUCTS, ADS = "photos", "products", "ads"
SILENT = -1
AGREES = 0.8  # of the planted agreement: the copy contradicts nothing that the picture shows
_KINDS = tuple(CATEGORY_OF)


@dataclass(frozen=True, kw_only=True)
class PairSource:
    """Pairs of one kind, and which texts fit which pictures.

    Attributes:
        name: ``"photos"``, ``"products"`` or ``"ads"``.
        features: Of N pictures with K texts each.
        rows: Rows of ``"train"``, ``"dev"`` and ``"test"``.
        shown: What each picture shows, whole numbers by attribute, (N, A).
        said: What each text says of the same attributes, `SILENT` where it says nothing, (N, K, A).
        topic: Pictures of one topic differ in details only, (N,); None where there are no topics.
    """

    name: str
    features: PairFeatures
    rows: dict[str, np.ndarray]
    shown: np.ndarray
    said: np.ndarray
    topic: np.ndarray | None = None

    def fitting(self, rows: np.ndarray, texts: np.ndarray) -> Tensor:
        """Which texts of a batch contradict nothing that its pictures show, (B, B) bool: picture i, text j.

        Args:
            rows: Picture of each pair, (B,).
            texts: Which of its texts, (B,).
        """
        shown, said = self.shown[rows][:, None], self.said[rows, texts][None]
        return torch.from_numpy(((shown == said) | (said == SILENT)).all(axis=2))


def photo_source(pairs: FlickrPairs) -> PairSource:
    """Photos with their captions; a caption fits its own photo alone."""
    count, texts = pairs.features.text.shape[:2]
    own = np.arange(count)[:, None]
    return PairSource(
        name=PHOTOS,
        features=pairs.features,
        rows=pairs.rows,
        shown=own,
        said=np.repeat(own[:, None], texts, axis=1),
    )


def product_source(
    folder: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, progress: Progress = no_progress
) -> tuple[PairSource, tuple[Product, ...]]:
    """Product photos with their titles, and the products themselves in the same order.

    Titles of products of one type, colour and gender are not held against each other. Of several products with the
    same picture only the first is kept: the others would stand on both sides of the split.

    Args:
        folder: The fashion data.
        image_encoder: For pictures and their mirror images.
        text_encoder: For titles, and titles without a fifth of their words.
        progress: Called with (done, total) of each stage.

    Raises:
        DataUnavailableError: The data is missing.
    """
    products = distinct_products(folder)
    paths = [product.image for product in products if product.image is not None]
    titles = [product.title for product in products]
    features = PairFeatures(
        image=torch.from_numpy(stored_images(image_encoder, paths, progress=progress)),
        text=torch.from_numpy(stored_texts(text_encoder, titles, progress))[:, None],
        image_view=torch.from_numpy(stored_images(image_encoder, paths, mirrored=True, progress=progress)),
        text_view=torch.from_numpy(stored_texts(text_encoder, [drop_words(title) for title in titles], progress))[
            :, None
        ],
    )
    return products_as_source(products, features), products


def distinct_products(folder: Path) -> tuple[Product, ...]:
    """Products with a title and a picture that no product before them has.

    Raises:
        DataUnavailableError: The data is missing.
    """
    seen: dict[bytes, Product] = {}
    for product in read_fashion(folder).products:
        if product.image is not None and product.title:
            seen.setdefault(product.image.read_bytes(), product)
    return tuple(seen.values())


def products_as_source(products: Sequence[Product], features: PairFeatures) -> PairSource:
    """The source that products with given features make."""
    shown = np.stack(
        [
            codes_of([product.article_type for product in products]),
            codes_of([product.base_colour for product in products]),
            codes_of([product.gender for product in products]),
        ],
        axis=1,
    )
    splits = np.array([product.split for product in products])
    return PairSource(
        name=PRODUCTS,
        features=features,
        rows={split: np.flatnonzero(splits == split) for split in ("train", "dev", "test")},
        shown=shown,
        said=shown[:, None],
        topic=shown[:, 0],
    )


def ad_source(pairs: SimulatedPairs, image_dim: int) -> PairSource:
    """Simulated ads with their own copy; only ads whose copy contradicts nothing that is in the picture.

    Args:
        pairs: The ads.
        image_dim: How many columns of the image features are kept, from the first.
    """
    kept = np.array([plan.factors.agreement >= AGREES for plan in pairs.plans])
    factors = [plan.factors for plan in pairs.plans]
    shown = np.array([[_KINDS.index(f.kind), COLOURS.index(f.colour)] for f in factors])
    said = np.array(
        [[_KINDS.index(f.copy_kind), COLOURS.index(f.copy_colour) if f.copy_colour else SILENT] for f in factors]
    )
    features = pairs.features
    return PairSource(
        name=ADS,
        features=PairFeatures(
            features.image[:, :image_dim],
            features.text,
            None if features.image_view is None else features.image_view[:, :image_dim],
            features.text_view,
        ),
        rows={split: rows[kept[rows]] for split, rows in pairs.rows.items()},
        shown=shown,
        said=said[:, None],
        topic=shown[:, 0],
    )


def codes_of(values: Sequence[str]) -> np.ndarray:
    """A whole number for each distinct value, (N,)."""
    return np.unique(np.array(values), return_inverse=True)[1]
