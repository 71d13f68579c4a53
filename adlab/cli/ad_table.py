"""What commands that take a table of ads have in common: what is refused before any work, and the words in pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from adlab.cli import console
from adlab.data.listing import listed
from adlab.errors import InputError, TableError

if TYPE_CHECKING:
    import pandas as pd

    from adlab.cli.reading import PictureWords
    from adlab.data.feature_fields import Role
    from adlab.data.table import Role as TableRole

SOME_ERRORS = 3  # exit code


class AdTable(NamedTuple):
    """A table of ads.

    Attributes:
        kept: Its rows as they were given.
        ads: The same rows, validated.
    """

    kept: pd.DataFrame
    ads: pd.DataFrame


def check_output(table: Path, out: Path) -> None:
    """Refuse before any work what would fail after it.

    Raises:
        TableError: The output is of another kind, the input itself, or cannot be written.
    """
    if out.suffix.lower() not in (".csv", ".parquet"):
        raise TableError(f"--out is {str(out)!r}; name a file that ends in .csv or .parquet.")
    if out.is_dir():
        raise TableError(f"--out is {str(out)!r}, a folder; name a file in it.")
    if out.resolve() == table.resolve() or (out.exists() and table.exists() and out.samefile(table)):
        raise TableError(f"--out is the input table {str(table)!r}; name another file, the input is never overwritten.")
    folder = next(parent for parent in out.resolve().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise TableError(f"--out is {str(out)!r}, but nothing can be written to {str(folder)!r}; name another folder.")


def check_images(images: Path | None) -> None:
    """Refuse what is no folder.

    Raises:
        InputError: `--images` is none.
    """
    if images is not None and not images.is_dir():
        raise InputError(f"--images is {str(images)!r}, which is not a folder; give the folder of the pictures.")


def validated(kept: pd.DataFrame, table: Path, images: Path | None) -> AdTable:
    """Validate the rows of a table.

    Args:
        kept: Its rows.
        table: Where they are from, for messages.
        images: Folder of the pictures.

    Raises:
        TableError: They break the contract, or name pictures without a folder.
    """
    from adlab.data.table import validate

    ads = validate(kept)
    if images is None and "image" in ads and (ads["image"] != "").any():
        named = int((ads["image"] != "").sum())
        raise TableError(
            f"{named:,} rows of {table.name} name a picture; give the folder of the pictures with --images."
        )
    return AdTable(kept, ads)


def further_columns(ads: pd.DataFrame, roles: Mapping[str, Role]) -> pd.DataFrame | None:
    """Columns beyond the contract that a head reads, with their types; what the table lacks of them is said.

    Args:
        ads: Validated rows.
        roles: How the head reads each, by name.

    Returns:
        The columns that are there, None where there is none.

    Raises:
        TableError: A cell of a dense column is no number.
    """
    lacking = [name for name in roles if name not in ads]
    if lacking:
        were = "is not in the table: it counts" if len(lacking) == 1 else "are not in the table: they count"
        console.err().print(f"funnel also reads {listed(lacking, 12)}, which {were} as missing.", soft_wrap=True)
    own = [name for name in roles if name in ads]
    if not own:
        return None
    from adlab.data.table import validate

    plain: dict[str, TableRole] = {}
    for name in own:
        if (role := roles[name]) != "multi":
            plain[name] = role
    found = validate(ads[own], roles=plain, needs_creative=False)
    for name in own:
        if name not in plain:
            found[name] = found[name].astype("object").where(found[name].notna(), None)
    return found


def words_in_pictures(ads: pd.DataFrame, images: Path | None, *, wanted: bool) -> PictureWords | None:
    """The words in the pictures of the rows that give none, read by every processor; None where nobody wants them."""
    if not wanted:
        return None
    from adlab.cli.reading import read_pictures

    with console.progress("Reading words") as advance:
        return read_pictures(ads, images, say=console.err().print, advance=advance)
