"""What a training of AdsCVLR reads: graded pairs in parts, what belongs together, and regions of pictures."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from adlab.data.fashion import read_fashion
from adlab.data.fashion_contrasts import ColourContrast, colour_contrasts
from adlab.data.fashion_queries import SOURCE as FASHION
from adlab.data.flickr8k import read_flickr8k
from adlab.data.flickr8k_judgements import image_key
from adlab.data.relevance import RelevanceSet
from adlab.data.splits import split_of
from adlab.encoders.image import ImageEncoder
from adlab.encoders.spec import sha256_of_file
from adlab.encoders.text import TextEncoder
from adlab.errors import InputError
from adlab.features.region_embedders import SIDE, GridCells, RegionEmbedder
from adlab.features.stored import Progress, no_progress
from adlab.simulator.plan import plan_ad
from adlab.training.adscvlr_pretrain_data import (
    PretrainingPair,
    captioned_photos,
    fashion_products,
    pictured_ads,
    simulated_ads,
    texts_alone,
)
from adlab.training.adscvlr_regions import RegionBank, region_bank
from adlab.training.adscvlr_wholes import whole_bank
from adlab.training.picture_vectors import Pictures, picture_key
from adlab.training.relevance_data import (
    FLICKR8K,
    SIMULATION_SEED,
    SOURCES,
    OwnPairs,
    RelevanceData,
    read_relevance,
)
from adlab.training.simulated_relevance import SOURCE as SIMULATED

DEV_PAIRS = 2000  # most pairs that pre-training is measured on
_HALVES = (("stop", 0.5), ("calibrate", 0.5))
_HALVES_SEED = 1  # another than that of the parts: dev keys lie close together on the scale that divided those


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Which data are read.

    Attributes:
        folder: Holds the public data sets, each in its folder; never looked into where none of them is named.
        names: Of `SOURCES`; none for the own table alone.
        simulated_ads: Ads of the simulated source.
        side: Cells or squares a side of the grid of regions; detectors do not read it.
        own: A table of one's own that joins them; None without one.
    """

    folder: Path
    names: tuple[str, ...] = SOURCES
    simulated_ads: int = 10_000
    side: int = SIDE
    own: OwnPairs | None = None


@dataclass(frozen=True)
class Material:
    """What was read.

    Attributes:
        graded: Graded pairs with their parts.
        stop: Dev pairs that decide which epoch is best.
        calibrate: Dev pairs that calibrate, and decided nothing.
        pretraining: What belongs together, of the training part.
        pretraining_dev: The same of the dev part, some of it.
        bank: Regions of all pictures.
        contrasts: Products of the training part that differ in colour alone; none where wholes are not wanted.
    """

    graded: RelevanceData
    stop: RelevanceSet
    calibrate: RelevanceSet
    pretraining: list[PretrainingPair]
    pretraining_dev: list[PretrainingPair]
    bank: RegionBank
    contrasts: list[ColourContrast] = field(default_factory=list)


