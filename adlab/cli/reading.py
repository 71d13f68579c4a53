"""The words in the pictures of a table, read by every processor before the rows are scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from adlab.data.table import image_path
from adlab.errors import InputError, WordsError
from adlab.features.ocr import OcrText
from adlab.features.ocr_pool import Estimate, read_all
from adlab.features.words_in_picture import text_of


class PictureWords(NamedTuple):
    """What was read, by the cell of the column `image`.

    Attributes:
        texts: The words, empty where there are none.
        problems: Why a picture's words could not be read.
    """

    texts: Mapping[str, str] = {}
    problems: Mapping[str, str] = {}


def read_pictures(
    ads: pd.DataFrame,
    images: Path | None,
    *,
    say: Callable[[str], None],
    advance: Callable[[int, int], None] = lambda done, total: None,
) -> PictureWords:
    """Read the pictures of the rows whose `ocr_text` is empty, each distinct one once; known ones are not read again.

    Args:
        ads: Validated rows.
        images: Folder that the column `image` is relative to.
        say: Told how many pictures are to be read, and how long that takes once the first ones are.
        advance: Called with (pictures done, all pictures) once the time was said.
    """
    paths = _paths(ads, images)
    begun = estimated = False

    def progress(done: int, total: int) -> None:
        nonlocal begun
        if not begun and done < total:
            begun = True
            say(before(total - done, done))
        if estimated:  # a bar that is being drawn would be torn by the words
            advance(done, total)

    def on_estimate(estimate: Estimate) -> None:
        nonlocal estimated
        estimated = True
        if estimate.pictures:
            say(f"Reading the other {estimate.pictures:,} takes about {duration(estimate.seconds)}.")

    found = dict(zip(paths, read_all(list(paths.values()), progress=progress, on_estimate=on_estimate), strict=True))
    return PictureWords(
        {name: text_of(text) for name, text in found.items() if isinstance(text, OcrText)},
        {name: " ".join(str(error).split()) for name, error in found.items() if isinstance(error, WordsError)},
    )


def before(unread: int, known: int) -> str:
    """What is about to begin."""
    noun = "picture" if unread == 1 else "pictures"
    stored = f"; those in {known:,} are known" if known else ""
    return f"Reading the words in {unread:,} {noun}{stored}."


def duration(seconds: float) -> str:
    """A time to wait, to the precision that an estimate has."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def _paths(ads: pd.DataFrame, images: Path | None) -> dict[str, Path]:
    """The picture files to read, by cell; a cell that leads nowhere is that row's error, said when it is scored."""
    if "image" not in ads:
        return {}
    given = ads["ocr_text"] != "" if "ocr_text" in ads else pd.Series(False, index=ads.index)
    paths = {}
    for name in dict.fromkeys(ads["image"][~given & (ads["image"] != "")]):
        try:
            paths[name] = image_path(name, images)
        except InputError:
            continue
    return paths
