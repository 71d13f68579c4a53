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


@st.cache_resource(show_spinner=False)
def _warming() -> Future[None]:
    executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="adlab-warm")
    future = executor.submit(_warm_maps)
    executor.shutdown(wait=False)
    return future


def _warm_maps() -> None:
    """Read what the first visitor of the Latent space page would wait for: the maps, then what places new ads."""
    from adlab.app import latent, latent_reference

    latent_reference.warm()  # before the models, which take much longer
    _loading().exception()  # one after the other: together each would take as long as both
    latent.warm_placing()


def start() -> Future[Assessor]:
    """Begin loading, or return the loading under way; one that failed is tried again."""
    future: Future[Assessor] = _loading()
    if future.done() and future.exception() is not None:
        _loading.clear()
        future = _loading()
    return future


def start_maps() -> Future[None]:
    """Begin to read what places a new ad on the shipped maps, or return the reading under way."""
    future: Future[None] = _warming()
    return future
