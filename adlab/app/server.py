"""What the web server does around the pages: load the models, tell maps about their ads, give each browser an id.

The id is a random cookie that scripts on the page cannot read. It scopes the history, so that people who share a
server do not see each other's assessments; it identifies nobody and nothing is sent anywhere.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import CookieError, SimpleCookie
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.config import get_option
from streamlit.runtime.pages_manager import PagesManager

from adlab.app import preload

AD_ON_MAP = "ad-on-map"
COOKIE = "adlab_browser"
ID_BYTES = 32
MIN_ID_CHARACTERS = 40
COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep one


@asynccontextmanager
async def preloading(_app: Any) -> AsyncIterator[None]:
    """Server start: the models load in a thread while the first page is already served."""
    # Until `st.navigation` has run once, Streamlit takes the folder pages/ for its older kind of app, and a first
    # visit straight to a page would run that page without app.py.
    PagesManager.uses_pages_directory = False
    preload.start()
    preload.start_maps()
    yield


class BrowserCookie:
    """Give a browser that asks for a page, and has no id yet, a random one.

    Args:
        app: The application behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on; add the cookie to HTML answers where it is missing."""
        if scope["type"] != "http" or has_id(dict(scope["headers"]).get(b"cookie", b"").decode("latin-1")):
            await self.app(scope, receive, send)
            return

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append("set-cookie", cookie_for(secure=scope.get("scheme") == "https"))
            await send(message)

        await self.app(scope, receive, send_with_cookie)


BROWSER_COOKIE = Middleware(BrowserCookie)


def ad_on_map(request: Request) -> Response:
    """One ad of a map, for the card beside the pointer."""
    from adlab.app import latent_card  # the first page does without it

    return latent_card.answer(request)


def to_front(_request: Request) -> Response:
    """The first page lives at the root, where Streamlit puts a default page; its name leads there, too."""
    return RedirectResponse("./")


def routes() -> list[Route]:
    """Addresses beside those of the pages."""
    base = str(get_option("server.baseUrlPath")).strip("/")
    root = f"/{base}" if base else ""
    return [
        Route(f"{root}/{AD_ON_MAP}/{{source}}/{{name}}/{{kind}}/{{row:int}}", ad_on_map),
        Route(f"{root}/score", to_front),
    ]


def has_id(cookie_header: str) -> bool:
    """Whether a Cookie header carries a usable browser id."""
    try:
        morsel = SimpleCookie(cookie_header).get(COOKIE)
    except CookieError:
        return False
    return morsel is not None and len(morsel.value) >= MIN_ID_CHARACTERS


def cookie_for(*, secure: bool) -> str:
    """A Set-Cookie value with a new random id; `secure` restricts it to HTTPS."""
    parts = [
        f"{COOKIE}={secrets.token_urlsafe(ID_BYTES)}",
        f"Max-Age={COOKIE_SECONDS}",
        "Path=/",
        "HttpOnly",
        "SameSite=Lax",
    ]
    return "; ".join([*parts, "Secure"] if secure else parts)
