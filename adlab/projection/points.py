"""What is mapped: the points of each space, and the ad that every point belongs to."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adlab.errors import InputError, UnknownNameError

SHARED, PRIVATE_IMAGE, PRIVATE_TEXT, PRIVATE = "shared", "private-image", "private-text", "private"
SPACES = (SHARED, PRIVATE_IMAGE, PRIVATE_TEXT, PRIVATE)
IMAGE, TEXT, PAIR = "image", "text", "pair"
ABSENT = -1


@dataclass(frozen=True, kw_only=True)
class Embeddings:
    """The four embeddings of a set of ads; a picture or a text that several ads share is held once.

    Attributes:
        shared_image: S_A, one row a picture, (I, D).
        private_image: P_A, (I, D).
        shared_text: S_B, one row a text, (T, D).
        private_text: P_B, (T, D).
        image_of: The picture of each ad, −1 where it has none, (N,).
        text_of: The text of each ad, −1 where it has none, (N,).

    Raises:
        InputError: The shapes do not fit each other.
    """

    shared_image: NDArray[np.float32]
    private_image: NDArray[np.float32]
    shared_text: NDArray[np.float32]
    private_text: NDArray[np.float32]
    image_of: NDArray[np.int64]
    text_of: NDArray[np.int64]

    def __post_init__(self) -> None:
        shapes = {field.name: getattr(self, field.name).shape for field in fields(self)}
        fit = (
            shapes["shared_image"] == shapes["private_image"]
            and shapes["shared_text"] == shapes["private_text"]
            and len(shapes["shared_image"]) == len(shapes["shared_text"]) == 2
            and shapes["shared_image"][1] == shapes["shared_text"][1]
            and len(shapes["image_of"]) == 1
            and shapes["image_of"] == shapes["text_of"]
        )
        if not fit:
            raise InputError(f"The embeddings have the shapes {shapes}; give (I, D), (T, D) and two indices (N,).")
        for name, count in (("image_of", shapes["shared_image"][0]), ("text_of", shapes["shared_text"][0])):
            index = getattr(self, name)
            if len(index) and not (index.min() >= ABSENT and index.max() < count):
                raise InputError(f"{name} runs from {index.min()} to {index.max()}; give −1 to {count - 1}.")

    def __len__(self) -> int:
        return len(self.image_of)


class Points(NamedTuple):
    """The points of one space.

    Attributes:
        vectors: What is mapped, (P, D) or (P, 2·D).
        rows: The ad of each point, the first one where several share it, (P,).
        modality: ``"pair"``, ``"image"`` or ``"text"``, (P,).
    """

    vectors: NDArray[np.float32]
    rows: NDArray[np.int64]
    modality: NDArray[np.str_]


def points_of(embeddings: Embeddings, space: str) -> Points:
    """The points of a space.

    ``"shared"``: one point an ad with picture and copy, [S_A; S_B] (FOCAL Ad, Fig. 2). ``"private-image"``: one point
    a picture, P_A. ``"private-text"``: one point a text, P_B. ``"private"``: the last two in one space (Fig. 3).

    Raises:
        UnknownNameError: There is no such space.
    """
    if space not in SPACES:
        raise UnknownNameError("space", space, SPACES)
    if space == SHARED:
        rows = np.flatnonzero((embeddings.image_of != ABSENT) & (embeddings.text_of != ABSENT))
        vectors = np.concatenate(
            [embeddings.shared_image[embeddings.image_of[rows]], embeddings.shared_text[embeddings.text_of[rows]]],
            axis=1,
        )
        return Points(vectors, rows, np.full(len(rows), PAIR))
    parts = {
        PRIVATE_IMAGE: _distinct(embeddings.private_image, embeddings.image_of, IMAGE),
        PRIVATE_TEXT: _distinct(embeddings.private_text, embeddings.text_of, TEXT),
    }
    if space in parts:
        return parts[space]
    return Points(*(np.concatenate(columns) for columns in zip(*parts.values(), strict=True)))


def values_of_points(embeddings: Embeddings, points: Points, values: ArrayLike) -> NDArray[np.float64]:
    """The value of each point, NaN where it has none or where the ads that share the point differ.

    Args:
        embeddings: Of N ads.
        points: Of one of its spaces.
        values: One an ad, NaN where absent, (N,).

    Returns:
        (P,).
    """
    found = np.asarray(values, dtype=np.float64)[points.rows]
    for modality, index in ((IMAGE, embeddings.image_of), (TEXT, embeddings.text_of)):
        here = points.modality == modality
        if here.any():
            found[here] = _single(index, np.asarray(values, dtype=np.float64))[index[points.rows[here]]]
    return found


def known_of_points(embeddings: Embeddings, points: Points, values: ArrayLike) -> NDArray[np.bool_]:
    """Whether any ad that shares the point has a value, (P,); arguments as in `values_of_points`.

    Where it has and `values_of_points` gives none, the ads differ.
    """
    known = ~np.isnan(np.asarray(values, dtype=np.float64))
    found = known[points.rows]
    for modality, index in ((IMAGE, embeddings.image_of), (TEXT, embeddings.text_of)):
        here = points.modality == modality
        rows = np.flatnonzero((index != ABSENT) & known)
        shared = np.zeros(int(index.max(initial=0)) + 1, dtype=bool)
        shared[index[rows]] = True
        found[here] = shared[index[points.rows[here]]]
    return found


def _single(index: NDArray[np.int64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The value that all ads of a picture, or of a text, have in common; NaN where they differ or have none."""
    rows = np.flatnonzero((index != ABSENT) & ~np.isnan(values))
    size = int(index.max(initial=0)) + 1
    lowest, highest = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(lowest, index[rows], values[rows])
    np.maximum.at(highest, index[rows], values[rows])
    return np.where(lowest == highest, highest, np.nan)


def independent_groups(embeddings: Embeddings) -> NDArray[np.int64]:
    """Groups of ads that share no picture and no text with another group, (N,): the unit of splits and resampling."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    images, texts = len(embeddings.shared_image), len(embeddings.shared_text)
    whole = (embeddings.image_of != ABSENT) & (embeddings.text_of != ABSENT)
    edges = (embeddings.image_of[whole], images + embeddings.text_of[whole])
    graph = coo_matrix((np.ones(len(edges[0])), edges), shape=(images + texts, images + texts))
    _, group = connected_components(graph, directed=False)
    node = np.where(embeddings.image_of != ABSENT, embeddings.image_of, images + embeddings.text_of)
    found: NDArray[np.int64] = group[node].astype(np.int64)
    return found


def _distinct(vectors: NDArray[np.float32], index: NDArray[np.int64], modality: str) -> Points:
    used, first = np.unique(index, return_index=True)
    used, first = used[used != ABSENT], first[used != ABSENT]
    return Points(vectors[used], first.astype(np.int64), np.full(len(used), modality))
