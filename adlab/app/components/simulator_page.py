"""The body of the Simulator page: the ad with its probabilities, the causes, their shares, and the response to each."""

from __future__ import annotations

import streamlit as st

from adlab.app import simulator, simulator_state
from adlab.app.components import simulator_ad, simulator_controls, simulator_curves, simulator_shares
from adlab.app.simulator_words import BADGE
from adlab.data.creative import Context


@st.fragment
def show() -> None:
    """Draw everything below the title; a moved cause reruns this and not the whole page."""
    simulator_state.begin()
    st.html(f'<p class="ad"><span class="ad-badge sim">{BADGE}</span></p>')
    left, right = st.columns([5, 7], gap="large")
    with right, st.container(key="simulator.right"):
        simulator_controls.choose_ad()
        simulator_controls.choose_causes()
    plan, context = simulator_state.plan(), simulator_state.context()
    format_name = str(st.session_state[simulator_state.FORMAT])
    picture = simulator.drawn(plan, format_name)
    first, now = (
        simulator.rates(simulator_state.drawn_plan().factors, Context()),
        simulator.rates(plan.factors, context),
    )
    with left, st.container(key="simulator.left"):
        with st.container(key="simulator.ad"):
            simulator_ad.show(picture, plan, now, first, bool(context.known))
        simulator_ad.tools(picture, plan, context, format_name)
    with right:
        simulator_shares.show(plan, context, now)
    simulator_curves.show(plan, context)
