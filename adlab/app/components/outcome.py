"""The right-hand side of the Score page: cards, what could not be scored, downloads."""

from __future__ import annotations

import streamlit as st

from adlab.app import exports
from adlab.app.components import score_card
from adlab.app.components.text import plain
from adlab.app.scoring import Outcome
from adlab.app.state import Ad
from adlab.app.wording import words_for
from adlab.data.assessment import Assessment


def show(ad: Ad, outcome: Outcome) -> None:
    """Draw everything that is said about the ad."""
    if outcome.assessment is None:
        st.error(plain(outcome.problem), icon=":material/report:")
        return
    draw_assessment(outcome.assessment)
    if outcome.assessment.heads:
        downloads(ad, outcome.assessment)
    if outcome.history_note:
        st.caption(f":material/info: {plain(outcome.history_note)}")


def draw_assessment(assessment: Assessment) -> None:
    """Notices, one card a head, and what is missing."""
    for warning in assessment.warnings:
        st.warning(plain(warning), icon=":material/info:")
    for result in assessment.heads:
        score_card.show(result)
    for head, reason in assessment.not_scored.items():
        st.info(f"**{words_for(head).title}** is not scored: {plain(reason)}", icon=":material/block:")
    if not assessment.heads and not assessment.not_scored:
        st.info(
            "No model is installed, so there is no score. Restore the folder models/ and start the app again.",
            icon=":material/inventory_2:",
        )


def downloads(ad: Ad, assessment: Assessment) -> None:
    """Download what I see, as JSON and CSV."""
    name = f"adlab-{assessment.content_hash[:12]}"
    with st.container(horizontal=True, key="score.downloads", vertical_alignment="center"):
        st.caption("Download what I see", width="content")
        for kind, mime, text in (
            ("JSON", "application/json", exports.assessment_json(ad, assessment)),
            ("CSV", "text/csv", exports.assessment_csv(ad, assessment)),
        ):
            st.download_button(
                kind,
                text,
                file_name=f"{name}.{kind.lower()}",
                mime=mime,
                key=f"score.download-{kind.lower()}",
                icon=":material/download:",
                on_click="ignore",
            )
