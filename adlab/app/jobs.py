"""Work that takes longer than a page: done in a thread, with progress, and left off when nobody wants it any more."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import streamlit as st

WORKERS = 2
KEPT = 12


class Stopped(Exception):  # noqa: N818 - it ends work as an exception does, but nothing went wrong
    """The user has cancelled the work."""


class Job:
    """One piece of work; read from any thread.

    Attributes:
        future: Of its result.
    """

    def __init__(self) -> None:
        self.future: Future[Any] = Future()
        self._cancelled = threading.Event()
        self._state: tuple[str, int, int] = ("Waiting for a turn", 0, 0)

    def step(self, words: str) -> Callable[[int, int], None]:
        """Begin a step; the function given back takes (done, total), and raises `Stopped` after a cancel."""

        def report(done: int, total: int) -> None:
            if self._cancelled.is_set():
                raise Stopped
            self._state = (words, done, total)

        report(0, 0)
        return report

    def cancel(self) -> None:
        """Ask the work to end at its next report."""
        self._cancelled.set()

    @property
    def cancelled(self) -> bool:
        """Whether it was asked to end."""
        return self._cancelled.is_set()

    @property
    def done(self) -> bool:
        """Whether it has ended, well or badly."""
        return self.future.done()

    @property
    def state(self) -> tuple[str, int, int]:
        """What it does, and (done, total) of that; total 0 where it cannot tell."""
        return self._state


class Jobs:
    """All jobs of the process by a key that only their owner knows; the oldest ones are forgotten."""

    def __init__(self) -> None:
        self._lock, self._jobs = threading.Lock(), OrderedDict[str, Job]()
        self._pool = ThreadPoolExecutor(WORKERS, thread_name_prefix="adlab-job")

    def start(self, work: Callable[[Job], Any], key: str = "") -> str:
        """Begin, or find the job of that key.

        Args:
            work: Gets the job, to report to.
            key: Names the work where equal work need not be done twice; a secret one is made if not given.

        Returns:
            The key.
        """
        key = key or secrets.token_urlsafe(16)
        with self._lock:
            known = self._jobs.get(key)
            if known is not None and not known.cancelled:
                self._jobs.move_to_end(key)
                return key
            job = self._jobs[key] = Job()
            self._jobs.move_to_end(key)
            while len(self._jobs) > KEPT:
                self._jobs.popitem(last=False)[1].cancel()
        self._pool.submit(_run, job, work)
        return key

    def get(self, key: str) -> Job | None:
        """The job of a key, or None where it was forgotten."""
        with self._lock:
            return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """Cancel a job and drop its result."""
        with self._lock:
            job = self._jobs.pop(key, None)
        if job is not None:
            job.cancel()


def _run(job: Job, work: Callable[[Job], Any]) -> None:
    """Do the work as an executor does; `Job` has a future of its own because the work reports to the job itself."""
    try:
        result = work(job)
    # As in `concurrent.futures`: nothing is swallowed, the error is raised again wherever the result is asked for.
    # One that were let through here would be lost with the thread, and the page would wait for ever.
    except BaseException as error:  # noqa: BLE001
        job.future.set_exception(error)
    else:
        job.future.set_result(result)


@st.cache_resource(show_spinner=False)
def jobs() -> Jobs:
    """The jobs of this process."""
    return Jobs()
