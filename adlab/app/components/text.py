"""Words of users and files inside Markdown, where they must not become formatting, links or pictures."""

from __future__ import annotations

SPECIAL = frozenset("\\`*_[]<>$:~!#|")


def plain(text: str) -> str:
    """The text with every character escaped that Markdown or Streamlit's shortcodes would act on."""
    return "".join(f"\\{character}" if character in SPECIAL else character for character in text)
