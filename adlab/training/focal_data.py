"""Flickr8k as frozen features of pairs, with an augmented view of each side, for training and reproducing FOCAL Ad."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from adlab.data.flickr8k import read_flickr8k
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.features.stored import Progress, no_progress, stored_images, stored_texts
from adlab.training.focal import PairFeatures

CAPTIONS = 5
DROPPED_WORDS = 0.2


@dataclass(frozen=True)
class FlickrPairs:
    """Flickr8k with features.

    Attributes:
        features: Of all images in a split, in the order of `paths`.
        paths: Image files.
        captions: Five captions an image.
        rows: Rows of ``"train"``, ``"dev"`` and ``"test"``, the official split by image.
    """

    features: PairFeatures
    paths: tuple[Path, ...]
    captions: tuple[tuple[str, ...], ...]
    rows: dict[str, np.ndarray]


def flickr_pairs(
    folder: Path, image_encoder: ImageEncoder, text_encoder: TextEncoder, progress: Progress = no_progress
) -> FlickrPairs:
    """Read, encode (or take from the store) and arrange.

    The augmented view of an image is its mirror image, that of a caption the caption without a fifth of its words:
    both keep what is said and change how it is put (FOCAL §3 asks for such views; FOCAL Ad, §4.5, leaves them out
    because most edits of a text change its meaning, which dropping few words hardly does).

    Raises:
        DataUnavailableError: The data is missing.
    """
    data = read_flickr8k(folder)
    names: list[str] = []
    rows: dict[str, np.ndarray] = {}
    for split in ("train", "dev", "test"):
        members = [name for name in data.names_of(split) if len(data.captions[name]) == CAPTIONS]
        rows[split] = np.arange(len(names), len(names) + len(members))
        names += members
    paths = tuple(data.path(name) for name in names)
    captions = tuple(data.captions[name] for name in names)
    flat = [caption for five in captions for caption in five]
    texts = stored_texts(text_encoder, flat, progress)
    views = stored_texts(text_encoder, [drop_words(caption) for caption in flat], progress)
    shape = (len(names), CAPTIONS, -1)
    features = PairFeatures(
        image=torch.from_numpy(stored_images(image_encoder, paths, progress=progress)),
        text=torch.from_numpy(texts.reshape(shape)),
        image_view=torch.from_numpy(stored_images(image_encoder, paths, mirrored=True, progress=progress)),
        text_view=torch.from_numpy(views.reshape(shape)),
    )
    return FlickrPairs(features, paths, captions, rows)


def drop_words(text: str, share: float = DROPPED_WORDS) -> str:
    """The text without a share of its words, at least one of which goes and one stays; the text decides which.

    A text of one word stays as it is.
    """
    words = text.split()
    if len(words) < 2:
        return text
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")
    dropped = np.random.default_rng(seed).permutation(len(words))[
        : max(1, min(len(words) - 1, round(share * len(words))))
    ]
    return " ".join(word for index, word in enumerate(words) if index not in set(dropped.tolist()))
