"""The maps themselves, each with its caption, and where the ad of the Score page lies on them."""

from __future__ import annotations

from functools import partial
from html import escape
from typing import Any

import streamlit as st

from adlab.app import latent, latent_state, preload
from adlab.app.components import job_progress
from adlab.app.components.latent_chart import MODALITY_NAMES, figure
from adlab.app.components.latent_controls import Look
from adlab.app.components.text import plain
from adlab.app.jobs import Job
from adlab.app.latent import OwnAd
from adlab.app.latent_names import unlike_words
from adlab.app.latent_shown import Shown
from adlab.app.latent_words import SPACE_NOTES, SPACE_TITLES, map_caption
from adlab.projection.latent import MeasuredMap

HEIGHT, SMALL_HEIGHT, NAMED = 540, 370, 3


def show(shown: Shown, look: Look) -> dict[str, MeasuredMap]:
    """Draw one map or several; gives those that are finished."""
    finished: dict[str, MeasuredMap] = {}
    own: dict[str, OwnAd | str] = {}
    columns = st.columns(len(look.spaces), gap="medium") if len(look.spaces) > 1 else [st.container()]
    for column, space in zip(columns, look.spaces, strict=True):
        with column:
            note = f'<p class="ad-quiet">{SPACE_NOTES[space]}</p>'
            st.html(f'<div class="ad ad-map-head"><h2>{SPACE_TITLES[space]}</h2>{note}</div>')
            made = latent.map_of(shown.ads, space, look.method)
            if isinstance(made, Job):
                job_progress.show(made, f"latent.{space}", partial(_leave_off, shown, space, look.method))
                continue
            finished[space] = made
            if look.own_ad:
                own[space] = latent.own_ad(shown.ads, space, look.method, made.coordinates)
            _draw(shown, space, look, made, own.get(space))
            st.caption(map_caption(made, look.method))
    if own:
        _own_ad_words(shown, own)
    return finished


def _leave_off(shown: Shown, space: str, method: str) -> None:
    latent.map_job(shown.ads, space, method).cancel()


def _draw(shown: Shown, space: str, look: Look, made: MeasuredMap, own: OwnAd | str | None) -> None:
    key = f"latent.map-{space}"
    drawn_as = repr((look, isinstance(own, OwnAd), st.context.theme.type))
    chart = figure(
        shown.ads,
        space,
        look.method,
        made,
        look.colour,
        own=own if isinstance(own, OwnAd) else None,
        marked=() if _marked_by_browser(key, space, drawn_as) else latent_state.picked(),
        height=HEIGHT if len(look.spaces) == 1 else SMALL_HEIGHT,
    )
    alt = f"Map of the space {SPACE_TITLES[space]}, coloured by {look.colour}; the table below holds the same points"
    st.plotly_chart(
        chart,
        key=key,
        on_select=partial(_picked, key, space, drawn_as),
        selection_mode=("points", "box", "lasso"),
        config={"displaylogo": False, "scrollZoom": False, "modeBarButtonsToRemove": ["autoScale2d"]},
        alt=alt,
    )


def _marked_by_browser(key: str, space: str, drawn_as: str) -> bool:
    """Whether the browser marks the selection on this map by itself.

    It does on the map where it was made, until that map is drawn in another way, such as with the ad of the Score page
    once the models are loaded: Streamlit then makes a new chart, which knows of no selection.
    """
    if (latent_state.picked_in(), latent_state.picked_as()) != (space, drawn_as):
        return False
    event: Any = st.session_state.get(key)
    return bool(event and event["selection"]["points"])


def _picked(key: str, space: str, drawn_as: str) -> None:
    event: Any = st.session_state.get(key)
    rows = [int(point["customdata"][0]) for point in event["selection"]["points"] if point.get("customdata")]
    if rows:
        latent_state.pick(rows, space, drawn_as)
    else:
        latent_state.unpick()


def _own_ad_words(shown: Shown, own: dict[str, OwnAd | str]) -> None:
    """Where the ad lies, in numbers; or one sentence why it is not marked."""
    if latent.LOADING in own.values():
        _wait_for_models()
        return
    lines = []
    for space, found in own.items():
        if isinstance(found, str):
            continue
        rows = shown.ads.points(space).rows
        for modality, placed in found.places:
            near = ", ".join(shown.names[row] for row in rows[placed.nearest[:NAMED]])
            what = SPACE_TITLES[space] + (f", its {MODALITY_NAMES[modality]}" if len(found.places) > 1 else "")
            lines.append(
                f'<tr><td>{escape(what)}</td><td class="num" data-name="Distance">{placed.distance:.3f}</td>'
                f'<td class="num" data-name="Percentile">{_rank(placed.percentile)}</td>'
                f'<td data-name="Nearest">{escape(near)}</td></tr>'
            )
    for problem in dict.fromkeys(found for found in own.values() if isinstance(found, str)):
        st.caption(f":material/star: {plain(problem)}")
    if lines:
        label = next(found.label for found in own.values() if isinstance(found, OwnAd))
        st.html(
            f'<section class="ad ad-card"><div class="ad-head"><h2>★ {escape(label)}</h2>'
            '<span class="ad-quiet">the ad of the Score page</span></div>'
            '<div class="ad-scroll"><table class="ad-table">'
            '<thead><tr><th>Space</th><th class="num">Distance to its 10 nearest</th>'
            '<th class="num">Percentile among all</th><th>Nearest</th></tr></thead>'
            f"<tbody>{''.join(lines)}</tbody></table></div>"
            '<p class="ad-quiet">Mean distance in the space, not on the map. A percentile near 100 means that the ad '
            f"is {unlike_words(shown.ads)}.</p></section>"
        )


def _rank(percentile: float) -> str:
    if percentile < 1:
        return "&lt; 1"
    return "&gt; 99" if percentile > 99 else f"{percentile:.0f}"


@st.fragment(run_every=1.0)
def _wait_for_models() -> None:
    if preload.start().done() and preload.start_maps().done():
        st.rerun(scope="app")
    st.caption(f":material/hourglass_top: {latent.LOADING}")
