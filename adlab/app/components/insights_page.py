"""The body of the Insights page: which log, the answer, bars, tests, counter-examples, downloads."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import insights, insights_state
from adlab.app.components import insights_charts, insights_tables, insights_upload, job_progress
from adlab.app.components.text import plain
from adlab.app.insights_words import threshold_words
from adlab.insights.study import AttributeStudy, Study

if TYPE_CHECKING:
    import pandas as pd

SIMULATED, YOURS = "Simulated log", "Your log"
FIRST = ("age_band", "hour", "weekday", "month")  # M2FN, Fig. 4a
NOTE = (
    "Bars start at zero; full colour marks the levels that cannot be told from the best. Whiskers are 95 % intervals "
    "of the difference from the mean (dotted), the same ads compared, with ads as the sampling unit: a good ad is "
    "clicked at every hour, so its impressions do not count as independent. What another set of ads would give is "
    "wider; it stands in the numbers. These are associations: a log says when ads were clicked, not what a change "
    "would do."
)


def show() -> None:
    """Draw everything below the title."""
    source, least = _choose()
    if source == SIMULATED:
        with st.spinner("Simulating and studying a log …"):
            study: Study | None = insights.simulated_study(least)
        name = ""
    else:
        study, name = _own(least), insights_state.file_name()
    if study is None:
        return
    st.html(insights_tables.answer(study, name))
    _charts(study)
    st.html(insights_tables.tests(study))
    st.html(insights_tables.counter_examples(study, name))
    _downloads(study)


def _choose() -> tuple[str, int]:
    left, right = st.columns([3, 2], gap="medium")
    source = left.segmented_control(
        "Log", [SIMULATED, YOURS], default=SIMULATED, required=True, key=insights_state.LOG, persist_state="session"
    )
    least = right.selectbox(
        "Merge levels of fewer impressions than",
        insights.THRESHOLDS,
        index=insights.THRESHOLDS.index(insights.DEFAULT_THRESHOLD),
        format_func=threshold_words,
        help="A rare age, month, weekday or hour joins its neighbour of fewer impressions; other rare levels join as "
        "“other”. M2FN's 50,000 were for a log of 500 million.",
        key=insights_state.LEAST,
        persist_state="session",
    )
    return str(source), int(least)


def _own(least: int) -> Study | None:
    with st.container(key="insights.form", border=True):
        log = insights_upload.log()
    if log is None:
        return None
    job = insights.own_study(log, least)
    if not job.done or job.future.exception() is not None:
        job_progress.show(job, "insights.study", job.cancel)
        return None
    study: Study = job.future.result()
    return study


def _charts(study: Study) -> None:
    by_name = {one.name: one for one in study.attributes if len(one.rates) > 1}
    shown: list[AttributeStudy] = [by_name.pop(name) for name in FIRST if name in by_name] + list(by_name.values())
    for start in range(0, len(shown), 2):
        for column, one in zip(st.columns(2, gap="large"), shown[start : start + 2], strict=False):
            with column, st.container(key=f"insights.card-{one.name}"):
                insights_charts.show(study, one)
    st.caption(NOTE)
    if study.left_out:
        st.caption(f":material/info: Not studied: {plain('; '.join(study.left_out))}.")


def _csv(table: Callable[[Study], pd.DataFrame], study: Study) -> str:
    return insights.csv_of(table(study))


def _downloads(study: Study) -> None:
    from adlab.insights import study as tables

    parts = {
        "Rates": (tables.rates_table, "rates"),
        "Tests": (tables.significance_table, "tests"),
        "Counter-examples": (tables.counter_table, "counter-examples"),
    }
    with st.container(horizontal=True, key="insights.downloads"):
        for label, (table, name) in parts.items():
            st.download_button(
                f"{label} (CSV)",
                partial(_csv, table, study),
                file_name=f"adlab-insights-{name}.csv",
                mime="text/csv",
                key=f"insights.csv-{name}",
                icon=":material/download:",
                on_click="ignore",
            )
