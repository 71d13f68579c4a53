"""What may be shown of the ads on a map: names, copy, thumbnails, and the table that is the chart's twin."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from adlab.app.latent_names import names_of, unit_of
from adlab.app.latent_own import Own
from adlab.data.table import escaped
from adlab.projection.findings import shared_cosine
from adlab.projection.latent import LatentSet
from adlab.projection.points import SPACES
from adlab.projection.view_findings import VIEWS


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A set of ads with what may be seen of it.

    Attributes:
        ads: The set.
        names: What to call each ad, (N,).
        copy: Its text, "" where there is none or it may not be shown, (N,).
        thumbnail: A small JPEG of the picture of the ad in that row, or None.
        why: Why pictures and copy may not be shown; empty where they may.
        notes: What was left out, or may not be shown, for the user.
    """

    ads: LatentSet
    names: Sequence[str]
    copy: Sequence[str]
    thumbnail: Callable[[int], bytes | None]
    why: str = ""
    notes: tuple[str, ...] = ()


def of_reference(ads: LatentSet) -> Shown:
    """A shipped reference set."""
    return Shown(
        ads=ads,
        names=names_of(ads),
        copy=[""] * len(ads.embeddings),
        thumbnail=_nothing,
        why=ads.why,
        notes=(ads.why,) if ads.why else (),
    )


def of_own(own: Own) -> Shown:
    """The user's ads."""
    image_of = own.ads.embeddings.image_of
    return Shown(
        ads=own.ads,
        names=own.names,
        copy=own.copy,
        thumbnail=lambda row: own.thumbnails.get(int(image_of[row])),
        notes=own.notes,
    )


def twin_table(shown: Shown, method: str, coordinates: dict[str, object]) -> pd.DataFrame:
    """One row an ad: name, copy, columns, agreement, and its place on each map that was drawn.

    Args:
        shown: The ads.
        method: Of the maps.
        coordinates: (P, 2) by space.
    """
    ads = shown.ads
    columns: dict[str, object] = {unit_of(ads): list(shown.names)}
    if any(shown.copy):
        columns["copy"] = list(shown.copy)
    for column in ads.columns:
        columns[column.name] = column.texts() if column.levels else column.values
    columns["cosine"] = shared_cosine(ads.embeddings).round(4)
    table = pd.DataFrame(columns)
    for space in (*SPACES, *VIEWS):
        if space not in coordinates:
            continue
        points = ads.points(space)
        for modality in dict.fromkeys(points.modality.tolist()):
            here = points.modality == modality
            for axis, letter in enumerate("xy"):
                name = f"{space} {method} {letter}" + (f" ({modality})" if space == "private" else "")
                table.loc[points.rows[here], name] = coordinates[space][here, axis].round(3)  # type: ignore[index]
    return table


def table_csv(table: pd.DataFrame) -> str:
    """CSV in which no spreadsheet finds a formula."""
    return escaped(table).to_csv(index=False)


def _nothing(row: int) -> bytes | None:
    return None
