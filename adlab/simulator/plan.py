"""From two numbers to an ad's plan: its causes, its copy, the query it answers and the words in its picture."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from adlab.errors import ConfigError, UnknownNameError
from adlab.simulator.ad import AdPlan
from adlab.simulator.brands import BRANDS, SELLERS, Brand
from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.copywriter import write_copy
from adlab.simulator.distribution import draw_factors, factors_from
from adlab.simulator.draws import COPY, FACTORS, IDENTITY, PICTURE, QUERY, Draws, plan_draws
from adlab.simulator.factors import Factors
from adlab.simulator.grammar import picture as picture_words
from adlab.simulator.grammar.names import NOUNS, attributes_of
from adlab.simulator.grammar.prices import price_of
from adlab.simulator.relevance import draw_ask, judge

__all__ = ["draw_factors", "plan_ad", "replan"]


def plan_ad(seed: int, index: int) -> AdPlan:
    """Plan an ad; equal arguments give equal plans, whatever was planned before.

    Args:
        seed: Seed of the collection, 0 or more.
        index: Number of the ad in it, 0 or more.

    Raises:
        ConfigError: A number is below 0.
    """
    if seed < 0 or index < 0:
        raise ConfigError(f"seed and index are {seed} and {index}; give numbers from 0.")
    draws = plan_draws(seed, index)
    return _plan(seed, index, factors_from(draws[FACTORS]), draws)


def replan(plan: AdPlan, **changes: Any) -> AdPlan:
    """The same ad with some causes moved; brand, shop, query and all that does not depend on them stay.

    Args:
        plan: The ad.
        **changes: New values of fields of `Factors`. Where `kind` or `colour` moves and the copy agreed with the
            picture, the copy does not follow by itself: move `copy_kind` or `copy_colour` as well.

    Raises:
        UnknownNameError: A change is not a cause.
        ConfigError: A value is outside its range.
    """
    names = [field.name for field in fields(Factors)]
    for name in changes:
        if name not in names:
            raise UnknownNameError("cause", name, names)
    factors = replace(plan.factors, **changes)
    return _plan(plan.seed, plan.index, factors, plan_draws(plan.seed, plan.index))


def _plan(seed: int, index: int, factors: Factors, draws: tuple[Draws, ...]) -> AdPlan:
    identity, picture = draws[IDENTITY], draws[PICTURE]
    drawn = factors_from(draws[FACTORS])
    owner, seller = identity.pick(0, BRANDS), identity.pick(1, SELLERS)
    brand = owner.name
    copy = write_copy(factors, brand, seller, _attribute(factors, identity), draws[COPY])
    # The query belongs to the viewer: it stays when causes are moved.
    ask = draw_ask(drawn, brand, _attribute(drawn, identity), draws[QUERY])
    headline, subline = _drawn_words(factors, picture)
    return AdPlan(
        seed=seed,
        index=index,
        factors=factors,
        title=copy.title,
        description=copy.description,
        brand=brand,
        seller=seller,
        category=CATEGORY_OF[factors.copy_kind],
        query=ask.text,
        relevance=judge(ask, factors, brand, copy.attribute),
        attribute=copy.attribute,
        headline=headline,
        subline=subline,
        price=_price(factors.kind, owner, picture),
        badge=picture.pick(8, picture_words.badges_of(factors.kind)) if picture.chance(7, 0.35) else "",
        button=picture.pick(9, picture_words.buttons_of(factors.kind)) if factors.cta > 0 else "",
    )


def _attribute(factors: Factors, identity: Draws) -> str:
    fitting = attributes_of(factors.copy_kind, CATEGORY_OF[factors.copy_kind])
    return identity.pick(3, fitting) if identity.chance(2, 0.4) else ""


def _drawn_words(factors: Factors, picture: Draws) -> tuple[str, str]:
    """Headline and smaller line of the picture; one of them or both invite where the viewer is to take part."""
    noun = picture.pick(0, NOUNS[factors.kind])
    headlines = picture_words.INVITES if factors.participation else picture_words.HEADLINES[CATEGORY_OF[factors.kind]]
    invited = factors.participation and picture.chance(1, 0.4)
    sublines = picture_words.INVITE_SUBLINES if invited else picture_words.sublines_of(factors.kind)
    headline = picture.pick(2, headlines).replace("{N}", noun).replace("{K}", factors.kind)
    subline = picture.pick(4, sublines) if picture.chance(3, 0.65) else ""
    return headline[:1].upper() + headline[1:], subline[:1].upper() + subline[1:]


def _price(kind: str, brand: Brand, picture: Draws) -> str:
    return price_of(kind, brand.style, picture, 12) if picture.chance(5, 0.55) else ""
