"""What the viewer searched for, and how well an ad answers it.

The query names a product and, each with its own chance, a colour (55 %), a brand (25 %) and an attribute (25 %).

| asked for | is the ad's own | otherwise |
|---|---|---|
| product | 60 % (of picture and copy either, where they differ) | another of its category 20 %, any other 20 % |
| colour | the picture's 60 % | any other |
| brand | 60 % | any other brand |
| attribute | 60 % | another that the product could have |

Grade. The *product* is as asked if picture and copy both show it. The *colour* is as asked if the picture has it and
the copy does not contradict. *Brand* and *attribute* are those of the copy.

* Product as asked: Excellent if nothing else is missed, Good if one thing is, Fair if more are.
* Product near (picture or copy alone shows it, or the copy offers something of its category): Fair if nothing else
  that the query asks for is missed, otherwise Bad.
* Any other product: Bad.

Where the query names a colour and the copy of the right product is silent about it, only the picture can tell
(AdsCVLR, Figure 1); `Relevance.only_in_image` is then "colour", whether the picture agrees or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from adlab.simulator.ad import Relevance
from adlab.simulator.brands import BRANDS
from adlab.simulator.catalogue import CATEGORY_OF, KINDS
from adlab.simulator.draws import Draws
from adlab.simulator.factors import COLOURS, Factors
from adlab.simulator.grammar.names import NOUNS, attributes_of, colour_words

_ALL_KINDS = tuple(CATEGORY_OF)
_OWN = 0.6
_FRAMES = (
    "{brand} {attribute} {colour} {noun}",
    "{colour} {attribute} {noun} {brand}",
    "{noun} {brand} {attribute} {colour}",
    "{attribute} {noun} {colour} by {brand}",
    "best {attribute} {colour} {noun} from {brand}",
    "buy {brand} {noun} {colour} {attribute}",
)


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What a query asks for; all but the product may be empty.

    Attributes:
        kind: Product, a name of the catalogue.
        colour: One of the nine colours.
        brand: Name of a brand.
        attribute: What the product should be, such as "waterproof".
        text: The query as typed.
    """

    kind: str
    colour: str
    brand: str
    attribute: str
    text: str


def draw_ask(factors: Factors, brand: str, attribute: str, draws: Draws) -> Ask:
    """What the viewer asked for, drawn around an ad as the table above says."""
    kind = _asked_kind(factors, draws)
    colour = _own_or_other(draws, 4, factors.colour, COLOURS) if draws.chance(3, 0.55) else ""
    asked_brand = _own_or_other(draws, 7, brand, [b.name for b in BRANDS]) if draws.chance(6, 0.25) else ""
    fitting = attributes_of(kind, CATEGORY_OF[kind])
    asked_attribute = _own_or_other(draws, 10, attribute, fitting) if draws.chance(9, 0.25) else ""
    words = {
        "brand": asked_brand,
        "colour": draws.pick(12, colour_words(kind, colour)) if colour else "",
        "attribute": asked_attribute,
        "noun": draws.pick(13, NOUNS[kind]),
    }
    frame = draws.pick(14, _FRAMES)
    if not asked_brand:
        frame = frame.replace("by {brand}", "").replace("from {brand}", "")
    text = " ".join(frame.format_map(words).lower().split())
    return Ask(kind=kind, colour=colour, brand=asked_brand, attribute=asked_attribute, text=text)


def judge(ask: Ask, factors: Factors, brand: str, attribute: str) -> Relevance:
    """How an ad answers a query, by the rule above.

    Args:
        ask: What is asked for.
        factors: The ad's causes.
        brand: Its brand.
        attribute: What sets its product apart, as the copy says; may be empty.
    """
    product = factors.kind == factors.copy_kind == ask.kind
    near = ask.kind in (factors.kind, factors.copy_kind) or CATEGORY_OF[ask.kind] == CATEGORY_OF[factors.copy_kind]
    colour = ask.colour == factors.colour and factors.copy_colour in ("", ask.colour) if ask.colour else None
    brand_met = ask.brand == brand if ask.brand else None
    attribute_met = ask.attribute == attribute if ask.attribute else None
    missed = [colour, brand_met, attribute_met].count(False)
    grade = max(3 - missed, 1) if product else int(near and missed == 0)
    unsaid = bool(product and ask.colour and not factors.copy_colour)
    return Relevance(
        product=product,
        colour=colour,
        brand=brand_met,
        attribute=attribute_met,
        only_in_image="colour" if unsaid else "",
        grade=grade,
    )


def _asked_kind(factors: Factors, draws: Draws) -> str:
    own = factors.kind if draws.chance(1, 0.5) else factors.copy_kind
    place = draws.share(0)
    if place < _OWN:
        return own
    pool = KINDS[CATEGORY_OF[own]] if place < 0.8 else _ALL_KINDS
    return draws.pick(2, [k for k in pool if k != own])


def _own_or_other(draws: Draws, slot: int, own: str, options: tuple[str, ...] | list[str]) -> str:
    others = [option for option in options if option != own]
    if own and (not others or draws.chance(slot, _OWN)):
        return own
    return draws.pick(slot + 1, others)
