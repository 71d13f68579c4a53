"""Reader of tables laid out like CommercialAds, the data set of AdsCVLR (2022, §3): query, ad, picture and label.

Columns: ``query, title, seller, brand, description, image, label`` and, if there is one, ``confidence`` (0–1). The
label is a class name (Bad, Fair, Good, Excellent, in any case) or 0–3. Texts but the query may be empty, and so may
be the image; a picture is named relative to the folder of pictures. A product is a title with its seller.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from adlab.data.labelled_rows import no_empty_cells, numbers, refuse
from adlab.data.listing import listed
from adlab.data.relevance import GRADES, OWN_PAIRS, Labels, RelevancePair, RelevanceSet
from adlab.data.relevance_sources import labels_of
from adlab.data.table import read_table
from adlab.data.table_columns import as_text
from adlab.data.table_rows import image_path
from adlab.errors import DataUnavailableError, InputError

_TEXTS = ("query", "title", "seller", "brand", "description", "image")
_NEEDED = ("query", "label")
_NAMES = {name.casefold(): grade for grade, name in enumerate(GRADES)}
_REMEDY = "Give a .csv or .parquet table with the columns query, title, seller, brand, description, image, label."


def read_commercial_ads(table: Path, images: Path | None = None, *, labels: Labels | None = None) -> RelevanceSet:
    """Read the pairs.

    Args:
        table: The table, `.csv` or `.parquet`.
        images: Folder of the pictures, or None to read the texts alone.
        labels: ``"human"`` where people judged, as in the published data set; ``"rule"`` where the labels of such a
            table follow from a rule.

    Raises:
        DataUnavailableError: A needed column, or the folder of pictures, is missing.
        TableError: The table cannot be read, or cells do not fit; they are named.
    """
    table = Path(table)
    frame = read_table(table)
    if lacking := [name for name in _NEEDED if name not in frame]:
        raise DataUnavailableError(f"{str(table)!r} lacks the columns {lacking}; it has {list(frame)}. {_REMEDY}")
    if images is not None and not Path(images).is_dir():
        raise DataUnavailableError(f"There is no folder of pictures at {str(images)!r}; give its path.")
    names = [name for name in (*_TEXTS, "label", "confidence") if name in frame]
    cells = pd.DataFrame({name: as_text(frame[name]) for name in names})
    problems: list[str] = []
    grades = [_grade(row, cell, problems) for row, cell in enumerate(cells["label"], start=1)]
    confidences = numbers(cells, "confidence", 0, 1, problems) if "confidence" in cells else np.ones(len(cells))
    no_empty_cells(cells, "query", problems)
    refuse(table, problems)
    texts = {name: list(cells[name]) if name in cells else [""] * len(cells) for name in _TEXTS}
    files, missing = _files(texts["image"], images, problems)
    refuse(table, problems)
    pairs = []
    for row, grade in enumerate(grades):
        given = {name: values[row] for name, values in texts.items()}
        given["image"] = _key(given["image"]) if _key(given["image"]) in files else ""
        product = f"{given['title']} | {given['seller']}".casefold() if given["title"] else ""
        try:
            pair = RelevancePair(
                query=given["query"],
                title=given["title"],
                seller=given["seller"],
                brand=given["brand"],
                description=given["description"],
                image=given["image"],
                grade=grade,
                confidence=float(confidences[row]),
                labels=labels or labels_of(OWN_PAIRS),
                source=OWN_PAIRS,
                product=product,
            )
        except InputError as error:
            problems.append(f"row {row + 1}: {error}")
        else:
            pairs.append(pair)
    refuse(table, problems)
    flaws = (f"image is not in the folder: {len(missing):,} ({listed(missing)}).",) if missing else ()
    return RelevanceSet(tuple(pairs), files, flaws)


def _grade(row: int, cell: str, problems: list[str]) -> int:
    text = cell.casefold()
    if text in _NAMES:
        return _NAMES[text]
    if text in ("0", "1", "2", "3"):
        return int(text)
    problems.append(f"row {row}, label: {cell!r}; give Bad, Fair, Good or Excellent, or 0 to 3.")
    return 0


def _files(names: list[str], images: Path | None, problems: list[str]) -> tuple[dict[str, Path], list[str]]:
    """Files by image key, and the names that the folder does not have."""
    files: dict[str, Path] = {}
    missing: dict[str, None] = {}
    for row, name in enumerate(names, start=1):
        if not name or images is None or _key(name) in files or name in missing:
            continue
        try:
            file = image_path(name, Path(images))
        except InputError as error:
            problems.append(f"row {row}: {error}")
            continue
        if file.is_file():
            files[_key(name)] = file
        else:
            missing[name] = None
    return files, list(missing)


def _key(name: str) -> str:
    return f"{OWN_PAIRS}:{name}"
