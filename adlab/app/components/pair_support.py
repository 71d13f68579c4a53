"""What supports a grade, in small: the words and regions for and against it, and whether they hold."""

from __future__ import annotations

import streamlit as st

from adlab.app import pair_explain, pair_words
from adlab.app.components import pair_evidence
from adlab.app.components.bars import share_words
from adlab.app.components.text import plain
from adlab.app.head_words import GRADES
from adlab.app.pair_explain import Explained
from adlab.app.state import Ad
from adlab.app.wording import unbroken

TEST = "score.relevance-test"


def show(ad: Ad) -> None:
    """Explain the likeliest grade of an ad with a query; what was explained before comes from memory."""
    outcome = pair_explain.explain(ad, None)
    if outcome.explained is None:
        st.info(plain(outcome.problem or outcome.missing), icon=":material/report:")
        return
    explained = outcome.explained
    pair_explain.ask_evidence_once(explained)
    _draw(explained)


def _draw(explained: Explained) -> None:
    from adlab.app.components import region_maps, word_weights  # import torch, which by now the models have brought

    found = explained.explanation
    name, share = GRADES[found.grade], share_words(float(found.shares[found.grade]))
    st.markdown(f"For and against **{name}**, the likeliest grade ({unbroken(share)})")
    words = st.container()
    if explained.picture is not None and found.cells is not None:
        left, words = st.columns([4, 7], gap="medium")
        with left:
            region_maps.whole(explained)
    with words:
        st.html(word_weights.draw(found))
        st.markdown(plain(pair_words.strongest_line(found)))
    st.caption(plain(" ".join(filter(None, (pair_words.mass_line(found), pair_words.cut_line(found))))))
    if line := pair_words.parts_line(found):
        st.caption(plain(line))
    st.markdown("**Do the weights hold?**")
    pair_evidence.show(explained, TEST, pair_evidence.lines)
