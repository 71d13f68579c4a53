"""From ads to a set that can be mapped: each picture and each text is encoded once, whoever shares it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.checkpoints.manifest import Manifest
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import InputError
from adlab.projection.columns import NO_LEVEL, Column, columns_of
from adlab.projection.findings import find
from adlab.projection.latent import LatentSet
from adlab.projection.points import ABSENT
from adlab.projection.progress import Progress

if TYPE_CHECKING:
    from adlab.projection.embedding import Networks

BATCH = 8  # of items that wait to be encoded: few enough for progress to move
CONVERTED, LABEL, CONVERSIONS, CLICKS = "converted", "label", "conversions", "clicks"
MOST_CLASSES = 10
NOT_COLUMNS = frozenset({"image", "title", "description", "query", "ocr_text", "ad_id"})


class Encoders(Protocol):
    """What encodes: `adlab.features.vectors.Vectors`."""

    def images(self, images: Sequence[AdImage]) -> np.ndarray:
        """(N, d_A)."""
        ...

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(N, d_B)."""
        ...


class Encoded(NamedTuple):
    """Features of ads.

    Attributes:
        image: Of each distinct picture, (I, d_A).
        text: Of each distinct text, (T, d_B).
        image_of: Picture of each ad that was read, −1 for none, (N,).
        text_of: Text of each, −1 for none, (N,).
        copy: Its text, "" for none, (N,).
        rows: Its row in the table, (N,).
        problems: Why other rows could not be read, by row.
    """

    image: NDArray[np.float32]
    text: NDArray[np.float32]
    image_of: NDArray[np.int64]
    text_of: NDArray[np.int64]
    copy: tuple[str, ...]
    rows: NDArray[np.int64]
    problems: dict[int, str]


def encode(
    ads: Iterable[tuple[int, Creative | str]],
    total: int,
    encoders: Encoders,
    progress: Progress,
    on_image: Callable[[int, AdImage], None] = lambda index, image: None,
) -> Encoded:
    """Encode ads as they come; pictures are let go at once.

    Args:
        ads: Row number, and the ad or why it cannot be read.
        total: Number of rows.
        encoders: What encodes.
        progress: Called with (rows done, all rows).
        on_image: Called with the number of each distinct picture and the picture.

    Raises:
        InputError: No ad could be read.
    """
    pictures, texts = _Distinct(encoders.images), _Distinct(encoders.texts)
    read: list[tuple[int, int, int, str]] = []
    problems: dict[int, str] = {}
    for done, (row, ad) in enumerate(ads, start=1):
        progress(done - 1, total)
        if isinstance(ad, str):
            problems[row] = ad
        elif ad.image is None and not ad.copy:
            problems[row] = "The ad has neither a picture nor a title or description; give one of them."
        else:
            picture = text = ABSENT
            if ad.image is not None:
                known = len(pictures)
                picture = pictures.number(ad.image.content_hash, ad.image)
                if picture == known:
                    on_image(picture, ad.image)
            if ad.copy:
                text = texts.number(ad.copy, ad.copy)
            read.append((row, picture, text, ad.copy))
    progress(total, total)
    if not read:
        first = next(iter(problems.values()), "The table has no rows.")
        raise InputError(f"None of the {total} ads can be read. The first one: {first}")
    rows, image_of, text_of, copy = zip(*read, strict=True)
    return Encoded(
        image=pictures.vectors(),
        text=texts.vectors(),
        image_of=np.array(image_of),
        text_of=np.array(text_of),
        copy=copy,
        rows=np.array(rows),
        problems=problems,
    )


def build(
    name: str,
    encoded: Encoded,
    table: pd.DataFrame,
    manifest: Manifest,
    networks: Networks,
    step: Callable[[str], Progress],
    *,
    seed: int = 0,
) -> LatentSet:
    """The user's ads as a set with its numbers, not yet mapped.

    Args:
        name: What to call the set.
        encoded: Its features.
        table: The validated table, one row an ad; its columns become columns of the set.
        manifest: Of the FOCAL checkpoint.
        networks: The checkpoint's first member and its untrained twin.
        step: Begins a step of progress.
        seed: Of folds and resamples.
    """
    from adlab.projection.embedding import embed

    features = (encoded.image, encoded.text, encoded.image_of, encoded.text_of)
    step("Embedding")
    embeddings, twin = embed(networks.trained, *features), embed(networks.untrained, *features)
    columns = columns_of(table.iloc[encoded.rows], NOT_COLUMNS)
    columns, label = with_label(columns)
    latent = LatentSet(
        name=name,
        checkpoint=manifest.name,
        sha256=manifest.weights_sha256,
        embeddings=embeddings,
        columns=columns,
        label=label,
        display="own",
        terms="yours",
    )
    findings = find(
        embeddings,
        latent.classes(),
        twin,
        label=label,
        ordered=label != LABEL or not latent.column(label).levels,  # levels are numbered as they come in the table
        seed=seed,
        progress=step("Judging what the spaces carry"),
    )
    return replace(latent, findings=findings)


def with_label(columns: tuple[Column, ...]) -> tuple[tuple[Column, ...], str]:
    """The columns, and the one that ads are judged by: `label`, else whether an ad had conversions, else clicks.

    Numbers of conversions or clicks give a further column with two levels.
    """
    by_name = {column.name: column for column in columns}
    given = by_name.get(LABEL)
    if given is not None and given.classes() is not None and len(given.levels or (0, 1)) <= MOST_CLASSES:
        return columns, LABEL
    for name, derived in ((CONVERSIONS, CONVERTED), (CLICKS, "clicked")):
        counts = by_name.get(name)
        if counts is None or counts.levels or derived in by_name:
            continue
        codes = np.where(np.isnan(counts.values), NO_LEVEL, counts.values > 0).astype(np.int32)
        if len(np.unique(codes[codes != NO_LEVEL])) == 2:
            column = Column(name=derived, values=codes, levels=(f"no {name}", name), meaning=f"any {name} at all")
            return (*columns, column), derived
    return columns, ""


class _Distinct:
    """Numbers things by key in the order of their first appearance, and encodes each once, a batch at a time."""

    def __init__(self, encode: Callable[[Sequence[Any]], np.ndarray]) -> None:
        self._encode = encode
        self._numbers: dict[str, int] = {}
        self._waiting: list[Any] = []
        self._parts: list[NDArray[np.float32]] = []

    def __len__(self) -> int:
        return len(self._numbers)

    def number(self, key: str, item: Any) -> int:
        """The number of a thing, new or known."""
        if key not in self._numbers:
            self._numbers[key] = len(self._numbers)
            self._waiting.append(item)
            if len(self._waiting) >= BATCH:
                self._flush()
        return self._numbers[key]

    def vectors(self) -> NDArray[np.float32]:
        """All vectors by number."""
        self._flush()
        return np.concatenate(self._parts)

    def _flush(self) -> None:
        if self._waiting or not self._parts:  # with nothing at all, an empty table of the right width
            self._parts.append(self._encode(self._waiting))
            self._waiting = []
