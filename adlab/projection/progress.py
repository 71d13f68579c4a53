"""How long work tells how far it is, and how it is stopped."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[int, int], None]  # (done, total); what it raises ends the work


def no_progress(done: int, total: int) -> None:
    """Report nothing."""
