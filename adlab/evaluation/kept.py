"""Results of finished parts, kept on disk so that a stopped run goes on where it was."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[np.generic]]


class KeptParts:
    """Named dictionaries of arrays, one file each.

    Args:
        folder: Where; its name must change with everything that the parts depend on.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def has(self, name: str) -> bool:
        """Whether the part is there."""
        return self._file(name).is_file()

    def get(self, name: str, compute: Callable[[], Arrays]) -> Arrays:
        """The part, computed if it is not there or cannot be read."""
        if (found := self._read(name)) is not None:
            return found
        arrays = compute()
        self.folder.mkdir(parents=True, exist_ok=True)
        draft = self._file(name).with_suffix(".part")
        with draft.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)
        draft.replace(self._file(name))  # a kill leaves the whole file or none
        return arrays

    def _read(self, name: str) -> Arrays | None:
        try:
            with np.load(self._file(name), allow_pickle=False) as stored:
                return {key: stored[key] for key in stored.files}
        except (FileNotFoundError, EOFError, ValueError, zipfile.BadZipFile):
            return None  # a damaged file is computed anew: this is a cache

    def _file(self, name: str) -> Path:
        return self.folder / f"{name}.npz"