def read_material(
    sources: Sources,
    encoder: ImageEncoder,
    *,
    text_encoder: TextEncoder | None = None,
    embedder: RegionEmbedder | None = None,
    seed: int = 0,
    pretraining: bool = True,
    dev: bool = True,
    progress: Progress = no_progress,
) -> Material:
    """Read data and look at pictures; regions of pictures met before come from the cache.

    Args:
        sources: Which.
        encoder: What looks at whole pictures.
        text_encoder: What reads whole queries and copies, for networks that read the likeness of wholes.
        embedder: What looks at regions; the cells of the encoder's map without.
        seed: Of the draw of dev pairs for pre-training.
        pretraining: Whether pairs for pre-training are wanted.
        dev: Whether dev pairs are wanted; measuring needs none.
        progress: Called with (pictures done, all pictures).

    Raises:
        DataUnavailableError: A data set is not there.
        InputError: A half of the dev part is empty.
        TableError: A data set has cells that do not fit.
        UnknownNameError: There is no such source.
    """
    graded = read_relevance(sources.folder, sources.names, simulated_ads=sources.simulated_ads, own=sources.own)
    files = dict(graded.data.files)
    used = {pair.image for pair, part in zip(graded.data.pairs, graded.parts, strict=True) if part}
    files = {key: file for key, file in files.items() if key in used}
    train, held = [], []
    if pretraining:
        train, held = (_belonging(sources, graded, part) for part in ("train", "dev"))
        if FLICKR8K in sources.names:
            photos = read_flickr8k(sources.folder / "flickr8k")
            train, held = train + captioned_photos(photos, "train"), held + captioned_photos(photos, "dev")
            names = (*photos.names_of("train"), *photos.names_of("dev"))
            files |= {image_key(name): photos.path(name) for name in names}
        picked = np.sort(np.random.default_rng(seed).permutation(len(held))[:DEV_PAIRS])
        held = [held[row] for row in picked]
        seen = {pair.image for pair in held}
        keep = used | {pair.image for pair in train} | seen
        files = {key: file for key, file in files.items() if key in keep}
    plans = [plan_ad(SIMULATION_SEED, index) for index in range(sources.simulated_ads if _simulated(sources) else 0)]
    bank = region_bank(embedder or GridCells(encoder, sources.side), files, plans, progress=progress)
    contrasts: list[ColourContrast] = []
    if text_encoder is not None:
        contrasts = colour_contrasts(read_fashion(sources.folder / "fashion")) if FASHION in sources.names else []
        asked = [each.query for each in contrasts]
        pairs = [pair for pair, part in zip(graded.data.pairs, graded.parts, strict=True) if part]
        pictures = Pictures(files, {picture_key(plan): plan for plan in plans})
        bank = replace(bank, wholes=whole_bank(pairs, pictures, encoder, text_encoder, progress, queries=asked))
    stop, calibrate = halves(graded.of("dev")) if dev else (RelevanceSet(()), RelevanceSet(()))
    return Material(graded, stop, calibrate, train, held, bank, contrasts)


def content_of(sources: Sources) -> str:
    """Digest of one's own table, so that a training of an edited one does not resume; "" without one."""
    return sha256_of_file(sources.own.table) if sources.own is not None and sources.own.table.is_file() else ""


def halves(dev: RelevanceSet) -> tuple[RelevanceSet, RelevanceSet]:
    """Dev pairs that choose the epoch, and dev pairs that calibrate; no query, or photo without copy, is in both.

    Raises:
        InputError: One half is empty.
    """
    units = [pair.image if pair.image and not pair.title else pair.unit("query") for pair in dev.pairs]
    parts = np.array([split_of(unit, seed=_HALVES_SEED, shares=_HALVES) for unit in units])
    found = [dev.rows(parts == name) for name, _ in _HALVES]
    if not all(len(half) for half in found):
        raise InputError(f"The dev part has {len(dev)} pairs, too few to halve by query; give more data.")
    return found[0], found[1]


def copies(material: Material) -> list[str]:
    """Ad copy of the training part, title by title and description by description: where ad words are learned."""
    graded = [text for pair in material.graded.of("train").pairs for text in (pair.title, pair.description)]
    return [text for text in (*graded, *(pair.title for pair in material.pretraining)) if text]


def _simulated(sources: Sources) -> bool:
    return SIMULATED in sources.names


def _belonging(sources: Sources, graded: RelevanceData, part: str) -> list[PretrainingPair]:
    """Pairs of one part of the graded data, Flickr8k's left out."""
    data = graded.of(part)
    found = texts_alone(data) + pictured_ads(data)
    if FASHION in sources.names:
        found += fashion_products(data, read_fashion(sources.folder / "fashion"))
    if _simulated(sources):
        own = {pair.product for pair in data.pairs if pair.source == SIMULATED}
        plans = (plan_ad(SIMULATION_SEED, index) for index in range(sources.simulated_ads))
        found += simulated_ads(plan for plan in plans if plan.ad_id in own)
    return found
