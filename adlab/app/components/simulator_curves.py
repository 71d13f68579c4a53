"""The response along every cause, one small chart each on one scale, and the hours of the week as a grid."""

from __future__ import annotations

from html import escape

import streamlit as st

from adlab.app import simulator_curves, simulator_exports
from adlab.app.components import week_grid
from adlab.app.components.simulator_shares import outcome
from adlab.app.context_words import hour_words
from adlab.app.simulator import Rates
from adlab.app.simulator_curves import CONTEXT_LEVELS, Curve
from adlab.app.simulator_state import GROUP
from adlab.app.simulator_words import BADGE, CAUSE_NAMES, percent
from adlab.data.creative import Context
from adlab.simulator.ad import AdPlan
from adlab.simulator.coefficients import Outcome

OF_AD, OF_CONTEXT, OF_WEEK = "The ad", "The context", "Hour × weekday"
LINE = 1.2  # half its thickness, pixels


def show(plan: AdPlan, context: Context) -> None:
    """Draw the chosen charts, and their table folded."""
    name = outcome()
    chosen = st.segmented_control(
        "How the response moves with",
        [OF_AD, OF_CONTEXT, OF_WEEK],
        default=OF_AD,
        required=True,
        key=GROUP,
        persist_state="session",
    )
    found = simulator_curves.curves(plan.factors, context)
    table = simulator_exports.curve_table(found)
    if chosen == OF_WEEK:
        week = simulator_curves.hours_by_weekday(plan.factors, context)
        table = simulator_exports.week_table(week)
        body = grid([[_of(cell, name) for cell in row] for row in week], context)
    else:
        body = multiples([c for c in found if (c.name in CONTEXT_LEVELS) == (chosen == OF_CONTEXT)], name)
    what = "a click" if name == "click" else "a conversion, given a click"
    st.html(
        f'<section class="ad ad-card"><div class="ad-head"><h2>True probability of {what}</h2>'
        f'<span class="ad-badge sim">{BADGE}</span></div>'
        f'<p class="ad-quiet">One thing moves, all else stays as it is above; the mark is this ad.</p>{body}</section>'
    )
    with st.expander("These numbers as a table", icon=":material/table_rows:"):
        st.dataframe(
            table.style.format(lambda rate: percent(float(str(rate))), subset=["CTR", "CVR", "CTCVR"]),
            hide_index=True,
            key="simulator.curves-table",
        )
        st.download_button(
            "CSV",
            lambda: simulator_exports.csv_of(table),
            file_name=f"{plan.ad_id}-curves.csv",
            mime="text/csv",
            key="simulator.curves-csv",
            icon=":material/download:",
            on_click="ignore",
        )


def multiples(curves: list[Curve], name: Outcome) -> str:
    """HTML of the small charts; all share one scale, so that slopes can be compared."""
    values = [_of(rate, name) for curve in curves for rate in curve.rates]
    low, high = min(values), max(values)
    charts = "".join(_chart(curve, name, low, high) for curve in curves)
    scale = f"All on one scale, from {percent(low)} at the bottom to {percent(high)} at the top."
    return f'<div class="ad-multiples">{charts}</div><p class="ad-quiet">{scale}</p>'


def grid(week: list[list[float]], context: Context) -> str:
    """HTML of the week: fuller is likelier; each cell tells its number, the ends stand beneath."""
    flat = [rate for row in week for rate in row]
    low, high = percent(min(flat)), percent(max(flat))
    words = [
        [f"{hour_words(day, hour)}: {percent(rate)}" for hour, rate in enumerate(row)]
        for day, row in enumerate(week, start=1)
    ]
    best = hour_words(*divmod(flat.index(max(flat)) + 24, 24))
    alt = f"Probability by weekday and hour, from {low} to {high}, highest on {best}"
    cells = week_grid.draw(week, words, (context.weekday, context.hour), alt)
    key = week_grid.key(low, high, marked=None not in (context.weekday, context.hour))
    return f'{cells}{key}<p class="ad-quiet">First reached on {best}.</p>'


def _chart(curve: Curve, name: Outcome, low: float, high: float) -> str:
    rates = [_of(rate, name) for rate in curve.rates]
    down = [100 * (high - rate) / max(high - low, 1e-12) for rate in rates]
    points = [(100 * x, y) for x, y in zip(_places(curve), down, strict=True)]
    if curve.continuous:
        above = [f"{x:.2f}% calc({y:.2f}% - {LINE}px)" for x, y in points]
        below = [f"{x:.2f}% calc({y:.2f}% + {LINE}px)" for x, y in reversed(points)]
        drawn = f'<div class="line" style="clip-path:polygon({",".join(above + below)})"></div>'
    else:
        drawn = "".join(
            f'<i style="left:{x:.2f}%;top:{y:.2f}%" title="{escape(words)}: {percent(rate)}"></i>'
            for (x, y), words, rate in zip(points, curve.words, rates, strict=True)
        )
    now, own = "unknown, averaged over", ""
    if curve.now is not None:
        x, y = points[curve.now]
        now = curve.words[curve.now]
        title = f"{escape(now)}: {percent(rates[curve.now])}"
        own = f'<i class="own" style="left:{x:.2f}%;top:{y:.2f}%" title="{title}"></i>'
    title = CAUSE_NAMES[curve.name]
    alt = f"{title}: {', '.join(f'{w} {percent(r)}' for w, r in zip(curve.words, rates, strict=True))}. Now: {now}"
    return (
        f'<figure class="ad-multiple"><figcaption>{title}<span class="ad-quiet">{escape(now)}</span></figcaption>'
        f'<div class="plot" role="img" aria-label="{escape(alt)}">{drawn}{own}</div>'
        f'<div class="ad-axis"><span>{escape(curve.words[0])}</span><span>{escape(curve.words[-1])}</span></div>'
        "</figure>"
    )


def _places(curve: Curve) -> list[float]:
    """Where the values lie across, 0–1: to scale where they are numbers in between, else evenly."""
    if curve.continuous:
        first, last = float(curve.values[0]), float(curve.values[-1])
        return [(float(value) - first) / (last - first) for value in curve.values]
    count = len(curve.values)
    return [(place + 0.5) / count for place in range(count)]


def _of(rate: Rates, name: Outcome) -> float:
    return rate.ctr if name == "click" else rate.cvr
