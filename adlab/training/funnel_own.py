"""A user's own log, of whatever layout, as the product's funnel is trained on it.

One table of the contract: a row an impression or a group of them, with `impressions`, `clicks` and `conversions` (or
`click` and `conversion`), as many columns of the context and of the creative as there are, and `ad_id`; where that is
missing, ads are told apart by what they show and say. Or a log of a public layout (`adlab.data.log_layouts`). Parts are
made by ad, or as the column `split` says: what is measured is measured on ads that trained nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import load_checkpoint
from adlab.data.ad_row_readers import read_ad_rows
from adlab.data.ad_rows import ADS, AdRows, AskedRole
from adlab.data.assessment import DataKind
from adlab.data.creative import COPY_FIELDS, Creative
from adlab.data.feature_schema import AD
from adlab.data.large_log import MEASURED, LargeLog, is_large, read_large_log
from adlab.data.log_layouts import CONTRACT, SIMULATED
from adlab.data.splits import split_of
from adlab.data.table import creative_of
from adlab.data.table_columns import SPLITS
from adlab.encoders.text import load_minilm
from adlab.errors import InputError, TableError
from adlab.features.creative_vectors import PARTS, CreativeEncoder, CreativeInputs
from adlab.features.dominant_colour import dominant_colour
from adlab.features.stored import Progress, no_progress
from adlab.features.vectors import Vectors
from adlab.features.words_in_picture import words_of
from adlab.paths import cache_dir
from adlab.training.funnel_ads import AdLog, LogWords, Parts
from adlab.training.funnel_creatives import focal_member
from adlab.training.funnel_simulated import LIMITS as SIMULATED_LIMITS

FOCAL = "focal-agreement"  # learned from photos and products, too: an upload looks like these rather than like drawings
SHARES = (("train", 0.7), ("stop", 0.1), ("calibrate", 0.1), ("test", 0.1))
LEAST_ADS = {"train": 20, "stop": 5, "calibrate": 10, "test": 10}
LEAST_CONVERSIONS = {"train": 50, "stop": 5, "calibrate": 10, "test": 10}


def own_ad_log(
    path: Path,
    *,
    layout: str = CONTRACT,
    roles: Mapping[str, AskedRole] | None = None,
    images: Path | None = None,
    checkpoint: str = FOCAL,
    root: Path | None = None,
    progress: Progress = no_progress,
) -> AdLog:
    """Read, check and split a log, and look at its ads.

    Args:
        path: A `.csv` or `.parquet` file of the table contract, or a folder of `.parquet` files, or a file or folder
            of another layout. Parquet of more than `adlab.data.large_log.MOST_IN_MEMORY` rows, and a folder of it, is
            read piece by piece; its training rows are kept in the cache.
        layout: One of `adlab.data.log_layouts.LAYOUTS`.
        roles: How columns are read that are no features by themselves, by name.
        images: Folder that its column `image` is relative to; without it pictures are not read, but for those of a
            simulated log, which lie beside it.
        checkpoint: FOCAL checkpoint whose first member's embeddings the vectors hold.
        root: Folder of the checkpoints.
        progress: Called with (ads looked at, all ads).

    Raises:
        TableError: The table breaks the contract, has no labels, or too few ads or conversions; or an ad cannot be
            read.
        DataUnavailableError: The file is missing or has another layout.
        UnknownNameError: There is no such checkpoint, layout, role or column.
        ConfigError: A column with a role names the ad, or is an outcome.
    """
    large = _streamed(path, roles or {}) if layout == CONTRACT and is_large(path) else None
    rows = read_ad_rows(path, layout, roles) if large is None else large.rows
    folder = images or rows.images
    names = tuple(rows.ads[AD])
    split = dict(zip(names, rows.ads["split"], strict=True)) if "split" in rows.ads else {}
    parts = _parts(names, split, dict(zip(names, rows.keys, strict=True)))
    without = replace(log_of(rows, parts, _words(path, layout, rows)), large=large)
    _check(without, rows.unit)
    encoder, vectors = _vectors(rows.ads, folder, parts, checkpoint, root, progress)
    pictures = "image" in rows.ads and folder is None and (rows.ads["image"] != "").any()
    notes = ("Pictures are not read; name their folder with --images.",) if pictures else ()
    return replace(without, vectors=vectors, encoder=encoder, notes=(*rows.problems, *rows.notes, *notes))


def log_of(rows: AdRows, parts: Parts, words: LogWords) -> AdLog:
    """The log as a training takes it, of whose creatives nothing is known."""
    return AdLog(
        table=rows.table,
        ads=tuple(rows.ads[AD]),
        fields=rows.fields,
        parts=parts,
        vectors=None,
        encoder=None,
        planted=None,
        words=words,
        columns=rows.columns,
    )


def _parts(names: Sequence[str], split: Mapping[str, str], keys: Mapping[str, str]) -> Parts:
    """Parts by the hash of each ad's key; or as the table says, its dev ads halved by that hash."""
    found: dict[str, list[int]] = {name: [] for name, _ in SHARES}
    for number, name in enumerate(names):
        found[_part_of(keys[name], str(split.get(name, "")))].append(number)
    return Parts(*(np.array(found[name], dtype=np.int64) for name, _ in SHARES))


