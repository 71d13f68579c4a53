"""The ad as a viewer would meet it: picture and copy in one card; what is missing is said."""

from __future__ import annotations

import base64
from html import escape

import streamlit as st

from adlab.app.caching import Preview, preview
from adlab.app.state import Ad
from adlab.app.wording import COPY_NAMES

LONG = 500  # characters of a description


def show(ad: Ad) -> None:
    """Draw the ad."""
    st.html(creative_card(ad, preview(ad.picture) if ad.picture else None))


def creative_card(ad: Ad, picture: Preview | None) -> str:
    """HTML of the ad; every text of the user is escaped."""
    lines = []
    if ad.brand:
        lines.append(f'<p class="ad-eyebrow">{escape(ad.brand)}</p>')
    if ad.title:
        lines.append(f"<h2>{escape(ad.title)}</h2>")
    if ad.description:
        # Long copy scrolls in itself, which a keyboard must be able to do, too.
        focus = ' tabindex="0"' if len(ad.description) > LONG else ""
        lines.append(f'<p class="body"{focus}>{escape(ad.description)}</p>')
    others = [(name, getattr(ad, name)) for name in ("query", "seller", "category")]
    named = " · ".join(f"{COPY_NAMES[name]}: <bdi>{escape(text)}</bdi>" for name, text in others if text)
    if named:
        lines.append(f'<p class="ad-quiet ad-named">{named}</p>')
    if not ad.title and not ad.description:
        lines.append('<p class="ad-quiet">No title and no description given.</p>')
    return f'<article class="ad ad-creative">{_picture(ad, picture)}<div class="copy">{"".join(lines)}</div></article>'


def _picture(ad: Ad, picture: Preview | None) -> str:
    if picture is None:
        return '<div class="ad-none">No picture given</div>'
    data = base64.b64encode(picture.jpeg).decode("ascii")
    alt = f"Picture of the ad “{ad.label}”, {picture.width} × {picture.height} pixels"
    return f'<img style="max-width:100%" alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">'
