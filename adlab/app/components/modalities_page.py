"""The body of the Modalities page: one ad, or a table of ads."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from adlab.app import modalities, modalities_exports, modalities_words, scoring, state
from adlab.app.components import ad_preview, example_picker, modalities_ad, modalities_results
from adlab.app.components.text import plain
from adlab.app.state import Ad
from adlab.data.modalities import AdModes

ONE, TABLE = "One ad", "A table of ads"
QUERY = "modalities.query"


def show() -> None:
    """Draw everything below the title."""
    chosen = st.segmented_control(
        "What to read",
        [ONE, TABLE],
        default=ONE,
        required=True,
        key="modalities.what",
        label_visibility="collapsed",
        persist_state="session",
    )
    if chosen == ONE:
        _one(scoring.ad_on_screen())
    else:
        modalities_results.show()


def _one(ad: Ad) -> None:
    left, right = st.columns([4, 8], gap="large")
    with left:
        ad_preview.show(ad)
        st.session_state[QUERY] = ad.query
        st.text_input(
            "What the viewer searched for",
            key=QUERY,
            placeholder="Relevance needs a query",
            on_change=_ask,
            args=(ad,),
        )
        example_picker.show(ad.example)
        st.page_link("pages/score.py", label="Score another ad, and it is read here", icon=":material/speed:")
    with right:
        outcome = modalities.read(ad)
        if outcome.modes is None:
            st.error(plain(outcome.problem), icon=":material/report:")
            return
        for warning in outcome.modes.warnings:
            st.warning(plain(warning), icon=":material/info:")
        if not outcome.modes.results and not outcome.modes.missing:
            st.info(
                "No model is installed, so there is nothing to read the ad. Restore the folder models/ and start the "
                "app again.",
                icon=":material/inventory_2:",
            )
            return
        modalities_ad.show(outcome.modes)
        if words := modalities_words.absent_words(outcome.absent):
            st.caption(f":material/inventory_2: {plain(words)}")
        _downloads(ad, outcome.modes)


def _ask(ad: Ad) -> None:
    """Read the ad for another query."""
    query = " ".join(str(st.session_state.get(QUERY) or "").split())
    state.show(replace(ad, query=query, example="" if query != ad.query else ad.example), keep=False)


def _downloads(ad: Ad, modes: AdModes) -> None:
    name = f"adlab-modalities-{modes.content_hash[:12]}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Download what I see", width="content")
        for kind, mime, text in (
            ("JSON", "application/json", modalities_exports.ad_json(ad, modes)),
            ("CSV", "text/csv", modalities_exports.ad_csv(ad, modes)),
        ):
            st.download_button(
                kind,
                text,
                file_name=f"{name}.{kind.lower()}",
                mime=mime,
                key=f"modalities.download-{kind.lower()}",
                icon=":material/download:",
                on_click="ignore",
            )
