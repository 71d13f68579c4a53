"""The bundled example ads: simulated, each with one sentence about why it is there."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from adlab.app.state import Ad, Picture
from adlab.paths import assets_dir


@cache
def examples() -> dict[str, Ad]:
    """All example ads by name, the first one first; read once a process."""
    folder = _folder()
    return {
        entry["name"]: Ad(
            picture=Picture((folder / entry["file"]).read_bytes(), entry["file"]),
            example=entry["name"],
            **entry["copy"],
        )
        for entry in _entries()
    }


@cache
def notes() -> dict[str, str]:
    """Why each example is there, by name."""
    return {entry["name"]: entry["note"] for entry in _entries()}


@cache
def focus() -> dict[str, float]:
    """Where a square of each example's picture is cut out, by name: 0 is its left or upper end, 1 the other."""
    return {entry["name"]: float(entry.get("focus", 0.5)) for entry in _entries()}


def _folder() -> Path:
    return assets_dir() / "examples"


def _entries() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((_folder() / "examples.json").read_text(encoding="utf-8"))
    return entries
