"""The form for the user's own ads: a table, its pictures, one button; then progress, and a way to remove them."""

from __future__ import annotations

import streamlit as st

from adlab.app import latent_own
from adlab.app.components import job_progress
from adlab.app.latent_own import File
from adlab.checkpoints.manifest import Manifest

TABLE_HELP = (
    "CSV (UTF-8) or Parquet, one row an ad. Columns: image (name of the picture), title, description; every further "
    "column can colour the maps. A column label (or conversions, or clicks) is what the shared space is judged by."
)


def form(checkpoint: Manifest) -> None:
    """Ask for the ads."""
    with st.container(key="latent.form", border=True):
        st.subheader("Map your own ads", anchor=False)
        left, right = st.columns(2, gap="large")
        table = left.file_uploader("Table of ads (CSV or Parquet)", key="latent.table", type=["csv", "parquet"])
        left.caption(TABLE_HELP)
        pictures = right.file_uploader(
            "Folder of pictures", key="latent.pictures", accept_multiple_files="directory", type=None
        )
        right.caption(
            "Pictures alone will do: each is an ad without copy then. About 30 pictures a second are encoded on one "
            "core; everything stays in this server's memory."
        )
        if st.button("Map these ads", key="latent.start", type="primary", disabled=not (table or pictures)):
            given = File(table.name, table.getvalue()) if table else None
            files = [File(file.name, file.getvalue()) for file in pictures or ()]
            latent_own.start(given, files, checkpoint)
            st.rerun()


def progress() -> bool:
    """Draw the job where there is one that is under way or has failed; whether there is."""
    job = latent_own.current()
    if job is None or (job.done and job.future.exception() is None):
        return False
    job_progress.show(job, "latent.own", latent_own.drop)
    return not job.done
