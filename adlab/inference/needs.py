"""What an ad must have for a head to score it, and the sentence that says what it lacks."""

from __future__ import annotations

from adlab.data.creative import Creative

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


def lacks(creative: Creative, head: str) -> tuple[str, ...]:
    """What a creative lacks for a head, in words; nothing if the head can score it."""
    there = {IMAGE: creative.image is not None, COPY: bool(creative.copy), QUERY: bool(creative.query)}
    there[EITHER] = there[IMAGE] or there[COPY]
    return tuple(need for need in NEEDS[head] if not there[need])


def missing(creative: Creative, head: str) -> str:
    """The sentence that says what a head needs and what an ad lacks."""
    return f"Needs {' and '.join(NEEDS[head])}; this ad lacks {' and '.join(lacks(creative, head))}."
