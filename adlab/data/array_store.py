"""Arrays on disk by key, for features computed once: memory-mapped, appended to, resumable after a kill.

One sub-folder per encoder id, shape and dtype holds `rows.bin`, the rows one after the other, and
`keys.log`, one line a row. A row is written and synced first, its key after it, and it counts only once its
key's line is complete; what a killed writer left behind the last complete line is ignored and overwritten.
Writers take turns on a lock file; readers need no lock. All of it is derived: the folder can be deleted at
any time, also under a running process.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import re
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from adlab.errors import DataUnavailableError, InputError

_KEY = re.compile(r"[^\s\ufffd\ud800-\udfff]+")


class ArrayStore:
    """Rows of one encoder, each of the same shape, by content hash.

    Safe to share between threads, and between processes that each open it.

    Args:
        folder: Where stores live; this one takes a sub-folder of its own.
        encoder_id: What computed the rows; another id means other rows.
        shape: Shape of one row.
        dtype: Floating-point or integer format on disk.

    Raises:
        InputError: `shape`, `dtype` or `encoder_id` is unusable.
        DataUnavailableError: The folder cannot be made, or its content is not an array store.
    """

    _index: dict[str, int]  # key to row
    _log_end: int  # bytes of keys.log taken in, always behind a complete line
    _mapped: np.memmap[Any, Any] | None

    def __init__(self, folder: Path, *, encoder_id: str, shape: tuple[int, ...], dtype: str = "float16") -> None:
        if not encoder_id or not all(isinstance(n, int) and n > 0 for n in shape):
            raise InputError(f"encoder_id is {encoder_id!r}, shape {shape!r}; give a name and positive sizes.")
        try:
            self.dtype: np.dtype[Any] = np.dtype(dtype)
        except TypeError as error:
            raise InputError(f"dtype is {dtype!r}; give a NumPy name such as 'float16'.") from error
        if self.dtype.kind not in "fiu":
            raise InputError(f"dtype is {dtype!r}; give a floating-point or integer format.")
        self.encoder_id, self.shape = encoder_id, tuple(shape)
        self._row_bytes = self.dtype.itemsize * math.prod(self.shape)
        self._guard = threading.RLock()
        layout = {"encoder_id": self.encoder_id, "shape": list(self.shape), "dtype": self.dtype.str}
        self._layout = json.dumps(layout, sort_keys=True)
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", self.encoder_id).strip(".-")[:60]
        digest = hashlib.sha256(self._layout.encode()).hexdigest()[:12]
        self.folder = Path(folder) / f"{readable}-{digest}"
        self._forget("")
        self._make_folder()
        self._catch_up()

    def __len__(self) -> int:
        with self._guard:
            return len(self._index)

    def __contains__(self, key: object) -> bool:
        with self._guard:
            return key in self._index

    def missing(self, keys: Sequence[str]) -> list[str]:
        """The keys that have no row yet, each once, in the order given; sees what other processes wrote."""
        with self._guard:
            self._catch_up()
            return [key for key in dict.fromkeys(keys) if key not in self._index]

    def get(self, keys: Sequence[str]) -> np.ndarray:
        """The rows of `keys`, in memory.

        Returns:
            (len(keys), *shape), in the order given.

        Raises:
            InputError: Some keys have no row.
        """
        with self._guard:
            if absent := self.missing(keys):
                count = f"{len(absent):,} of {len(set(keys)):,} keys have no row in {self.encoder_id!r}"
                raise InputError(f"{count}, first {absent[0]!r}; compute them first.")
            if not keys:
                return np.empty((0, *self.shape), self.dtype)
            return np.asarray(self.rows()[[self._index[key] for key in keys]])

    def rows(self) -> np.ndarray:
        """All rows as one read-only memory map, (len(self), *shape), in the order written."""
        with self._guard:
            count = len(self._index)
            if count == 0:
                return np.empty((0, *self.shape), self.dtype)
            if self._mapped is None or len(self._mapped) < count:
                self._mapped = np.memmap(self.folder / "rows.bin", self.dtype, "r", shape=(count, *self.shape))
            return self._mapped[:count]

    def keys(self) -> list[str]:
        """All keys, in the order of `rows`."""
        with self._guard:
            return list(self._index)

    def put(self, keys: Sequence[str], values: np.ndarray) -> None:
        """Store rows; keys that have one already keep it. On return they survive a kill and a power cut.

        Args:
            keys: One key a row, without white space.
            values: (len(keys), *shape), finite also in the store's dtype.

        Raises:
            InputError: Shapes, keys or values do not fit.
            DataUnavailableError: The disk refuses them.
        """
        rows = self._checked(keys, values)
        with self._guard:
            self._make_folder()
            try:
                with self._alone():
                    self._catch_up()
                    new = {key: i for i, key in reversed(list(enumerate(keys))) if key not in self._index}
                    if new:
                        at = sorted(new.values())
                        self._write("rows.bin", len(self._index) * self._row_bytes, rows[at].tobytes())
                        self._write("keys.log", self._log_end, "".join(f"{keys[i]}\n" for i in at).encode())
                        self._catch_up()
            except OSError as error:
                raise DataUnavailableError(f"{str(self.folder)!r} cannot be written ({error}); make room.") from error

    def _make_folder(self) -> None:
        """Make the folder with its layout file, unless it is there; its random life tells a remade one."""
        layout_file = self.folder / "layout.json"
        try:
            if not layout_file.exists():
                self.folder.mkdir(parents=True, exist_ok=True)
                with self._alone():
                    if not layout_file.exists():  # else another process was faster
                        partial = layout_file.with_suffix(".part")
                        life = {"life": uuid.uuid4().hex, "layout": self._layout}
                        partial.write_text(json.dumps(life), encoding="utf-8")
                        partial.replace(layout_file)
            found = json.loads(layout_file.read_text(encoding="utf-8"))["layout"]
        except OSError as error:
            raise DataUnavailableError(f"{str(self.folder)!r} cannot be used ({error}); name another.") from error
        except (ValueError, LookupError, TypeError) as error:
            raise self._damage("layout.json") from error
        if found != self._layout:
            raise self._damage("layout.json")

    def _forget(self, life: str) -> None:
        self._life = life
        self._index = {}
        self._log_end = 0
        self._mapped = None

    def _catch_up(self) -> None:
        """Take in the complete lines that were added to the log since the last look."""
        log, data = self.folder / "keys.log", self.folder / "rows.bin"
        layout_file = self.folder / "layout.json"
        life = layout_file.read_text(encoding="utf-8") if layout_file.exists() else ""
        if life != self._life:
            self._forget(life)
        if not log.exists() or not data.exists():
            return
        with log.open("rb") as file:
            file.seek(self._log_end)
            added = file.read()
        whole_rows = data.stat().st_size // self._row_bytes
        for line in added.split(b"\n")[:-1][: max(whole_rows - len(self._index), 0)]:
            key = line.decode(errors="replace")
            if not _KEY.fullmatch(key) or key in self._index:
                raise self._damage("keys.log")
            self._index[key] = len(self._index)
            self._log_end += len(line) + 1

    def _damage(self, name: str) -> DataUnavailableError:
        return DataUnavailableError(f"{str(self.folder / name)!r} is damaged; delete its folder, it is derived data.")

    def _checked(self, keys: Sequence[str], values: np.ndarray) -> np.ndarray:
        if np.shape(values) != (len(keys), *self.shape):
            raise InputError(f"values have shape {np.shape(values)}; give {(len(keys), *self.shape)} for these keys.")
        unusable = next((key for key in keys if not _KEY.fullmatch(key)), None)
        if unusable is not None:
            raise InputError(f"The key {unusable!r} is empty or holds white space; give a content hash.")
        with np.errstate(over="ignore", invalid="ignore"):
            rows = np.ascontiguousarray(values, self.dtype)
        if not np.isfinite(rows).all():
            bad = keys[int(np.flatnonzero(~np.isfinite(rows).reshape(len(keys), -1).all(axis=1))[0])]
            raise InputError(f"The row of {bad!r} is not finite in {self.dtype}; check the encoder or widen the dtype.")
        return rows

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.folder / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)  # released when the file is closed, also by a kill
            yield

    def _write(self, name: str, position: int, content: bytes) -> None:
        """Put `content` at `position`, drop what lay behind it, and wait until the disk has it."""
        with (self.folder / name).open("ab") as file:
            file.truncate(position)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def compute_missing(
    store: ArrayStore,
    keys: Sequence[str],
    load: Callable[[list[str]], np.ndarray],
    *,
    batch_size: int = 64,
    on_progress: Callable[[int, int], None] | None = None,
) -> int:
    """Compute and store the rows that are not there yet; stopped at any time, it goes on where it was.

    Args:
        store: Where the rows go.
        keys: All keys that are wanted.
        load: From a batch of keys to their rows, (len(batch), *shape).
        batch_size: Keys a call of `load`.
        on_progress: Called after each batch with the rows done and the rows to do in this call.

    Returns:
        The number of rows computed.

    Raises:
        InputError: `batch_size` is below 1, or `load` returned rows of another shape.
    """
    if batch_size < 1:
        raise InputError(f"batch_size is {batch_size}; give 1 or more.")
    todo = store.missing(keys)
    for start in range(0, len(todo), batch_size):
        batch = todo[start : start + batch_size]
        store.put(batch, load(batch))
        if on_progress is not None:
            on_progress(start + len(batch), len(todo))
    return len(todo)
