"""The user's own ads on the maps: a table with pictures, or pictures alone, computed in a job."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from PIL import Image

from adlab.app import jobs, latent_state, preload
from adlab.app.jobs import Job
from adlab.checkpoints.manifest import Manifest
from adlab.data.creative import COPY_FIELDS, Creative
from adlab.data.image_intake import AdImage, read_image
from adlab.errors import InputError, TableError
from adlab.projection.latent import LatentSet

if TYPE_CHECKING:
    import pandas as pd

THUMBNAIL_SIDE, THUMBNAIL_QUALITY = 144, 72
MOST_NAMED = 5


class File(NamedTuple):
    """An uploaded file.

    Attributes:
        name: Its name, with its folder where one was uploaded whole.
        data: Its content.
    """

    name: str
    data: bytes


class Own(NamedTuple):
    """The user's ads, computed.

    Attributes:
        ads: The set.
        thumbnails: Small JPEGs by number of the picture.
        copy: Text of each ad, "" for none.
        names: What to call each ad: its `ad_id`, the name of its picture, or its row.
        notes: What was left out, for the user.
    """

    ads: LatentSet
    thumbnails: dict[int, bytes]
    copy: tuple[str, ...]
    names: tuple[str, ...]
    notes: tuple[str, ...]


def start(table: File | None, pictures: list[File], checkpoint: Manifest) -> None:
    """Begin to compute; the key of the job is remembered for this visitor."""
    registry = jobs.jobs()
    registry.forget(latent_state.own_job())
    latent_state.set_own_job(registry.start(lambda job: compute(table, pictures, checkpoint, job)))


def current() -> Job | None:
    """The visitor's job, or None."""
    key = latent_state.own_job()
    return jobs.jobs().get(key) if key else None


def drop() -> None:
    """Cancel the job and forget its result."""
    jobs.jobs().forget(latent_state.own_job())
    latent_state.set_own_job("")


def compute(table: File | None, pictures: list[File], checkpoint: Manifest, job: Job) -> Own:
    """Read, encode, embed and judge.

    Raises:
        InputError: Nothing was given, the table breaks the contract, or no ad can be read.
        Stopped: The user has cancelled.
    """
    from adlab.app.latent import networks
    from adlab.checkpoints.networks import check_encoders
    from adlab.projection.building import build, encode

    job.step("Reading the table")
    rows = read_rows(table, pictures)
    thumbnails: dict[int, bytes] = {}
    job.step("Loading the models")
    vectors = preload.start().result().vectors
    check_encoders(checkpoint, vectors.encoder_ids)
    encoded = encode(
        creatives(rows, pictures),
        len(rows),
        vectors,
        job.step("Reading and encoding ads"),
        lambda number, image: thumbnails.update({number: thumbnail(image)}),
    )
    made = networks(checkpoint.name, checkpoint.weights_sha256)
    ads = build("Your ads", encoded, rows, checkpoint, made, job.step)
    named = [_name(rows, row) for row in encoded.rows]
    return Own(ads, thumbnails, encoded.copy, tuple(named), notes_of(encoded.problems, len(rows)))


def read_rows(table: File | None, pictures: list[File]) -> pd.DataFrame:
    """The validated table; without one, a row a picture.

    Raises:
        InputError: Nothing was given.
        TableError: The table breaks the contract.
    """
    import pandas as pd

    from adlab.data.table import read_table, validate

    if table is None:
        if not pictures:
            raise InputError("Nothing was given; choose a table, pictures, or both.")
        return pd.DataFrame({"image": [file.name for file in pictures]}, dtype="str")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / PurePosixPath(table.name).name
        file.write_bytes(table.data)
        rows = validate(read_table(file))
    if rows.empty:
        raise TableError(f"{table.name} has no rows; give one row an ad.")
    return rows


def creatives(rows: pd.DataFrame, pictures: list[File]) -> Iterator[tuple[int, Creative | str]]:
    """Each row as an ad, or why it cannot be read. A picture is found by its path, else by its bare name."""
    by_path = {file.name: file for file in pictures}
    by_name = {PurePosixPath(file.name).name: file for file in pictures}
    decoded: tuple[str, AdImage | None] = ("", None)  # rows that follow each other often share a picture
    for number, row in enumerate(rows.to_dict("records")):
        name = _text(row, "image").replace("\\", "/")
        try:
            image = None
            if name:
                file = by_path.get(name) or by_name.get(PurePosixPath(name).name)
                if file is None:
                    yield number, f"its picture {name!r} was not among the pictures given"
                    continue
                if decoded[0] != file.name:
                    decoded = (file.name, read_image(file.data, name=file.name))
                image = decoded[1]
            copy = {field: _text(row, field) for field in COPY_FIELDS}
            if image is None and not any(copy.values()):
                yield number, "it has neither a picture nor text"
                continue
            yield number, Creative(image=image, **copy)
        except InputError as error:
            yield number, " ".join(str(error).split())


def thumbnail(image: AdImage) -> bytes:
    """A small JPEG."""
    small = image.pixels.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BILINEAR, reducing_gap=2)
    buffer = BytesIO()
    small.save(buffer, "JPEG", quality=THUMBNAIL_QUALITY)
    return buffer.getvalue()


def notes_of(problems: dict[int, str], total: int) -> tuple[str, ...]:
    """What was left out and why, the first few rows by number."""
    if not problems:
        return ()
    lines = [f"row {row + 1}: {reason}" for row, reason in list(problems.items())[:MOST_NAMED]]
    more = f"; and {len(problems) - MOST_NAMED:,} more" if len(problems) > MOST_NAMED else ""
    return (f"{len(problems):,} of {total:,} rows are left out: {'; '.join(lines)}{more}.",)


def _name(rows: pd.DataFrame, row: int) -> str:
    found: Any = rows.iloc[row]
    for column in ("ad_id", "image"):
        if _text(found, column):
            return PurePosixPath(_text(found, column)).name
    return f"row {row + 1}"


def _text(row: Any, name: str) -> str:
    value = row.get(name)
    return value.strip() if isinstance(value, str) else ""
