"""What every page stands in: the style sheet and the name in the corner."""

from __future__ import annotations

import time
from functools import cache

import streamlit as st

from adlab.paths import assets_dir

ICON = str(assets_dir() / "icon.svg")
# A constant: nothing of the user's ever gets into it.
SCROLL_UP = """document.querySelector('[data-testid="stMain"]')?.scrollTo({top: 0, behavior: "smooth"})"""


def draw_frame() -> None:
    """Add the logo."""
    st.logo(str(assets_dir() / "logo.svg"), size="large", icon_image=ICON)


def scroll_up(wanted: bool) -> None:
    """Show the page's top, where the answer stands; Streamlit keeps the position otherwise."""
    if wanted:
        # The same markup in the same place would not run again: each click's differs.
        st.html(f"<script>{SCROLL_UP} // {time.monotonic_ns()}</script>", unsafe_allow_javascript=True)


def jump(label: str, anchor: str) -> None:
    """A link to a heading further down the page."""
    st.html(f'<a class="ad ad-jump" href="#{anchor}" target="_self">{label} ↓</a>')


def draw_title(title: str, lead: str) -> None:
    """A page's heading and one sentence beneath it, both plain text of ours.

    The style sheet comes in the same piece: alone, it would be applied only after the page was painted without it.
    """
    st.title(title, anchor=False)
    st.html(f'<style>{_style_sheet()}</style><p class="ad ad-lead">{lead}</p>')


@cache
def _style_sheet() -> str:
    return (assets_dir() / "app.css").read_text(encoding="utf-8")
