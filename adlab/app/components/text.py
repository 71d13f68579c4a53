"""Words of users and files inside sentences of ours: no formatting, links or pictures, and no turned direction."""

from __future__ import annotations

from unicodedata import bidirectional

SPECIAL = frozenset("\\`*_[]<>$:~!#|")


def plain(text: str) -> str:
    """The text with every character escaped that Markdown or Streamlit's shortcodes would act on."""
    return "".join(f"\\{character}" if character in SPECIAL else character for character in text)


def isolated(text: str) -> str:
    """The text, between marks that keep its direction to itself if it holds Arabic, Hebrew or the like.

    The sentence around it would run the wrong way otherwise.
    """
    turned = any(bidirectional(character) in ("R", "AL", "AN") for character in text)
    return f"\u2068{text}\u2069" if turned else text


def shortened(name: str, most: int = 40) -> str:
    """A file's name in one line, its middle left out where it is long: the ending tells the kind."""
    flat = " ".join(name.split())
    half = (most - 1) // 2
    return flat if len(flat) <= most else f"{flat[:half]}…{flat[-half:]}"
