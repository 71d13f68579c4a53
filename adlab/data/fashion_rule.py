"""The rule that grades fashion products for queries made from attributes.

A query names an article type and, each with its own chance, a colour, a gender, a brand and an occasion of one
product. The rule is the simulator's:

| article type                     | what else is asked for | grade     |
|----------------------------------|------------------------|-----------|
| as asked                         | all fits               | Excellent |
| as asked                         | one thing misses       | Good      |
| as asked                         | more miss              | Fair      |
| another of the same sub-category | all fits               | Fair      |
| another of the same sub-category | something misses       | Bad       |
| any other                        | –                      | Bad       |

Where it is unclear whether something fits (khaki for olive, no brand in the title), no pair is made.
"""

from __future__ import annotations

from dataclasses import dataclass

from adlab.data.fashion import Product
from adlab.data.fashion_words import brand_of, clearly_other


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a query asks for; "" where it does not say.

    Attributes:
        noun: Article type.
        sub_category: The category that the article type is in.
        colour: A key of `COLOURS`.
        gender: As in the data.
        brand: As in the title.
        usage: Occasion.
        text: The query as typed.
    """

    noun: str
    sub_category: str
    colour: str = ""
    gender: str = ""
    brand: str = ""
    usage: str = ""
    text: str = ""


def fits(ask: Ask, product: Product, colour: str) -> dict[str, bool | None]:
    """Whether each thing asked for beside the article type fits; None where that is unclear.

    Args:
        ask: What is asked for.
        product: What the text of the ad speaks of.
        colour: Colour of the product in the picture.
    """
    found: dict[str, bool | None] = {}
    if ask.colour:
        found["colour"] = True if colour == ask.colour else False if clearly_other(ask.colour, colour) else None
    if ask.gender:
        found["gender"] = product.gender in (ask.gender, "Unisex") if product.gender else None
    if ask.brand:
        found["brand"] = brand.casefold() == ask.brand.casefold() if (brand := brand_of(product)) else None
    if ask.usage:
        found["usage"] = product.usage == ask.usage if product.usage else None
    return found


def grade_of(ask: Ask, product: Product, colour: str) -> int | None:
    """Grade, 0–3, by the rule above, or None where it is unclear."""
    answers = fits(ask, product, colour).values()
    missed = sum(answer is False for answer in answers)
    unclear = any(answer is None for answer in answers)
    if product.article_type == ask.noun:
        return None if unclear else max(3 - missed, 1)
    if product.sub_category == ask.sub_category and missed == 0:
        return None if unclear else 1
    return 0
