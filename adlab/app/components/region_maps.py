"""Regions of the picture by what they do to the grade, and where one word looks on its way there."""

from __future__ import annotations

import base64
from html import escape

import streamlit as st
from PIL import Image

from adlab.app import pair_words
from adlab.app.components.text import plain
from adlab.app.head_words import GRADES
from adlab.app.pair_explain import Explained
from adlab.explain import heat
from adlab.explain.region_map import RegionMap, over_picture, region_map

STYLE = (
    "<style>.ad-regions figure{margin:0}.ad-regions img{display:block;width:100%;max-height:24rem;"
    "object-fit:contain;object-position:left}.ad-regions figcaption{margin-top:.4rem;font-size:.875rem}"
    "</style>"
)


def show(explained: Explained, key: str) -> None:
    """Draw the map of the grade, the choice of a word, and its map; without a picture, that there is none.

    Args:
        explained: What is explained.
        key: Of the choice.
    """
    found, picture = explained.explanation, explained.picture
    st.subheader("Picture", anchor=False)
    if picture is None or found.cells is None or found.looks is None:
        st.caption("This ad has no picture: the grade rests on words alone.")
        return
    grade = GRADES[found.grade]
    whole(explained)
    names = {
        number: f"{word.text} · {pair_words.field_name(word)}" for number, word in enumerate(found.words) if word.read
    }
    chosen = st.selectbox(
        "Where a word looks", names, key=key, format_func=names.__getitem__, index=None, placeholder="A word"
    )
    if chosen is not None and chosen in names:
        look = region_map(explained.head, picture, found.looks[chosen], "word")
        word = found.words[chosen].text
        if not found.looks[chosen].any():
            st.caption(f"“{word}” takes nothing from the picture on its way to {grade}.")
        else:
            st.html(figure(picture.pixels, look, f"Where “{word}” looks on its way to {grade}"))
    st.caption(pair_words.region_note(explained.head.settings))


def whole(explained: Explained) -> None:
    """Draw the map of the grade, of an ad with a picture, and say so where it weighs little beside the words."""
    found, picture = explained.explanation, explained.picture
    assert picture is not None  # else there is nothing to draw on
    assert found.cells is not None
    drawn = region_map(explained.head, picture, found.cells, "regions")
    st.html(figure(picture.pixels, drawn, f"What raises and lowers {GRADES[found.grade]}"))
    if small := pair_words.picture_line(found):
        st.caption(plain(small))


def figure(picture: Image.Image, drawn: RegionMap, caption: str) -> str:
    """HTML of one map over the picture; full colour is its own largest value."""
    data = base64.b64encode(heat.png(over_picture(picture, drawn))).decode("ascii")
    alt = escape(heat.alt_text(caption, drawn.values, drawn.padding_share))
    share = f" · {100 * drawn.padding_share:.0f} % of it lies on the padding" if drawn.padding_share >= 0.005 else ""
    return (
        f'{STYLE}<div class="ad ad-regions"><figure><img alt="{alt}" src="data:image/png;base64,{data}">'
        f'<figcaption>{escape(caption)}<span class="ad-quiet">{share}</span></figcaption></figure></div>'
    )
