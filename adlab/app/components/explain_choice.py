"""Which score the Explain page explains: the rating by the picture's parts, or the grade by words and regions."""

from __future__ import annotations

import streamlit as st

from adlab.app.caching import RELEVANCE
from adlab.app.components import explain_page, pair_explain_page
from adlab.app.components.query_relevance import EXPLAIN
from adlab.app.head_words import words_for
from adlab.app.state import Ad

APPEAL = "appeal"


def show(ad: Ad) -> None:
    """Draw the choice and what was chosen."""
    chosen = st.segmented_control(
        "Which score",
        [APPEAL, RELEVANCE],
        key=EXPLAIN,
        default=APPEAL,
        required=True,
        format_func=_title,
        persist_state="session",
    )
    if chosen == RELEVANCE:
        pair_explain_page.show(ad)
    else:
        explain_page.show(ad)


def _title(head: str) -> str:
    return words_for(head).title
