"""The brands and shops of the simulated world. All are invented; a likeness to a real name is accidental."""

from __future__ import annotations

from dataclasses import dataclass

MARKS = ("ring", "drop", "peak", "leaf", "wave", "star", "hex", "bars", "arc", "diamond", "sun", "fold")
STYLES = ("modern", "classic", "bold", "elegant", "friendly", "sporty")


@dataclass(frozen=True, kw_only=True)
class Brand:
    """One brand.

    Attributes:
        name: Its name, one word.
        style: Manner of its ads, one of `STYLES`: it settles the typefaces.
        mark: Shape of its logo, one of `MARKS`.
        capitals: Whether the wordmark is set in capitals.
    """

    name: str
    style: str
    mark: str
    capitals: bool


def _brand(name: str, style: str, mark: str, capitals: bool = False) -> Brand:
    return Brand(name=name, style=style, mark=mark, capitals=capitals)


BRANDS: tuple[Brand, ...] = (
    _brand("Velmora", "elegant", "arc", True),
    _brand("Tarnby", "modern", "fold"),
    _brand("Oskelle", "elegant", "drop"),
    _brand("Brevano", "bold", "bars", True),
    _brand("Quillane", "classic", "leaf"),
    _brand("Hestrup", "modern", "hex"),
    _brand("Marrowick", "classic", "diamond", True),
    _brand("Zandovi", "sporty", "wave", True),
    _brand("Pellinor", "classic", "star"),
    _brand("Kivarra", "friendly", "sun"),
    _brand("Dunmarrow", "bold", "peak", True),
    _brand("Lorvette", "elegant", "ring", True),
    _brand("Fennicle", "friendly", "leaf"),
    _brand("Astervane", "modern", "star"),
    _brand("Runnvik", "sporty", "peak", True),
    _brand("Calderby", "classic", "ring"),
    _brand("Miravolt", "bold", "hex", True),
    _brand("Tolvane", "modern", "arc"),
    _brand("Ombrielle", "elegant", "diamond"),
    _brand("Stravik", "sporty", "bars", True),
    _brand("Pippernell", "friendly", "drop"),
    _brand("Harrowfen", "classic", "fold", True),
    _brand("Nuvessa", "modern", "wave"),
    _brand("Juniloo", "friendly", "ring"),
    _brand("Corvanta", "bold", "diamond", True),
    _brand("Eskholme", "modern", "peak"),
    _brand("Sorrelune", "elegant", "leaf", True),
    _brand("Vantry", "sporty", "arc", True),
    _brand("Wobblekin", "friendly", "sun"),
    _brand("Gransund", "bold", "fold", True),
)
SELLERS: tuple[str, ...] = (
    "Parcelmoor",
    "Northgate Bazaar",
    "Shopling",
    "Kettle & Thread",
    "Bright Aisle",
    "Cartwell",
    "The Corner Depot",
    "Larkstreet Goods",
    "Basketree",
    "Tenfold Market",
    "Oddment House",
    "Swiftcrate",
    "Marketlane",
    "Good Shelf",
)
BRAND_OF = {brand.name: brand for brand in BRANDS}
