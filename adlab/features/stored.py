"""Vectors of whole data sets, kept on disk by content hash and encoder: a second run reads instead of computing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from PIL.Image import Transpose

from adlab.data.array_store import ArrayStore, compute_missing
from adlab.data.image_intake import read_image
from adlab.encoders.image import ImageEncoder
from adlab.encoders.spec import EncodesTexts
from adlab.features.colour_histogram import BINS, colour_histogram
from adlab.paths import cache_dir

Progress = Callable[[int, int], None]


def no_progress(done: int, total: int) -> None:
    """Report nothing."""


def stored_texts(encoder: EncodesTexts, texts: Sequence[str], progress: Progress = no_progress) -> np.ndarray:
    """Representations of texts, (N, output_dim) float32; each distinct text is encoded once, ever.

    Args:
        encoder: What encodes.
        texts: Any number, repeats allowed.
        progress: Called with (done, total) of what was missing.
    """
    keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    by_key = dict(zip(keys, texts, strict=True))
    store = _store(encoder.spec.encoder_id, encoder.output_dim)

    def load(batch: Sequence[str]) -> np.ndarray:
        return encoder.encode([by_key[key] for key in batch])

    compute_missing(store, list(by_key), load, batch_size=1024, on_progress=progress)
    return store.get(keys)


def stored_images(
    encoder: ImageEncoder, paths: Sequence[Path], *, mirrored: bool = False, progress: Progress = no_progress
) -> np.ndarray:
    """Representations of picture files, (N, output_dim) float32; kept by the file's content.

    Args:
        encoder: What encodes.
        paths: Picture files; each goes through the image intake.
        mirrored: Whether to encode the mirror images instead, as an augmented view.
        progress: Called with (done, total) of what was missing.
    """
    suffix = "-mirrored" if mirrored else ""
    keys = [hashlib.sha256(path.read_bytes()).hexdigest() + suffix for path in paths]
    by_key = dict(zip(keys, paths, strict=True))
    store = _store(encoder.spec.encoder_id, encoder.output_dim)

    def load(batch: Sequence[str]) -> np.ndarray:
        pictures = [read_image(by_key[key]).pixels for key in batch]
        if mirrored:
            pictures = [picture.transpose(Transpose.FLIP_LEFT_RIGHT) for picture in pictures]
        return encoder.encode(pictures)

    compute_missing(store, list(by_key), load, batch_size=256, on_progress=progress)
    return store.get(keys)


def stored_colours(paths: Sequence[Path], *, progress: Progress = no_progress) -> np.ndarray:
    """Histograms of the colours of picture files, (N, 384) float32; kept by the file's content.

    Args:
        paths: Picture files; each goes through the image intake.
        progress: Called with (done, total) of what was missing.
    """
    keys = [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]
    by_key = dict(zip(keys, paths, strict=True))
    store = colour_store()

    def load(batch: Sequence[str]) -> np.ndarray:
        return np.stack([colour_histogram(read_image(by_key[key]).pixels) for key in batch])

    compute_missing(store, list(by_key), load, batch_size=256, on_progress=progress)
    return store.get(keys)


def colour_store() -> ArrayStore:
    """Where histograms of colours are kept, by the content of what was looked at."""
    return _store("colour-histogram", BINS)


def _store(encoder_id: str, width: int) -> ArrayStore:
    return ArrayStore(cache_dir() / "vectors", encoder_id=encoder_id, shape=(width,), dtype="float32")
