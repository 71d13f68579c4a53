"""The right-hand side of the Score page: cards, what could not be scored, downloads."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from adlab.app.caching import FOR_AN_AUDIENCE, RELEVANCE
from adlab.app.click_words import whom
from adlab.app.components import click_rate, keepsakes, query_relevance, score_card
from adlab.app.components.text import plain
from adlab.app.head_words import words_for
from adlab.app.scoring import Outcome
from adlab.app.state import Ad
from adlab.data.assessment import Assessment


def show(ad: Ad, outcome: Outcome) -> None:
    """Draw everything that is said about the ad."""
    if outcome.assessment is None:
        st.error(plain(outcome.problem), icon=":material/report:")
        return
    assessment = outcome.assessment
    if not assessment.heads and not assessment.not_scored:
        st.info(
            "No model is installed, so there is no score. Restore the folder models/ and start the app again.",
            icon=":material/inventory_2:",
        )
    draw_assessment(_without(assessment, *FOR_AN_AUDIENCE, RELEVANCE))
    query_relevance.show(ad, assessment)
    if not any(assessment.head(name) for name in FOR_AN_AUDIENCE):
        keepsakes.show(ad, outcome)
    else:
        click_rate.show(ad, outcome)


def _without(assessment: Assessment, *apart: str) -> Assessment:
    """What is said beside the heads that have a section of their own."""
    return replace(assessment, heads=tuple(head for head in assessment.heads if head.head not in apart))


def draw_assessment(assessment: Assessment) -> None:
    """Notices, one card a head, and what is missing; what relevance lacks is said where a query is asked."""
    for warning in assessment.warnings:
        st.warning(plain(warning), icon=":material/info:")
    for result in assessment.heads:
        score_card.show(result, f"For {whom(assessment.context)}" if result.head in FOR_AN_AUDIENCE else "")
    for head, reason in assessment.not_scored.items():
        if head == RELEVANCE:
            continue
        st.info(f"**{words_for(head).title}** is not scored: {plain(reason)}", icon=":material/block:")
