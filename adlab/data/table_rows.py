"""From one validated row of a table to the types that models read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from adlab.data.creative import COPY_FIELDS, Context, Creative, Outcomes
from adlab.data.image_intake import read_image
from adlab.data.table_columns import rating_columns
from adlab.errors import InputError

Row = Mapping[str, Any] | pd.Series
_CONTEXT_TEXT = ("gender", "age_band", "position", "mid_category", "low_category")


def creative_of(row: Row, images: Path | None = None) -> Creative:
    """The ad of one validated row; words in its picture are those of `ocr_text`, not read yet where that is empty.

    Args:
        row: Column name to value.
        images: Folder that the `image` column is relative to.

    Raises:
        InputError: Neither image nor copy, a path that leaves the folder, or an image but no folder.
        ImageError: The picture cannot be taken in.
    """
    name = _text(row, "image")
    picture = read_image(image_path(name, images), name=name) if name else None
    copy = {field: _text(row, field) for field in COPY_FIELDS}
    return Creative(image=picture, ocr_text=_text(row, "ocr_text") or None, **copy)


def image_path(name: str, images: Path | None) -> Path:
    """Where the picture of a row is.

    Args:
        name: The cell of the column `image`, not empty.
        images: Folder that it is relative to.

    Raises:
        InputError: A path that leaves the folder, a web address, or no folder.
    """
    if images is None:
        raise InputError(f"image is {name!r} but no images folder was given; name it (--images).")
    if re.match(r"[a-zA-Z][a-zA-Z+]+://", name):
        raise InputError(f"image is {name!r}, a web address; download it into the images folder.")
    outside = f"image is {name!r}, which leads out of the images folder; give a path relative to it."
    relative = Path(name.replace("\\", "/"))
    if "\0" in name or relative.is_absolute() or re.match(r"[a-zA-Z]:", name):
        raise InputError(outside)
    folder = images.resolve()
    path = (folder / relative).resolve()  # also follows links
    if not path.is_relative_to(folder):
        raise InputError(outside)
    return path


def context_of(row: Row) -> Context:
    """Who saw the ad of one validated row, when and where.

    Raises:
        InputError: A value is outside its range.
    """
    known: dict[str, Any] = {name: _text(row, name) or None for name in _CONTEXT_TEXT}
    known.update((name, _whole(row, name)) for name in ("month", "weekday", "hour"))
    return Context(**known)


def outcomes_of(row: Row) -> Outcomes:
    """What came of the ad of one validated row.

    Raises:
        InputError: A value is outside its range, or a later step of the funnel exceeds an earlier one.
    """
    ratings = tuple(_whole(row, name) for name in rating_columns(row.keys()))
    known = [count or 0 for count in ratings]
    confidence = _value(row, "relevance_confidence")
    return Outcomes(
        impressions=_whole(row, "impressions"),
        clicks=_whole(row, "clicks"),
        conversions=_whole(row, "conversions"),
        ratings=tuple(known) if any(count is not None for count in ratings) else None,
        relevance_grade=_whole(row, "relevance_grade"),
        relevance_confidence=None if confidence is None else float(confidence),
    )


def _value(row: Row, name: str) -> Any:
    """The cell, or None where the column or the value is missing."""
    value = row.get(name)
    return None if (isinstance(value, str) and not value.strip()) or pd.isna(value) else value


def _text(row: Row, name: str) -> str:
    value = _value(row, name)
    return "" if value is None else str(value).strip()


def _whole(row: Row, name: str) -> int | None:
    value = _value(row, name)
    if value is None:
        return None
    try:
        whole = int(value)
    except (TypeError, ValueError, OverflowError):
        whole = None
    if whole is None or (isinstance(value, float) and whole != value):
        raise InputError(f"{name} is {value!r}; give a whole number, or leave it empty.")
    return whole
