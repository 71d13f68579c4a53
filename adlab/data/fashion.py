"""Reader of the public fashion product data: `styles.csv` and `images/<id>.jpg`.

In the file as published some product names hold commas without quotes; the name is the last column, so what
follows belongs to it. ``NA`` and empty cells are unknown. The set has no official split: each product's part
follows from its id.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from adlab.data.listing import listed
from adlab.data.splits import split_of
from adlab.errors import DataUnavailableError

_COLUMNS = (
    "id",
    "gender",
    "masterCategory",
    "subCategory",
    "articleType",
    "baseColour",
    "season",
    "year",
    "usage",
    "productDisplayName",
)
_REMEDY = "Unpack the fashion product images so that the folder holds styles.csv and images/."


@dataclass(frozen=True, kw_only=True)
class Product:
    """One product; "" (or None for the year) where the data does not say.

    Attributes:
        product_id: Unique id, digits.
        title: Display name, for example ``"Turtle Check Men Navy Blue Shirt"``.
        gender: ``"Men"``, ``"Women"``, ``"Unisex"``, ``"Boys"`` or ``"Girls"``.
        master_category: Broadest category, for example ``"Apparel"``.
        sub_category: Middle category, for example ``"Topwear"``.
        article_type: Narrowest category, for example ``"Shirts"``.
        base_colour: Main colour.
        season: Season it was made for.
        year: Year of the collection.
        usage: Occasion, for example ``"Casual"``.
        image: Its picture, or None where the file is missing.
    """

    product_id: str
    title: str
    gender: str = ""
    master_category: str = ""
    sub_category: str = ""
    article_type: str = ""
    base_colour: str = ""
    season: str = ""
    year: int | None = None
    usage: str = ""
    image: Path | None = None

    @property
    def split(self) -> str:
        """``"train"``, ``"dev"`` or ``"test"``, by the product id."""
        return split_of(self.product_id)


@dataclass(frozen=True)
class Fashion:
    """Product photos with titles and attributes.

    Attributes:
        products: In the order of the file, ids unique.
        problems: What is amiss in the data, one sentence a kind.
    """

    products: tuple[Product, ...]
    problems: tuple[str, ...]


def read_fashion(folder: Path) -> Fashion:
    """Read titles and attributes; pictures stay on disk.

    Raises:
        DataUnavailableError: The folder, `styles.csv` or `images/` is missing or has another layout.
    """
    folder = Path(folder)
    if not (folder / "images").is_dir():
        raise DataUnavailableError(f"The fashion data is not at {str(folder)!r}: images/ is missing. {_REMEDY}")
    files = {path.stem: path for path in sorted((folder / "images").iterdir()) if path.suffix.lower() == ".jpg"}
    products: dict[str, Product] = {}
    unusable: list[str] = []
    repeated: list[str] = []
    for number, cells in enumerate(_rows(folder / "styles.csv"), start=1):
        if len(cells) < len(_COLUMNS) or not cells[0].strip():
            unusable.append(str(number))
        elif cells[0].strip() in products:
            repeated.append(cells[0].strip())
        else:
            product = _product(cells, files)
            products[product.product_id] = product
    if not products:
        raise DataUnavailableError(f"{str(folder / 'styles.csv')!r} holds no product. {_REMEDY}")
    reports = (
        ("row cannot be used, it has too few cells or no id", unusable),
        ("product id is repeated, the first row counts", repeated),
        ("product has no image", [p.product_id for p in products.values() if p.image is None]),
        ("image has no product", sorted(files.keys() - products.keys())),
        ("product has no title", [p.product_id for p in products.values() if not p.title]),
    )
    problems = tuple(f"{what}: {len(found):,} ({listed(found)})." for what, found in reports if found)
    return Fashion(tuple(products.values()), problems)


def _rows(path: Path) -> list[list[str]]:
    """The data rows of the file, below a header that is checked."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = [cells for cells in csv.reader(file) if cells] or [[]]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataUnavailableError(f"{str(path)!r} cannot be read ({error}). {_REMEDY}") from error
    if tuple(header) != _COLUMNS:
        raise DataUnavailableError(f"{str(path)!r} has the columns {header}, not {list(_COLUMNS)}. {_REMEDY}")
    return rows


def _product(cells: list[str], files: dict[str, Path]) -> Product:
    *fixed, title = [*cells[: len(_COLUMNS) - 1], ",".join(cells[len(_COLUMNS) - 1 :])]
    known = ["" if cell.strip() == "NA" else cell.strip() for cell in fixed]
    product_id, gender, master_category, sub_category, article_type, base_colour, season, year, usage = known
    return Product(
        product_id=product_id,
        title=title.strip(),
        gender=gender,
        master_category=master_category,
        sub_category=sub_category,
        article_type=article_type,
        base_colour=base_colour,
        season=season,
        year=int(float(year)) if year.replace(".", "", 1).isdecimal() else None,
        usage=usage,
        image=files.get(product_id),
    )
