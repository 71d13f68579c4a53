"""Where a new ad belongs on a finished map: the same place every time, alone or among others.

On principal axes the place is exact. On t-SNE and UMAP it is that of the most central (the medoid, on the map) of the
ten nearest neighbours in the space. On held-out ads of the Flickr8k reference set, where a place is good if the map's
neighbours around it are true ones, this kept more of them than the mean of the neighbours, which falls between
clusters, and than openTSNE's and UMAP's own ways of adding points: UMAP's, besides, moves a point from call to call.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, check_length, matrix
from adlab.metrics.percentile import mid_rank_percentile
from adlab.projection.maps import PCA
from adlab.projection.pca import pca_axes

NEIGHBOURS = 10
MOST = 5000
CHUNK = 256


class Distances(NamedTuple):
    """How far the points of a space lie from their own neighbours: what a new ad's distance is ranked among.

    Attributes:
        ascending: Mean distance of points to their ten nearest others, in the space, ascending.
        of: All points; where they are more than `MOST`, that many were drawn at random.
    """

    ascending: NDArray[np.float64]
    of: int


class Placed(NamedTuple):
    """A new ad among the points of a space.

    Attributes:
        coordinates: On the map, (2,).
        nearest: Its nearest points in the space, nearest first, (10,) or all where there are fewer.
        distances: Euclidean, in the space, of those.
        distance: Mean of `distances`: how far the ad is from what the map knows.
        percentile: Rank of `distance` among the points' own, each against all others, 0–100; near 100 is far out.
    """

    coordinates: NDArray[np.float32]
    nearest: NDArray[np.int64]
    distances: NDArray[np.float64]
    distance: float
    percentile: float


def own_distances(vectors: ArrayLike, seed: int = 0) -> Distances:
    """Distances of the points of a space, (P, D) with P at least 3, from their neighbours."""
    z = matrix("vectors", vectors, at_least=3)
    rows = np.arange(len(z))
    if len(z) > MOST:
        rows = np.sort(np.random.default_rng(seed).choice(len(z), MOST, replace=False))
    found = [nearest_rows(z[part], z, part)[1].mean(axis=1) for part in np.split(rows, range(CHUNK, len(rows), CHUNK))]
    return Distances(np.sort(np.concatenate(found)), len(z))


def place(vector: ArrayLike, vectors: ArrayLike, coordinates: ArrayLike, method: str, own: Distances) -> Placed:
    """Place one new ad.

    Args:
        vector: The ad in the space, (D,).
        vectors: The points of the map, (P, D), P at least 3.
        coordinates: Their places, (P, 2).
        method: What the map was made by.
        own: `own_distances` of `vectors`.

    Raises:
        InputError: A shape does not fit.
    """
    z = matrix("vectors", vectors, at_least=3)
    y = matrix("coordinates", coordinates)
    check_length("coordinates", y, len(z))
    new = matrix("vector", np.asarray(vector)[None])
    if new.shape[1] != z.shape[1]:
        raise InputError(f"The ad has {new.shape[1]} columns, the map's points {z.shape[1]}; give as many.")
    (nearest,), (distances,) = nearest_rows(new, z)
    distance = float(distances.mean())
    percentile = float(mid_rank_percentile([distance], own.ascending)[0])
    where = pca_axes(z).place(new)[0] if method == PCA else _medoid(y[nearest])
    return Placed(where.astype(np.float32), nearest, distances, distance, percentile)


def nearest_rows(
    new: FloatArray, z: FloatArray, left_out: NDArray[np.int64] | None = None
) -> tuple[NDArray[np.int64], FloatArray]:
    """The ten nearest rows of a space, or all where there are fewer.

    Args:
        new: Points to ask of, (M, D).
        z: The space, (P, D).
        left_out: For each of `new`, a row that does not count: its own, say, (M,).

    Returns:
        Their numbers and Euclidean distances, nearest first, (M, k) each.
    """
    squares = np.square(new).sum(axis=1)[:, None] + np.square(z).sum(axis=1)[None] - 2 * new @ z.T
    if left_out is not None:
        squares[np.arange(len(new)), left_out] = np.inf
    order = np.argsort(squares, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(z) - 1)]
    return order, np.sqrt(np.maximum(np.take_along_axis(squares, order, axis=1), 0))


def _medoid(places: NDArray[np.float64]) -> NDArray[np.float64]:
    """The place with the smallest sum of distances to the others; the first of equals."""
    sums = np.linalg.norm(places[:, None] - places[None], axis=2).sum(axis=1)
    medoid: NDArray[np.float64] = places[int(sums.argmin())]
    return medoid
