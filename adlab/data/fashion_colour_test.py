"""The colour test (AdsCVLR, Figure 1): one query and one text, the right-coloured picture against a wrong-coloured one.

The query names article type, colour and gender. The text is a title without any word for a colour: by turns that of
the right product and that of the wrong one, so that a model gains nothing from finding which picture belongs to the
text. Both products fit the query in everything but the wrong one's colour. Without pictures the two ads are the same
input, so a model that does not look scores 50 %, ties counting half (`adlab.metrics.relevance.win_share`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from adlab.data.fashion import Fashion, Product
from adlab.data.fashion_queries import differs_only_in_colour, draw_ask, fashion_pair, picture_keys, product_rng
from adlab.data.fashion_words import names_a_colour
from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.data.splits import DEFAULT_SHARES, split_of

_TEST_SEED = 1  # draws of its own, apart from those of the training pairs


class ColourTest(NamedTuple):
    """Pairs to be told apart; row i of both has one query and one text.

    Attributes:
        right: With the picture in the colour asked for; grade Excellent, rule-made.
        wrong: With the picture in another colour; grade Good, rule-made.
    """

    right: RelevanceSet
    wrong: RelevanceSet


def colour_test(
    fashion: Fashion, part: str = "test", *, seed: int = 0, shares: Sequence[tuple[str, float]] = DEFAULT_SHARES
) -> ColourTest:
    """One comparison for every product of a part that has a colour to ask for and a counterpart to compare with.

    Queries are those whose own words fall into the same part, and pictures that another part also has are not used.

    Args:
        fashion: The products.
        part: ``"train"``, ``"dev"`` or ``"test"``.
        seed: Another seed draws other queries and counterparts.
        shares: Names of the parts and their expected shares of the products, as for the training pairs.
    """
    usable = [p for p in fashion.products if p.image is not None and p.title and p.article_type and p.sub_category]
    keys = picture_keys(usable)
    elsewhere = {keys[p.product_id] for p in usable if split_of(p.product_id, shares=shares) != part}
    products = [p for p in usable if keys[p.product_id] not in elsewhere]
    products = [p for p in products if split_of(p.product_id, shares=shares) == part]
    of_type: dict[str, list[Product]] = {}
    for product in products:
        of_type.setdefault(product.article_type, []).append(product)
    right: list[RelevancePair] = []
    wrong: list[RelevancePair] = []
    for product in products:
        pairs = _comparison(product, of_type[product.article_type], keys, part, seed, shares)
        if pairs is not None:
            right.append(pairs[0])
            wrong.append(pairs[1])
    files = {keys[p.product_id]: p.image for p in products if p.image is not None}
    return ColourTest(RelevanceSet(tuple(right), files), RelevanceSet(tuple(wrong), files))


def _comparison(
    product: Product,
    others: Sequence[Product],
    keys: dict[str, str],
    part: str,
    seed: int,
    shares: Sequence[tuple[str, float]],
) -> tuple[RelevancePair, RelevancePair] | None:
    rng = product_rng(seed + _TEST_SEED, product.product_id)
    ask = draw_ask(product, rng, lambda text: split_of(text, shares=shares) == part, only=("colour", "gender"))
    if ask is None or not ask.colour:
        return None
    candidates = [other for other in others if differs_only_in_colour(ask, other)]
    if not candidates:
        return None
    other = candidates[int(rng.integers(len(candidates)))]
    text = (product, other)[int(rng.integers(2))]
    pairs = [fashion_pair(ask, text, shown, keys[shown.product_id], hidden=True) for shown in (product, other)]
    if pairs[0] is None or pairs[1] is None or pairs[0].image == pairs[1].image or names_a_colour(pairs[0].title):
        return None
    return pairs[0], pairs[1]