def _part_of(key: str, split: str) -> str:
    part = split.lower()
    if part == SPLITS[1]:
        return split_of(key, seed=1, shares=(("stop", 0.5), ("calibrate", 0.5)))
    return part if part in (name for name, _ in SHARES) else split_of(key, shares=SHARES)


def _streamed(path: Path, roles: Mapping[str, AskedRole]) -> LargeLog:
    """A log that does not fit into memory; its training rows are written to the cache, over those of its last time."""
    name = hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]
    return read_large_log(path, roles, _part_of, cache_dir() / "logs" / f"own-{name}.parquet", measured=MEASURED)


def _vectors(
    first: pd.DataFrame,
    images: Path | None,
    parts: Parts,
    checkpoint: str,
    root: Path | None,
    progress: Progress,
) -> tuple[CreativeEncoder | None, NDArray[np.float32] | None]:
    """Vectors of all ads; none where the table has neither pictures nor copy."""
    rows = first if images is not None else first.drop(columns="image", errors="ignore")
    if not any(name in rows and (rows[name] != "").any() for name in ("image", "title", "description")):
        return None, None
    image_encoder, text_encoder = load_image_encoder(DEFAULT_IMAGE_ENCODER, root=root), load_minilm()
    encoders = Vectors(image_encoder, text_encoder)
    focal = focal_member(load_checkpoint(checkpoint, root), encoders.encoder_ids)
    widths = focal.config.image_dim, focal.config.text_dim
    image, copy = (np.full((len(rows), width), np.nan, dtype=np.float32) for width in widths)
    colours: list[str | None] = []
    seen: dict[str, str] = {}  # colour by content: many ads show one picture
    words: list[str | None] = []
    problems: list[str] = []
    for row, (_, cells) in enumerate(rows.iterrows()):
        ad, problem = _creative(cells.to_dict(), images)
        problems += [problem] if problem else []
        if ad and ad.image and ad.image.content_hash not in seen:
            seen[ad.image.content_hash] = dominant_colour(ad.image.pixels).name
        colours.append(seen[ad.image.content_hash] if ad and ad.image else None)
        words.append(words_of(ad, "cached") if ad and ad.image else None)
        if ad and ad.image:
            image[row] = encoders.images([ad.image], width=widths[0])[0]
        if ad and ad.copy:
            copy[row] = encoders.texts([ad.copy])[0]
        progress(row + 1, len(rows))
    if problems:
        raise TableError(f"{len(problems):,} ads of the log cannot be read.", problems[:20])
    inputs = CreativeInputs(image, copy, colours, words)
    encoder = CreativeEncoder.fit(
        inputs, parts.train, encoders.texts, focal=focal, text_dim=text_encoder.output_dim, parts=PARTS
    )
    return encoder, encoder.vectors(inputs, encoders.texts)


def _creative(cells: Mapping[Any, Any], images: Path | None) -> tuple[Creative | None, str]:
    """An ad, or why it cannot be read; neither where the table says nothing of it."""
    if not any(str(cells.get(name, "")) for name in ("image", *COPY_FIELDS)):
        return None, ""
    try:
        return creative_of(cells, images), ""
    except InputError as error:
        return None, f"{cells[AD]}: {error}"


def _check(log: AdLog, unit: str) -> None:
    """Refuse a log from which nothing could be learned or said."""
    problems = []
    for name, ads in zip(Parts._fields, log.parts, strict=True):
        conversions = log.conversions_of(name)
        if len(ads) < LEAST_ADS[name]:
            problems.append(f"{name}: {len(ads)} {unit}, {LEAST_ADS[name]} or more are needed.")
        elif conversions < LEAST_CONVERSIONS[name]:
            problems.append(
                f"{name}: {conversions:.0f} conversions in {len(ads):,} {unit}, {LEAST_CONVERSIONS[name]} or more are "
                "needed."
            )
    if problems:
        total = sum(map(log.conversions_of, Parts._fields))
        raise TableError(
            f"The log holds {total:,.0f} conversions of {len(log.ads):,} {unit}, too few to learn from and to measure "
            "on; give a longer log, or count an earlier step, such as a cart, as the conversion.",
            problems,
        )


def _words(path: Path, layout: str, rows: AdRows) -> LogWords:
    simulated = layout == SIMULATED
    kept = f"{len(rows.ads):,} {rows.unit}, parted by {rows.parted_by} into training, epochs, calibration and test"
    whose = "a simulated log" if simulated else "your own log"
    single = (
        "Every row stands for itself and none comes back: how far one lies from what is stated cannot be told from "
        "chance, so the intervals hold for groups of rows rather than for one.",
    )
    return LogWords(
        kind=DataKind.SIMULATION if simulated else DataKind.USER_LOG,
        trained_on=f"{whose}, {path.name}" + ("" if layout == CONTRACT else f" ({layout} layout)"),
        data="; ".join((f"{path.name}: {kept}", *(problem.rstrip(".") for problem in rows.problems))),
        terms="own simulation, no third-party data" if simulated else "your own data",
        on=f"{rows.unit} of {'the simulated' if simulated else 'your'} log that trained nothing",
        limits=(
            *(SIMULATED_LIMITS if simulated else ()),
            "Learned from who was shown what: an ad that only some people saw is told from the rest by them, too.",
            "It holds for the placements, prices and weeks of the log.",
            *(single if rows.unit != ADS else ()),
        ),
    )
