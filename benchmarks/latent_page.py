"""How soon the shipped maps appear in a browser, and what they cost the server.

    python -m benchmarks.latent_page [--visits 3] [--models DIR]

Starts a server of its own and visits it with Chromium. "At once" visits while the models still load; the others come
when the server is idle. "New browser" has nothing in its cache; "same browser" has been there before. Seconds run
from the call of the address to the page's title, to the first map, and to all maps. The title alone is what every page
costs: on a machine with other work, compare the columns with one another. "Server CPU" is of the whole process, the
loading of the models included, and is the number that other work disturbs least.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

ROOT = Path(__file__).resolve().parents[1]
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
MAPS = 3
QUIET_SECONDS = 1.5  # without CPU time: the models are loaded
# Points of SVG charts, or the canvas of WebGL ones once something is drawn into it.
DRAWN = "document.querySelectorAll('.js-plotly-plot .points path, .js-plotly-plot .gl-canvas-focus').length > 0"
ALL = f"[...document.querySelectorAll('.js-plotly-plot')].filter(p => p.querySelector('.points path')).length >= {MAPS}"


class Visit(NamedTuple):
    """One visit; seconds since the call of the address, and the server's CPU seconds until all maps stood."""

    title: float
    first: float
    every: float
    cpu: float
    kilobytes: float


def main() -> None:
    """Print a table."""
    arguments = _parse()
    from playwright.sync_api import sync_playwright

    if arguments.models:
        os.environ["ADLAB_MODELS"] = str(arguments.models)
    print(f"{'':26}{'title s':>10}{'first map':>10}{'all maps':>10}{'server CPU':>12}{'kB':>8}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        with _server() as (address, pid):
            _row("at once, new browser", [_visit(browser.new_context(), address, pid)])
            _settle(pid)
            _row("idle, new browser", [_fresh(browser, address, pid) for _ in range(arguments.visits)])
            context = browser.new_context()
            _visit(context, address, pid)
            _row("idle, same browser", [_visit(context, address, pid) for _ in range(arguments.visits)])
        browser.close()


def _row(words: str, visits: list[Visit]) -> None:
    middle = [sorted(column)[len(column) // 2] for column in zip(*visits, strict=True)]
    print(f"{words:26}{middle[0]:10.2f}{middle[1]:10.2f}{middle[2]:10.2f}{middle[3]:12.2f}{middle[4]:8.0f}")


def _fresh(browser: Browser, address: str, pid: int) -> Visit:
    context = browser.new_context()
    try:
        return _visit(context, address, pid)
    finally:
        context.close()


def _visit(context: BrowserContext, address: str, pid: int) -> Visit:
    page, received = context.new_page(), [0]

    def count(payload: bytes | str) -> None:
        received[0] += len(payload)

    page.on("websocket", lambda socket: socket.on("framereceived", count))
    before, started = _cpu(pid), time.monotonic()
    page.goto(f"{address}/latent_space", wait_until="commit")
    seconds = []
    for condition in ("document.querySelector('h1') !== null", DRAWN, ALL):
        page.wait_for_function(condition, polling=20, timeout=120_000)
        seconds.append(time.monotonic() - started)
    _settle(pid)
    page.close()
    return Visit(*seconds, _cpu(pid) - before, received[0] / 1000)


def _cpu(pid: int) -> float:
    """CPU seconds of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _settle(pid: int) -> None:
    before, since = _cpu(pid), time.monotonic()
    while time.monotonic() - since < QUIET_SECONDS:
        time.sleep(0.1)
        if (now := _cpu(pid)) - before > 0.1:
            before, since = now, time.monotonic()


@contextmanager
def _server() -> Iterator[tuple[str, int]]:
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true", f"--server.port={port}"]
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"ADLAB_CACHE": cache}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)
        try:
            _wait(f"http://localhost:{port}/_stcore/health")
            yield f"http://localhost:{port}", process.pid
        finally:
            process.terminate()
            process.wait(20)


def _wait(address: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"{address} does not answer.")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time to the first map.")
    parser.add_argument("--visits", type=int, default=3)
    parser.add_argument("--models", type=Path)
    return parser.parse_args()


if __name__ == "__main__":
    main()
