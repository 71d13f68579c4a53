from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from types import ModuleType

import pytest
import streamlit as st
from helpers.fake_assessor import FakeAssessor
from helpers.pictures import picture
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> type[FakeAssessor]:
    """The app scores with a hand-written Assessor, and remembers nothing of other tests."""
    st.cache_resource.clear()
    st.cache_data.clear()
    assessor = type("FreshFake", (FakeAssessor,), {"calls": 0})
    module = ModuleType("adlab.inference.assessor")
    module.Assessor = assessor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "adlab.inference.assessor", module)
    return assessor


@pytest.fixture
def launch(fake: type[FakeAssessor]) -> Callable[..., AppTest]:
    """Start the app, on a page other than the landing page if one is named."""

    def start(page: str = "") -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120).run()
        return app.switch_page(f"pages/{page}.py").run() if page else app

    return start


@pytest.fixture(scope="session")
def png() -> bytes:
    """A small valid picture file."""
    buffer = BytesIO()
    picture(3, 64, 48).save(buffer, "PNG")
    return buffer.getvalue()
