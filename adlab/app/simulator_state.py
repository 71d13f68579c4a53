"""What the Simulator page remembers between clicks and page changes: the ad, its causes as moved, the context.

Every value is that of a widget with the key `simulator.<name>`. What the ad was drawn with is not stored: it follows
from seed and number.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import streamlit as st

from adlab.app.simulator_words import SHOWN, SILENT
from adlab.data.creative import Context
from adlab.simulator.ad import AdPlan
from adlab.simulator.contexts import PROBABILITIES
from adlab.simulator.distribution import sentence_count
from adlab.simulator.factors import Factors
from adlab.simulator.plan import plan_ad, replan

PREFIX = "simulator."
SEED, INDEX, FORMAT, LAYER, OUTCOME, GROUP = (
    PREFIX + name for name in ("seed", "index", "format", "layer", "outcome", "group")
)
FIRST_SEED, FIRST_INDEX, LAST = 7, 112, 999_999
URGENCIES = (0.0, 0.25, 0.5, 0.75, 1.0)
CONTEXT_FIELDS = tuple(PROBABILITIES)
_STEP = 0.01  # of a slider
_ROUNDED = ("appeal", "contrast", "clutter", "cta")


def key(name: str) -> str:
    """Key of the widget of a cause or a field of the context."""
    return PREFIX + name


def begin() -> None:
    """On a first visit, choose an ad; call before any widget is drawn."""
    if INDEX not in st.session_state:
        st.session_state[SEED], st.session_state[INDEX] = FIRST_SEED, FIRST_INDEX
        as_drawn()


def as_drawn() -> None:
    """Put every cause back to what the ad was drawn with; the context is left as it is."""
    factors = drawn_plan().factors
    for field in fields(Factors):
        value = getattr(factors, field.name)
        st.session_state[key(field.name)] = round(value, 2) if field.name in _ROUNDED else value
    st.session_state[key("copy_kind")] = SHOWN if factors.copy_kind == factors.kind else factors.copy_kind
    told = {"": SILENT, factors.colour: SHOWN}
    st.session_state[key("copy_colour")] = told.get(factors.copy_colour, factors.copy_colour)


def forget_context() -> None:
    """Make every field of the context unknown."""
    for name in CONTEXT_FIELDS:
        st.session_state[key(name)] = None


def another(step: int) -> None:
    """Go to the next ad of the collection, or with −1 to the one before."""
    st.session_state[INDEX] = (_whole(INDEX) + step) % (LAST + 1)
    as_drawn()


def drawn_plan() -> AdPlan:
    """The ad as first drawn."""
    return plan_ad(_whole(SEED), _whole(INDEX))


def plan() -> AdPlan:
    """The ad with its causes as moved."""
    drawn = drawn_plan()
    changes = {field.name: _moved(field.name, drawn.factors) for field in fields(Factors)}
    for name in ("kind", "colour"):
        told = changes[f"copy_{name}"]
        changes[f"copy_{name}"] = {SHOWN: changes[name], SILENT: ""}.get(told, told)
    return replan(drawn, **changes)


def context() -> Context:
    """Who sees it, when and where; unknown until chosen."""
    return Context(**{name: st.session_state.get(key(name)) for name in CONTEXT_FIELDS})


def fact_steps() -> list[float]:
    """Specificities that a copy of the chosen length can have; the one chosen is moved to the nearest of them."""
    name, count = key("specificity"), sentence_count(int(st.session_state[key("length")]))
    steps = [place / count for place in range(count + 1)]
    chosen = float(st.session_state[name])
    if chosen not in steps:
        st.session_state[name] = min(steps, key=lambda step: abs(step - chosen))
    return steps


def _moved(name: str, drawn: Factors) -> Any:
    value = st.session_state[key(name)]
    if name in _ROUNDED and abs(value - getattr(drawn, name)) < _STEP / 2 + 1e-9:
        return getattr(drawn, name)  # the slider shows two digits; the ad has all of them
    return value


def _whole(name: str) -> int:
    return int(st.session_state.get(name) or 0)
