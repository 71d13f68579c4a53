"""Bars of click rates, one chart an attribute, each with its verdict above and its numbers below."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import streamlit as st

from adlab.app.insights_words import attribute_name, axis_name, level_name, rate_words, tied_words, times_words, verdict
from adlab.app.simulator_words import percent
from adlab.insights.study import AttributeStudy, Study

if TYPE_CHECKING:
    import pandas as pd
    import plotly.graph_objects as go

HEIGHT = 250  # pixels
BAR = {"light": ("#0F6B62", "#A9CBC5"), "dark": ("#58C5B3", "#2E615A")}  # best levels, others
INK = {"light": ("#1E2426", "#5C6567"), "dark": ("#E9ECEB", "#A5AFB0")}  # whiskers, mean


def show(study: Study, one: AttributeStudy) -> None:
    """Draw one attribute."""
    name = attribute_name(one.name)
    tied = tied_words(one)
    st.html(
        f'<div class="ad ad-insight"><h2>{escape(name)}</h2><p><strong>{escape(level_name(one.name, one.best.level))}'
        f"</strong> {percent(one.best.ctr)}, {escape(times_words(one))}. {escape(tied)}</p>"
        f'<p class="ad-quiet">{escape(verdict(one))}</p></div>'
    )
    alt = f"Bars of the click rate by {name.lower()}; the numbers stand in the table below"
    st.plotly_chart(
        figure(study, one, "dark" if st.context.theme.type == "dark" else "light"),
        key=f"insights.chart-{one.name}",
        config={"displayModeBar": False},
        alt=alt,
    )
    with st.expander("Numbers", icon=":material/table_rows:"):
        st.dataframe(numbers(one), hide_index=True, key=f"insights.numbers-{one.name}")
        if one.unknown_impressions:
            st.caption(f"Unknown for {one.unknown_impressions:,} impressions, which are left out here.")


def figure(study: Study, one: AttributeStudy, scheme: str) -> go.Figure:
    """The bars, their whiskers, and the mean as a line.

    Args:
        study: What the attribute belongs to.
        one: The attribute.
        scheme: "light" or "dark".
    """
    import plotly.graph_objects as go

    mean = sum(rate.clicks for rate in one.rates) / sum(rate.impressions for rate in one.rates)
    full, pale = BAR[scheme]
    ink, quiet = INK[scheme]
    tops = [100 * (mean * (1 + rate.lift_high) - rate.ctr) for rate in one.rates]
    bottoms = [100 * (rate.ctr - mean * (1 + rate.lift_low)) for rate in one.rates]
    bars = go.Bar(
        x=[axis_name(one.name, rate.level) for rate in one.rates],
        y=[100 * rate.ctr for rate in one.rates],
        marker={"color": [full if rate.tied else pale for rate in one.rates], "line": {"width": 0}},
        error_y={"type": "data", "array": tops, "arrayminus": bottoms, "color": ink, "thickness": 1.2, "width": 2},
        customdata=[escape(rate_words(one.name, rate)) for rate in one.rates],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
    )
    chart = go.Figure(bars)
    chart.add_hline(y=100 * mean, line={"color": quiet, "width": 1, "dash": "dot"})
    chart.update_layout(
        height=HEIGHT,
        margin={"l": 0, "r": 0, "t": 8, "b": 0},
        bargap=0.28,
        dragmode=False,
        # Upright where there is room, turned where labels would run together, as on a phone.
        xaxis={"type": "category", "fixedrange": True, "autotickangles": [0, 45, 90]},
        yaxis={"tickformat": "~g", "ticksuffix": " %", "rangemode": "tozero", "fixedrange": True, "nticks": 5},
    )
    return chart


def numbers(one: AttributeStudy) -> pd.DataFrame:
    """The chart's twin: all levels with their counts, rates and intervals, as people read them."""
    import pandas as pd

    effects = one.logistic.effects if one.logistic else ()
    odds = [f"{effect.log_odds:+.2f}".replace("-", "−") for effect in effects] or ["–"] * len(one.rates)

    def change(lift: float) -> str:
        return "–" if lift != lift else f"{100 * lift:+.1f} %".replace("-", "−")

    def rate_or_none(rate: float) -> str:
        return "–" if rate != rate else percent(rate)

    return pd.DataFrame(
        {
            attribute_name(one.name): [level_name(one.name, rate.level) for rate in one.rates],
            "CTR": [percent(rate.ctr) for rate in one.rates],
            "Against all": [change(rate.lift) for rate in one.rates],
            "95 % interval": [f"{change(rate.lift_low)} to {change(rate.lift_high)}" for rate in one.rates],
            "CTR of other such ads": [f"{rate_or_none(rate.low)} to {rate_or_none(rate.high)}" for rate in one.rates],
            "Log-odds, all else equal": odds,
            "Impressions": [rate.impressions for rate in one.rates],
            "Clicks": [rate.clicks for rate in one.rates],
            "Ads": [rate.ads for rate in one.rates],
        }
    )
