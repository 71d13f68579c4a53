"""What drawn pixels depend on beside the plan: the simulator's code, its fonts, and the libraries that draw."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import PIL

from adlab.paths import assets_dir


@cache
def drawing_digest() -> str:
    """Changes with every line of this package, every font, and the versions of NumPy and Pillow: 16 hex digits."""
    versions = f"{np.__version__}|{PIL.__version__}"
    return digest_of({Path(__file__).parent: "*.py", assets_dir() / "fonts": "*.ttf"}, versions)


def digest_of(folders: Mapping[Path, str], versions: str) -> str:
    """Of the files of each folder, and of those below it, that its pattern names: 16 hex digits."""
    found = hashlib.sha256(versions.encode())
    for folder, pattern in folders.items():
        for file in sorted(folder.rglob(pattern)):
            found.update(f"|{file.relative_to(folder).as_posix()}|".encode() + file.read_bytes())
    return found.hexdigest()[:16]
