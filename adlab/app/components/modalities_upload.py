"""The form for a table of ads on the Modalities page: files or simulated ads, then progress and a way to cancel."""

from __future__ import annotations

import streamlit as st

from adlab.app import modalities_table
from adlab.app.components import job_progress
from adlab.app.jobs import Job
from adlab.app.latent_own import File

TABLE_HELP = (
    "CSV (UTF-8) or Parquet, one row an ad. Columns: image (name of the picture), query, title, description, seller, "
    "brand, ocr_text (words in the picture). Outcomes to judge by: relevance_grade (0–3), impressions with clicks and "
    "conversions, or rating_1, rating_2 and so on (number of ratings at each step)."
)
PICTURES_HELP = "The pictures that the table names. Everything stays in this server's memory."
WORDS = "Read the words in pictures, too"
WORDS_HELP = "Appeal and click-through need them: about a second a picture, unless the table gives them in ocr_text."


def form(job: Job | None) -> None:
    """Ask for the ads, and tell how far the job is or why it failed; the form stays, so that no upload is lost."""
    busy = job is not None and not job.done
    with st.container(key="modalities.form", border=True):
        st.subheader("Read a table of ads", anchor=False)
        with st.form("modalities.files", border=False):
            left, right = st.columns(2, gap="large")
            table = left.file_uploader(
                "Table of ads (CSV or Parquet)", key="modalities.table", type=["csv", "parquet"], disabled=busy
            )
            left.caption(TABLE_HELP)
            pictures = right.file_uploader(
                "Folder of pictures", key="modalities.pictures", accept_multiple_files="directory", disabled=busy
            )
            right.caption(PICTURES_HELP)
            words = right.checkbox(WORDS, help=WORDS_HELP, key="modalities.words", disabled=busy)
            asked = st.form_submit_button("Read these ads", key="modalities.start", type="primary", disabled=busy)
        if asked:
            given = File(table.name, table.getvalue()) if table else None
            modalities_table.start(given, [File(f.name, f.getvalue()) for f in pictures or ()], words=words)
            st.rerun()
        if job is None:
            st.button(
                f"Or try {modalities_table.SAMPLE_ADS} simulated ads, with queries, grades and clicks",
                key="modalities.sample",
                icon=":material/science:",
                on_click=modalities_table.start_sample,
            )
        else:
            job_progress.show(job, "modalities.job", modalities_table.drop)
