"""Fashion products as graded pairs: queries made from attributes, grades from a rule.

Grades follow the rule of `adlab.data.fashion_rule`.

*Hidden colours* (AdsCVLR, Figure 1). 95 % of the titles name the colour. For half of the queries that ask for one, all
colour words are taken out of the titles, so that only the picture can tell. Two products that differ in colour then
give four pairs, each title beside each picture, so that neither a title nor how well it fits the picture tells.

Parts: a product belongs to the part of its id, a query to the part of its own words; a query is only used in a part
that is both. Pictures that are the same file in two parts are left out of the earlier part.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

import numpy as np

from adlab.data.fashion import Fashion, Product
from adlab.data.fashion_rule import Ask, fits, grade_of
from adlab.data.fashion_words import COLOURS, askable_gender, brand_of, without_colours, wording
from adlab.data.relevance import RelevancePair, RelevanceSet
from adlab.data.relevance_sources import labels_of
from adlab.data.relevance_split import keep_apart
from adlab.data.splits import DEFAULT_SHARES, split_of

SOURCE = "fashion"
HIDDEN_SHARE = 0.5
_CHANCES = (("colour", 0.75), ("gender", 0.5), ("brand", 0.25), ("usage", 0.25))
_OCCASIONS = ("Formal", "Sports", "Ethnic")  # "Casual" fits nearly everything
_TRIES = 60


class FashionPairs(NamedTuple):
    """Graded pairs and their parts.

    Attributes:
        data: The pairs; labels are rule-made.
        parts: ``"train"``, ``"dev"`` or ``"test"`` of each pair, or "" if it would put a picture into two parts.
    """

    data: RelevanceSet
    parts: tuple[str, ...]


def fashion_pairs(
    fashion: Fashion,
    *,
    queries_per_product: int = 1,
    seed: int = 0,
    shares: Sequence[tuple[str, float]] = DEFAULT_SHARES,
) -> FashionPairs:
    """Make queries around every product that has a picture and a title, and grade ads for them.

    Args:
        fashion: The products.
        queries_per_product: Queries made around each.
        seed: Another seed makes other queries; the parts stay as they are.
        shares: Names of the parts and their expected shares of the products.
    """
    usable = [p for p in fashion.products if p.image is not None and p.title and p.article_type and p.sub_category]
    keys = picture_keys(usable)
    by_part: dict[str, list[Product]] = defaultdict(list)
    for product in usable:
        by_part[split_of(product.product_id, shares=shares)].append(product)
    pairs: list[RelevancePair] = []
    parts: list[str] = []
    for name, _ in shares:
        shelf = _Shelf(by_part[name])
        for product in by_part[name]:
            rng = product_rng(seed, product.product_id)
            for _ in range(queries_per_product):
                ask = draw_ask(product, rng, partial(_in_part, part=name, shares=shares))
                if ask is not None:
                    pairs += _pairs_of(ask, product, shelf, keys, rng)
        parts += [name] * (len(pairs) - len(parts))
    files = {keys[p.product_id]: p.image for p in usable if p.image is not None}
    data = RelevanceSet(tuple(pairs), files, fashion.problems)
    return FashionPairs(data, keep_apart(data, parts, [name for name, _ in shares]))


def draw_ask(
    product: Product, rng: np.random.Generator, accepts: Callable[[str], bool], only: Sequence[str] | None = None
) -> Ask | None:
    """A query that the product answers in every respect, or None if no wording is accepted.

    Args:
        product: What the query is made around.
        rng: Decides what is asked for and how.
        accepts: Whether the words of a query may be used.
        only: Ask for exactly these of ``"colour"``, ``"gender"``, ``"brand"`` and ``"usage"``, as far as they are
            known; drawn where not given.
    """
    known = {
        "colour": product.base_colour if product.base_colour in COLOURS else "",
        "gender": product.gender if askable_gender(product.gender) else "",
        "brand": brand_of(product),
        "usage": product.usage if product.usage in _OCCASIONS else "",
    }
    drawn = [name for name, chance in _CHANCES if rng.random() < chance]
    asked = {name: known[name] for name in (drawn if only is None else only) if known[name]}
    if asked.get("usage") in product.article_type.split(" "):
        del asked["usage"]  # "formal formal shoes"
    for _ in range(_TRIES):
        text = wording({"noun": product.article_type, **asked}, rng)
        if accepts(text):
            return Ask(noun=product.article_type, sub_category=product.sub_category, text=text, **asked)
    return None


def picture_keys(products: Sequence[Product]) -> dict[str, str]:
    """Key of each product's picture by product id: equal files have equal keys."""
    keyed = ((p.product_id, p.image) for p in products if p.image is not None)
    return {name: f"{SOURCE}:{hashlib.sha256(file.read_bytes()).hexdigest()[:16]}" for name, file in keyed}


