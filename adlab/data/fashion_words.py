"""Words of fashion queries: which colours are clearly different, how people name products, how they type a query."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from adlab.data.fashion import Product

# The plain colours that each colour name may be taken for; those without one are never asked for.
COLOURS: dict[str, tuple[str, ...]] = {
    "Black": ("black",),
    "White": ("white",),
    "Grey": ("grey",),
    "Blue": ("blue",),
    "Red": ("red",),
    "Green": ("green",),
    "Brown": ("brown",),
    "Purple": ("purple",),
    "Pink": ("pink",),
    "Yellow": ("yellow",),
    "Orange": ("orange",),
    "Beige": ("beige", "brown", "white"),
    "Bronze": ("brown", "gold"),
    "Burgundy": ("red", "purple", "brown"),
    "Charcoal": ("grey", "black"),
    "Coffee Brown": ("brown", "black"),
    "Copper": ("brown", "orange", "gold"),
    "Cream": ("white", "beige", "yellow"),
    "Gold": ("gold", "yellow", "brown"),
    "Grey Melange": ("grey",),
    "Khaki": ("beige", "green", "brown"),
    "Lavender": ("purple", "pink", "blue"),
    "Magenta": ("pink", "purple", "red"),
    "Maroon": ("red", "brown", "purple"),
    "Mauve": ("purple", "pink"),
    "Mustard": ("yellow", "brown", "orange"),
    "Navy Blue": ("blue", "black"),
    "Nude": ("beige", "pink", "brown"),
    "Off White": ("white", "beige"),
    "Olive": ("green", "brown"),
    "Peach": ("orange", "pink", "beige"),
    "Rust": ("red", "orange", "brown"),
    "Sea Green": ("green", "blue"),
    "Silver": ("grey", "white"),
    "Skin": ("beige", "pink", "brown"),
    "Steel": ("grey", "white"),
    "Tan": ("brown", "beige", "orange"),
    "Taupe": ("brown", "beige", "grey"),
    "Teal": ("blue", "green"),
    "Turquoise Blue": ("blue", "green"),
    "Fluorescent Green": ("green", "yellow"),
}
_FURTHER = (
    *("bicolour", "cyan", "golden", "gray", "indigo", "ivory", "lilac", "lime", "melange", "metallic", "multi"),
    *("multicolor", "multicolored", "multicolour", "multicoloured", "navy", "silvery", "turquoise", "violet"),
)
_SINGLE = ({name.lower() for name in COLOURS if " " not in name} | set(_FURTHER)) - {"skin"}  # "skin care"
_PHRASES = sorted((name.lower() for name in COLOURS if " " in name), key=len, reverse=True)
_COLOUR = re.compile(rf"\b(?:{'|'.join([*_PHRASES, *sorted(_SINGLE)])})\b", re.IGNORECASE)
_LEFTOVER = re.compile(r"(?<!\w)[&/,+-]+(?!\w)")

# Where people say it otherwise than the catalogue; any other article type is asked for by its own name.
_NOUNS: dict[str, tuple[str, ...]] = {
    "Tshirts": ("t-shirt", "tshirt", "tee"),
    "Shirts": ("shirt",),
    "Casual Shoes": ("casual shoes", "sneakers"),
    "Sports Shoes": ("sports shoes", "trainers"),
    "Formal Shoes": ("formal shoes", "dress shoes"),
    "Tops": ("top",),
    "Kurtas": ("kurta",),
    "Kurtis": ("kurti",),
    "Watches": ("watch", "wristwatch"),
    "Handbags": ("handbag", "purse"),
    "Sunglasses": ("sunglasses", "shades"),
    "Sweaters": ("sweater", "pullover"),
    "Wallets": ("wallet",),
    "Flip Flops": ("flip flops", "slippers"),
    "Sweatshirts": ("sweatshirt",),
    "Belts": ("belt",),
    "Trousers": ("trousers", "pants"),
    "Jackets": ("jacket",),
    "Backpacks": ("backpack", "rucksack"),
    "Innerwear Vests": ("vest", "undershirt"),
    "Caps": ("cap",),
    "Ties": ("tie", "necktie"),
    "Mufflers": ("muffler",),
    "Clutches": ("clutch", "clutch bag"),
    "Dresses": ("dress",),
    "Skirts": ("skirt",),
    "Scarves": ("scarf",),
    "Tunics": ("tunic",),
}
_GENDERS = {
    "Men": ("men", "mens", "for men"),
    "Women": ("women", "womens", "ladies", "for women"),
    "Boys": ("boys", "for boys"),
    "Girls": ("girls", "for girls"),
}
_BEFORE = ("", "", "", "buy ", "best ", "new ", "shop ")
_AFTER = ("", "", "", " online", " sale", " price")
_ORDERS = (
    ("brand", "gender", "colour", "usage", "noun"),
    ("colour", "brand", "usage", "noun", "gender"),
    ("gender", "usage", "colour", "brand", "noun"),
    ("usage", "colour", "noun", "brand", "gender"),
    ("noun", "colour", "gender", "usage", "brand"),
)
GENDER_WORD = re.compile(r"\b(men|women|boys|girls|unisex|kids)\b", re.IGNORECASE)
MOST_BRAND_WORDS = 4


def clearly_other(asked: str, own: str) -> bool:
    """Whether nobody would take one colour for the other; False for a colour that has no plain name."""
    return bool(plain := COLOURS.get(own, ())) and not set(COLOURS.get(asked, plain)) & set(plain)


def without_colours(text: str) -> str:
    """The text without words for colours, ``"Puma Men Navy Blue & White Shirt"`` → ``"Puma Men Shirt"``."""
    return " ".join(_LEFTOVER.sub(" ", _COLOUR.sub(" ", text)).split())


def names_a_colour(text: str) -> bool:
    """Whether a word for a colour is in the text."""
    return bool(_COLOUR.search(text))


def brand_of(product: Product) -> str:
    """What stands before the gender in the title, as the catalogue writes brands; "" where that fails."""
    found = GENDER_WORD.search(product.title)
    words = product.title[: found.start()].split() if found else []
    return " ".join(words) if 0 < len(words) <= MOST_BRAND_WORDS else ""


def wording(asked: dict[str, str], rng: np.random.Generator) -> str:
    """One way to type a query.

    Args:
        asked: ``"noun"`` (an article type) and any of ``"colour"``, ``"gender"``, ``"brand"`` and ``"usage"``, as the
            catalogue names them.
        rng: Which way.
    """
    words = {name: value.lower() for name, value in asked.items()}
    words["noun"] = _pick(_NOUNS.get(asked["noun"], (asked["noun"].lower(),)), rng)
    if "gender" in asked:
        words["gender"] = _pick(_GENDERS[asked["gender"]], rng)
    order: tuple[str, ...] = _ORDERS[int(rng.integers(len(_ORDERS)))]
    if words.get("gender", "").startswith("for "):  # reads well at the end only
        order = (*(name for name in order if name != "gender"), "gender")
    core = " ".join(words[name] for name in order if words.get(name))
    return _pick(_BEFORE, rng) + core + ("" if core.endswith(words.get("gender", " ")) else _pick(_AFTER, rng))


def askable_gender(gender: str) -> bool:
    """Whether people ask for products of that gender by a word; not so for Unisex."""
    return gender in _GENDERS


def _pick(options: Sequence[str], rng: np.random.Generator) -> str:
    return options[int(rng.integers(len(options)))]
