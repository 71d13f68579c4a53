"""What is read from the picture itself: its dominant colour, and the words in it, which can be put right."""

from __future__ import annotations

from html import escape

import streamlit as st

from adlab.app import caching, picture_words, scoring, state
from adlab.app.components.text import plain
from adlab.app.head_words import words_for
from adlab.app.state import Ad
from adlab.data.creative import MAX_TEXT_CHARACTERS
from adlab.features.dominant_colour import MULTIPLE, DominantColour

LABEL = "Words in the picture"


def show(ad: Ad) -> None:
    """Draw the details of an ad's picture; last on the page, because they take a moment the first time."""
    if ad.picture is None:
        return
    with st.container(key="score.details"):
        st.html(colour_card(caching.colour(ad.picture)))
        _words(ad)


def colour_card(colour: DominantColour) -> str:
    """HTML of the dominant colour: a swatch, its name, and how much of the picture it covers."""
    code = "#{:02x}{:02x}{:02x}".format(*colour.rgb)
    name = "Several colours" if colour.name == MULTIPLE else colour.name.capitalize()
    among = "the commonest" if colour.name == MULTIPLE else "it"
    return (
        '<section class="ad ad-card"><div class="ad-head"><h2>What the picture holds</h2></div>'
        f'<p class="ad-colour"><span class="ad-swatch" style="background:{code}"></span>'
        f'<span><span class="ad-quiet">Dominant colour</span><br><strong>{escape(name)}</strong> '
        f'<span class="ad-quiet">{code}, {among} covers {100 * colour.share:.0f} % of the picture</span>'
        "</span></p></section>"
    )


@st.fragment
def _words(ad: Ad) -> None:
    """The field; typing reruns only this, the button the whole page. Nothing where no head reads words."""
    future = picture_words.reading(ad)
    if future is None:
        return
    if not future.done():  # words were given, so that no score waited for what OCR reads
        st.fragment(_watch, run_every=1.0)(ad)
        return
    read = future.result()
    state.put_words(ad, read.text or "")
    with st.expander(LABEL, icon=":material/text_fields:", expanded=ad.ocr_text is not None):
        titles = " and ".join(words_for(head).title.lower() for head in sorted(picture_words.heads_that_read()))
        st.caption(f"Read by OCR for {titles}. Put right what it got wrong, and score again.")
        if read.problem:
            st.warning(plain(read.problem), icon=":material/info:")
        st.text_area(
            LABEL,
            key=state.WORDS,
            max_chars=MAX_TEXT_CHARACTERS,
            placeholder="No words in the picture",
            label_visibility="collapsed",
            persist_state="session",
        )
        if st.button("Score with these words", key="score.words-submit", on_click=scoring.score_with_words):
            st.rerun(scope="app")


def _watch(ad: Ad) -> None:
    """Look again until the words are there."""
    future = picture_words.reading(ad)
    if future is None or future.done():
        st.rerun(scope="app")
    st.caption(":material/hourglass_top: Reading the words in the picture …")
