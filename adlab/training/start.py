"""Start a training as a process of its own, so that the app neither waits for it nor loads what it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from adlab.paths import ROOT


def start(arguments: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Run `python -m adlab train …` in the background.

    The process has a session of its own: it goes on when the caller ends, and `terminate()` on what is returned
    stops it. It leaves its state behind after every epoch, so the same arguments resume it.

    Args:
        arguments: What follows `train`, for example ``["focal", "--seed", "1"]``.
        log: File for everything it prints, appended to; missing folders are made.

    Returns:
        The process.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    search_path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    with log.open("ab") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "adlab", "train", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": search_path, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
