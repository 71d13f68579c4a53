"""Checks of the arrays that measures are given."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adlab.errors import InputError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def vector(name: str, values: ArrayLike, *, at_least: int = 1) -> FloatArray:
    """`values` as a float64 vector.

    Raises:
        InputError: It is not one-dimensional, shorter than `at_least`, or holds a value that is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) < at_least:
        raise InputError(f"{name} has shape {array.shape}; give one row of {at_least} or more numbers.")
    return _finite(name, array)


def matrix(name: str, values: ArrayLike, *, at_least: int = 1) -> FloatArray:
    """`values` as a float64 matrix of `at_least` rows.

    Raises:
        InputError: It is not two-dimensional, has too few rows or no columns, or a value is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or len(array) < at_least or array.shape[1] == 0:
        raise InputError(f"{name} has shape {array.shape}; give a table of {at_least} or more rows.")
    return _finite(name, array)


def binary(name: str, values: ArrayLike, length: int) -> IntArray:
    """`values` as a vector of `length` zeros and ones.

    Raises:
        InputError: The length differs, or there is another value.
    """
    array = vector(name, values)
    check_length(name, array, length)
    if not np.isin(array, (0, 1)).all():
        raise InputError(f"{name} holds {array[~np.isin(array, (0, 1))][0]:g}; give 0 or 1 only.")
    return array.astype(np.int64)


def check_length(name: str, array: NDArray[np.generic], length: int) -> None:
    """Check that `array` has `length` rows.

    Raises:
        InputError: It has not.
    """
    if len(array) != length:
        raise InputError(f"{name} has {len(array)} rows where {length} are needed; give one for each row.")


def check_level(level: float) -> None:
    """Check that a level lies strictly between 0 and 1.

    Raises:
        InputError: It does not.
    """
    if not 0 < level < 1:
        raise InputError(f"level is {level!r}; give a share between 0 and 1, for example 0.9.")


def _finite(name: str, array: FloatArray) -> FloatArray:
    finite = np.isfinite(array)
    if not finite.all():
        position = ", ".join(str(i) for i in np.argwhere(~finite)[0])
        raise InputError(f"{name} holds {array[~finite][0]} at position {position}; leave out rows without a number.")
    return array
