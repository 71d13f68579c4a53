"""The bundled example ads."""

from __future__ import annotations

import json
from functools import cache

from adlab.app.state import Ad, Picture
from adlab.paths import assets_dir


@cache
def examples() -> dict[str, Ad]:
    """All example ads by name, the first one first; read once a process."""
    folder = assets_dir() / "examples"
    entries = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
    return {
        entry["name"]: Ad(
            picture=Picture((folder / entry["file"]).read_bytes(), entry["file"]),
            example=entry["name"],
            **entry["copy"],
        )
        for entry in entries
    }
