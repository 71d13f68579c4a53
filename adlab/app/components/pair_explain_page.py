"""Query relevance on the Explain page: words by weight, regions over the picture, where a word looks, and the test."""

from __future__ import annotations

import streamlit as st

from adlab.app import pair_explain, pair_words
from adlab.app.components import pair_evidence, query_relevance
from adlab.app.components.bars import share_words
from adlab.app.components.text import isolated, plain
from adlab.app.explain_words import source_words
from adlab.app.head_words import GRADES
from adlab.app.pair_explain import Explained
from adlab.app.state import Ad
from adlab.app.wording import interval_words
from adlab.data.score_text import number

GRADE, WORD, CHOSEN_FOR = "explain.pair-grade", "explain.pair-word", "explain.pair-for"


def show(ad: Ad) -> None:
    """Draw everything below the choice of the score."""
    if st.session_state.get(CHOSEN_FOR) != ad.key:  # another ad or query: back to its likeliest grade
        st.session_state[CHOSEN_FOR] = ad.key
        st.session_state.pop(GRADE, None)
        st.session_state.pop(WORD, None)
    chosen = st.session_state.get(GRADE)
    outcome = pair_explain.explain(ad, GRADES.index(chosen) if chosen in GRADES else None)
    if outcome.problem:
        st.error(plain(outcome.problem), icon=":material/report:")
        st.page_link("pages/score.py", label="Score an ad", icon=":material/speed:")
    elif outcome.explained is None:
        st.info(plain(outcome.missing), icon=":material/search:")
        if outcome.asks:
            query_relevance.field(ad, "Grade this query")
        elif not ad.picture and not ad.title:
            st.page_link("pages/score.py", label="Score an ad", icon=":material/speed:")
    else:
        _draw(outcome.explained)


def _draw(explained: Explained) -> None:
    # Import torch, which by now the models have brought.
    from adlab.app.components import perturbation_chart, region_maps, word_weights

    found, result = explained.explanation, explained.result
    st.markdown(
        f"**{plain(isolated(explained.ad.label))}** · expected grade **{number(result.value, result.unit)}** of 3 "
        f"({interval_words(result.interval, result.unit)}) · read from {query_relevance.parts_words(explained.ad)}"
    )
    query_relevance.field(explained.ad, "Grade another query")
    labels = {name: f"{name}, {share_words(share)}" for name, share in zip(GRADES, found.shares, strict=True)}
    st.segmented_control(
        "Explain the grade",
        GRADES,
        key=GRADE,
        default=GRADES[explained.likeliest],
        required=True,
        format_func=labels.__getitem__,
    )
    left, right = st.columns([5, 7], gap="large")
    with right:
        st.subheader("Words", anchor=False)
        st.html(word_weights.draw(found))
        st.markdown(plain(pair_words.strongest_line(found)))
        st.caption(plain(" ".join(filter(None, (pair_words.mass_line(found), pair_words.cut_line(found))))))
        if line := pair_words.parts_line(found):
            st.caption(plain(line))
        with st.expander("The weights as numbers", icon=":material/table_rows:"):
            st.dataframe(word_weights.table(found), hide_index=True, key="explain.pair-table")
    with left:
        region_maps.show(explained, WORD)
    st.subheader("Do the weights hold?", anchor=False)
    pair_evidence.show(explained, "explain.pair-test", perturbation_chart.show)
    with st.expander("What these weights are", icon=":material/info:", expanded=True):
        st.markdown(plain(pair_words.READING))
        st.caption(plain(source_words(explained.head.manifest)))
