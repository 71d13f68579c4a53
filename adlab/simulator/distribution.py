"""How the planted causes are drawn.

| cause | distribution |
|---|---|
| kind | uniform over the catalogue |
| colour | uniform over `COLOURS` |
| agreement | 0: 20 %, 0.4: 20 %, 0.8: 25 %, 1: 35 % |
| copy_kind at agreement 0 | half of the time of the same category, else any other kind |
| copy_colour at agreement 0 | silent, true and other colour in the proportions of the rest: 25 : 35 : 20 |
| appeal, contrast | uniform from 0 to 1 |
| clutter | square of a uniform number for 0–1, mean 1/3 |
| cta | 0 (no button): 25 %; else uniform from 0.2 to 1 |
| background | uniform over `BACKGROUND_COLOURS` |
| text_position | uniform over `TEXT_POSITIONS` |
| participation | true: 25 % |
| urgency | 0: 40 %; 0.25, 0.5, 0.75 and 1: 15 % each |
| length | 6 + 54 u^1.7, rounded, with u uniform: median 23 words |
| specificity | uniform over what the number of sentences allows, k/n with k from 0 to n |

All are independent but these: at agreement 0 the copy's colour is drawn as elsewhere, so that silence says nothing
about the product; the steps of specificity follow from the length.
"""

from __future__ import annotations

from adlab.simulator.catalogue import CATEGORY_OF, KINDS
from adlab.simulator.draws import FACTORS, Draws, plan_draws
from adlab.simulator.factors import BACKGROUND_COLOURS, COLOURS, TEXT_POSITIONS, Factors

AGREEMENT_SHARES = {0.0: 0.20, 0.4: 0.20, 0.8: 0.25, 1.0: 0.35}
URGENCY_STEPS = 4
_ALL_KINDS = tuple(CATEGORY_OF)
_TITLE_ONLY = 9  # words; longer copy has a description


def draw_factors(seed: int, index: int) -> Factors:
    """The causes of one ad, as the table above says.

    Args:
        seed: Seed of the collection, 0 or more.
        index: Number of the ad in it, 0 or more.
    """
    return factors_from(plan_draws(seed, index)[FACTORS])


def factors_from(draws: Draws) -> Factors:
    """The causes that follow from one row of chance."""
    kind, colour = draws.pick(0, _ALL_KINDS), draws.pick(1, COLOURS)
    length = 6 + round(54 * draws.share(2) ** 1.7)
    count = sentence_count(length)
    pressing = draws.share(3)
    return Factors(
        kind=kind,
        colour=colour,
        copy_kind=_other_kind(kind, draws) if draws.chance(4, AGREEMENT_SHARES[0.0]) else kind,
        copy_colour=_copy_colour(colour, draws),
        appeal=draws.share(5),
        contrast=draws.share(6),
        clutter=draws.share(7) ** 2,
        cta=0.0 if draws.chance(8, 0.25) else 0.2 + 0.8 * draws.share(9),
        background=draws.pick(10, BACKGROUND_COLOURS),
        text_position=draws.pick(11, TEXT_POSITIONS),
        participation=draws.chance(12, 0.25),
        urgency=0.0 if pressing < 0.4 else (1 + int((pressing - 0.4) / 0.15 * 0.999999)) / URGENCY_STEPS,
        length=length,
        specificity=draws.between(13, 0, count) / count,
    )


def sentence_count(length: int) -> int:
    """Sentences of a copy of so many words, the title counted as one."""
    return 1 if length <= _TITLE_ONLY else 1 + max(1, round((length - 6) / 8.5))


def _other_kind(kind: str, draws: Draws) -> str:
    category = CATEGORY_OF[kind]
    same = draws.chance(14, 0.5)
    return draws.pick(15, [k for k in (KINDS[category] if same else _ALL_KINDS) if k != kind])


def _copy_colour(colour: str, draws: Draws) -> str:
    silent, other = AGREEMENT_SHARES[0.8], AGREEMENT_SHARES[0.4]
    place = draws.share(16) * (1 - AGREEMENT_SHARES[0.0])
    if place < silent:
        return ""
    return draws.pick(17, [c for c in COLOURS if c != colour]) if place < silent + other else colour
