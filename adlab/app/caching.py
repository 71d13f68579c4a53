"""What the app keeps in memory: one Assessor a process, and bounded results keyed by content and checkpoints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st
from PIL import Image

from adlab.data.assessment import Assessment
from adlab.data.creative import Context, Creative
from adlab.data.image_intake import read_image

if TYPE_CHECKING:
    from adlab.app.state import Ad, Picture
    from adlab.features.dominant_colour import DominantColour
    from adlab.inference.assessor import Assessor
    from adlab.inference.ctr import CtrSweep

CTR, FUNNEL, RELEVANCE = "ctr", "funnel", "relevance"
FOR_AN_AUDIENCE = (CTR, FUNNEL)  # heads that read who sees an ad, when and where
EVERYONE = Context()
MAX_RESULTS = 256
MAX_PREVIEWS = 64
PREVIEW_SIDE = 880
THUMBNAIL_SIDE = 220
SQUARE_SIDE = 160
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


def square(picture: Picture, focus: float = 0.5) -> bytes:
    """A small square JPEG cut out of a picture that can be taken in, `SQUARE_SIDE` pixels at most.

    Args:
        picture: The picture.
        focus: Where along its longer side: 0 is its left or upper end, 1 the other.
    """
    return _square(picture.sha256, focus, picture)


@st.cache_data(max_entries=MAX_PREVIEWS, show_spinner=False)
def _square(sha256: str, focus: float, _picture: Picture) -> bytes:
    with Image.open(BytesIO(preview(_picture).jpeg), formats=["JPEG"]) as whole:
        side = min(whole.size)
        left, top = (round(focus * (length - side)) for length in whole.size)
        cut = whole.crop((left, top, left + side, top + side))
    cut.thumbnail((SQUARE_SIDE, SQUARE_SIDE), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    cut.save(buffer, "JPEG", quality=PREVIEW_QUALITY)
    return buffer.getvalue()


def colour(picture: Picture) -> DominantColour:
    """The dominant colour of a picture that can be taken in; the first call imports a library for half a second."""
    return _colour(picture.sha256, picture)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def _colour(sha256: str, _picture: Picture) -> DominantColour:
    from adlab.features.dominant_colour import dominant_colour

    return dominant_colour(read_image(_picture.data, name=_picture.name).pixels)


def assess(ad: Ad, heads: tuple[str, ...] | None = None, context: Context = EVERYONE) -> Assessment:
    """Score one ad with every shipped head, or some; an ad that was scored before comes from memory.

    The context decides on what is said of clicks alone, and the query on the relevance alone: another one leaves the
    other scores in memory.

    Raises:
        AdlabError: The ad cannot be read, or the models cannot be loaded.
    """
    loaded = assessor()
    wanted = loaded.heads if heads is None else heads
    rest = tuple(head for head in wanted if head not in (*FOR_AN_AUDIENCE, RELEVANCE))
    if len(rest) == len(wanted):
        return _assess(ad.key, loaded.fingerprint, heads, ad)
    asked_for_none = without_query(ad) if RELEVANCE in wanted else ad
    parts = [_assess(asked_for_none.key, loaded.fingerprint, rest, asked_for_none)] if rest else []
    clicks = None
    if own := tuple(head for head in wanted if head in FOR_AN_AUDIENCE):
        clicks = _assess_clicks(asked_for_none.key, loaded.fingerprint, own, context, asked_for_none)
        parts.append(clicks)
    if RELEVANCE in wanted:
        parts.append(_assess(ad.key, loaded.fingerprint, (RELEVANCE,), ad))
    missing = {head: reason for part in parts for head, reason in part.not_scored.items()}
    results = [result for part in parts for result in part.heads]
    return replace(
        parts[-1],  # the one that was asked with the query, if any: its hash is the ad's
        heads=tuple(sorted(results, key=lambda result: loaded.heads.index(result.head))),
        not_scored={head: missing[head] for head in wanted if head in missing},
        warnings=tuple(dict.fromkeys(warning for part in parts for warning in part.warnings)),
        context=context.known if clicks is not None and clicks.heads else {},
    )


def without_query(ad: Ad) -> Ad:
    """The ad as heads see it that read no query; itself where it is nothing but a query."""
    bare = replace(ad, query="")
    return bare if bare.picture or any(text.strip() for text in bare.copy_fields.values()) else ad


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def _assess(key: str, fingerprint: str, heads: tuple[str, ...] | None, _ad: Ad) -> Assessment:
    return assessor().assess(creative_of(_ad), heads)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def _assess_clicks(key: str, fingerprint: str, heads: tuple[str, ...], context: Context, _ad: Ad) -> Assessment:
    return assessor().assess(creative_of(_ad), heads, context=context)


def sweep(ad: Ad, words: str | None, name: str, base: Context, contexts: Sequence[Context]) -> CtrSweep:
    """The click rate of one ad in many contexts, of a shipped head; known ones come from memory.

    Args:
        ad: The ad, with a picture.
        words: The words in it, None where they were not read.
        name: What the contexts are.
        base: What they follow from, with the name, and what they are relative to.
        contexts: The contexts.

    Raises:
        AdlabError: The ad cannot be read, or the models cannot be loaded.
    """
    return _sweep(without_query(ad).key, words, assessor().fingerprint, name, base, ad, contexts)


@st.cache_data(max_entries=MAX_RESULTS, show_spinner=False)
def _sweep(
    key: str, words: str | None, fingerprint: str, name: str, base: Context, _ad: Ad, _contexts: Sequence[Context]
) -> CtrSweep:
    head = assessor().ctr
    assert head is not None  # asked for only where it ships
    return head.sweep(creative_of(_ad), words, _contexts, base)


def creative_of(ad: Ad) -> Creative:
    """The ad as models take it.

    Raises:
        ImageError: The picture cannot be taken in.
        InputError: There is neither a picture nor text.
    """
    image = read_image(ad.picture.data, name=ad.picture.name) if ad.picture else None
    return Creative(image=image, ocr_text=ad.ocr_text, **ad.copy_fields)