def fashion_pair(
    ask: Ask, text: Product, picture: Product, image: str, *, hidden: bool = False
) -> RelevancePair | None:
    """The pair of a query and an ad that shows one product's picture beside one product's title; None if unclear.

    Args:
        ask: The query.
        text: Whose title it has.
        picture: Whose picture it has.
        image: Key of the picture.
        hidden: Whether to take colour words out of title and brand.
    """
    grade = grade_of(ask, text, picture.base_colour)
    title = without_colours(text.title) if hidden else text.title
    if grade is None or not title:
        return None
    return RelevancePair(
        query=ask.text,
        title=title,
        brand=without_colours(brand_of(text)) if hidden else brand_of(text),
        image=image,
        grade=grade,
        labels=labels_of(SOURCE),
        source=SOURCE,
        product=text.product_id,
        only_in_image="colour" if hidden and ask.colour else "",
    )


class _Shelf:
    """Products of one part, to draw ads from."""

    def __init__(self, products: Sequence[Product]) -> None:
        self.all = list(products)
        self.of_type: dict[str, list[Product]] = defaultdict(list)
        self.of_category: dict[str, list[Product]] = defaultdict(list)
        for product in products:
            self.of_type[product.article_type].append(product)
            self.of_category[product.sub_category].append(product)

    def draw(
        self, shelf: Sequence[Product], rng: np.random.Generator, wanted: Callable[[Product], bool]
    ) -> Product | None:
        """One that is wanted, among as many as are looked at, or None."""
        for _ in range(min(_TRIES, 3 * len(shelf))):
            if wanted(product := shelf[int(rng.integers(len(shelf)))]):
                return product
        return None


def _pairs_of(
    ask: Ask, own: Product, shelf: _Shelf, keys: dict[str, str], rng: np.random.Generator
) -> list[RelevancePair]:
    """Ads for one query: the product itself, one that misses one thing, a near one, any other."""
    hidden = bool(ask.colour) and bool(rng.random() < HIDDEN_SHARE)
    same, near = shelf.of_type[ask.noun], shelf.of_category[ask.sub_category]
    shown: list[tuple[Product, Product]] = [(own, own)]
    if hidden:
        recoloured = shelf.draw(same, rng, lambda p: differs_only_in_colour(ask, p))
        if recoloured is not None:
            shown += [(own, recoloured), (recoloured, own), (recoloured, recoloured)]
    else:
        shown += [(p, p) for p in [shelf.draw(same, rng, lambda p: grade_of(ask, p, p.base_colour) == 2)] if p]
    further = (
        shelf.draw(near, rng, lambda p: grade_of(ask, p, p.base_colour) == 1),
        shelf.draw(near, rng, lambda p: grade_of(ask, p, p.base_colour) == 0),
        shelf.draw(shelf.all, rng, lambda p: p.sub_category != ask.sub_category),
    )
    shown += [(p, p) for p in further if p is not None]
    made = (fashion_pair(ask, text, picture, keys[picture.product_id], hidden=hidden) for text, picture in shown)
    return list({(pair.product, pair.image): pair for pair in made if pair is not None}.values())


def _in_part(text: str, *, part: str, shares: Sequence[tuple[str, float]]) -> bool:
    return split_of(text, shares=shares) == part


def differs_only_in_colour(ask: Ask, product: Product) -> bool:
    """Whether a product of the article type asked for fits in everything but its colour, which clearly does not."""
    answers = fits(ask, product, product.base_colour)
    return answers["colour"] is False and all(answer for name, answer in answers.items() if name != "colour")


def product_rng(seed: int, key: str) -> np.random.Generator:
    """Random numbers of one product: what is drawn for it does not depend on the products before it."""
    return np.random.default_rng(list(hashlib.sha256(f"{seed}:{key}".encode()).digest()[:16]))
