"""What the Latent space page remembers between clicks and page changes."""

from __future__ import annotations

import streamlit as st

CHECKPOINT, ADS, SPACE, METHOD, COLOUR, OWN_AD = (
    f"latent.{name}" for name in ("checkpoint", "ads", "space", "method", "colour", "own-ad")
)
OWN_JOB, PICKED, PICKED_IN, PICKED_AS = (f"latent.{name}" for name in ("own-job", "picked", "picked-in", "picked-as"))


def own_job() -> str:
    """Key of the job that computed, or computes, the user's ads; empty for none."""
    return str(st.session_state.get(OWN_JOB, ""))


def set_own_job(key: str) -> None:
    """Remember the job of the user's ads; a selection on other ads is dropped."""
    st.session_state[OWN_JOB] = key
    unpick()


def picked() -> tuple[int, ...]:
    """Rows of the ads that are selected, in the order of the table."""
    return tuple(st.session_state.get(PICKED, ()))


def picked_in() -> str:
    """The space on whose map they were selected."""
    return str(st.session_state.get(PICKED_IN, ""))


def picked_as() -> str:
    """How that map was drawn then."""
    return str(st.session_state.get(PICKED_AS, ""))


def pick(rows: list[int], space: str, drawn_as: str) -> None:
    """Select ads on the map of a space that is drawn in some way."""
    st.session_state[PICKED] = tuple(sorted(set(rows)))
    st.session_state[PICKED_IN], st.session_state[PICKED_AS] = space, drawn_as


def unpick() -> None:
    """Select nothing."""
    st.session_state[PICKED] = ()
    st.session_state[PICKED_IN] = st.session_state[PICKED_AS] = ""
