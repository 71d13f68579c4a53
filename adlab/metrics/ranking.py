"""How well scores rank: area under the ROC curve, and retrieval of images and texts by each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, IntArray, binary, check_length, matrix, vector


def auc(scores: ArrayLike, labels: ArrayLike, weights: ArrayLike | None = None) -> float:
    """Chance that a positive scores above a negative, ties counting one half: the area under the ROC curve.

    Without weights computed from mid-ranks (Mann–Whitney U).

    Args:
        scores: (N,), higher means more likely positive.
        labels: (N,), 0 or 1.
        weights: How often each row occurs, 0 or more, (N,); once each if not given.

    Returns:
        0–1; 0.5 is chance.

    Raises:
        InputError: A shape or value does not fit, or only one class is present.
    """
    x = vector("scores", scores)
    y = binary("labels", labels, len(x))
    if weights is not None:
        return _weighted_auc(x, y, vector("weights", weights))
    positives = int(y.sum())
    negatives = len(y) - positives
    if positives == 0 or negatives == 0:
        raise InputError(f"labels hold {positives} ones and {negatives} zeros; AUC needs both.")
    rank_sum = float(stats.rankdata(x)[y == 1].sum())
    return (rank_sum - positives * (positives + 1) / 2) / (positives * negatives)


def _weighted_auc(scores: FloatArray, labels: IntArray, weights: FloatArray) -> float:
    check_length("weights", weights, len(scores))
    if weights.min() < 0:
        raise InputError(f"weights hold {weights.min():g}; give 0 or more.")
    _, place = np.unique(scores, return_inverse=True)
    positive, negative = np.bincount(place, weights * labels), np.bincount(place, weights * (1 - labels))
    pairs = float(positive.sum() * negative.sum())
    if pairs == 0:
        raise InputError(f"labels weigh {positive.sum():g} for ones and {negative.sum():g} for zeros; AUC needs both.")
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs)


class RetrievalRanks(NamedTuple):
    """Ranks, 1 is best.

    Attributes:
        image_to_text: Rank of each image's best own text among all texts, (I,).
        text_to_image: Rank of each text's own image among all images, (T,).
    """

    image_to_text: IntArray
    text_to_image: IntArray


class RetrievalRecall(NamedTuple):
    """Recall at k by k, each 0–1.

    Attributes:
        image_to_text: Share of images with an own text among the k first.
        text_to_image: Share of texts with their own image among the k first.
    """

    image_to_text: dict[int, float]
    text_to_image: dict[int, float]


def retrieval_ranks(similarity: ArrayLike, groups: ArrayLike) -> RetrievalRanks:
    """Rank of what belongs together, both ways; a tie with something foreign counts against it.

    Counting ties against keeps a collapsed model, which finds everything alike, from scoring.

    Args:
        similarity: (I, T), higher means closer.
        groups: Row of the image that each text belongs to, (T,), 0 to I − 1; every image has a text.

    Returns:
        Ranks per image and per text.

    Raises:
        InputError: A shape does not fit, a row does not exist, or an image has no text.
    """
    s = matrix("similarity", similarity)
    own_image = np.asarray(groups)
    check_length("groups", own_image, s.shape[1])
    if own_image.ndim != 1 or not np.issubdtype(own_image.dtype, np.integer):
        raise InputError(f"groups are {own_image.dtype}, {own_image.shape}; give one row number a text.")
    if own_image.min() < 0 or own_image.max() >= len(s):
        raise InputError(f"groups run from {own_image.min()} to {own_image.max()}; give rows from 0 to {len(s) - 1}.")
    own = np.arange(len(s))[:, None] == own_image[None, :]  # (I, T)
    if not own.any(axis=1).all():
        raise InputError(f"Image {int(np.argmin(own.any(axis=1)))} has no text; leave it out.")
    best_own = np.where(own, s, -np.inf).max(axis=1)  # (I,)
    image_to_text = 1 + ((s >= best_own[:, None]) & ~own).sum(axis=1)
    own_score = s[own_image, np.arange(s.shape[1])]  # (T,)
    text_to_image = 1 + ((s >= own_score[None, :]) & ~own).sum(axis=0)
    return RetrievalRanks(image_to_text.astype(np.int64), text_to_image.astype(np.int64))


def retrieval_recall(similarity: ArrayLike, groups: ArrayLike, ks: Sequence[int] = (1, 5, 10)) -> RetrievalRecall:
    """Recall at k, both ways; from image to text any own text counts.

    Args:
        similarity: (I, T), higher means closer.
        groups: Row of the image that each text belongs to, (T,).
        ks: Cut-offs, each 1 or more.

    Returns:
        Recall by k and direction.

    Raises:
        InputError: As `retrieval_ranks`, or a k is below 1.
    """
    if not ks or min(ks) < 1:
        raise InputError(f"ks are {tuple(ks)}; give cut-offs of 1 or more.")
    ranks = retrieval_ranks(similarity, groups)
    return RetrievalRecall(*({k: float((direction <= k).mean()) for k in ks} for direction in ranks))


def mid_ranks(values: ArrayLike) -> FloatArray:
    """Ranks from 1, ties sharing the mean of theirs, (N,).

    Raises:
        InputError: `values` is not a row of finite numbers.
    """
    return np.asarray(stats.rankdata(vector("values", values)), dtype=np.float64)
