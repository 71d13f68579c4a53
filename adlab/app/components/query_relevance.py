"""Query relevance on the Score page: a field for the query, and the grade of the ad as an answer to it."""

from __future__ import annotations

from html import escape

import streamlit as st

from adlab.app import queries
from adlab.app.caching import RELEVANCE
from adlab.app.components import pair_support, score_card
from adlab.app.components.editor import MAX_CHARACTERS
from adlab.app.components.text import isolated
from adlab.app.cut_words import cut_line
from adlab.app.head_words import words_for
from adlab.app.state import Ad
from adlab.data.assessment import Assessment

EXPLAIN = "explain.score"  # which score the Explain page shows
SUPPORT = "What in the ad supports it"


def show(ad: Ad, assessment: Assessment) -> None:
    """Draw the field and what is said of the query; nothing where the head does not ship."""
    result = assessment.head(RELEVANCE)
    if result is None and RELEVANCE not in assessment.not_scored:
        return
    with st.container(key="score.relevance"):
        if result is not None:
            score_card.show(result, f"For “{isolated(ad.query)}”, read from {parts_words(ad)}", cut_line(ad))
            _support(ad)
        else:
            st.html(prompt(ad, assessment.not_scored[RELEVANCE]))
        field(ad, "Grade another query" if result is not None else "Grade this query")


def _support(ad: Ad) -> None:
    """What of the ad speaks for the grade, folded: it is made when the visitor looks, and for every query then on."""
    with st.expander(SUPPORT, icon=":material/layers:", key="score.relevance-support", on_change="rerun") as opened:
        if not opened.open:
            return
        pair_support.show(ad)
        if st.button(
            "Other grades, and where each word looks",
            key="score.relevance-explain",
            type="tertiary",
            icon=":material/arrow_forward:",
        ):
            st.session_state[EXPLAIN] = RELEVANCE
            st.switch_page("pages/explain.py")


def field(ad: Ad, button: str) -> None:
    """The field for the query, on any page that shows the ad."""
    queries.put(ad)
    with (
        st.form("score.query-form", border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "What the viewer searched for",
            key=queries.FIELD,
            max_chars=MAX_CHARACTERS,
            placeholder="For example: black running shoes",
            persist_state="session",  # else the same field on the next page begins empty
        )
        st.form_submit_button(button, key="score.query-submit", on_click=queries.ask)


def prompt(ad: Ad, reason: str) -> str:
    """HTML of the card before there is a grade: what to type, or what else the ad lacks."""
    words = words_for(RELEVANCE)
    lacking = (
        "Type below what somebody would search for who should see this ad, such as “black running shoes”. The answer "
        "is a grade from Bad to Excellent, with how likely each is."
        if not ad.query.strip()
        else f"Not scored: {reason}"
    )
    return (
        f'<section class="ad ad-card"><div class="ad-head"><h2>{words.title}</h2></div>'
        f'<p class="ad-quiet">{words.question}</p><p class="ad-meaning">{escape(lacking)}</p></section>'
    )


def parts_words(ad: Ad) -> str:
    """What of the ad is read beside the query."""
    copy = any(text.strip() for text in (ad.title, ad.description, ad.brand, ad.seller))
    return "picture and copy" if ad.picture and copy else "the picture" if ad.picture else "the copy"
