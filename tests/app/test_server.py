from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from streamlit.runtime.pages_manager import PagesManager

from adlab.app import preload, server
from adlab.app.server import COOKIE, BrowserCookie, cookie_for, has_id
from adlab.paths import ROOT

GOOD = "x" * 43


def run(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run to the end, in a thread of its own: the browser tests leave an event loop running in the main one."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, coroutine).result()


def answer(cookie: str = "", content_type: str = "text/html", scheme: str = "http", kind: str = "http") -> list[str]:
    """The Set-Cookie values of one request."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        headers = [(b"content-type", content_type.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": kind, "scheme": scheme, "headers": [(b"cookie", cookie.encode())] if cookie else []}
    run(BrowserCookie(application)(scope, None, send))
    return [value.decode() for name, value in sent[0]["headers"] if name == b"set-cookie"]


def test_a_page_asked_for_without_an_id_gives_one_that_scripts_cannot_read():
    (cookie,) = answer()
    assert cookie.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
    assert has_id(cookie.split(";")[0])


def test_an_id_is_kept_once_given():
    assert answer(cookie=f"other=1; {COOKIE}={GOOD}") == []


@pytest.mark.parametrize("cookie", [f"{COOKIE}=short", f"{COOKIE}=", "other=" + GOOD, "=;=;\x01"])
def test_an_id_that_could_be_guessed_is_replaced(cookie):
    assert len(answer(cookie=cookie)) == 1


def test_ids_differ():
    assert len({cookie_for(secure=False) for _ in range(50)}) == 50


def test_files_and_sockets_get_no_cookie():
    assert answer(content_type="text/css") == []
    assert answer(kind="websocket") == []


def test_the_cookie_is_restricted_to_https_where_the_page_is():
    assert "Secure" in answer(scheme="https")[0]
    assert "Secure" not in answer()[0]


def test_models_and_maps_start_to_load_when_the_server_starts(monkeypatch):
    started = []
    monkeypatch.setattr(preload, "start", lambda: started.append("models"))
    monkeypatch.setattr(preload, "start_maps", lambda: started.append("maps"))

    async def start() -> None:
        async with server.preloading(None):
            assert started == ["models", "maps"]

    run(start())


def test_a_first_visit_straight_to_a_page_runs_app_py(monkeypatch):
    """Streamlit would take the folder pages/ for its older kind of app until the navigation has run once."""
    monkeypatch.setattr(preload, "start", lambda: None)
    monkeypatch.setattr(preload, "start_maps", lambda: None)
    monkeypatch.setattr(PagesManager, "uses_pages_directory", None)

    async def start() -> None:
        async with server.preloading(None):
            PagesManager(str(ROOT / "app.py"))
            assert PagesManager.uses_pages_directory is False

    run(start())
