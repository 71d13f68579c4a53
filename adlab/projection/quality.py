"""How far a map can be trusted: kept neighbourhoods, and how pure they are by label."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, IntArray, check_length, matrix

CHUNK = 512  # rows whose distances to all others are held at once


class Purity(NamedTuple):
    """Agreement of labels among neighbours.

    Attributes:
        purity: Mean share of a point's neighbours that carry its label, 0–1.
        chance: What a map that tells nothing about the label would give, 0–1.
    """

    purity: float
    chance: float


class Faithfulness(NamedTuple):
    """How far neighbourhoods survive the way to the plane (Venna & Kaski 2001).

    Attributes:
        trustworthiness: 0–1; 1 means that the map invents no neighbours.
        continuity: 0–1; 1 means that the map tears no neighbours apart.
        neighbours: Size of a neighbourhood.
        measured: Points whose neighbourhoods were looked at, among all points.
    """

    trustworthiness: float
    continuity: float
    neighbours: int
    measured: int


def faithfulness(
    embeddings: ArrayLike, coordinates: ArrayLike, *, neighbours: int = 15, most: int | None = None, seed: int = 0
) -> Faithfulness:
    """Trustworthiness and continuity of a map, by Euclidean distances; memory grows with N, not with N².

    Args:
        embeddings: (N, D).
        coordinates: The map, (N, 2).
        neighbours: Size of a neighbourhood, at least 1 and below N/2.
        most: Look at the neighbourhoods of so many points, drawn at random, where there are more; None for all.
        seed: Seed of that draw.

    Raises:
        InputError: A shape does not fit, or `neighbours` is outside its range.
    """
    z = matrix("embeddings", embeddings, at_least=3)
    y = matrix("coordinates", coordinates, at_least=3)
    check_length("coordinates", y, len(z))
    n, k = len(z), neighbours
    if not 1 <= k < n / 2:
        raise InputError(f"neighbours is {k} for {n} rows; give 1 or more, below half of them.")
    rows = np.arange(n)
    if most is not None and n > most:
        rows = np.sort(np.random.default_rng(seed).choice(n, most, replace=False))
    invented = torn = 0.0
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        far, near = _squared_distances(z, part), _squared_distances(y, part)
        invented += _excess_rank(of=far, neighbours_in=near, k=k)
        torn += _excess_rank(of=near, neighbours_in=far, k=k)
    scale = 2 / (len(rows) * k * (2 * n - 3 * k - 1))
    return Faithfulness(1 - scale * invented, 1 - scale * torn, k, len(rows))


def knn_purity(coordinates: ArrayLike, labels: ArrayLike, *, neighbours: int = 10) -> Purity:
    """How often a point's nearest neighbours carry its label; the point itself does not count.

    Args:
        coordinates: A map (N, 2) or embeddings (N, D).
        labels: (N,), numbers or texts.
        neighbours: Number of neighbours, at least 1 and below N.

    Returns:
        Purity and its chance level.

    Raises:
        InputError: A shape does not fit, or `neighbours` is outside its range.
    """
    y = matrix("coordinates", coordinates, at_least=2)
    names, index = np.unique(np.asarray(labels), return_inverse=True)
    check_length("labels", index, len(y))
    if not 1 <= neighbours < len(y):
        raise InputError(f"neighbours is {neighbours} for {len(y)} rows; give 1 or more, below that.")
    from sklearn.neighbors import NearestNeighbors

    nearest = NearestNeighbors(n_neighbors=neighbours).fit(y).kneighbors(return_distance=False)  # (N, k)
    purity = float((index[nearest] == index[:, None]).mean())
    counts = np.bincount(index, minlength=len(names))
    chance = float((counts * (counts - 1)).sum() / (len(y) * (len(y) - 1)))
    return Purity(purity, chance)


def _squared_distances(x: FloatArray, rows: IntArray) -> FloatArray:
    """From `rows` to all points, (R, N); infinite to itself."""
    squares = np.square(x).sum(axis=1)
    distances: FloatArray = squares[rows, None] + squares[None] - 2 * x[rows] @ x.T
    distances[np.arange(len(rows)), rows] = np.inf
    return distances


def _excess_rank(*, of: FloatArray, neighbours_in: FloatArray, k: int) -> float:
    """By how much the ranks, in the distances `of`, of the k nearest by the other distances exceed k, summed."""
    nearest = np.argpartition(neighbours_in, k - 1, axis=1)[:, :k]
    total = 0
    for column in nearest.T:
        distance = np.take_along_axis(of, column[:, None], axis=1)
        rank = (of < distance).sum(axis=1) + 1
        total += int(np.maximum(rank - k, 0).sum())
    return float(total)
