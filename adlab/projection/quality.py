"""How far a map can be trusted: kept neighbourhoods, and how pure they are by label."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from sklearn import manifold
from sklearn.neighbors import NearestNeighbors

from adlab.errors import InputError
from adlab.metrics.arrays import check_length, matrix


class Purity(NamedTuple):
    """Agreement of labels among neighbours.

    Attributes:
        purity: Mean share of a point's neighbours that carry its label, 0–1.
        chance: What a map that tells nothing about the label would give, 0–1.
    """

    purity: float
    chance: float


def trustworthiness(embeddings: ArrayLike, coordinates: ArrayLike, *, neighbours: int = 15) -> float:
    """Share of neighbours on the map that are neighbours in the embedding space (Venna & Kaski 2001).

    Penalised by how far away they really are. Needs the distances of all pairs: memory grows with N².

    Args:
        embeddings: (N, D).
        coordinates: The map, (N, 2).
        neighbours: Size of a neighbourhood, at least 1 and below N/2.

    Returns:
        0–1; 1 means that the map invents no neighbours.

    Raises:
        InputError: A shape does not fit, or `neighbours` is outside its range.
    """
    z = matrix("embeddings", embeddings, at_least=3)
    y = matrix("coordinates", coordinates, at_least=3)
    check_length("coordinates", y, len(z))
    if not 1 <= neighbours < len(z) / 2:
        raise InputError(f"neighbours is {neighbours} for {len(z)} rows; give 1 or more, below half of them.")
    return float(manifold.trustworthiness(z, y, n_neighbors=neighbours))


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
    nearest = NearestNeighbors(n_neighbors=neighbours).fit(y).kneighbors(return_distance=False)  # (N, k)
    purity = float((index[nearest] == index[:, None]).mean())
    counts = np.bincount(index, minlength=len(names))
    chance = float((counts * (counts - 1)).sum() / (len(y) * (len(y) - 1)))
    return Purity(purity, chance)
