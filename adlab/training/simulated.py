"""Simulated ads as frozen features of pairs, with what came of them, for training FOCAL Ad on planted conversions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL.Image import Transpose

from adlab.data.array_store import ArrayStore, compute_missing
from adlab.data.creative import Creative
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.errors import ConfigError
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.paths import cache_dir
from adlab.simulator.ad import AdPlan
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import factor_table
from adlab.simulator.response import AdRates, ResponseModel
from adlab.training.drawn_ads import BATCH, DrawnAds, drawn_batches
from adlab.training.focal import PairFeatures
from adlab.training.focal_data import drop_words

SPREAD = 0.8  # standard deviation of the logarithm of an ad's impressions
VIEWS = ("drawn", "mirrored")


@dataclass(frozen=True, kw_only=True)
class Collection:
    """Which simulated ads, and how often they were shown.

    Attributes:
        seed: Seed of the ads and of their outcomes.
        train: Ads to train on.
        dev: Ads that decide on epochs, strengths and calibration.
        test: Ads to measure on; they are the reference set.
        impressions: Mean impressions an ad, log-normal.

    Raises:
        ConfigError: A number is too small.
    """

    seed: int = 2026
    train: int = 6000
    dev: int = 1000
    test: int = 2000
    impressions: int = 5000

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("train", 2), ("dev", 2), ("test", 2), ("impressions", 1)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {least} or more.")


@dataclass(frozen=True)
class SimulatedPairs:
    """Simulated ads with features and outcomes.

    Attributes:
        plans: What each was drawn from.
        features: One text an ad.
        rates: Planted probabilities, averaged over contexts.
        impressions: Times shown, (N,).
        conversions: Clicks that converted, (N,).
        rows: Rows of ``"train"``, ``"dev"`` and ``"test"``; ads are independent, so any split is one by ad and image.
    """

    plans: tuple[AdPlan, ...]
    features: PairFeatures
    rates: AdRates
    impressions: np.ndarray
    conversions: np.ndarray
    rows: dict[str, np.ndarray]


def simulated_pairs(
    collection: Collection,
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    progress: Progress = no_progress,
) -> SimulatedPairs:
    """Plan, draw, encode (or take from the store) and let impressions happen.

    The augmented views are those of Flickr8k: the mirror image, and the copy without a fifth of its words.

    Args:
        collection: Which ads.
        image_encoder: For pictures; drawn at the encoder's own size.
        text_encoder: For the copy.
        progress: Called with (done, total) of each stage.
    """
    sizes = {"train": collection.train, "dev": collection.dev, "test": collection.test}
    ends = np.cumsum(list(sizes.values()))
    rows = {name: np.arange(end - size, end) for (name, size), end in zip(sizes.items(), ends, strict=True)}
    plans = tuple(plan_ad(collection.seed, index) for index in range(int(ends[-1])))
    copies = [creative_of(plan).copy for plan in plans]
    shortened = [drop_words(copy) for copy in copies]
    plain, mirrored = drawn_vectors(plans, image_encoder, progress)
    features = PairFeatures(
        image=torch.from_numpy(plain),
        text=torch.from_numpy(stored_texts(text_encoder, copies, progress))[:, None],
        image_view=torch.from_numpy(mirrored),
        text_view=torch.from_numpy(stored_texts(text_encoder, shortened, progress))[:, None],
    )
    rates = ResponseModel().average(factor_table([plan.factors for plan in plans]))
    rng = np.random.default_rng([collection.seed, 1])
    drawn = rng.lognormal(np.log(collection.impressions) - SPREAD**2 / 2, SPREAD, len(plans))
    impressions = np.maximum(1, np.round(drawn)).astype(np.int64)
    return SimulatedPairs(plans, features, rates, impressions, rng.binomial(impressions, rates.ctcvr), rows)


def creative_of(plan: AdPlan) -> Creative:
    """The copy of a simulated ad, as any other ad has it; without its picture."""
    return Creative(
        title=plan.title,
        description=plan.description,
        query=plan.query,
        brand=plan.brand,
        seller=plan.seller,
        category=plan.category,
    )


def drawn_vectors(
    plans: Sequence[AdPlan], encoder: ImageEncoder, progress: Progress = no_progress, *, views: Sequence[str] = VIEWS
) -> tuple[np.ndarray, ...]:
    """Detailed representations of the drawn ads, (N, detailed_dim) float32 for each view.

    An ad is drawn only if its pixels or their vector are new.

    Args:
        plans: The ads.
        encoder: What encodes.
        progress: Called with (ads done, all ads).
        views: ``"drawn"`` for the picture, ``"mirrored"`` for its mirror image.
    """
    store = drawn_store(encoder)
    parts: dict[str, list[np.ndarray]] = {view: [] for view in views}
    done = 0
    for ads in drawn_batches(plans):
        for view, vectors in parts.items():
            vectors.append(view_vectors(store, encoder, ads, view))
        done += len(ads.keys)
        progress(done, len(plans))
    return tuple(np.concatenate(vectors) for vectors in parts.values())


def drawn_store(encoder: ImageEncoder) -> ArrayStore:
    """Where detailed representations of drawn ads are kept."""
    return ArrayStore(
        cache_dir() / "vectors",
        encoder_id=f"{encoder.spec.encoder_id}-detailed",
        shape=(encoder.detailed_dim,),
        dtype="float32",
    )


def view_vectors(store: ArrayStore, encoder: ImageEncoder, ads: DrawnAds, view: str = VIEWS[0]) -> np.ndarray:
    """Detailed representations of drawn ads in one view, (B, detailed_dim); known ones are only read."""
    by_name = {f"{key}-{view}": key for key in ads.keys}

    def load(names: Sequence[str]) -> np.ndarray:
        shown = [ads.picture(by_name[name]) for name in names]
        if view == "mirrored":
            shown = [picture.transpose(Transpose.FLIP_LEFT_RIGHT) for picture in shown]
        return encoder.encode(shown, detailed=True)

    compute_missing(store, list(by_name), load, batch_size=BATCH)
    found: np.ndarray = store.get([f"{key}-{view}" for key in ads.keys])
    return found
