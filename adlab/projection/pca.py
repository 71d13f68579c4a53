"""Principal axes: the one map whose new points have an exact place."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adlab.errors import InputError
from adlab.metrics.arrays import matrix


class PcaAxes(NamedTuple):
    """The two directions of largest variance.

    Attributes:
        mean: (D,).
        axes: Orthonormal rows; the largest entry of each is positive, so that the signs are fixed, (2, D).
        variance: Share of the variance along each axis, 0–1, (2,).
    """

    mean: NDArray[np.float64]
    axes: NDArray[np.float64]
    variance: NDArray[np.float64]

    def place(self, vectors: ArrayLike) -> NDArray[np.float32]:
        """Coordinates of vectors (M, D), in the units of the embedding, (M, 2)."""
        z = matrix("vectors", vectors)
        if z.shape[1] != len(self.mean):
            raise InputError(f"vectors have {z.shape[1]} columns, the map's points {len(self.mean)}; give as many.")
        placed: NDArray[np.float32] = ((z - self.mean) @ self.axes.T).astype(np.float32)
        return placed


def pca_axes(vectors: ArrayLike) -> PcaAxes:
    """Principal axes of (P, D) vectors, P at least 3 and D at least 2.

    Raises:
        InputError: The shape does not fit, a value is not finite, or all points are the same.
    """
    z = matrix("vectors", vectors, at_least=3)
    if z.shape[1] < 2:
        raise InputError(f"vectors have shape {z.shape}; a map needs two or more columns.")
    mean = z.mean(axis=0)
    values, directions = np.linalg.eigh((z - mean).T @ (z - mean))  # ascending
    if not values[-1] > 0:
        raise InputError(f"All {len(z)} points are the same; a map needs points that differ.")
    axes = directions[:, :-3:-1].T
    signs = np.sign(axes[np.arange(2), np.abs(axes).argmax(axis=1)])
    return PcaAxes(mean, axes * signs[:, None], np.maximum(values[:-3:-1], 0) / np.maximum(values, 0).sum())
