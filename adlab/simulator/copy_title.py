"""Writes the title: the product with its brand and what is said of it, in as many words as it has room for."""

from __future__ import annotations

from functools import lru_cache

from adlab.simulator.copy_brief import TITLE, Brief, capital, urgent_phrase, words_in
from adlab.simulator.grammar import facts as fact_words
from adlab.simulator.grammar import titles
from adlab.simulator.grammar.compiled import Frame, frames
from adlab.simulator.grammar.names import NOUNS

_SMALL = frozenset({"for", "and", "by", "the", "of", "to", "from", "with", "a", "in", "at", "on"})
_UNITS = frozenset({"grams", "kg", "ml", "cm", "litres"})


def write_title(brief: Brief) -> tuple[str, str]:
    """The title, and the attribute that it had room for (empty if none)."""
    draws, room = brief.draws, brief.title_words
    noun = draws.pick(TITLE + 7, NOUNS[brief.kind])
    colour = brief.title_colour
    pressed, stated = 0 in brief.urgent_at, brief.facts[0]
    if bool(colour) + 2 * stated + 2 * pressed + len(noun.split()) > room:
        noun = min(NOUNS[brief.kind], key=lambda n: len(n.split()))
    room -= bool(colour) + len(noun.split())
    fact = _fact(brief, room - pressed) if stated else ""
    room -= len(fact.split())
    urgent, leads = urgent_phrase(brief, 0, room) if pressed else ("", False)
    room -= words_in(urgent)
    quality = draws.pick(TITLE + 8, brief.qualities) if brief.quality_at == 0 and room >= 1 else ""
    room -= bool(quality)
    attribute = brief.attribute if room >= 1 else ""
    room -= bool(attribute)
    # A brand before or behind the product, by what room there is.
    place = draws.share(TITLE + 9)
    before = brief.brand if room >= 1 and place < 0.4 else ""
    behind = f"{'by' if place < 0.7 else 'from'} {brief.brand}" if room >= 2 and 0.4 <= place < 0.8 else ""
    room -= bool(before) + len(behind.split())
    start = draws.pick(TITLE + 14, titles.STARTS) if room == 1 else ""
    product = " ".join(part for part in (start, before, quality, attribute, colour, noun, behind) if part)
    tails = [tail for tail in (_filler(brief, room) if room > 1 else "", fact) if tail]
    if draws.chance(TITLE + 10, 0.5):
        tails.reverse()
    line = ", ".join([product, *tails])
    if urgent:
        line = f"{urgent} {line}" if leads else line + urgent
    return _cased(line, draws.share(TITLE + 11)), attribute


def _fact(brief: Brief, room: int) -> str:
    ready = [f for f in _title_facts(brief.kind, brief.plural) if f.words <= max(room, 2)]
    return brief.draws.pick(TITLE + 12, ready).fill({}, brief.draws.share(TITLE + 13))


@lru_cache(maxsize=64)
def _title_facts(kind: str, plural: bool) -> tuple[Frame, ...]:
    return frames(fact_words.title_facts_of(kind), plural)


def _filler(brief: Brief, room: int) -> str:
    """A phrase of no weight for the room that is left behind the product, 2 words or more."""
    draws, ends = brief.draws, titles.ends_of(brief.category)
    tails = [tail for tail in titles.TAILS[brief.category] if len(tail.split()) <= room]
    fitting = [tail for tail in tails if len(tail.split()) == room] + list(ends.get(room, ()))
    if fitting:
        return draws.pick(TITLE + 14, fitting)
    first = draws.pick(TITLE + 14, [tail for tail in tails if room - len(tail.split()) in ends] or tails)
    rest = room - len(first.split())
    return f"{first}, {draws.pick(TITLE + 15, ends[rest])}" if rest in ends else first


def _cased(line: str, share: float) -> str:
    """Capitals on every word of weight, or on the first alone."""
    if share < 0.5:
        return capital(line)
    words = line.split(" ")
    keep = [
        bool(i and (word in _SMALL or (words[i - 1][-1].isdigit() and word.rstrip(",") in _UNITS)))
        for i, word in enumerate(words)
    ]
    return " ".join(word if small else capital(word) for word, small in zip(words, keep, strict=True))
