"""Writes title and description to measure: number of words, share of facts, pressure, what is named and what is not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from adlab.simulator.copy_brief import (
    PER_SENTENCE,
    SENTENCE,
    WORDS,
    Brief,
    brief_for,
    capital,
    urgent_phrase,
    words_in,
)
from adlab.simulator.copy_title import write_title
from adlab.simulator.draws import Draws
from adlab.simulator.factors import COLOURS, Factors
from adlab.simulator.grammar import facts as fact_words
from adlab.simulator.grammar import frames as vague_words
from adlab.simulator.grammar import pressing
from adlab.simulator.grammar.compiled import Frame, frames, topics
from adlab.simulator.grammar.names import CARRIER, NOUNS, PLURAL, colour_words, coloured
from adlab.simulator.grammar.occasions import COMPANIONS

_LONGEST_PADDING = max(vague_words.LEADS)


@dataclass(frozen=True, kw_only=True)
class Copy:
    """Title and description.

    Attributes:
        title: One line.
        description: Further sentences; may be empty.
        attribute: What sets the product apart, as the title says; empty where there was no room for it.
    """

    title: str
    description: str
    attribute: str


def write_copy(factors: Factors, brand: str, seller: str, attribute: str, draws: Draws) -> Copy:
    """Write title and description.

    Args:
        factors: The causes; only those that the copy carries are looked at.
        brand: Invented brand.
        seller: Invented shop.
        attribute: What sets the product apart; may be empty.
        draws: The row of chance for copy.
    """
    brief = brief_for(factors, brand, seller, attribute, draws)
    title, attribute = write_title(brief)
    count = len(brief.facts) - 1
    if count == 0:
        return Copy(title=title, description="", attribute=attribute)
    left = factors.length - len(title.split())
    return Copy(title=title, description=_description(brief, _targets(left, count, draws), title), attribute=attribute)


def _targets(total: int, count: int, draws: Draws) -> list[int]:
    """Words of each sentence, the sum being the total."""
    weights = [0.65 + 0.7 * draws.share(SENTENCE + PER_SENTENCE * i) for i in range(count)]
    scale, targets, done, place = total / sum(weights), [], 0, 0.0
    for weight in weights:
        place += weight * scale
        targets.append(round(place) - done)
        done = round(place)
    return targets


@dataclass(slots=True)
class _Sentence:
    """A sentence being written: its frame, what fills it, and words that press."""

    frame: Frame
    values: dict[str, str]
    urgent: str
    leads: bool
    length: int


def _description(brief: Brief, targets: Sequence[int], title: str) -> str:
    """The sentences of the description, together within a word of the sum of the targets."""
    draws, used = brief.draws, topics(title.lower())
    order = sorted(range(len(targets)), key=lambda i: draws.share(SENTENCE + PER_SENTENCE * i + 5))
    sentences = {i: _sentence(brief, i + 1, targets[i], used) for i in order}
    missing = sum(targets) - sum(sentence.length for sentence in sentences.values())
    for i in order:
        if abs(missing) <= 1:
            break
        old = sentences[i]
        used.discard(old.frame.topic)
        new = _sentence(brief, i + 1, old.length + missing, used)
        if abs(missing + old.length - new.length) < abs(missing):
            missing += old.length - new.length
            sentences[i] = new
        else:
            used.discard(new.frame.topic)
            used.add(old.frame.topic)
    padding = _padding(brief, order, missing)
    said: set[str] = set()
    return " ".join(_written(brief, i + 1, sentences[i], padding[i], said) for i in range(len(targets)))


def _padding(brief: Brief, order: Sequence[int], missing: int) -> dict[int, int]:
    """Words of no weight for each sentence, those that press left as they are."""
    padding = dict.fromkeys(order, 0)
    for i in order:
        if missing > 1 and i + 1 not in brief.urgent_at:
            padding[i] = min(missing, _LONGEST_PADDING)
            missing -= padding[i]
    return padding


def _sentence(brief: Brief, number: int, target: int, used: set[str]) -> _Sentence:
    """The sentence of a number whose words come nearest to the target."""
    draws, slot = brief.draws, SENTENCE + PER_SENTENCE * (number - 1)
    urgent, leads = urgent_phrase(brief, number, target - 3) if number in brief.urgent_at else ("", False)
    values = _values(brief, slot, number)
    words_of = {name: len(value.split()) for name, value in values.items()}
    pool = _pool(brief, number, draws.share(slot + 1))
    frame = _fitting(pool, words_of, target - words_in(urgent), used, draws.share(slot + 2))
    used.add(frame.topic)
    length = frame.length(words_of) + words_in(urgent)
    return _Sentence(frame=frame, values=values, urgent=urgent, leads=leads, length=length)


def _written(brief: Brief, number: int, sentence: _Sentence, padding: int, said: set[str]) -> str:
    draws, slot = brief.draws, SENTENCE + PER_SENTENCE * (number - 1)
    names = (brief.brand, brief.seller)
    text = sentence.frame.fill(sentence.values, draws.share(slot + 3))
    if sentence.urgent:
        text = f"{sentence.urgent} {_lowered(text, names)}" if sentence.leads else text + sentence.urgent
    elif padding:  # a fact stands on its own feet, so that what is added goes in front of it
        in_front = brief.facts[number] or draws.chance(slot + 4, 0.5)
        phrases = (vague_words.LEADS if in_front else vague_words.TAILS)[padding]
        phrase = draws.pick(slot + 6, [p for p in phrases if p not in said] or phrases)
        said.add(phrase)
        text = f"{phrase} {_lowered(text, names)}" if in_front else text + phrase
    return capital(text) + "."


def _lowered(text: str, names: tuple[str, str]) -> str:
    keep = text.startswith(names) or text[1:2].isupper() or text.startswith(("Bluetooth", "USB", "The Corner Depot"))
    return text if keep else text[:1].lower() + text[1:]


def _pool(brief: Brief, number: int, share: float) -> tuple[Frame, ...]:
    """The frames that can do what this sentence has to do."""
    category, plural = brief.category, brief.plural
    if number in brief.urgent_at:
        return frames(fact_words.offers_of(brief.kind) if brief.facts[number] else pressing.OFFERS, plural)
    if brief.facts[number]:
        return _facts(brief.kind)
    if brief.colour and number == brief.colour_at:
        texts = vague_words.CARRIER_COLOUR if brief.kind in CARRIER else vague_words.COLOUR
    elif number == brief.quality_at or share < 0.1:
        texts = vague_words.quality_frames(category)
    elif share < 0.42:
        texts = vague_words.pairing_frames(brief.kind)
    elif share < 0.57:
        texts = vague_words.BRAND
    else:
        texts = vague_words.BENEFIT[category]
    return frames(texts, plural)


@lru_cache(maxsize=64)
def _facts(kind: str) -> tuple[Frame, ...]:
    return frames(fact_words.facts_of(kind), kind in PLURAL)


def _fitting(pool: Sequence[Frame], words_of: dict[str, int], target: int, used: set[str], share: float) -> Frame:
    """A frame near the target in words, on a topic not used yet."""
    best: list[Frame] = []
    cost = 1 << 30
    for frame in pool:
        price = max(abs(target - frame.length(words_of)) - 1, 0) + (30 if frame.topic in used else 0)
        if price < cost:
            best, cost = [frame], price
        elif price == cost:
            best.append(frame)
    return best[int(share * len(best))]


def _values(brief: Brief, slot: int, number: int) -> dict[str, str]:
    """What fills the slots of this sentence."""
    draws, plural = brief.draws, brief.plural
    quality = draws.pick(slot + 6, brief.qualities)
    place, noun = draws.share(slot + 7), draws.pick(WORDS + 1 + number % 3, NOUNS[brief.kind])
    subject = ("They" if plural else "It") if place < 0.5 else f"{_determiner(place, plural)} {noun}"
    return {
        "S": subject,
        "Q": quality,
        "A": f"{'an' if quality[0] in 'aeiou' else 'a'} {quality}",
        "B": brief.brand,
        "V": brief.seller,
        "C": brief.colour,
        "K": CARRIER.get(brief.kind, ""),
        "D": _companion(brief, slot, place),
    }


def _companion(brief: Brief, slot: int, place: float) -> str:
    """Another product that goes with this one, in a colour of its own."""
    draws = brief.draws
    kind = draws.pick(slot + 4, COMPANIONS[brief.kind])
    word = draws.pick(slot + 5, colour_words(kind, COLOURS[int(place * 90) % 9]))
    return f"{coloured(kind, word)} {draws.pick(slot + 2, NOUNS[kind])}"


def _determiner(place: float, plural: bool) -> str:
    return "The" if place < 0.75 else "Our" if place < 0.85 else ("These" if plural else "This")
