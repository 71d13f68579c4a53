"""Where text goes: results to standard output, progress to standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

MAX_WIDTH = 100
Advance = Callable[[int, int], None]


def out() -> Console:
    """Standard output; text is shown as it is, brackets and all."""
    return _console(stderr=False)


def err() -> Console:
    """Standard error."""
    return _console(stderr=True)


@contextmanager
def progress(words: str) -> Iterator[Advance]:
    """A bar on standard error, on a terminal only; yields a function of (done, total)."""
    console = err()
    if not console.is_terminal:
        yield lambda done, total: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console, transient=True)
    task = bar.add_task(words, total=None)

    def advance(done: int, total: int) -> None:
        bar.update(task, completed=done, total=total)
        if done < total:
            bar.start()
        else:
            bar.stop()  # what comes next may draw a bar of its own

    try:
        yield advance
    finally:
        bar.stop()


@contextmanager
def waiting(words: str) -> Iterator[None]:
    """A spinner on standard error, on a terminal only."""
    console = err()
    if console.is_terminal:
        with console.status(words):
            yield
    else:
        yield


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, markup=False, highlight=False, emoji=False)
    console.width = min(console.width, MAX_WIDTH)
    return console
