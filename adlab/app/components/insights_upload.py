"""The field for the user's own log: read at once, refused with every problem, kept until another one is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import insights, insights_state
from adlab.app.components import job_progress
from adlab.app.components.text import plain
from adlab.errors import TableError

if TYPE_CHECKING:
    from adlab.insights.study import Log

HELP = (
    "CSV (UTF-8) or Parquet, one row an impression or a group of impressions. Needed: ad_id (or image), impressions, "
    "clicks. Attributes: age_band, gender, month and weekday (or date), hour, position, categories, and any further "
    "column of 2 to 30 different values. It stays in this server's memory."
)
PROBLEMS_SHOWN = 8


def log() -> Log | None:
    """Ask for a log; the one that was read, or None while there is none."""
    upload = st.file_uploader(
        "Your log (CSV or Parquet)",
        key=insights_state.UPLOAD,
        type=["csv", "parquet"],
        max_upload_size=insights.MAX_MEGABYTES,
    )
    if upload is not None and upload.file_id != insights_state.file_id():
        insights.begin(upload.name, upload.getvalue(), upload.file_id)
    job = insights.own_log()
    if job is None:
        left, right = st.columns([4, 1], gap="medium", vertical_alignment="center")
        left.caption(HELP)
        right.download_button(
            "Example",
            insights.example_csv,
            file_name="adlab-example-log.csv",
            mime="text/csv",
            key="insights.example",
            icon=":material/download:",
            on_click="ignore",
        )
        return None
    if not job.done:
        job_progress.show(job, "insights.own", insights.forget)
        return None
    error = job.future.exception()
    if isinstance(error, TableError):
        _refused(error)
        return None
    if error is not None:
        job_progress.failed(job)
        return None
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{plain(insights_state.file_name())}**")
        st.button("Remove it", key="insights.remove", icon=":material/delete:", on_click=insights.forget)
    found: Log = job.future.result()
    return found


def _refused(error: TableError) -> None:
    lines = [f"- {plain(problem)}" for problem in error.problems]
    shown, rest = lines[:PROBLEMS_SHOWN], lines[PROBLEMS_SHOWN:]
    first = f"**{plain(insights_state.file_name())}**: {plain(error.summary)}"
    st.error("\n".join([first, "", *shown]), icon=":material/report:")
    if rest:
        with st.expander(f"{len(rest):,} more problems", icon=":material/report:"):
            st.markdown("\n".join(rest))
