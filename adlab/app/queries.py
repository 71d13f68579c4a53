"""The query of the ad on screen: it can be asked anew beside its grade, and nothing else is scored again."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from adlab.app import state
from adlab.app.examples import examples
from adlab.app.state import Ad

FIELD, FILLED, FORM = "score.query-asked", "score.query-filled", "score.query"


def put(ad: Ad) -> None:
    """Fill the field with the query of the ad, once per ad; call before the field is drawn."""
    if st.session_state.get(FILLED) != ad.key or FIELD not in st.session_state:
        st.session_state[FILLED] = ad.key
        st.session_state[FIELD] = ad.query


def ask() -> None:
    """Show the ad on screen with the query of the field; call in a callback.

    The form below takes the query over, unless another one is being typed there.
    """
    ad, query = state.shown_ad(), " ".join(str(st.session_state.get(FIELD) or "").split())
    if ad is None or query == ad.query:
        return
    if st.session_state.get(FORM, "") == ad.query:
        st.session_state[FORM] = query
    asked = replace(ad, query=query, example="")
    state.show(_as_example(asked) or asked, keep=True)
    state.take_scroll()  # the answer stands where the question was asked


def _as_example(ad: Ad) -> Ad | None:
    """The example that an ad is, or None."""
    return next((one for one in examples().values() if one.key == ad.key), None)
