"""The form for who sees the ad, when and where; every field may stay unknown."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from adlab.app import state
from adlab.app.context_words import FIELD_NAMES, UNKNOWN_LEVEL, age_words, level_words


def show(choices: Mapping[str, tuple[str | int, ...]]) -> None:
    """Draw the form; its button runs the fragment that it stands in.

    Args:
        choices: Levels by field.
    """
    with st.form("score.audience", border=False):
        with st.container(key="score.audience-fields"):
            for name, levels in choices.items():
                st.selectbox(
                    FIELD_NAMES[name],
                    [state.UNKNOWN, *levels],
                    format_func=partial(option, name),
                    key=state.audience_key(name),
                    persist_state="session",
                )
        with st.container(horizontal=True):
            st.form_submit_button("Show this audience", key="score.audience-submit", icon=":material/group:")
            st.form_submit_button(
                "Reset",
                key="score.audience-reset",
                type="tertiary",
                icon=":material/restart_alt:",
                on_click=state.forget_audience,
            )


def option(name: str, level: object) -> str:
    """A level as the list shows it."""
    if level == state.UNKNOWN:
        return UNKNOWN_LEVEL
    return age_words(str(level)).capitalize() if name == "age_band" else level_words(name, level)
