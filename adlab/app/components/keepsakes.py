"""What a visitor takes along from the Score page: downloads of what is on screen."""

from __future__ import annotations

import streamlit as st

from adlab.app import exports
from adlab.app.components import ad_downloads
from adlab.app.components.text import plain
from adlab.app.scoring import Outcome
from adlab.app.state import Ad


def show(ad: Ad, outcome: Outcome) -> None:
    """The scores on screen as JSON and CSV, and why they are not in the history if they are not."""
    if outcome.assessment is not None and outcome.assessment.heads:
        ad_downloads.show(
            "score",
            f"adlab-{outcome.assessment.content_hash[:12]}",
            as_json=exports.assessment_json(ad, outcome.assessment),
            as_csv=exports.assessment_csv(ad, outcome.assessment),
        )
    if outcome.history_note:
        st.caption(f":material/info: {plain(outcome.history_note)}")
