"""The simulated ad as a viewer would meet it, with the truth about it: probabilities, elements, query and grade."""

from __future__ import annotations

import base64
from html import escape

import streamlit as st

from adlab.app import simulator_exports
from adlab.app.simulator import PART_COLOURS, Drawn, Rates
from adlab.app.simulator_state import LAYER
from adlab.app.simulator_words import BADGE, RATE_NAMES, percent, signed
from adlab.data.creative import Context
from adlab.simulator.ad import GRADES, AdPlan

PLAIN, BOXES, MASKS = "The ad", "Boxes", "Masks"


def show(picture: Drawn, plan: AdPlan, now: Rates, first: Rates, context_known: bool) -> None:
    """Draw the card; which layer lies over the picture is what `tools` was last set to."""
    layer = str(st.session_state.get(LAYER) or PLAIN)
    st.html(card(picture, plan, now, first, layer, context_known))


def tools(picture: Drawn, plan: AdPlan, context: Context, format_name: str) -> None:
    """What lies over the picture, the copy, and the downloads."""
    layer = st.segmented_control(
        "Show",
        [PLAIN, BOXES, MASKS],
        default=PLAIN,
        required=True,
        key=LAYER,
        persist_state="session",
        label_visibility="collapsed",
    )
    if layer != PLAIN:
        st.html(legend(picture))
    st.html(copy_card(plan))
    with st.container(horizontal=True):
        st.download_button(
            "Ad, PNG",
            lambda: simulator_exports.png(plan, format_name),
            file_name=f"{plan.ad_id}-{format_name.replace(':', 'x')}.png",
            mime="image/png",
            key="simulator.png",
            icon=":material/download:",
            on_click="ignore",
        )
        st.download_button(
            "Truth, JSON",
            lambda: simulator_exports.truth_json(plan, context, format_name),
            file_name=f"{plan.ad_id}-truth.json",
            mime="application/json",
            key="simulator.json",
            icon=":material/download:",
            on_click="ignore",
        )


def card(picture: Drawn, plan: AdPlan, now: Rates, first: Rates, layer: str, context_known: bool) -> str:
    """HTML of picture and probabilities."""
    width, height = picture.size
    data = base64.b64encode(picture.jpeg).decode("ascii")
    alt = f"Simulated ad for a {plan.factors.colour} {plan.factors.kind}, {width} × {height} pixels"
    over = boxes(picture) if layer == BOXES else masks(picture) if layer == MASKS else ""
    against = "The change is against the ad as first drawn"
    against += ", in the average context." if context_known else "."
    return (
        '<article class="ad ad-sim"><div class="stage">'
        f'<div class="sheet" style="aspect-ratio:{width}/{height};--shape:{width / height:.4f}">'
        f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{data}">{over}</div></div>'
        f'<div class="rates">{_rates(now, first)}</div>'
        f'<div class="below"><p class="ad-quiet">{against}</p><span class="ad-badge sim">{BADGE}</span></div>'
        "</article>"
    )


def copy_card(plan: AdPlan) -> str:
    """HTML of the copy, the query and how well the ad answers it."""
    body = f'<p class="body">{escape(plan.description)}</p>' if plan.description else ""
    grade, _, reason = plan.relevance.reason.partition(": ")
    return (
        '<section class="ad ad-sim-copy">'
        f'<p class="ad-eyebrow">{escape(plan.brand)}</p><h2>{escape(plan.title)}</h2>{body}'
        f'<p class="ad-quiet ad-named">Seller: {escape(plan.seller)} · Category: {escape(plan.category)}</p>'
        f'<div class="ad-section"><p><span class="ad-quiet">Query</span> “{escape(plan.query)}”</p>'
        f'<p><span class="ad-grade">{_dots(plan.relevance.grade)} {grade}</span> '
        f'<span class="ad-quiet">{escape(reason)}</span></p></div></section>'
    )


def boxes(picture: Drawn) -> str:
    """A named frame around each element."""
    width, height = picture.size
    frames = "".join(
        f'<i style="left:{100 * left / width:.2f}%;top:{100 * top / height:.2f}%;'
        f"width:{100 * (right - left) / width:.2f}%;height:{100 * (bottom - top) / height:.2f}%;"
        f'border-color:{_colour(name)}" title="{name}"></i>'
        for name, (left, top, right, bottom), _ in picture.parts
    )
    words = ", ".join(f"{part.name} at {part.box}" for part in picture.parts)
    return f'<div class="frames" role="img" aria-label="Boxes: {words}">{frames}</div>'


def masks(picture: Drawn) -> str:
    """A layer in which each element has its colour."""
    data = base64.b64encode(picture.layers).decode("ascii")
    return f'<img class="layer" alt="Where each element is seen" src="data:image/png;base64,{data}">'


def legend(picture: Drawn) -> str:
    """HTML of the elements with their colours, the front one first."""
    items = "".join(
        f'<li><i style="background:{_colour(part.name)}"></i>{part.name} {100 * part.share:.1f} %</li>'
        for part in reversed(picture.parts)
    )
    return f'<ul class="ad ad-legend" aria-label="Share of the picture that each element is seen in">{items}</ul>'


def _rates(now: Rates, first: Rates) -> str:
    cells = []
    for name, rate, before in zip(Rates._fields, now, first, strict=True):
        short, words = RATE_NAMES[name]
        cells.append(
            f'<div class="rate"><p class="ad-eyebrow">{short}</p><p class="figure">{percent(rate)}</p>'
            f'<p class="change">{change(rate, before)}</p><p class="ad-quiet what">{words}</p></div>'
        )
    return "".join(cells)


def change(rate: float, before: float) -> str:
    """How a probability has moved, such as "▲ × 1.25, +1.10 points"."""
    if abs(rate / before - 1) < 5e-4:
        return "as first drawn"
    arrow = "▲" if rate > before else "▼"
    points = 100 * (rate - before)
    digits = 2 if abs(points) >= 0.1 else 3
    return f'{arrow} × {rate / before:.2f}<span class="points">{signed(points, digits)} points</span>'


def _colour(name: str) -> str:
    return "#{:02x}{:02x}{:02x}".format(*PART_COLOURS[name])


def _dots(grade: int) -> str:
    return f'<span aria-hidden="true">{"●" * (grade + 1)}{"○" * (len(GRADES) - 1 - grade)}</span>'
