"""Frames made ready for fast use: split at their slots, once for one thing and once for several."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

_SLOT = re.compile(r"(\{[A-Z]\}|<[^>]+>)")
_NUMBER = re.compile(r"\[([^|\]]*)\|([^\]]*)\]")
# Topics on which two sentences of one copy could disagree.
_TOPICS = {
    name: re.compile(root)
    for name, root in (
        ("rating", r"rated?\b"),
        ("return", r"returns?\b"),
        ("origin", r"made in|shaped in|dyed in"),
        ("warranty", r"warranty"),
        ("energy", r"calories|kcal"),
        ("battery", r"one charge|charges in|a charge|battery"),
        ("weight", r"weigh|grams|>g\b|gsm|kilos|kg|-gram|ounces"),
        ("size", r"sizes?\b|\beu <"),
        ("height", r"centimetres|>cm|> cm"),
        ("volume", r"millilitres|>ml|> ml"),
        ("cloth", r"cotton"),
        ("plants", r"plant"),
        ("ingredients", r"ingredients"),
        ("time", r"ready in"),
        ("lasting", r"lasts"),
        ("age", r"\bages?\b"),
        ("load", r"up to"),
        ("metal", r"aluminium"),
        ("delivery", r"delivery|ships?\b"),
        ("sole", r"sole is|rubber"),
        ("port", r"usb"),
        ("light", r"sunlight"),
        ("parts", r"spare parts"),
        ("seams", r"seams"),
        ("opening", r"opened"),
        ("distance", r"tested over"),
        ("sold", r"sold by|found at|stocks the"),
        ("design", r"designed by|drew it"),
        ("ease", r"easy"),
        ("gift", r"gift|present"),
        ("photograph", r"suggest|photograph"),
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


@lru_cache(maxsize=256)
def frames_without(texts: tuple[str, ...], plural: bool, topics: frozenset[str]) -> tuple[Frame, ...]:
    """`frames`, those on some topics left out."""
    return tuple(frame for frame in frames(texts, plural) if frame.topic not in topics)


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


def _part(piece: str) -> str | tuple[str, ...] | tuple[int, int]:
    if not piece.startswith("<"):
        return piece
    if "/" in piece:
        return tuple(piece[1:-1].split("/"))
    low, high = piece[1:-1].split("-")
    return int(low), int(high)
