"""The work of `project`: rows in, places on the map out in the rows' own order."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.store import list_checkpoints, load_checkpoint
from adlab.cli import console
from adlab.cli.ad_table import validated
from adlab.cli.scoring import read_ads
from adlab.data.table import read_table
from adlab.errors import InputError, TableError, UnknownNameError
from adlab.projection.building import build, encode
from adlab.projection.findings import shared_cosine
from adlab.projection.latent import LatentSet, MeasuredMap, measured_map
from adlab.projection.maps import MapConfig
from adlab.projection.points import (
    ABSENT,
    IMAGE,
    PRIVATE,
    PRIVATE_IMAGE,
    SHARED,
    TEXT,
    Embeddings,
    Points,
    points_of,
)
from adlab.projection.progress import Progress, no_progress

KIND = "focal"
PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff")
COLUMNS = ("map_x", "map_y", "map_image_x", "map_image_y", "map_text_x", "map_text_y", "cosine", "notes", "error")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What map is wanted; the fields are the options of `project`."""

    checkpoint: str | None
    space: str
    method: str
    perplexity: float
    iterations: int
    neighbours: int
    seed: int
    device: str


class Rows(NamedTuple):
    """The ads as they were given.

    Attributes:
        kept: The input columns as they were.
        ads: The validated table.
        images: Folder of the pictures.
    """

    kept: pd.DataFrame
    ads: pd.DataFrame
    images: Path | None


def read_ads_of(table: Path, images: Path | None) -> Rows:
    """Read a table, or take every picture below a folder for an ad.

    Raises:
        TableError: The table breaks the contract, has a column that is written here, or names pictures without
            a folder.
        InputError: The folder holds no picture.
    """
    if table.is_dir():
        names = sorted(str(p.relative_to(table)) for p in table.rglob("*") if p.suffix.lower() in PICTURES)
        if not names:
            raise InputError(f"The folder {str(table)!r} holds no picture ({', '.join(PICTURES)}).")
        kept = pd.DataFrame({"image": names}, dtype="str")
        return Rows(kept, kept, images or table)
    kept = read_table(table)
    taken = [name for name in COLUMNS if name in kept.columns]
    if taken:
        raise TableError(
            "The table has columns of names that project writes itself.",
            [f"column {name!r}; leave it out or rename it." for name in taken],
        )
    return Rows(*validated(kept, table, images), images)


def project(rows: Rows, wanted: Wanted) -> tuple[LatentSet, MeasuredMap, pd.DataFrame]:
    """Encode, judge and map.

    Returns:
        The ads with their numbers, the map, and the table to write.

    Raises:
        UnknownNameError: There is no such checkpoint.
        InputError: No ad can be read, or too few have what the space needs.
    """
    manifest = chosen_checkpoint(wanted.checkpoint)
    config = MapConfig(
        method=wanted.method,
        perplexity=wanted.perplexity,
        iterations=wanted.iterations,
        neighbours=wanted.neighbours,
        seed=wanted.seed,
    )
    with console.waiting("Loading the models …"):
        from adlab.checkpoints.networks import check_encoders
        from adlab.inference.assessor import Assessor
        from adlab.projection.embedding import first_member

        vectors = Assessor(device=wanted.device).vectors
        check_encoders(manifest, vectors.encoder_ids)
        networks = first_member(load_checkpoint(manifest.name), wanted.seed)
    with console.progress("Encoding") as advance:
        ads = ((ad.row, ad.creative) for ad in read_ads(rows.ads, rows.images))
        encoded = encode(ads, len(rows.ads), vectors, advance)
    with console.waiting("Judging what the spaces carry …"):
        latent = build("ads", encoded, rows.ads, manifest, networks, _no_step, seed=wanted.seed)
    with console.progress("Mapping") as advance:
        made = measured_map(latent.embeddings, wanted.space, config, advance)
    columns = _places(latent.embeddings, wanted.space, made)
    columns["cosine"] = shared_cosine(latent.embeddings)
    frame = _in_order(columns, encoded.rows, len(rows.ads))
    frame["notes"] = _texts(
        {int(encoded.rows[i]): _lacks(wanted.space) for i in _unmapped(latent.embeddings, wanted.space)}, len(frame)
    )
    frame["error"] = _texts(encoded.problems, len(frame))
    kept = rows.kept.reset_index(drop=True)
    return latent, made, pd.concat([kept, frame], axis=1)


def chosen_checkpoint(name: str | None) -> Manifest:
    """The FOCAL checkpoint of that name, or the first one.

    Raises:
        UnknownNameError: There is none of that name.
        InputError: There is none at all.
    """
    found = {key: manifest for key, manifest in list_checkpoints().items() if manifest.kind == KIND}
    if not found:
        raise InputError("No FOCAL checkpoint was found; restore models/, or set ADLAB_MODELS.")
    if name is not None and name not in found:
        raise UnknownNameError("FOCAL checkpoint", name, found)
    return found[name or next(iter(found))]


def _places(embeddings: Embeddings, space: str, made: MeasuredMap) -> dict[str, np.ndarray]:
    """Columns of places, one row an ad that was read: ads that share a picture or a text share its place."""
    points = points_of(embeddings, space)
    if space == SHARED:
        return {
            f"map_{axis}": _spread(points, made, np.arange(len(embeddings)), "pair", k) for k, axis in enumerate("xy")
        }
    parts = {"image_": IMAGE, "text_": TEXT} if space == PRIVATE else {"": IMAGE if space == PRIVATE_IMAGE else TEXT}
    columns = {}
    for prefix, modality in parts.items():
        index = embeddings.image_of if modality == IMAGE else embeddings.text_of
        for k, axis in enumerate("xy"):
            columns[f"map_{prefix}{axis}"] = _spread(points, made, index, modality, k)
    return columns


def _spread(points: Points, made: MeasuredMap, index: np.ndarray, modality: str, axis: int) -> np.ndarray:
    here = points.modality == modality
    by_item = np.full(int(index.max(initial=0)) + 1, np.nan)
    by_item[index[points.rows[here]]] = made.coordinates[here, axis]
    return np.where(index == ABSENT, np.nan, by_item[index])


def _unmapped(embeddings: Embeddings, space: str) -> np.ndarray:
    image, text = embeddings.image_of == ABSENT, embeddings.text_of == ABSENT
    lacking = {SHARED: image | text, PRIVATE: image | text, PRIVATE_IMAGE: image}
    return np.flatnonzero(lacking.get(space, text))


def _lacks(space: str) -> str:
    needs = {PRIVATE_IMAGE: "an image", "private-text": "a title or description"}
    return f"{space}: needs {needs.get(space, 'an image and a title or description')}."


def _in_order(columns: dict[str, np.ndarray], rows: np.ndarray, count: int) -> pd.DataFrame:
    frame = pd.DataFrame({name: np.full(count, np.nan) for name in columns})
    for name, values in columns.items():
        frame.loc[rows, name] = values
    return frame


def _texts(words: dict[int, str], count: int) -> pd.Series:
    return pd.Series([words.get(row) for row in range(count)], dtype="str")


def _no_step(words: str) -> Progress:
    return no_progress
