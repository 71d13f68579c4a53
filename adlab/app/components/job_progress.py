"""A job under way: what it does, how far it is, and a button that ends it."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from adlab.app.components.text import plain
from adlab.app.jobs import Job, Stopped
from adlab.errors import AdlabError

EVERY = 1.0  # seconds; each look costs the server a short run


def show(job: Job, key: str, on_cancel: Callable[[], None], cancel_words: str = "Cancel") -> None:
    """Draw until the job ends, then run the page again; a job that failed says why.

    One that has ended well since the page looked for its result runs the page again, too.
    """
    if job.done and job.future.exception() is not None:
        failed(job)
        return

    @st.fragment(run_every=EVERY)
    def watch() -> None:
        if job.done:
            st.rerun(scope="app")
        words, done, total = job.state
        share = min(done / total, 1.0) if total else 0.0
        st.progress(share, text=f"{words} … {done:,} of {total:,}" if total > 1 else f"{words} …")
        if st.button(cancel_words, key=f"{key}-cancel", icon=":material/close:"):
            on_cancel()
            st.rerun(scope="app")

    watch()


def failed(job: Job) -> None:
    """Why a job has no result."""
    error = job.future.exception()
    if isinstance(error, Stopped):
        st.info("Cancelled; nothing was kept.", icon=":material/close:")
    elif isinstance(error, AdlabError):
        st.error(plain(str(error)), icon=":material/report:")
    elif error is not None:
        raise error
