"""The app as visitors meet it: a real server with tiny checkpoints, and a real browser."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS_TO_START = 120
PATIENCE = 180  # seconds: a busy machine is slow, and a broken page is broken after any time
BUSY = 0.6  # runnable processes a core; beside other tests it is higher, so these run when run alone


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session")
def server(tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a running app, up but perhaps still loading its models."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    cache = tmp_path_factory.mktemp("app-cache")
    environment = os.environ | {"ADLAB_MODELS": str(tiny_models), "ADLAB_CACHE": str(cache)}
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    flags = {"server.port": port, "server.headless": "true", "browser.serverAddress": "localhost"}
    command += [f"--{name}={value}" for name, value in flags.items()]
    with (cache / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_until_up(f"http://localhost:{port}", process, cache / "log")
            yield f"http://localhost:{port}"
        finally:
            process.terminate()
            process.wait(20)


def wait_until_up(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"The server stopped: {log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    pytest.fail(f"The server is not up after {SECONDS_TO_START} s: {log.read_text()[-2000:]}")


@pytest.fixture
def calm() -> None:
    """For tests of seconds: on a machine with other work they would measure that work."""
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > BUSY * cores:
        pytest.skip(f"load {load:.1f} on {cores} cores: seconds mean nothing here")


@pytest.fixture(scope="session")
def chromium() -> Iterator[object]:
    """A running browser."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def visit(server: str, chromium):
    """Open the app in a browser profile of its own; several visits are several people."""
    contexts = []

    def open_page(path: str = "", width: int = 1280, height: int = 800, scheme: str = "light"):
        context = chromium.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.goto(f"{server}/{path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
