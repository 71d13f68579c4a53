"""Clicks on the Score page: the audience as a form, the click rate's card, hours and ages, the chain to conversions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import click_tables, click_words, clicks, scoring, state
from adlab.app.audience import HOURS, WEEKDAYS
from adlab.app.caching import CTR, FUNNEL
from adlab.app.click_words import Finding
from adlab.app.clicks import Sweeps
from adlab.app.components import age_strip, audience_picker, funnel_chain, keepsakes, score_card, week_grid
from adlab.app.components.text import plain
from adlab.app.context_words import age_words, hour_words
from adlab.app.scoring import Outcome
from adlab.app.state import Ad
from adlab.data.assessment import HeadResult
from adlab.data.creative import AGE_BANDS, Context
from adlab.data.score_text import number

if TYPE_CHECKING:
    import pandas as pd


@st.fragment
def show(ad: Ad, known: Outcome) -> None:
    """Draw all of it; another audience runs only this, and asks only about clicks again.

    Args:
        ad: The ad on screen.
        known: Its outcome, with a click rate or a chain to conversions.
    """
    outcome = scoring.assess_for_audience(ad, known)
    if outcome.assessment is None:
        st.error(plain(outcome.problem), icon=":material/report:")
        return
    context, result, chain = state.audience(), outcome.assessment.head(CTR), outcome.assessment.head(FUNNEL)
    audience = f"For {click_words.whom(context.known)}"
    if result is not None:
        score_card.show(result, audience)
    with st.container(key="score.clicks", border=True):
        st.subheader("For whom, and when", anchor=False)
        audience_picker.show(clicks.choices())
        if result is not None:
            _sweep(ad, context, result)
    if chain is not None:
        funnel_chain.show(chain, audience)
    keepsakes.show(ad, outcome)


def _sweep(ad: Ad, context: Context, result: HeadResult) -> None:
    with st.spinner("Asking for every hour and age"):
        found = clicks.sweeps(ad, context)
    if found.problem:
        st.error(plain(found.problem), icon=":material/report:")
    else:
        _draw(found, context, result)


def _draw(found: Sweeps, context: Context, result: HeadResult) -> None:
    averaged = click_words.averaged_words(context, tuple(clicks.choices()), found.stored)
    now = click_words.rate_words(result.value, result.interval.low, result.interval.high)
    whom = click_words.whom(context.known)
    st.html(
        f'<div class="ad"><p><strong>{now}</strong> for {whom}. <span class="ad-quiet">{averaged}</span></p>'
        f"{week_section(found, context)}{age_section(found, context)}</div>"
    )
    if found.week or found.ages:
        st.caption(click_words.COMPARED)
        with st.expander("These numbers as tables", icon=":material/table_rows:"):
            if found.week:
                _table(click_tables.week_table(found.week), "week", context, result)
            if found.ages:
                _table(click_tables.age_table(found.ages), "ages", context, result)


def week_section(found: Sweeps, context: Context) -> str:
    """HTML of the hours of the week: what they say, and the grid; nothing where the head does not read them."""
    if not found.week:
        return ""
    names = [hour_words(day, hour) for day in WEEKDAYS for hour in HOURS]
    said = click_words.finding(names, found.week, "hours")
    tips = [click_words.tip(name, rate) for name, rate in zip(names, found.week, strict=True)]
    size, values = len(HOURS), [rate.value for rate in found.week]
    days = range(0, len(values), size)
    grid = week_grid.draw(
        [values[start : start + size] for start in days],
        [tips[start : start + size] for start in days],
        (context.weekday, context.hour),
        f"Click rate by weekday and hour. {said.ends} {said.verdict}",
    )
    low, high = (number(end, click_words.UNIT) for end in (min(values), max(values)))
    key = week_grid.key(low, high, marked=None not in (context.weekday, context.hour))
    return _section("By hour of the week", said, grid + key)


def age_section(found: Sweeps, context: Context) -> str:
    """HTML of the ages: what they say, and the strip; nothing where the head does not read age."""
    if not found.ages:
        return ""
    said = click_words.finding([age_words(band) for band in AGE_BANDS], found.ages[context.gender], "age bands")
    strip = age_strip.draw(
        found.ages, context.age_band, context.gender, f"Click rate by age of the viewer. {said.ends} {said.verdict}"
    )
    title = f"By age{f', {context.gender} viewers' if context.gender else ''}"
    return _section(f'{title} <span class="ad-quiet">relative to the average of all viewers</span>', said, strip)


def _section(title: str, said: Finding, chart: str) -> str:
    words = f"<p>{said.ends} <strong>{said.verdict}</strong></p>"
    return f'<section class="ad-section"><h3>{title}</h3>{words}{chart}</section>'


def _table(table: pd.DataFrame, name: str, context: Context, result: HeadResult) -> None:
    st.dataframe(table, hide_index=True, key=f"score.clicks-{name}-table")
    st.download_button(
        "CSV",
        lambda: click_tables.csv_of(table, context, result.provenance),
        file_name=f"click-rate-{name}.csv",
        mime="text/csv",
        key=f"score.clicks-{name}-csv",
        icon=":material/download:",
        on_click="ignore",
    )
