"""Representations and colours of pictures by key: files through the store, simulated ads drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from adlab.data.array_store import compute_missing
from adlab.encoders.image import ImageEncoder
from adlab.features.colour_histogram import BINS, colour_histogram
from adlab.features.stored import Progress, colour_store, no_progress, stored_colours, stored_images
from adlab.simulator.ad import AdPlan
from adlab.training.drawn_ads import BATCH, DrawnAds, drawn_batches
from adlab.training.simulated import drawn_store, drawn_vectors, view_vectors
from adlab.training.simulated_relevance import SOURCE as SIMULATED


class Pictures(NamedTuple):
    """Where pictures come from.

    Attributes:
        files: By key.
        plans: Simulated ads by key, to be drawn.
    """

    files: Mapping[str, Path]
    plans: Mapping[str, AdPlan]


def picture_key(plan: AdPlan) -> str:
    """Key of a simulated ad's picture, as `simulated_relevance` gives it."""
    return f"{SIMULATED}:{plan.ad_id}"


def picture_vectors(
    keys: Sequence[str], pictures: Pictures, encoder: ImageEncoder, progress: Progress = no_progress
) -> np.ndarray:
    """Representations of pictures by key, (N, output_dim) float32."""
    found = np.zeros((len(keys), encoder.output_dim), dtype=np.float32)
    drawn = [row for row, key in enumerate(keys) if key in pictures.plans]
    filed = [row for row, key in enumerate(keys) if key not in pictures.plans]
    if drawn:
        plans = [pictures.plans[keys[row]] for row in drawn]
        (vectors,) = drawn_vectors(plans, encoder, progress, views=("drawn",))
        found[drawn] = vectors[:, : encoder.output_dim]
    if filed:
        found[filed] = stored_images(encoder, [pictures.files[keys[row]] for row in filed], progress=progress)
    return found


def picture_looks(
    keys: Sequence[str], pictures: Pictures, encoder: ImageEncoder, progress: Progress = no_progress
) -> tuple[np.ndarray, np.ndarray]:
    """Representations of pictures and histograms of their colours, (N, output_dim) and (N, 384) float32."""
    vectors = np.zeros((len(keys), encoder.output_dim), dtype=np.float32)
    colours = np.zeros((len(keys), BINS), dtype=np.float32)
    drawn = [row for row, key in enumerate(keys) if key in pictures.plans]
    filed = [row for row, key in enumerate(keys) if key not in pictures.plans]
    store, counted, done = drawn_store(encoder), colour_store(), 0
    for ads in drawn_batches([pictures.plans[keys[row]] for row in drawn]):
        rows = drawn[done : done + len(ads.keys)]
        vectors[rows] = view_vectors(store, encoder, ads)[:, : encoder.output_dim]
        compute_missing(counted, ads.keys, partial(_histograms, ads), batch_size=BATCH)
        colours[rows] = counted.get(ads.keys)
        done += len(rows)
        progress(done, len(drawn))
    if filed:
        files = [pictures.files[keys[row]] for row in filed]
        vectors[filed] = stored_images(encoder, files, progress=progress)
        colours[filed] = stored_colours(files, progress=progress)
    return vectors, colours


def _histograms(ads: DrawnAds, keys: Sequence[str]) -> np.ndarray:
    return np.stack([colour_histogram(ads.picture(key)) for key in keys])
