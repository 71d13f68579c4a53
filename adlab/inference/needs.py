"""What an ad must have for a head to score it, whole or by one part, and the sentence that says what it lacks."""

from __future__ import annotations

from adlab.data.creative import Creative
from adlab.data.modalities import Mode

IMAGE, COPY, QUERY = "an image", "a title or description", "a query"
EITHER = f"{IMAGE} or {COPY}"
# Every need has to be met, in the order in which they are named.
NEEDS: dict[str, tuple[str, ...]] = {
    "agreement": (IMAGE, COPY),
    "conversion": (IMAGE, COPY),
    "appeal": (IMAGE,),
    "ctr": (IMAGE,),
    "relevance": (QUERY, EITHER),
    "funnel": (EITHER,),
}
# What a head that answers by words alone reads, any of which is enough, and how an ad without it is described.
NEITHER = "neither title nor description"
WORDS: dict[str, tuple[tuple[str, ...], str]] = {
    "relevance": (("copy", "seller", "brand"), "neither title, seller, brand nor description"),
    "conversion": (("copy",), NEITHER),
    "funnel": (("copy",), NEITHER),
    "appeal": (("in picture",), "no words in its picture"),
    "ctr": (("copy", "in picture"), "neither copy nor words in its picture"),
}


def lacks(creative: Creative, head: str) -> tuple[str, ...]:
    """What a creative lacks for a head, in words; nothing if the head can score it."""
    there = {IMAGE: creative.image is not None, COPY: bool(creative.copy), QUERY: bool(creative.query)}
    there[EITHER] = there[IMAGE] or there[COPY]
    return tuple(need for need in NEEDS[head] if not there[need])


def missing(creative: Creative, head: str) -> str:
    """The sentence that says what a head needs and what an ad lacks."""
    return f"Needs {' and '.join(NEEDS[head])}; this ad lacks {' and '.join(lacks(creative, head))}."


def parts_lacking(creative: Creative, words: str | None, head: str) -> dict[Mode, str]:
    """The sentences that say why a head has no answer by the picture alone or by the words alone; none if it has both.

    Args:
        creative: The ad.
        words: The words in its picture, None where they were not read.
        head: A head that can answer by one part.
    """
    there = {
        "copy": bool(creative.copy),
        "seller": bool(creative.seller),
        "brand": bool(creative.brand),
        "in picture": bool(words),
    }
    found = {} if creative.image is not None else {Mode.IMAGE_ONLY: "This ad has no picture."}
    read, without = WORDS[head]
    if not any(there[name] for name in read):
        unread = words is None and "in picture" in read and creative.image is not None
        found[Mode.TEXT_ONLY] = "The words in its picture were not read." if unread else f"This ad has {without}."
    return found
