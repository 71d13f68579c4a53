"""What the simulator makes: an ad's plan, and the ad itself with the truth about every part of its picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from adlab.simulator.factors import Factors

GRADES = ("Bad", "Fair", "Good", "Excellent")


@dataclass(frozen=True, kw_only=True)
class Relevance:
    """How the ad answers the query, and why.

    Attributes:
        product: Whether the ad offers the product that the query names.
        colour: Whether it has the colour; None where the query names none.
        brand: Whether it is of the brand; None where the query names none.
        attribute: Whether it has the attribute; None where the query names none.
        only_in_image: What the query asks for and only the picture tells ("colour"); empty if there is no such thing
            (AdsCVLR, Figure 1).
        grade: 0 Bad – 3 Excellent.
    """

    product: bool
    colour: bool | None
    brand: bool | None
    attribute: bool | None
    only_in_image: str
    grade: int

    @property
    def reason(self) -> str:
        """The grade in words, such as "Good: product and brand match, colour does not"."""
        asked = {"product": self.product, "colour": self.colour, "brand": self.brand, "attribute": self.attribute}
        met = [name for name, value in asked.items() if value]
        missed = [name for name, value in asked.items() if value is False]
        parts = [f"{_listed(names)} {verb}" for names, verb in ((met, "as asked"), (missed, "not as asked")) if names]
        told = f"; the {self.only_in_image} is only in the picture" if self.only_in_image else ""
        return f"{GRADES[self.grade]}: {', '.join(parts)}{told}"


@dataclass(frozen=True, kw_only=True)
class AdPlan:
    """Everything about a simulated ad but its pixels.

    Attributes:
        seed: Seed of the collection.
        index: Number of the ad in it.
        factors: The planted causes.
        title: Headline of the copy.
        description: Body copy; may be empty.
        brand: Invented brand.
        seller: Invented shop.
        category: Category of the product that the copy speaks of.
        query: What the viewer searched for.
        relevance: How the ad answers the query.
        attribute: What sets the product apart in the copy, such as "waterproof"; may be empty.
        headline: Words drawn into the picture.
        subline: Smaller words drawn into it; may be empty.
        price: Price tag drawn into it, such as "$49"; may be empty.
        badge: Discount badge drawn into it, such as "-30%"; may be empty.
        button: Words on the call-to-action button; empty without a button.
    """

    seed: int
    index: int
    factors: Factors
    title: str
    description: str
    brand: str
    seller: str
    category: str
    query: str
    relevance: Relevance
    attribute: str
    headline: str
    subline: str
    price: str
    badge: str
    button: str

    @property
    def ad_id(self) -> str:
        """Name of the ad: equal names are equal ads."""
        return f"sim-{self.seed}-{self.index:06d}"


@dataclass(frozen=True, kw_only=True)
class Element:
    """One part of the picture.

    Attributes:
        name: "shadow", "product", "headline", "subline", "price", "badge", "button", "brand" or "clutter".
        box: Left, top, right, bottom in pixels, right and bottom left out.
        mask: Where it is seen, (H, W) bool; what later parts cover is left out.
    """

    name: str
    box: tuple[int, int, int, int]
    mask: np.ndarray


@dataclass(frozen=True, kw_only=True)
class SimulatedAd:
    """A drawn ad.

    Attributes:
        plan: What it was drawn from.
        image: RGB picture.
        elements: Its parts, from back to front.
    """

    plan: AdPlan
    image: Image.Image
    elements: tuple[Element, ...]


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
