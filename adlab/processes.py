"""Processes for work of adlab's own: they import what they run, and never the program that asks for them."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")
_TURN = threading.Lock()


class ProcessPool(ProcessPoolExecutor):
    """A pool of spawned processes that leave `__main__` alone.

    A spawned process would run the file of `__main__` again: a script without a guard would begin anew in each, and
    in the app it is the page that was drawn last, with all that it imports. Work and its arguments are found by the
    names of their modules, so they must not be defined in `__main__`.

    Args:
        workers: Processes; as many as processors by default.
        initializer: Called in each process before its first work.

    Raises:
        OSError: The system has no means for processes.
    """

    def __init__(self, workers: int | None = None, *, initializer: Callable[[], object] | None = None) -> None:
        super().__init__(workers, mp_context=get_context("spawn"), initializer=initializer)

    def submit(
        self, work: Callable[_Given, _Result], /, *args: _Given.args, **kwargs: _Given.kwargs
    ) -> Future[_Result]:
        """Have work done; this is where processes are started.

        Raises:
            BrokenProcessPool: A process was killed.
            OSError: The system starts no process.
        """
        with _another_main():
            return super().submit(work, *args, **kwargs)


@contextmanager
def _another_main() -> Iterator[None]:
    """An empty module in the place of `__main__`, from which a process would be told what to run again."""
    with _TURN:
        program: Any = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = program
