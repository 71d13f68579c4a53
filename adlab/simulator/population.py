"""Causes of many ads as columns, and the population that the response is centred on."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from adlab.errors import InputError
from adlab.simulator.contexts import PROBABILITIES, ContextTable, contexts_at
from adlab.simulator.distribution import factors_from
from adlab.simulator.draws import Draws
from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS, Factors

NUMBERS = ("agreement", "appeal", "contrast", "clutter", "cta", "participation", "urgency", "length", "specificity")
LEVELS = {"background": BACKGROUND_COLOURS, "text_position": TEXT_POSITIONS}
CAUSE = "cause_"  # before the causes in a table: `score` has columns of the plain names
BEST_LENGTH, LENGTH_SPREAD = 20.0, 3.0
_POINTS = 1 << 14
_CONTEXTS_PER_AD = 8
_SLOTS = 24  # of chance that `factors_from` may read
_CONTEXT_SLOTS = len(PROBABILITIES)


class FactorTable(NamedTuple):
    """What the response needs to know of many ads.

    Attributes:
        numbers: Columns `NUMBERS` as the response takes them in, (N, 9): `length` by `length_value`, others as planted.
        background: Place in `BACKGROUND_COLOURS`, (N,).
        text_position: Place in `TEXT_POSITIONS`, (N,).
    """

    numbers: NDArray[np.float64]
    background: NDArray[np.int8]
    text_position: NDArray[np.int8]

    @property
    def rows(self) -> int:
        """Number of ads."""
        return len(self.background)

    def take(self, rows: NDArray[Any] | slice) -> FactorTable:
        """Some of the ads."""
        return FactorTable(self.numbers[rows], self.background[rows], self.text_position[rows])


class Population(NamedTuple):
    """Ads, each in a context, all equally likely.

    Attributes:
        ads: Causes, (N,).
        contexts: Contexts, (N,).
    """

    ads: FactorTable
    contexts: ContextTable


def length_value(words: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Inverted U of the number of words: 0 at 20 words, −1 at a third and at three times of them."""
    return -np.square(np.log(np.asarray(words, dtype=np.float64) / BEST_LENGTH) / np.log(LENGTH_SPREAD))


def factor_table(ads: Iterable[Factors] | pd.DataFrame) -> FactorTable:
    """Causes as columns.

    Args:
        ads: Causes, or a table with their columns as `ads.parquet` has them.

    Raises:
        InputError: A column is missing.
    """
    if isinstance(ads, pd.DataFrame):
        missing = [name for name in (*NUMBERS, *LEVELS) if CAUSE + name not in ads]
        if missing:
            raise InputError(f"There is no column {CAUSE + missing[0]!r}; give an ads table that simulate has written.")
        columns = {name: ads[CAUSE + name].tolist() for name in (*NUMBERS, *LEVELS)}
    else:
        rows = list(ads)
        columns = {name: [getattr(row, name) for row in rows] for name in (*NUMBERS, *LEVELS)}
    numbers = np.array([columns[name] for name in NUMBERS], dtype=np.float64).reshape(len(NUMBERS), -1).T
    words = NUMBERS.index("length")
    numbers[:, words] = length_value(numbers[:, words])
    codes = [
        np.array([levels.index(str(cell)) for cell in columns[name]], dtype=np.int8) for name, levels in LEVELS.items()
    ]
    return FactorTable(numbers, *codes)


@cache
def population() -> Population:
    """The population that the response is centred on and its base rates hold for: 16,384 ads, eight contexts each.

    Both come from their own distributions at the points of a Richtmyer sequence (fractional parts of multiples of
    square roots of primes), which fills the cube evenly: averages over it are closer to the truth than over as many
    random rows, and always the same. Which ad meets which contexts is a fixed random permutation.
    """
    ads = factor_table([factors_from(Draws(row)) for row in _richtmyer(_POINTS, _SLOTS).tolist()])
    contexts = contexts_at(_richtmyer(_POINTS * _CONTEXTS_PER_AD, _CONTEXT_SLOTS))
    met = np.random.default_rng(0).permutation(contexts.rows)
    return Population(ads.take(np.arange(contexts.rows) % _POINTS), contexts.take(met))


@cache
def context_nodes(count: int = 1024) -> ContextTable:
    """Contexts that stand for all, each equally likely: averages over them are averages over the distribution."""
    return contexts_at(_richtmyer(count, _CONTEXT_SLOTS))


def _richtmyer(count: int, dimensions: int) -> NDArray[np.float64]:
    primes = [n for n in range(2, 200) if all(n % d for d in range(2, n))][:dimensions]
    points: NDArray[np.float64] = np.mod(np.outer(np.arange(count) + 0.5, np.sqrt(primes)), 1.0)
    return points
