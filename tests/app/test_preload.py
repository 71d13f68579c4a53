from __future__ import annotations

import threading

import pytest
import streamlit as st

from adlab.app import caching, preload
from adlab.errors import CheckpointError


@pytest.fixture(autouse=True)
def _nothing_loaded():
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def test_loading_runs_once_in_the_background(monkeypatch):
    calls, gate = [], threading.Event()

    def load() -> str:
        calls.append(threading.current_thread())
        gate.wait(5)
        return "assessor"

    monkeypatch.setattr(caching, "assessor", load)
    first = preload.start()
    assert preload.start() is first
    assert not first.done()
    gate.set()
    assert first.result(5) == "assessor"
    assert calls != [threading.current_thread()]
    assert len(calls) == 1


def test_a_failed_loading_is_tried_again(monkeypatch):
    def fail() -> None:
        raise CheckpointError("broken")

    monkeypatch.setattr(caching, "assessor", fail)
    assert isinstance(preload.start().exception(5), CheckpointError)
    monkeypatch.setattr(caching, "assessor", lambda: "mended")
    assert preload.start().result(5) == "mended"
