"""Agreement of predictions with what was observed, as M2FN reports it: rank and linear correlation."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, check_length, vector
from adlab.metrics.ranking import mid_ranks


def lcc(predicted: ArrayLike, observed: ArrayLike) -> float:
    """Linear (Pearson) correlation coefficient, −1 to 1.

    Args:
        predicted: (N,), N at least 2.
        observed: (N,).

    Raises:
        InputError: A shape or value does not fit, or one side is constant, where correlation is undefined.
    """
    x, y = _pair(predicted, observed)
    x, y = _centred(x), _centred(y)
    return float(np.clip(x @ y / np.sqrt((x @ x) * (y @ y)), -1, 1))


def sprc(predicted: ArrayLike, observed: ArrayLike) -> float:
    """Spearman's rank correlation, −1 to 1: the linear correlation of mid-ranks.

    Args:
        predicted: (N,), N at least 2.
        observed: (N,).

    Raises:
        InputError: A shape or value does not fit, or one side is constant, where correlation is undefined.
    """
    x, y = _pair(predicted, observed)
    return lcc(mid_ranks(x), mid_ranks(y))


def _centred(values: FloatArray) -> FloatArray:
    centred = values - values.mean()
    scaled: FloatArray = centred / np.abs(centred).max()  # tiny values would vanish when squared
    return scaled


def _pair(predicted: ArrayLike, observed: ArrayLike) -> tuple[FloatArray, FloatArray]:
    x = vector("predicted", predicted, at_least=2)
    y = vector("observed", observed, at_least=2)
    check_length("observed", y, len(x))
    for name, values in (("predicted", x), ("observed", y)):
        if np.ptp(values) == 0:
            raise InputError(f"All values of {name} are {values[0]:g}; correlation needs two that differ.")
    return x, y
