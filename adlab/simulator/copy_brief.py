"""What a copy must say, and in which of its sentences: decided before a word is written.

Every sentence has its own share of the words and its own chance, so moving one cause rewrites as little as it must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.distribution import URGENCY_STEPS, sentence_count
from adlab.simulator.draws import Draws
from adlab.simulator.factors import Factors
from adlab.simulator.grammar import pressing
from adlab.simulator.grammar.names import PLURAL, colour_words, coloured, quality_words

# Slots of the row of chance: the title's choices, words of the whole copy, the order of facts, then eight a sentence.
TITLE, WORDS, FACTS, SENTENCE = 0, 20, 28, 37
PER_SENTENCE = 8


@dataclass(slots=True)
class Brief:
    """What the copy must say, and the words chosen for it.

    Attributes:
        kind: Product that the copy speaks of.
        category: Its category.
        plural: Whether its name is plural.
        colour: Word for its colour; empty where the copy is silent.
        qualities: Words for how much it is wanted.
        attribute: What sets it apart; may be empty.
        brand: Brand.
        seller: Shop.
        urgency: Step of urgency, 0–4.
        title_words: Words of the title.
        facts: Whether the title, then each sentence, states a fact.
        colour_at: Number of the sentence that names the colour, 0 the title.
        quality_at: Number of the sentence that surely names the quality, 0 the title.
        urgent_at: Numbers of those that press.
        draws: The row of chance for copy.
    """

    kind: str
    category: str
    plural: bool
    colour: str
    qualities: Sequence[str]
    attribute: str
    brand: str
    seller: str
    urgency: int
    title_words: int
    facts: list[bool]
    colour_at: int
    quality_at: int
    urgent_at: tuple[int, ...]
    draws: Draws

    @property
    def title_colour(self) -> str:
        """The colour as it stands before the product in the title; empty if it is not named there."""
        return coloured(self.kind, self.colour) if self.colour and self.colour_at == 0 else ""


def brief_for(factors: Factors, brand: str, seller: str, attribute: str, draws: Draws) -> Brief:
    """Decide what each sentence has to do.

    Args:
        factors: The causes; only those that the copy carries are looked at.
        brand: Invented brand.
        seller: Invented shop.
        attribute: What sets the product apart; may be empty.
        draws: The row of chance for copy.
    """
    category = CATEGORY_OF[factors.copy_kind]
    count = sentence_count(factors.length)
    facts = _facts(count, round(factors.specificity * count), draws)
    vague = [i for i in range(1, count) if not facts[i]]
    # Colour and quality stand in the title, or each in a sentence of its own.
    in_title = not factors.copy_colour or not vague or draws.chance(TITLE + 1, 0.6)
    colour_at = 0 if in_title else vague[int(draws.share(TITLE + 2) * len(vague))]
    others = [i for i in vague if i != colour_at]
    quality_at = 0 if not others or draws.chance(TITLE + 3, 0.5) else others[int(draws.share(TITLE + 4) * len(others))]
    # The offer has a sentence of its own, too, or the title presses.
    free = [i for i in range(1, count) if i not in (colour_at, quality_at)]
    return Brief(
        kind=factors.copy_kind,
        category=category,
        plural=factors.copy_kind in PLURAL,
        colour=draws.pick(WORDS, colour_words(factors.copy_kind, factors.copy_colour)) if factors.copy_colour else "",
        qualities=quality_words(category, factors.appeal),
        attribute=attribute,
        brand=brand,
        seller=seller,
        urgency=round(factors.urgency * URGENCY_STEPS),
        title_words=factors.length if count == 1 else min(4 + draws.between(TITLE, 1, 5), factors.length - 6),
        facts=facts,
        colour_at=colour_at,
        quality_at=quality_at,
        urgent_at=_urgent_at(round(factors.urgency * URGENCY_STEPS), free, draws),
        draws=draws,
    )


def _facts(count: int, wanted: int, draws: Draws) -> list[bool]:
    order = sorted(range(count), key=lambda i: draws.share(FACTS + i))
    return [i in order[:wanted] for i in range(count)]


def _urgent_at(step: int, free: Sequence[int], draws: Draws) -> tuple[int, ...]:
    """What presses: title or one sentence; at the highest step both, if a sentence is free for it."""
    if not step:
        return ()
    chosen = free[int(draws.share(TITLE + 6) * len(free))] if free else 0
    if step == URGENCY_STEPS and chosen:
        return 0, chosen
    return (0 if draws.chance(TITLE + 5, 0.35) else chosen,)


def urgent_phrase(brief: Brief, number: int, room: int) -> tuple[str, bool]:
    """Words that press in the title (0) or a sentence, of as few words as the room asks for, 1 at least.

    Returns:
        The words, and whether they stand in front.
    """
    draws, step = brief.draws, brief.urgency
    leads = draws.chance(WORDS + 4 + bool(number), 0.5)
    leading = pressing.LEADS if number else pressing.TITLE_LEADS
    tails = pressing.TAILS if number else pressing.TITLE_TAILS
    fitting = [text for text in (leading if leads else tails)[step] if words_in(text) <= room]
    if not fitting:
        leads, fitting = True, [min(leading[step], key=words_in)]
    return draws.pick(WORDS + 6 + bool(number), fitting), leads


def words_in(text: str) -> int:
    """Words of a phrase that may begin with the comma of the word before it."""
    return len(text.replace(",", "").split())


def capital(text: str) -> str:
    """The text with a capital first letter."""
    return text[:1].upper() + text[1:]
