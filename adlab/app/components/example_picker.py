"""A strip of small pictures; a click on one scores that example."""

from __future__ import annotations

import base64
from html import escape

import streamlit as st

from adlab.app import caching, scoring
from adlab.app.examples import examples, focus, notes


def show(chosen: str) -> None:
    """Draw the strip; the chosen example is outlined, and why it is there is said beneath."""
    with st.container(key="score.examples"):
        for name, ad in examples().items():
            if ad.picture is None:
                continue
            with st.container(key=f"score.example-{name}", gap=None):
                picture = base64.b64encode(caching.square(ad.picture, focus()[name])).decode("ascii")
                mark = ' class="chosen"' if name == chosen else ""
                st.html(f'<img alt="" src="data:image/jpeg;base64,{picture}"{mark}>')
                st.button(
                    name.replace("-", " ").capitalize(),
                    key=f"score.pick-{name}",
                    type="tertiary",
                    on_click=scoring.choose_example,
                    args=(name,),
                    width="stretch",
                )
    if chosen:
        st.html(f'<p class="ad ad-quiet ad-why">{escape(notes()[chosen])} A simulated ad.</p>')
