"""Load the Assessor in a background thread, once per process, so that a first page never waits for torch."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import streamlit as st

from adlab.app import caching

if TYPE_CHECKING:
    from adlab.inference.assessor import Assessor


@st.cache_resource(show_spinner=False)
def _loading() -> Future[Assessor]:
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="adlab-preload")
    future = executor.submit(caching.assessor)
    executor.shutdown(wait=False)
    return future


def start() -> Future[Assessor]:
    """Begin loading, or return the loading under way; one that failed is tried again."""
    future: Future[Assessor] = _loading()
    if future.done() and future.exception() is not None:
        _loading.clear()
        future = _loading()
    return future
