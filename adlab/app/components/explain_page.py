"""The body of the Explain page: the ad, its four maps, what they rest on, and the evidence for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import explain, explain_words
from adlab.app.components import job_progress
from adlab.app.components.text import isolated, plain
from adlab.app.explain import Explained
from adlab.app.state import Ad
from adlab.app.wording import interval_words
from adlab.data.score_text import number

if TYPE_CHECKING:
    from adlab.explain.deletion import Deletion

KEY = "explain.map"


def show(ad: Ad) -> None:
    """Draw everything below the title."""
    outcome = explain.explain(ad)
    if outcome.problem:
        st.error(plain(outcome.problem), icon=":material/report:")
    elif outcome.explained is None:
        st.info(plain(outcome.missing), icon=":material/image_not_supported:")
        if ad.picture is None:
            st.page_link("pages/score.py", label="Score an ad", icon=":material/speed:")
    else:
        _draw(ad, outcome.explained)


def _draw(ad: Ad, explained: Explained) -> None:
    from adlab.app.components import heat_map  # imports torch, which by now the models have brought along

    config, result = explained.head.network.config, explained.result
    names = explain_words.names_of(config)
    job = explain.evidence(explained)
    found: dict[str, Deletion] = {}
    if job is not None and job.done and job.future.exception() is None:
        found = job.future.result()
    st.markdown(
        f"**{plain(isolated(ad.label))}** · mean rating **{number(result.value, result.unit)}** of {config.outputs} "
        f"({interval_words(result.interval, result.unit)}) · {_words_read(explained)}"
    )
    if explained.note:
        st.warning(plain(explained.note), icon=":material/info:")
    tested = explain_words.evidence_lines(found, names)
    heat_map.show(
        explained.picture.pixels, explained.maps, KEY, target=explain_words.TARGET, names=names, tested=tested
    )
    st.subheader("Do the maps hold?", anchor=False)
    _evidence(explained, found)
    with st.expander("What these maps are", icon=":material/info:", expanded=True):
        st.markdown(plain(explain_words.reading_words(config, len(explained.head.network.networks()))))
        st.caption(plain(explain_words.source_words(explained.head.manifest)))


def _words_read(explained: Explained) -> str:
    if explained.words is None:
        return "the words in the picture were not read"
    count = len(explained.words.split())
    return f"{count or 'no'} word{'' if count == 1 else 's'} in the picture"


def _evidence(explained: Explained, found: dict[str, Deletion]) -> None:
    from adlab.app.components import explain_evidence

    job = explain.evidence(explained)
    if found:
        explain_evidence.show(found, explain_words.names_of(explained.head.network.config))
        return
    st.markdown(
        "A map may look right and mean nothing. The test masks the parts that a map says raise the rating, most "
        "important first, and sees whether the rating falls faster than with random maps and with a spot in the middle."
    )
    if job is None or job.done:
        st.button(
            "Test the maps on this ad",
            key="explain.test",
            icon=":material/experiment:",
            on_click=explain.ask_evidence,
            args=(explained,),
        )
    if job is not None:
        job_progress.show(job, "explain.test", explain.forget_evidence)
