"""Chance, by slot: every choice about an ad has a fixed place in a block of numbers, so moving one leaves the rest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")
# Rows of the block: what is chosen in one row never moves what is chosen in another.
FACTORS, IDENTITY, COPY, QUERY, PICTURE = range(5)
_SLOTS = 96


class Draws:
    """Uniform numbers from 0 to 1, read by slot.

    Args:
        numbers: The numbers, one a slot.
    """

    __slots__ = ("_numbers",)

    def __init__(self, numbers: list[float]) -> None:
        self._numbers = numbers

    def share(self, slot: int) -> float:
        """The number of a slot, 0–1."""
        return self._numbers[slot]

    def chance(self, slot: int, probability: float) -> bool:
        """True with the given probability, 0–1."""
        return self._numbers[slot] < probability

    def pick(self, slot: int, options: Sequence[T]) -> T:
        """One of the options, all equally likely."""
        return options[int(self._numbers[slot] * len(options))]

    def between(self, slot: int, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self._numbers[slot] * (high - low + 1))


def plan_draws(seed: int, index: int) -> tuple[Draws, ...]:
    """The chance behind one ad's plan: one `Draws` each for FACTORS, IDENTITY, COPY, QUERY and PICTURE."""
    block = np.random.default_rng([seed, index, 0]).random((5, _SLOTS)).tolist()
    return tuple(Draws(row) for row in block)
