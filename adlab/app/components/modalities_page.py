"""The body of the Modalities page: one ad, or a table of ads."""

from __future__ import annotations

import streamlit as st

from adlab.app import modalities, modalities_exports, modalities_words, scoring
from adlab.app.caching import RELEVANCE
from adlab.app.components import (
    ad_downloads,
    ad_preview,
    example_picker,
    modalities_ad,
    modalities_maps,
    modalities_results,
    query_relevance,
)
from adlab.app.components.text import plain
from adlab.app.state import Ad

ONE, TABLE = "One ad", "A table of ads"


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
        query_relevance.field(ad, "Read for it")
        example_picker.show(ad.example)
        if st.button("Give another ad on the Score page", key="modalities.score", icon=":material/speed:"):
            st.switch_page("pages/score.py")
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
        if RELEVANCE in outcome.modes.results:
            modalities_maps.show(ad)
        if words := modalities_words.absent_words(outcome.absent):
            st.caption(f":material/inventory_2: {plain(words)}")
        ad_downloads.show(
            "modalities",
            f"adlab-modalities-{outcome.modes.content_hash[:12]}",
            as_json=modalities_exports.ad_json(ad, outcome.modes),
            as_csv=modalities_exports.ad_csv(ad, outcome.modes),
        )
