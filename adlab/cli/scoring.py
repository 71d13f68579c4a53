"""The work of `score`: rows in any order in, scores in the rows' own order out, with pictures read ahead."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from adlab.cli.heads import ERROR, HEADS, NOTES, values_of
from adlab.cli.reading import PictureWords
from adlab.data.assessment import Assessment
from adlab.data.creative import COPY_FIELDS, Context, Creative
from adlab.data.image_intake import AdImage
from adlab.data.table import context_of, creative_of
from adlab.errors import InputError

CONTEXT_NAMES = tuple(field.name for field in fields(Context))
MAX_THREADS = 8
BATCH_PIXELS = 100_000_000  # 300 MB: large pictures make a batch smaller than its rows would allow


class Scorer(Protocol):
    """What `score_rows` asks of an Assessor."""

    def assess_batch(
        self,
        creatives: Sequence[Creative],
        heads: Sequence[str] | None = None,
        contexts: Sequence[Context] | None = None,
        columns: Sequence[Mapping[str, Any]] | None = None,
    ) -> list[Assessment]:
        """One assessment a creative, in order."""
        ...


class Ad(NamedTuple):
    """One row, read.

    Attributes:
        row: Position in the table, from 0.
        creative: The ad, or the reason why it cannot be read.
        context: Who saw it, when and where.
    """

    row: int
    creative: Creative | str
    context: Context = Context()


def score_rows(
    ads: pd.DataFrame,
    scorer: Scorer,
    *,
    heads: Sequence[str],
    images: Path | None = None,
    batch_size: int = 32,
    read: PictureWords | None = None,
    columns: pd.DataFrame | None = None,
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> pd.DataFrame:
    """Score validated rows.

    Args:
        ads: As `adlab.data.table.validate` gives it.
        scorer: The Assessor.
        heads: Shipped heads to score.
        images: Folder that the column `image` is relative to.
        batch_size: Most rows a batch.
        read: Words in the pictures, for rows that give none.
        columns: Further columns that the Assessor's `columns` names, as `ad_table.further_columns` gives them.
        advance: Called with (rows done, all rows) after each batch.

    Returns:
        The heads' columns, `notes` and `error`, one row an input row in the same order; NaN where empty.
    """
    values = {column: np.full(len(ads), np.nan) for head in heads for column in HEADS[head].columns}
    words: dict[str, list[str | None]] = {NOTES: [None] * len(ads), ERROR: [None] * len(ads)}
    done = 0
    read = read or PictureWords()
    further = None if columns is None else columns.to_dict("records")
    names = ads["image"].tolist() if "image" in ads else [""] * len(ads)
    for batch in batches(read_ads(ads, images, read.texts), batch_size):
        sound = [(ad.row, ad.creative, ad.context) for ad in batch if isinstance(ad.creative, Creative)]
        for ad in batch:
            if isinstance(ad.creative, str):
                words[ERROR][ad.row] = ad.creative
        own, shown = [creative for _, creative, _ in sound], [context for *_, context in sound]
        more = () if further is None else ([further[row] for row, *_ in sound],)
        assessments = scorer.assess_batch(own, heads, shown, *more) if sound else []
        for (row, creative, _), assessment in zip(sound, assessments, strict=True):
            for result in assessment.heads:
                for column, value in values_of(result).items():
                    values[column][row] = value
            unread = read.problems.get(names[row], "") if creative.ocr_text is None else ""
            words[NOTES][row] = " ".join(filter(None, (notes_of(creative, assessment), unread))) or None
        done += len(batch)
        advance(done, len(ads))
    texts = {name: pd.Series(cells, index=ads.index, dtype="str") for name, cells in words.items()}
    return pd.DataFrame({**values, **texts}, index=ads.index)


def notes_of(creative: Creative, assessment: Assessment) -> str:
    """What a row lacks for a head, what qualifies its scores, and what the intake did to its picture."""
    parts = [f"{head}: {reason}" for head, reason in assessment.not_scored.items()]
    parts += assessment.warnings
    if creative.image is not None and creative.image.notes:
        parts.append(f"image: {', '.join(creative.image.notes)}.")
    return " ".join(parts)


def batches(ads: Iterator[Ad], batch_size: int) -> Iterator[list[Ad]]:
    """Groups of at most `batch_size` ads and about `BATCH_PIXELS` pixels."""
    batch: list[Ad] = []
    pixels = 0
    for ad in ads:
        image = ad.creative.image if isinstance(ad.creative, Creative) else None
        batch.append(ad)
        pixels += image.width * image.height if image else 0
        if len(batch) >= batch_size or pixels >= BATCH_PIXELS:
            yield batch
            batch, pixels = [], 0
    if batch:
        yield batch


def read_ads(ads: pd.DataFrame, images: Path | None, texts: Mapping[str, str] | None = None) -> Iterator[Ad]:
    """Read every row once; rows that name the same picture follow each other and share it decoded.

    Args:
        ads: Validated rows.
        images: Folder that the column `image` is relative to.
        texts: Words in pictures by the cell of that column, for rows that give none themselves.
    """
    names = ads["image"].tolist() if "image" in ads else [""] * len(ads)
    copy = {field: ads[field].tolist() if field in ads else [""] * len(ads) for field in COPY_FIELDS}
    given = ads["ocr_text"].tolist() if "ocr_text" in ads else [""] * len(ads)
    shown = {name: ads[name].tolist() for name in CONTEXT_NAMES if name in ads}
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        rows.setdefault(name, []).append(row)
    for name, picture in read_ahead(list(rows), images):
        for row in rows[name]:
            if isinstance(picture, str):
                yield Ad(row, picture)
                continue
            words = given[row] or (texts or {}).get(name)
            try:
                own = {field: cells[row] for field, cells in copy.items()}
                context = context_of({name: cells[row] for name, cells in shown.items()})
                yield Ad(row, Creative(image=picture, ocr_text=words, **own), context)
            except InputError as error:
                yield Ad(row, one_line(error))


def read_ahead(names: Sequence[str], images: Path | None) -> Iterator[tuple[str, AdImage | str | None]]:
    """Each picture, or why it cannot be had, in order; a few more are decoded while the caller works."""
    threads = min(MAX_THREADS, os.cpu_count() or 1)
    waiting: deque[tuple[str, Future[AdImage | str | None]]] = deque()
    with ExitStack() as stack:
        pool = ThreadPoolExecutor(threads)
        stack.callback(pool.shutdown, cancel_futures=True)
        for name in names:
            waiting.append((name, pool.submit(_picture, name, images)))
            if len(waiting) > 2 * threads:
                first, future = waiting.popleft()
                yield first, future.result()
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()


def one_line(error: InputError) -> str:
    """A message that fits a cell."""
    return " ".join(str(error).split())


def _picture(name: str, images: Path | None) -> AdImage | str | None:
    if not name:
        return None
    try:
        return creative_of({"image": name}, images).image
    except InputError as error:
        return one_line(error)
