"""The card beside the pointer on the maps. Plotly's own shows no pictures, so a small script draws this one.

It is plain HTML and no custom component: the session state of those cannot be serialised (Streamlit 1.67), which this
app insists on.
"""

from __future__ import annotations

from functools import cache
from html import escape

import streamlit as st

from adlab.app import latent_card, latent_state
from adlab.app.latent_shown import Shown
from adlab.paths import assets_dir

# The maps' table holds the same words for those who use no pointer, so the card is not read out a second time.
MARKUP = (
    '<img alt="" hidden><div><p class="name"></p><p class="words"></p><dl></dl><p class="why ad-quiet"></p></div></div>'
)


def show(shown: Shown, colour: str) -> None:
    """Add the card to the page; it stays out of sight until a point is pointed at."""
    address = latent_card.address(shown, latent_state.own_job())
    source = f'data-address="{escape(address)}" data-colour="{escape(colour)}"'
    with st.container(key="latent.card"):
        st.html(
            f'<div class="ad ad-hover" aria-hidden="true" {source}>{MARKUP}<script>{_script()}</script>',
            unsafe_allow_javascript=True,
        )


@cache
def _script() -> str:
    return (assets_dir() / "latent_card.js").read_text(encoding="utf-8")
