"""The form for the user's own ads: a table, its pictures, one button; then progress, and a way to remove them."""

from __future__ import annotations

import streamlit as st

from adlab.app import latent_own
from adlab.app.components import job_progress
from adlab.app.jobs import Job
from adlab.app.latent_own import File
from adlab.checkpoints.manifest import Manifest

TABLE_HELP = (
    "CSV (UTF-8) or Parquet, one row an ad. Columns: image (name of the picture), title, description; every further "
    "column can colour the maps. A column label (or conversions, or clicks) is what the shared space is judged by."
)
PICTURES_HELP = (
    "Pictures alone will do: each is an ad without copy then. About 30 pictures a second are encoded on one core; "
    "everything stays in this server's memory."
)


def form(checkpoint: Manifest, job: Job | None) -> None:
    """Ask for the ads, and tell how far the job is or why it failed.

    The form stays while the job runs and after a refusal, so that one bad table does not cost the folder of pictures.
    """
    busy = job is not None and not job.done
    with st.container(key="latent.form", border=True):
        st.subheader("Map your own ads", anchor=False)
        with st.form("latent.files", border=False):  # the button of a form waits for uploads that are under way
            left, right = st.columns(2, gap="large")
            table = left.file_uploader(
                "Table of ads (CSV or Parquet)", key="latent.table", type=["csv", "parquet"], disabled=busy
            )
            left.caption(TABLE_HELP)
            pictures = right.file_uploader(
                "Folder of pictures", key="latent.pictures", accept_multiple_files="directory", disabled=busy
            )
            right.caption(PICTURES_HELP)
            asked = st.form_submit_button("Map these ads", key="latent.start", type="primary", disabled=busy)
        if asked:
            given = File(table.name, table.getvalue()) if table else None
            latent_own.start(given, [File(file.name, file.getvalue()) for file in pictures or ()], checkpoint)
            st.rerun()
        if job is not None:
            job_progress.show(job, "latent.own", latent_own.drop)
