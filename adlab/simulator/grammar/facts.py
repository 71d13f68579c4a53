"""Sentences that state a fact one can check about many kinds of product: ratings, terms of sale, origin, warranty.

`{S}` is the product as subject, `{V}` the shop, `[is|are]` follows the number of the product, `<2-5>` is a whole
number, `<oak/ash>` a word. What is particular to one kind is in `facts_by_kind`.
"""

from __future__ import annotations

from adlab.simulator.catalogue import CATEGORY_OF, KINDS
from adlab.simulator.grammar.facts_by_kind import SENTENCES
from adlab.simulator.grammar.title_facts import TITLES

RATINGS: tuple[str, ...] = (
    "Rated 4.<2-9> out of 5",
    "Rated 4.<2-9> out of 5 by <120-980> buyers",
    "<120-980> buyers rate [it|them] 4.<2-9> out of 5",
    "<120-980> buyers rated [it|them] 4.<2-9> out of 5 in the past year",
    "{S} scored <81-97> out of 100 in an independent test",
    "Independent testers gave [it|them] <81-97> points out of 100",
)
HOUSE: tuple[str, ...] = (
    "{B} was founded <12-80> years ago",
    "{B} has been in business for <12-80> years",
    "The people at {B} have been in business for <12-80> years",
)
SALE: tuple[str, ...] = (
    "Returns are free for <30/60/90> days",
    "Returns accepted for <14/28/45> days",
    "Send [it|them] back within <30/60/90> days for a full refund",
    "Delivery takes <2-5> working days",
    "Delivery costs <3-6> dollars",
    "Ships within <24/48> hours",
    "{S} [ships|ship] in a <paper/cardboard> box with no plastic inside",
    "Orders above <40/50/60/80> dollars ship free of charge to all <48/50> states",
)
CRAFT: tuple[str, ...] = (
    "Made in <Portugal/Italy/Spain>",
    "{S} [is|are] made in <Portugal/Italy/Spain>",
    "{S} [is|are] made in <Portugal/Italy/Spain> by a family firm of <12-90> people",
)
ASSEMBLY: tuple[str, ...] = (
    "Assembled in <Poland/Vietnam/Malaysia>",
    "{S} [is|are] assembled in <Poland/Vietnam/Malaysia> from <60-95>% recycled parts",
)
WARRANTY: tuple[str, ...] = (
    "<2-6>-year warranty",
    "Comes with a <2-6>-year warranty",
    "{S} [comes|come] with a <2-6>-year warranty",
    "Any fault within <2-6> years is repaired free of charge",
)
SPARES: tuple[str, ...] = (
    "Spare parts in stock for <5/8/10> years",
    "Spare parts are kept in stock for <5/8/10> years after the sale",
)
TITLE_ANY: tuple[str, ...] = ("<2-9>00+ sold", "rated 4.<2-9>")
TITLE_SALE: tuple[str, ...] = ("free <30/60/90>-day returns",)
TITLE_CRAFT: tuple[str, ...] = ("made in <Italy/Portugal/Spain>",)
TITLE_WARRANTY: tuple[str, ...] = ("<2-5>-year warranty",)
# Facts that go with pressing words: they are about the offer, and end with it.
OFFERS: tuple[str, ...] = (
    "Delivery costs <2-4> dollars",
    "<10/15/20/30>% off",
    "<10/15/20/30>% off at {V}",
    "{V} adds a <2/3/5>-dollar voucher",
    "Free delivery on orders above <30/40/50> dollars",
    "{V} ships every {B} order within <24/48> hours",
    "Orders above <30/40/50/60> dollars ship free to all <48/50> states",
    "{V} takes <10/15/20>% off every {B} order above <60/80/100> dollars",
)
FOOD_OFFERS: tuple[str, ...] = (
    "Delivery costs <1-3> dollars",
    "<10/15/20>% off at {V}",
    "Delivered within <25-45> minutes",
    "Free delivery on orders above <15/20/25> dollars",
    "{V} delivers every {B} order within <25-45> minutes",
    "{V} takes <10/15/20>% off any order above <15/20/25> dollars",
    "{V} takes <10/15/20>% off every {B} order above <15/20/25> dollars",
)

_NOT_CRAFTED = frozenset({"potted plant", "football", "t-shirt", "cap"})
_GUARANTEED = frozenset(KINDS["electronics"]) | {
    *("backpack", "handbag", "suitcase", "wristwatch", "sunglasses", "umbrella"),
    *("lamp", "armchair", "sofa", "kettle", "frying pan", "clock", "bicycle", "tent", "skateboard", "tennis racket"),
}
_REPAIRED = frozenset({"lamp", "armchair", "sofa", "kettle", "clock", "bicycle", "tent", "suitcase", "umbrella"}) | (
    frozenset(KINDS["electronics"]) | {"wristwatch", "skateboard"}
)


def _crafted(kind: str) -> bool:
    return CATEGORY_OF[kind] in ("shoes", "clothing", "accessories", "home", "beauty") and kind not in _NOT_CRAFTED


def facts_of(kind: str) -> tuple[str, ...]:
    """Every fact that can be stated of a kind, one sentence each."""
    sold = () if CATEGORY_OF[kind] == "food" else SALE
    origin = CRAFT if _crafted(kind) else ASSEMBLY if CATEGORY_OF[kind] == "electronics" else ()
    kept = (WARRANTY if kind in _GUARANTEED else ()) + (SPARES if kind in _REPAIRED else ())
    return SENTENCES[kind] + RATINGS + HOUSE + sold + origin + kept


def title_facts_of(kind: str) -> tuple[str, ...]:
    """Every fact short enough to stand behind a comma in the title of a kind."""
    sold = () if CATEGORY_OF[kind] == "food" else TITLE_SALE
    origin = TITLE_CRAFT if _crafted(kind) else ()
    return TITLES[kind] * 2 + TITLE_ANY + sold + origin + (TITLE_WARRANTY if kind in _GUARANTEED else ())


def offers_of(kind: str) -> tuple[str, ...]:
    """Every fact about the offer of a kind that words of urgency may press with."""
    return FOOD_OFFERS if CATEGORY_OF[kind] == "food" else OFFERS
