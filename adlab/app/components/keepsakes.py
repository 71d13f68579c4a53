"""What a visitor takes along from the Score page: downloads of what is on screen."""

from __future__ import annotations

import streamlit as st

from adlab.app import exports
from adlab.app.components.text import plain
from adlab.app.scoring import Outcome
from adlab.app.state import Ad
from adlab.data.assessment import Assessment


def show(ad: Ad, outcome: Outcome) -> None:
    """The scores on screen as JSON and CSV, and why they are not in the history if they are not."""
    if outcome.assessment is not None and outcome.assessment.heads:
        _downloads(ad, outcome.assessment)
    if outcome.history_note:
        st.caption(f":material/info: {plain(outcome.history_note)}")


def _downloads(ad: Ad, assessment: Assessment) -> None:
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
