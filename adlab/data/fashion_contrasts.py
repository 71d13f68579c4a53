"""One query, a product in the colour asked for, and products that differ from it in nothing but colour."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from adlab.data.fashion import Fashion, Product
from adlab.data.fashion_queries import differs_only_in_colour, draw_ask, picture_keys, product_rng
from adlab.data.fashion_rule import fits
from adlab.data.splits import DEFAULT_SHARES, split_of

_SEED = 100  # draws apart from those of graded pairs and of the colour test


class ColourContrast(NamedTuple):
    """What is to be told apart.

    Attributes:
        query: Names article type, colour, and gender where it is known.
        right: Key of the picture in the colour asked for.
        wrong: Keys of pictures in clearly other colours, as many in every contrast; repeats where there are few.
    """

    query: str
    right: str
    wrong: tuple[str, ...]


def colour_contrasts(
    fashion: Fashion,
    part: str = "train",
    *,
    queries_per_product: int = 3,
    others: int = 4,
    seed: int = 0,
    shares: Sequence[tuple[str, float]] = DEFAULT_SHARES,
) -> list[ColourContrast]:
    """Contrasts around every product of a part that has a colour to ask for and a counterpart.

    Queries are those whose own words fall into the same part, as for graded pairs.

    Args:
        fashion: The products.
        part: Name of the part.
        queries_per_product: Wordings drawn for each.
        others: Pictures in other colours for each query, 1 or more.
        seed: Another seed draws other queries and counterparts.
        shares: Names of the parts and their expected shares of the products.
    """
    usable = [p for p in fashion.products if p.image is not None and p.title and p.article_type and p.sub_category]
    products = [p for p in usable if split_of(p.product_id, shares=shares) == part]
    keys = picture_keys(products)
    of_type: dict[str, list[Product]] = defaultdict(list)
    for product in products:
        of_type[product.article_type].append(product)
    accepts = partial(_in_part, part=part, shares=shares)
    found = []
    for product in products:
        for number in range(queries_per_product):
            rng = product_rng(seed + _SEED + number, product.product_id)
            ask = draw_ask(product, rng, accepts, only=("colour", "gender"))
            if ask is None or not ask.colour or not all(fits(ask, product, product.base_colour).values()):
                continue
            other = [p for p in of_type[product.article_type] if differs_only_in_colour(ask, p)]
            if other:
                drawn = [keys[other[place].product_id] for place in rng.integers(len(other), size=others)]
                found.append(ColourContrast(ask.text, keys[product.product_id], tuple(drawn)))
    return found


def _in_part(text: str, *, part: str, shares: Sequence[tuple[str, float]]) -> bool:
    return split_of(text, shares=shares) == part
