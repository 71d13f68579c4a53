"""Where adlab finds what ships with it and keeps what it derives."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

ROOT = Path(__file__).resolve().parent.parent


def models_dir() -> Path:
    """Folder of the checkpoints: `$ADLAB_MODELS`, or `models/` beside the package."""
    return Path(os.environ.get("ADLAB_MODELS") or ROOT / "models")


def assets_dir() -> Path:
    """Folder of example ads, fonts and the logo."""
    return ROOT / "assets"


def cache_dir() -> Path:
    """Folder for derived data that can always be deleted: `$ADLAB_CACHE`, or the user's cache folder."""
    return Path(os.environ.get("ADLAB_CACHE") or platformdirs.user_cache_dir("adlab", appauthor=False))


def data_dir() -> Path | None:
    """Folder of the public data sets (`$ADLAB_DATA`, else `../shared/data`), or None where neither exists."""
    given = os.environ.get("ADLAB_DATA")
    folder = Path(given) if given else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None
