"""What the app keeps in memory: one Assessor a process, and bounded results keyed by content and checkpoints."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from PIL import Image

from adlab.data.assessment import Assessment
from adlab.data.creative import Creative
from adlab.data.image_intake import read_image

if TYPE_CHECKING:
    from adlab.app.state import Ad, Picture
    from adlab.features.dominant_colour import DominantColour
    from adlab.inference.assessor import Assessor

MAX_RESULTS = 256
MAX_PREVIEWS = 64
PREVIEW_SIDE = 880
THUMBNAIL_SIDE = 220
PREVIEW_QUALITY = 84


class Preview(NamedTuple):
    """A picture that was taken in, small enough to be sent with every page.

    Attributes:
        jpeg: JPEG bytes, at most `PREVIEW_SIDE` pixels a side, without metadata.
        width: Width of the original in pixels, upright.
        height: Height of the original in pixels.
        kind: File format of the original.
        notes: What the intake decided on the user's behalf.
    """

    jpeg: bytes
    width: int
    height: int
    kind: str
    notes: tuple[str, ...]


@st.cache_resource(show_spinner=False)
def assessor() -> Assessor:
    """The Assessor of this process; the first call takes seconds and imports torch."""
    from adlab.inference.assessor import Assessor

    return Assessor()


def preview(picture: Picture) -> Preview:
    """Decode a picture for the page.

    Raises:
        ImageError: It cannot be taken in.
    """
    return _preview(picture.sha256, picture)


@st.cache_data(max_entries=MAX_PREVIEWS, show_spinner=False)
def _preview(sha256: str, _picture: Picture) -> Preview:
    image = read_image(_picture.data, name=_picture.name)
    small = image.pixels.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return Preview(buffer.getvalue(), image.width, image.height, image.source_format, image.notes)


def thumbnail(picture: Picture) -> bytes:
    """A small JPEG of a picture that can be taken in, `THUMBNAIL_SIDE` pixels at most."""
    return _thumbnail(picture.sha256, picture)


@st.cache_data(max_entries=MAX_PREVIEWS, show_spinner=False)
def _thumbnail(sha256: str, _picture: Picture) -> bytes:
    with Image.open(BytesIO(preview(_picture).jpeg), formats=["JPEG"]) as small:
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS)
        buffer = BytesIO()
        small.save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def colour(picture: Picture) -> DominantColour:
    """The dominant colour of a picture that can be taken in; the first call imports a library for half a second."""
    return _colour(picture.sha256, picture)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def _colour(sha256: str, _picture: Picture) -> DominantColour:
    from adlab.features.dominant_colour import dominant_colour

    return dominant_colour(read_image(_picture.data, name=_picture.name).pixels)


def assess(ad: Ad, heads: tuple[str, ...] | None = None) -> Assessment:
    """Score one ad with every shipped head, or some; an ad that was scored before comes from memory.

    Raises:
        AdlabError: The ad cannot be read, or the models cannot be loaded.
    """
    return _assess(ad.key, assessor().fingerprint, heads, ad)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def _assess(key: str, fingerprint: str, heads: tuple[str, ...] | None, _ad: Ad) -> Assessment:
    return assessor().assess(creative_of(_ad), heads)


def creative_of(ad: Ad) -> Creative:
    """The ad as models take it.

    Raises:
        ImageError: The picture cannot be taken in.
        InputError: There is neither a picture nor text.
    """
    image = read_image(ad.picture.data, name=ad.picture.name) if ad.picture else None
    return Creative(image=image, ocr_text=ad.ocr_text, **ad.copy_fields)
