"""Keeps the memory that a training step gives back, for the next step; and says how much a process has used."""

from __future__ import annotations

import ctypes
import resource
import sys
from pathlib import Path

# glibc's malloc.h: memory above the top of the heap that is kept, added at a time, and size of what is mapped apart.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEPT, _ADDED, _MAPPED = 1 << 29, 1 << 26, 1 << 25  # bytes; 32 MiB is the largest that glibc takes for the last


def keep_freed_memory() -> bool:
    """Let this process keep up to 512 MB that it has freed, instead of giving it back and asking anew.

    A step of a few milliseconds frees and asks for some megabytes; clearing fresh pages took a fifth of its time.

    Returns:
        Whether the allocator takes such settings; only that of glibc does.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    settings = ((_MMAP_THRESHOLD, _MAPPED), (_TRIM_THRESHOLD, _KEPT), (_TOP_PAD, _ADDED))
    return all(mallopt(name, value) == 1 for name, value in settings)


def peak_memory() -> int:
    """Largest resident memory of this process so far, in bytes.

    On Linux it is read from `/proc`: what `getrusage` tells there of a process that a larger one has started is the
    size of the larger one.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024  # kilobytes but on macOS
