"""Pairs of features with a planted common cause, and pictures to go with them: small enough to train on in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch

from adlab.training.focal import PairFeatures
from adlab.training.focal_data import FlickrPairs
from helpers.pictures import caption, picture

TRAIN, DEV, TEST, CAPTIONS = 60, 20, 24, 2


def planted_pairs(folder: Path, seed: int = 0) -> FlickrPairs:
    """104 images with two captions each: both modalities hold a common cause of width 3 and one of their own."""
    rng = np.random.default_rng(seed)
    n = TRAIN + DEV + TEST
    common, own_image, own_text = rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), rng.normal(size=(n, CAPTIONS, 3))
    to_image, to_text = rng.normal(size=(6, 10)), rng.normal(size=(6, 8))
    image = np.concatenate([common, own_image], axis=1) @ to_image
    text = np.concatenate([np.repeat(common[:, None], CAPTIONS, axis=1), own_text], axis=2) @ to_text
    parts = [image, text, image + 0.1 * rng.normal(size=image.shape), text + 0.1 * rng.normal(size=text.shape)]
    folder.mkdir(parents=True, exist_ok=True)
    paths = tuple(folder / f"{row}.png" for row in range(n))
    for row, path in enumerate(paths):
        picture(row).save(path)
    ends = np.cumsum([0, TRAIN, DEV, TEST])
    return FlickrPairs(
        features=PairFeatures(*(torch.tensor(part, dtype=torch.float32) for part in parts)),
        paths=paths,
        captions=tuple(tuple(caption(CAPTIONS * row + k) for k in range(CAPTIONS)) for row in range(n)),
        rows={split: np.arange(ends[i], ends[i + 1]) for i, split in enumerate(("train", "dev", "test"))},
    )
