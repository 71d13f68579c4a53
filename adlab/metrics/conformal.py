"""Split conformal prediction: an interval half-width with guaranteed coverage (Vovk et al. 2005)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import check_level, vector


def conformal_quantile(absolute_residuals: ArrayLike, *, level: float = 0.9) -> float:
    """The ⌈(n + 1) · level⌉-th smallest residual: value ± this covers a new case with at least `level`.

    Args:
        absolute_residuals: |predicted − observed| on cases the model was not fitted on, 0 or more, (n,).
        level: Wanted coverage, between 0 and 1.

    Returns:
        Half-width, in units of the residuals.

    Raises:
        InputError: A residual is negative, or there are too few of them for this level.
    """
    check_level(level)
    residuals = np.sort(vector("absolute_residuals", absolute_residuals))
    if residuals[0] < 0:
        raise InputError(f"absolute_residuals hold {residuals[0]:g}; give absolute values.")
    # Rounding first keeps (n + 1) · level, for example 10 · 0.9, from landing just above a whole number.
    rank = math.ceil(round((len(residuals) + 1) * level, 9))
    if rank > len(residuals):
        needed = math.ceil(round(level / (1 - level), 9))
        raise InputError(f"{len(residuals)} residuals cannot give a level of {level}; give {needed} or more.")
    return float(residuals[rank - 1])
