"""Writes title and description to measure: number of words, share of facts, pressure, what is named and what is not.

Every sentence has its own share of the words and its own chance, so moving one cause rewrites as little as it must.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.distribution import URGENCY_STEPS, sentence_count
from adlab.simulator.draws import Draws
from adlab.simulator.factors import COLOURS, Factors
from adlab.simulator.grammar import facts as fact_words
from adlab.simulator.grammar import frames as vague_words
from adlab.simulator.grammar.compiled import Frame, frames, frames_without, topic
from adlab.simulator.grammar.names import COLOUR_WORDS, NOUNS, PLURAL, QUALITY, quality_level

_ALL_KINDS = tuple(CATEGORY_OF)
_SMALL = frozenset({"for", "and", "by", "the", "of", "to", "from", "with", "a", "in", "at"})
# Slots of the row of chance: the title's choices, then eight a sentence.
_TITLE, _WORDS, _FACTS, _SENTENCE = 0, 20, 28, 37
_PER_SENTENCE = 8
# Facts that do not fit foods and cosmetics.
_DURABLE = frozenset({"shoes", "clothing", "accessories", "electronics", "home", "sport"})


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


@dataclass(slots=True)
class _Brief:
    """What the copy must say, and the words chosen for it."""

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


def write_copy(factors: Factors, brand: str, seller: str, attribute: str, draws: Draws) -> Copy:
    """Write title and description.

    Args:
        factors: The causes; only those that the copy carries are looked at.
        brand: Invented brand.
        seller: Invented shop.
        attribute: What sets the product apart; may be empty.
        draws: The row of chance for copy.
    """
    brief = _brief(factors, brand, seller, attribute, draws)
    title, attribute = _title(brief)
    count = len(brief.facts) - 1
    if count == 0:
        return Copy(title=title, description="", attribute=attribute)
    left = factors.length - len(title.split())
    return Copy(title=title, description=_description(brief, _targets(left, count, draws), title), attribute=attribute)


def _brief(factors: Factors, brand: str, seller: str, attribute: str, draws: Draws) -> _Brief:
    count = sentence_count(factors.length)
    wanted = round(factors.specificity * count)
    order = sorted(range(count), key=lambda i: draws.share(_FACTS + i))
    facts = [i in order[:wanted] for i in range(count)]
    vague = [i for i in range(1, count) if not facts[i]]
    urgency = round(factors.urgency * URGENCY_STEPS)
    title_words = factors.length if count == 1 else min(4 + draws.between(_TITLE, 1, 5), factors.length - 6)
    # Colour and quality stand in the title, or each in a sentence of its own.
    in_title = not vague or draws.chance(_TITLE + 1, 0.6)
    colour_at = 0 if in_title else vague[int(draws.share(_TITLE + 2) * len(vague))]
    others = [i for i in vague if i != colour_at or not factors.copy_colour]
    quality_at = (
        0 if not others or draws.chance(_TITLE + 3, 0.5) else others[int(draws.share(_TITLE + 4) * len(others))]
    )
    urgent_at: tuple[int, ...] = ()
    if urgency:
        somewhere = 0 if count == 1 or draws.chance(_TITLE + 5, 0.35) else draws.between(_TITLE + 6, 1, count - 1)
        urgent_at = (somewhere,)
        if urgency == URGENCY_STEPS and count > 1:
            urgent_at = (0, somewhere or draws.between(_TITLE + 6, 1, count - 1))
    return _Brief(
        kind=factors.copy_kind,
        category=CATEGORY_OF[factors.copy_kind],
        plural=factors.copy_kind in PLURAL,
        colour=draws.pick(_WORDS, COLOUR_WORDS[factors.copy_colour]) if factors.copy_colour else "",
        qualities=QUALITY[quality_level(factors.appeal)],
        attribute=attribute,
        brand=brand,
        seller=seller,
        urgency=urgency,
        title_words=title_words,
        facts=facts,
        colour_at=colour_at,
        quality_at=quality_at,
        urgent_at=urgent_at,
        draws=draws,
    )


def _title(brief: _Brief) -> tuple[str, str]:
    """The title and the attribute that it had room for."""
    draws, room = brief.draws, brief.title_words
    noun = draws.pick(_TITLE + 7, NOUNS[brief.kind])
    colour = brief.colour if brief.colour_at == 0 else ""
    needed = bool(colour) + (2 if brief.facts[0] else 0) + (2 if 0 in brief.urgent_at else 0)
    if needed + len(noun.split()) > room:
        noun = min(NOUNS[brief.kind], key=lambda n: len(n.split()))
    room -= bool(colour) + len(noun.split())
    fact = _title_fact(brief, room - (0 in brief.urgent_at)) if brief.facts[0] else ""
    room -= len(fact.split())
    urgent, leads = _urgent_phrase(brief, 0, room) if 0 in brief.urgent_at else ("", False)
    room -= _count(urgent)
    quality = draws.pick(_TITLE + 8, brief.qualities) if brief.quality_at == 0 and room >= 1 else ""
    room -= bool(quality)
    attribute = brief.attribute if room >= 1 else ""
    room -= bool(attribute)
    # A brand before or behind the product, by what room there is.
    place = draws.share(_TITLE + 9)
    before = brief.brand if room >= 1 and place < 0.4 else ""
    behind = f"{'by' if place < 0.7 else 'from'} {brief.brand}" if room >= 2 and 0.4 <= place < 0.8 else ""
    room -= bool(before) + len(behind.split())
    if room == 1:
        starts = vague_words.TITLE_STARTS[1:] if before else vague_words.TITLE_STARTS
        before = f"{before} {draws.pick(_TITLE + 14, starts)}".strip()
    product = " ".join(part for part in (before, quality, colour, attribute, noun, behind) if part)
    filler = _filler(brief, room) if room > 1 else ""
    tails = [tail for tail in (filler, fact) if tail]
    if draws.chance(_TITLE + 10, 0.5):
        tails.reverse()
    line = ", ".join([product, *tails])
    if urgent:
        line = f"{urgent} {line}" if leads else line + urgent
    return _cased(line, brief, draws.share(_TITLE + 11)), attribute


def _title_fact(brief: _Brief, room: int) -> str:
    texts = fact_words.TITLE[brief.category] + fact_words.TITLE_ANY
    unfit = fact_words.unfit_topics(brief.kind, brief.category)
    ready = [f for f in frames_without(texts, brief.plural, unfit) if f.words <= max(room, 2)]
    return brief.draws.pick(_TITLE + 12, ready).fill({}, brief.draws.share(_TITLE + 13))


def _filler(brief: _Brief, room: int) -> str:
    """A phrase of no weight for the room that is left behind the product, 2 words or more."""
    draws = brief.draws
    tails = [tail for tail in vague_words.TITLE_TAILS[brief.category] if len(tail.split()) <= room]
    fitting = [tail for tail in tails if len(tail.split()) == room] + list(vague_words.TITLE_ENDS.get(room, ()))
    if fitting:
        return draws.pick(_TITLE + 14, fitting)
    first = draws.pick(
        _TITLE + 14, [tail for tail in tails if room - len(tail.split()) in vague_words.TITLE_ENDS] or tails
    )
    rest = room - len(first.split())
    return (
        f"{first}, {draws.pick(_TITLE + 15, vague_words.TITLE_ENDS[rest])}" if rest in vague_words.TITLE_ENDS else first
    )


def _cased(line: str, brief: _Brief, share: float) -> str:
    """Capitals on every word of weight, or on the first alone."""
    if share < 0.5:
        return _capital(line)
    words = line.split(" ")
    keep = [bool(i and (word in _SMALL or words[i - 1][-1].isdigit())) for i, word in enumerate(words)]
    return " ".join(word if small else _capital(word) for word, small in zip(words, keep, strict=True))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _targets(total: int, count: int, draws: Draws) -> list[int]:
    """Words of each sentence, the sum being the total."""
    weights = [0.65 + 0.7 * draws.share(_SENTENCE + _PER_SENTENCE * i) for i in range(count)]
    scale, targets, done, place = total / sum(weights), [], 0, 0.0
    for weight in weights:
        place += weight * scale
        targets.append(round(place) - done)
        done = round(place)
    return targets


@dataclass(slots=True)
class _Sentence:
    """A sentence being written: its frame, what fills it, and the words that it lacks or (below 0) has too many."""

    frame: Frame
    values: dict[str, str]
    urgent: str
    leads: bool
    missing: int


def _description(brief: _Brief, targets: Sequence[int], title: str) -> str:
    """The sentences of the description, together within a word of the sum of the targets."""
    draws, used = brief.draws, {topic(title.lower())}
    sentences = [_sentence(brief, i + 1, target, used) for i, target in enumerate(targets)]
    balance = sum(sentence.missing for sentence in sentences)
    order = sorted(range(len(targets)), key=lambda i: draws.share(_SENTENCE + _PER_SENTENCE * i + 5))
    for i in order:
        if balance >= -1:
            break
        shorter = _sentence(brief, i + 1, targets[i] + balance, used)
        shorter.missing -= balance
        if shorter.missing > sentences[i].missing:
            balance += shorter.missing - sentences[i].missing
            sentences[i] = shorter
    padding = dict.fromkeys(order, 0)
    for i in order * 2:
        if balance > 1:
            more = min(balance, 4 - padding[i])
            padding[i] += more
            balance -= more
    return " ".join(_written(brief, i + 1, sentence, padding[i]) for i, sentence in enumerate(sentences))


def _sentence(brief: _Brief, number: int, target: int, used: set[str]) -> _Sentence:
    """The sentence of a number whose words come nearest to the target."""
    draws, slot = brief.draws, _SENTENCE + _PER_SENTENCE * (number - 1)
    urgent, leads = _urgent_phrase(brief, number, target - 3) if number in brief.urgent_at else ("", False)
    values = _values(brief, number, slot)
    words_of = {name: len(value.split()) for name, value in values.items()}
    words_left = target - _count(urgent)
    frame, missing = _fitting(
        _pool(brief, number, draws.share(slot + 1)), words_of, words_left, used, draws.share(slot + 2)
    )
    used.add(frame.topic)
    return _Sentence(frame=frame, values=values, urgent=urgent, leads=leads, missing=missing)


def _written(brief: _Brief, number: int, sentence: _Sentence, padding: int) -> str:
    draws, slot = brief.draws, _SENTENCE + _PER_SENTENCE * (number - 1)
    names = (brief.brand, brief.seller)
    text = sentence.frame.fill(sentence.values, draws.share(slot + 3))
    in_front = sentence.leads or (not sentence.urgent and draws.chance(slot + 4, 0.5))
    if sentence.urgent:
        text = f"{sentence.urgent} {_lowered(text, names)}" if sentence.leads else text + sentence.urgent
    if padding and in_front != bool(sentence.urgent):
        text = f"{draws.pick(slot + 6, vague_words.LEADS[padding])} {_lowered(text, names)}"
    elif padding:
        text += draws.pick(slot + 6, vague_words.TAILS[padding])
    return _capital(text) + "."


def _lowered(text: str, names: tuple[str, str]) -> str:
    keep = text.startswith(names) or text[1:2].isupper() or text.startswith(("Bluetooth", "USB"))
    return text if keep else text[:1].lower() + text[1:]


def _pool(brief: _Brief, number: int, share: float) -> tuple[Frame, ...]:
    """The frames that can do what this sentence has to do."""
    if brief.facts[number]:
        return _facts(brief.kind)
    if brief.colour and number == brief.colour_at:
        texts = vague_words.COLOUR
    elif number == brief.quality_at or share < 0.1:
        texts = vague_words.QUALITY
    elif share < 0.4:
        texts = vague_words.PAIRING
    elif share < 0.55:
        texts = vague_words.BRAND
    else:
        texts = vague_words.BENEFIT[brief.category] if share < 0.85 else vague_words.BENEFIT_ANY
    return frames(texts, brief.plural)


@lru_cache(maxsize=64)
def _facts(kind: str) -> tuple[Frame, ...]:
    """What can be said of a kind that one can check."""
    category, own = CATEGORY_OF[kind], fact_words.BY_KIND.get(kind, ())
    unfit, plural = fact_words.unfit_topics(kind, category), kind in PLURAL
    anything = fact_words.ANY + (fact_words.DURABLE if category in _DURABLE else ())
    return frames(own, plural) + frames_without(fact_words.BY_CATEGORY[category] + anything, plural, unfit)


def _fitting(
    pool: Sequence[Frame], words_of: dict[str, int], target: int, used: set[str], share: float
) -> tuple[Frame, int]:
    """A frame near the target in words, on a topic not used yet, and the words it lacks (below 0: too many)."""
    best: list[tuple[Frame, int]] = []
    cost = 1 << 30
    for frame in pool:
        missing = target - frame.length(words_of)
        price = max(abs(missing) - 1, 0) + (30 if frame.topic in used else 0)
        if price < cost:
            best, cost = [(frame, missing)], price
        elif price == cost:
            best.append((frame, missing))
    return best[int(share * len(best))]


def _values(brief: _Brief, number: int, slot: int) -> dict[str, str]:
    """What fills the slots of this sentence."""
    draws, plural = brief.draws, brief.plural
    quality = draws.pick(slot + 6, brief.qualities)
    place, noun = draws.share(slot + 7), draws.pick(_WORDS + 1 + number % 3, NOUNS[brief.kind])
    subject = ("They" if plural else "It") if place < 0.5 else f"{_determiner(place, plural)} {noun}"
    other = draws.pick(slot + 4, [k for k in _ALL_KINDS if k != brief.kind])
    return {
        "S": subject,
        "Q": quality,
        "A": f"{'an' if quality[0] in 'aeiou' else 'a'} {quality}",
        "B": brief.brand,
        "V": brief.seller,
        "C": brief.colour,
        "D": f"{draws.pick(slot + 5, COLOUR_WORDS[COLOURS[int(place * 90) % 9]])} {draws.pick(slot + 2, NOUNS[other])}",
    }


def _determiner(place: float, plural: bool) -> str:
    return "The" if place < 0.75 else "Our" if place < 0.85 else ("These" if plural else "This")


def _urgent_phrase(brief: _Brief, number: int, room: int) -> tuple[str, bool]:
    """Words that press, and whether they stand in front; as few words as the room asks for, 1 at least."""
    draws, step = brief.draws, brief.urgency
    leads = draws.chance(_WORDS + 4 + bool(number), 0.5)
    texts = (vague_words.URGENT_LEADS if leads else vague_words.URGENT_TAILS)[step]
    fitting = [text for text in texts if _count(text) <= room]
    if not fitting:
        leads, fitting = True, [min(vague_words.URGENT_LEADS[step], key=_count)]
    return draws.pick(_WORDS + 6 + bool(number), fitting), leads


def _count(text: str) -> int:
    """Words of a phrase that may begin with the comma of the word before it."""
    return len(text.replace(",", "").split())
