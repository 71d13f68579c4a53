"""Which ad, and the causes that can be moved, by who carries them."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from adlab.app import simulator_state as state
from adlab.app.context_words import level_words
from adlab.app.simulator import SCALES
from adlab.app.simulator_curves import CONTEXT_LEVELS
from adlab.app.simulator_words import (
    AGREEMENTS,
    CAUSE_NAMES,
    SHOWN,
    SILENT,
    URGENCY_WORDS,
    fact_words,
)
from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.factors import BACKGROUND_COLOURS, COLOURS, TEXT_POSITIONS

FORMAT_NAMES = {name: name.replace("x", " × ") for name in SCALES}


def choose_ad() -> None:
    """Another ad, this one by its numbers, and the format."""
    with st.container(horizontal=True, key="simulator.actions"):
        st.button("Another ad", key="simulator.next", type="primary", icon=":material/casino:", on_click=_next)
        st.button("As first drawn", key="simulator.reset", icon=":material/restart_alt:", on_click=_reset)
        with st.popover(f"Number {st.session_state[state.INDEX]}", key="simulator.which"):
            st.caption("Equal numbers are equal ads, on every machine.")
            for label, name in (("Seed", state.SEED), ("Number", state.INDEX)):
                st.number_input(
                    label, 0, state.LAST, step=1, key=name, on_change=state.as_drawn, persist_state="session"
                )
    st.segmented_control(
        "Format",
        list(SCALES),
        default="1:1",
        required=True,
        format_func=FORMAT_NAMES.__getitem__,
        key=state.FORMAT,
        persist_state="session",
    )


def choose_causes() -> None:
    """The causes, one tab for each that carries them, and the context."""
    shared, image, text, context = st.tabs(["Product", "Picture", "Copy", "Context"])
    with shared:
        _product()
    with image:
        _picture()
    with text:
        _copy()
    with context:
        _context()


def _product() -> None:
    st.caption("Carried by picture and copy together.")
    left, right = st.columns(2, gap="medium")
    with left:
        _select("kind", "Product in the picture", list(CATEGORY_OF))
        _select("copy_kind", "Product in the copy", [SHOWN, *CATEGORY_OF])
        _slider("appeal")
    with right:
        _select("colour", "Colour in the picture", list(COLOURS))
        _select("copy_colour", "Colour in the copy", [SHOWN, SILENT, *COLOURS])
        agreement = state.plan().factors.agreement
        st.html(
            f'<p class="ad ad-quiet ad-agree">{CAUSE_NAMES["agreement"]}</p>'
            f'<p class="ad"><strong>{agreement:g}</strong> of 1: the copy is {_agreement(agreement)}</p>'
        )


def _agreement(agreement: float) -> str:
    words = AGREEMENTS[agreement]
    return {0.0: "about another product", 0.4: "of another colour", 1.0: "about what is shown"}.get(agreement, words)


def _picture() -> None:
    st.caption("Carried by the picture alone.")
    left, right = st.columns(2, gap="medium")
    with left:
        _slider("contrast")
        _slider("clutter")
        _slider("cta", "0 is no button.")
    with right:
        _select("background", CAUSE_NAMES["background"], list(BACKGROUND_COLOURS))
        _select("text_position", CAUSE_NAMES["text_position"], list(TEXT_POSITIONS))
        st.toggle("Words ask to take part", key=state.key("participation"), persist_state="session")


def _copy() -> None:
    st.caption("Carried by title and description alone; the picture never repeats it.")
    left, right = st.columns(2, gap="medium")
    with left:
        _steps("urgency", list(state.URGENCIES), URGENCY_WORDS.__getitem__)
        steps = state.fact_steps()
        _steps("specificity", steps, partial(fact_words, sentences=len(steps) - 1))
    with right:
        st.slider("Length of the copy, words", 6, 60, key=state.key("length"), persist_state="session")


def _context() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Who sees it, when and where. What is unknown is averaged over.")
        st.button(
            "Forget it", key="simulator.forget", type="tertiary", icon=":material/close:", on_click=state.forget_context
        )
    columns = st.columns(2, gap="medium")
    for place, (name, levels) in enumerate(CONTEXT_LEVELS.items()):
        with columns[place % 2]:
            _select(name, CAUSE_NAMES[name], [None, *levels], partial(level_words, name))


def _select(name: str, label: str, options: list[Any], words: Any = str) -> None:
    st.selectbox(label, options, format_func=words, key=state.key(name), persist_state="session")


def _slider(name: str, note: str | None = None) -> None:
    st.slider(
        CAUSE_NAMES[name], 0.0, 1.0, step=0.01, key=state.key(name), help=note, persist_state="session", format="%.2f"
    )


def _steps(name: str, options: list[float], words: Any) -> None:
    st.select_slider(CAUSE_NAMES[name], options, format_func=words, key=state.key(name), persist_state="session")


def _next() -> None:
    state.another(1)


def _reset() -> None:
    state.as_drawn()
    state.forget_context()
