"""One ad of a map, for the card beside the pointer: fetched when it is pointed at, so that a page stays small."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adlab.app import jobs, latent, latent_reference
from adlab.app.latent_names import part_name
from adlab.app.latent_own import Own
from adlab.app.latent_shown import Shown, of_own
from adlab.app.server import AD_ON_MAP
from adlab.errors import AdlabError
from adlab.projection.columns import Column
from adlab.projection.findings import shared_cosine_of
from adlab.projection.points import ABSENT, IMAGE, PAIR, TEXT

REFERENCE, OWN = "reference", "own"
KINDS = (PAIR, IMAGE, TEXT)
KEPT_BY_ITS_BROWSER = {"Cache-Control": "private, max-age=600"}


def address(shown: Shown, job: str) -> str:
    """Where the ads of a set are fetched, relative to the page.

    The key of the user's own job is part of it. It is as hard to guess as a password, and known to that visitor only.
    """
    name = f"{OWN}/{job}" if shown.ads.display == latent.OWN else f"{REFERENCE}/{shown.ads.checkpoint}"
    return f"{AD_ON_MAP}/{name}"


def answer(request: Request) -> Response:
    """The HTTP answer: one ad as JSON, or 404 where there is none."""
    of = request.path_params
    try:
        shown = _reference(of["name"]) if of["source"] == REFERENCE else _own(of["name"])
    except AdlabError:
        shown = None  # the page itself says what is wrong with the set
    if shown is None or of["kind"] not in KINDS or not 0 <= of["row"] < len(shown.ads.embeddings):
        return Response(status_code=404)
    found = card(shown, of["kind"], of["row"], request.query_params.get("colour", ""))
    return JSONResponse(found, headers=KEPT_BY_ITS_BROWSER)


def card(shown: Shown, kind: str, row: int, colour: str = "") -> dict[str, Any]:
    """What a point says: an ad, or a picture or a text that several ads may share.

    Args:
        shown: The set.
        kind: ``"pair"``, ``"image"`` or ``"text"``.
        row: Of the ad, or of one that has the picture or text.
        colour: Name of a further column to tell.

    Returns:
        `name`, `copy`, `facts` as pairs of words, `picture` as a data address, and `why` there is none.
    """
    rows = _sharing(shown, kind, row)
    alone = len(rows) == 1
    thumbnail = shown.thumbnail(row) if alone or kind == IMAGE else None
    facts = [(column.name, text) for column in _told(shown, colour) if (text := _common(column, rows))]
    cosine = shared_cosine_of(shown.ads.embeddings, row) if alone else None
    if cosine is not None:
        facts.append(("cosine", f"{cosine:+.3f}"))
    return {
        "name": shown.names[row] if alone else part_name(shown.ads, kind, row, len(rows)),
        "copy": shown.copy[row] if alone or kind == TEXT else "",
        "facts": facts,
        "picture": f"data:image/jpeg;base64,{base64.b64encode(thumbnail).decode('ascii')}" if thumbnail else "",
        "why": shown.why,
    }


def _sharing(shown: Shown, kind: str, row: int) -> NDArray[np.int64]:
    if kind == PAIR:
        return np.array([row])
    index = shown.ads.embeddings.image_of if kind == IMAGE else shown.ads.embeddings.text_of
    return np.flatnonzero(index == index[row]) if index[row] != ABSENT else np.array([row])


def _told(shown: Shown, colour: str) -> list[Column]:
    """The columns that are told: the label, and the one that the map is coloured by."""
    by_name = {column.name: column for column in shown.ads.columns}
    return [by_name[name] for name in dict.fromkeys((shown.ads.label, colour)) if name in by_name]


def _common(column: Column, rows: NDArray[np.int64]) -> str:
    """The value that all the ads have, "" where they differ."""
    values = Column(name=column.name, values=column.values[rows], levels=column.levels).texts()
    return values[0] if len(set(values)) == 1 else ""


def _reference(name: str) -> Shown | None:
    checkpoint = latent.checkpoints().get(name)
    return latent_reference.shown(checkpoint) if checkpoint is not None else None


def _own(key: str) -> Shown | None:
    job = jobs.jobs().get(key)
    if job is None or not job.done or job.future.exception() is not None:
        return None
    result = job.future.result()
    return of_own(result) if isinstance(result, Own) else None  # the keys of other jobs can be guessed
