"""A user's own log, from the table contract alone, as the product's funnel is trained on it.

One table: a row an impression or a group of them, with `impressions`, `clicks` and `conversions` (or `click` and
`conversion`), as many columns of the context and of the creative as there are, and `ad_id`; where that is missing, ads
are told apart by what they show and say. Parts are made by ad, or as the column `split` says: what is measured is
measured on ads that trained nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import load_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.creative import COPY_FIELDS, Context, Creative
from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import AD, arrow_of
from adlab.data.funnel_labels import COUNTS, label_columns
from adlab.data.listing import listed
from adlab.data.splits import split_of
from adlab.data.table import creative_of, read_table, validate
from adlab.data.table_columns import SPLITS
from adlab.encoders.text import load_minilm
from adlab.errors import InputError, TableError
from adlab.features.creative_vectors import PARTS, CreativeEncoder, CreativeInputs
from adlab.features.dominant_colour import dominant_colour
from adlab.features.stored import Progress, no_progress
from adlab.features.vectors import Vectors
from adlab.features.words_in_picture import words_of
from adlab.training.funnel_ads import AdLog, LogWords, Parts
from adlab.training.funnel_creatives import focal_member

FOCAL = "focal-agreement"  # learned from photos and products, too: an upload looks like these rather than like drawings
KNOWN_OF_A_NEW_AD = ("seller", "brand", "category", *(field.name for field in fields(Context)))
SHARES = (("train", 0.7), ("stop", 0.1), ("calibrate", 0.1), ("test", 0.1))
LEAST_ADS = {"train": 20, "stop": 5, "calibrate": 10, "test": 10}
LEAST_CONVERSIONS = {"train": 50, "stop": 5, "calibrate": 10, "test": 10}
ON = "ads of your log that trained nothing"
MIN_IMPRESSIONS = 20  # of a level; rarer ones are no level


def own_ad_log(
    path: Path,
    *,
    images: Path | None = None,
    checkpoint: str = FOCAL,
    root: Path | None = None,
    progress: Progress = no_progress,
) -> AdLog:
    """Read, check and split a log, and look at its ads.

    Args:
        path: A `.csv` or `.parquet` file of the table contract.
        images: Folder that its column `image` is relative to; without it pictures are not read.
        checkpoint: FOCAL checkpoint whose first member's embeddings the vectors hold.
        root: Folder of the checkpoints.
        progress: Called with (ads looked at, all ads).

    Raises:
        TableError: The table breaks the contract, has no labels, or too few ads or conversions; or an ad cannot be
            read.
        UnknownNameError: There is no such checkpoint.
    """
    frame = validate(read_table(path), needs_creative=False)
    labels = label_columns(list(frame.columns))
    if labels == COUNTS:
        frame = frame[frame[list(COUNTS)].notna().all(axis=1)].reset_index(drop=True)
    if frame.empty:
        raise TableError(f"No row of {path.name} says what came of it; give impressions, clicks and conversions.")
    frame = frame.assign(**{AD: _ad_names(frame)})
    present = [name for name in KNOWN_OF_A_NEW_AD if name in frame and (frame[name].astype(str) != "").any()]
    if not present:
        raise TableError(
            f"{path.name} has no column that is known of a new ad; give one or more of {listed(KNOWN_OF_A_NEW_AD, 12)}."
        )
    specs = tuple(FieldSpec(name=name, min_count=MIN_IMPRESSIONS) for name in present)
    names = tuple(dict.fromkeys(frame[AD]))
    first = frame.drop_duplicates(AD)
    parts = _parts(names, dict(zip(first[AD], first["split"], strict=True)) if "split" in frame else {})
    encoder, vectors = _vectors(first, images, parts, checkpoint, root, progress)
    log = AdLog(
        table=arrow_of(frame[[AD, *present, *labels]]),
        ads=names,
        fields=specs,
        parts=parts,
        vectors=vectors,
        encoder=encoder,
        planted=None,
        words=_words(path.name, len(names)),
    )
    _check(log)
    return log


def _ad_names(frame: pd.DataFrame) -> pd.Series:
    """Name of each row's ad: its id, else what it shows and says."""
    shown = [name for name in ("image", *COPY_FIELDS) if name in frame]
    if AD in frame and (frame[AD] != "").all():
        return frame[AD]
    if not shown:
        raise TableError(f"The log does not say which ad a row is about; fill the column {AD!r} in every row.")
    content = frame[shown].astype(str).agg(" · ".join, axis=1)
    return content.where(frame[AD] == "", frame[AD]) if AD in frame else content


def _parts(names: Sequence[str], split: dict[str, str]) -> Parts:
    """Parts by the hash of the ad's name; or as the table says, its dev ads halved by that hash."""
    found: dict[str, list[int]] = {name: [] for name, _ in SHARES}
    for number, name in enumerate(names):
        part = str(split.get(name, "")).lower()
        if part == SPLITS[1]:
            part = split_of(name, seed=1, shares=(("stop", 0.5), ("calibrate", 0.5)))
        found[part if part in found else split_of(name, shares=SHARES)].append(number)
    return Parts(*(np.array(found[name], dtype=np.int64) for name, _ in SHARES))


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
    words: list[str | None] = []
    problems: list[str] = []
    for row, (_, cells) in enumerate(rows.iterrows()):
        ad, problem = _creative(cells.to_dict(), images)
        problems += [problem] if problem else []
        colours.append(dominant_colour(ad.image.pixels).name if ad and ad.image else None)
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


def _check(log: AdLog) -> None:
    """Refuse a log from which nothing could be learned or said."""
    problems = []
    for name, ads in zip(Parts._fields, log.parts, strict=True):
        conversions = log.counts.take(log.rows_of(ads)).conversions.sum()
        if len(ads) < LEAST_ADS[name]:
            problems.append(f"{name}: {len(ads)} ads, {LEAST_ADS[name]} or more are needed.")
        elif conversions < LEAST_CONVERSIONS[name]:
            problems.append(
                f"{name}: {conversions:.0f} conversions in {len(ads):,} ads, {LEAST_CONVERSIONS[name]} or more are "
                "needed."
            )
    if problems:
        total = log.counts.conversions.sum()
        raise TableError(
            f"The log holds {total:,.0f} conversions of {len(log.ads):,} ads, too few to learn from and to measure on; "
            "give a longer log, or count an earlier step, such as a cart, as the conversion.",
            problems,
        )


def _words(name: str, ads: int) -> LogWords:
    return LogWords(
        kind=DataKind.USER_LOG,
        trained_on=f"your own log, {name}",
        data=f"{name}: {ads:,} ads, parted by ad into training, epochs, calibration and test",
        terms="your own data",
        on=ON,
        limits=(
            "Learned from who was shown what: an ad that only some people saw is told from the rest by them, too.",
            "It holds for the placements, prices and weeks of the log.",
        ),
    )
