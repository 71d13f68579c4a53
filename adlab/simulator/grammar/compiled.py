"""Frames made ready for fast use: split at their slots, once for one thing and once for several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_SLOT = re.compile(r"(\{[A-Z]\}|<[^>]+>)")
_NUMBER = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")
# Topics on which two sentences of one copy could disagree, or say the same twice.
_TOPICS = {
    name: re.compile(root)
    for name, root in (
        ("rating", r"rated?\b|points out of|out of 100"),
        ("return", r"returns?\b|refund"),
        ("origin", r"made in|assembled in|workshop in|knitted|dyed in|poured by"),
        ("warranty", r"warranty|any fault"),
        ("parts", r"spare parts"),
        ("house", r"years ago|in business"),
        ("discount", r"% off|voucher"),
        ("delivery", r"deliver(?:y|ed|s every)|ships?\b"),
        ("energy", r"calories"),
        ("battery", r"one charge|charges in|a charge|battery"),
        ("size", r"sizes?\b|waist|inside leg"),
        ("cloth", r"cotton|linen|viscose|jersey|fleece"),
        ("wool", r"wool|merino"),
        ("leather", r"leather"),
        ("cork", r"cork"),
        ("weight", r"weigh|grams|gsm|kilos|\bkg\b|ounces|oz "),
        ("volume", r"litres|\dml\b|>ml\b|\bml\b"),
        ("measure", r"centimetres|\dcm\b|>cm\b|\bcm\b|wide\b|tall\b|inch"),
        ("pockets", r"pockets"),
        ("plants", r"plants?\b"),
        ("ingredients", r"ingredients"),
        ("dough", r"dough"),
        ("fruits", r"fruits"),
        ("time", r"ready in|pitched in"),
        ("lasting", r"lasts?\b|burns?\b|h burn"),
        ("age", r"\bages?\b"),
        ("people", r"sleeps|seats"),
        ("metal", r"aluminium|steel"),
        ("sole", r"sole is|rubber"),
        ("bluetooth", r"bluetooth"),
        ("storage", r"gigabytes|\bgb\b"),
        ("gears", r"gears"),
        ("frame", r"frame\b"),
        ("handle", r"handle\b"),
        ("panels", r"panels"),
        ("deck", r"deck|ply maple"),
        ("caffeine", r"caffeine"),
        ("beans", r"beans"),
        ("watts", r"watts"),
        ("pixels", r"megapixels"),
        ("zoom", r"zoom"),
        ("rays", r"ultraviolet|\buv"),
        ("down", r"\bdown\b"),
        ("tests", r"tested over|clubs|toy standard"),
        ("sold", r"sold by|found at|stocks the|on the shelves"),
        ("design", r"designed by|drew|drawing board"),
        ("ease", r"easy|ease"),
        ("gift", r"gift|present\b"),
    )
}


@dataclass(frozen=True, slots=True)
class Frame:
    """A sentence with holes.

    Attributes:
        parts: Literal text and, at odd places, slot names or numbers to draw.
        words: Words of the literal text and the drawn numbers.
        slots: Names of the slots, such as "SQ".
        topic: What it speaks about, so that a copy does not contradict or repeat itself.
    """

    parts: tuple[str | tuple[str, ...] | tuple[int, int], ...]
    words: int
    slots: str
    topic: str

    def length(self, words_of: Mapping[str, int]) -> int:
        """Words of the sentence once the slots are filled with so many words each."""
        total = self.words
        for slot in self.slots:
            total += words_of[slot]
        return total

    def fill(self, values: Mapping[str, str], share: float) -> str:
        """The sentence with its slots filled; the numbers in it follow from `share`, 0–1."""
        out = []
        for part in self.parts:
            if isinstance(part, str):
                out.append(values[part[1]] if part.startswith("{") else part)
                continue
            share = share * 997.0 % 1.0
            if isinstance(part[0], int) and isinstance(part[1], int):
                out.append(str(part[0] + int(share * (part[1] - part[0] + 1))))
            else:
                out.append(str(part[int(share * len(part))]))
        return "".join(out)


@lru_cache(maxsize=512)
def frames(texts: tuple[str, ...], plural: bool) -> tuple[Frame, ...]:
    """The frames of some texts, agreeing with one thing or with several."""
    return tuple(_frame(_NUMBER.sub(r"\2" if plural else r"\1", text)) for text in texts)


def _frame(text: str) -> Frame:
    pieces = [piece for piece in _SLOT.split(text) if piece]
    slots = "".join(piece[1] for piece in pieces if piece.startswith("{"))
    # A number counts as the word it stands in: "<2-6>-year" is one word.
    words = len(_SLOT.sub("0", text).split()) - len(slots)
    return Frame(parts=tuple(_part(piece) for piece in pieces), words=words, slots=slots, topic=topic(text.lower()))


def topic(text: str) -> str:
    """What a sentence speaks about: the first root found in it, or the text itself where none is.

    Args:
        text: In lower case.
    """
    return next((name for name, root in _TOPICS.items() if root.search(text)), text)


def topics(text: str) -> set[str]:
    """Everything that a text speaks about.

    Args:
        text: In lower case.
    """
    return {name for name, root in _TOPICS.items() if root.search(text)}


def _part(piece: str) -> str | tuple[str, ...] | tuple[int, int]:
    if not piece.startswith("<"):
        return piece
    if "/" in piece:
        return tuple(piece[1:-1].split("/"))
    low, high = piece[1:-1].split("-")
    return int(low), int(high)
