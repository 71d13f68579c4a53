"""The simulated conversion of FOCAL Ad (Eq. 6–7): a hidden linear rule on both modalities, blurred by noise.

    logits = W [h_A; h_B] + b + ε             (FOCAL Ad, Eq. 6)
    Y = 1[logits > median(logits)]            (FOCAL Ad, Eq. 7)

Not published, pinned here: features are standardised on the train split; W ~ N(0, 1/d) with d = d_A + d_B; b
= 0, which the median would cancel anyhow; ε ~ N(0, σ²) with σ exposed; the median is that of the train split.
The label means nothing outside this reproduction.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from adlab.errors import ConfigError, InputError
from adlab.metrics.arrays import FloatArray, IntArray, check_length, matrix, vector

MIN_STD = 1e-6  # a feature that varies less than this counts as constant and is left unscaled


class SyntheticLabel(NamedTuple):
    """Labels and what is known about them.

    Attributes:
        labels: Y, 0 or 1, (N,); half of the train rows are 1.
        logits: Logits without noise, W [h_A; h_B], (N,).
        threshold: Median of the noisy logits of the train rows.
        noise_std: σ, in units of logits.
        bayes_accuracy: Accuracy of the best possible prediction from the features, over all rows, 0.5–1.
    """

    labels: IntArray
    logits: FloatArray
    threshold: float
    noise_std: float
    bayes_accuracy: float


def synthetic_label(
    image: ArrayLike, text: ArrayLike, train: NDArray[np.bool_], *, noise_std: float, seed: int
) -> SyntheticLabel:
    """Draw labels for pairs of features.

    W and the noise have streams of their own: with one seed, another `noise_std` scales the same noise on the
    same W, so that a sweep over it changes nothing else.

    Args:
        image: Image features h_A, (N, d_A).
        text: Text features h_B of the same pairs, (N, d_B).
        train: Which rows are of the train split, (N,); at least two.
        noise_std: σ, 0 or more, in units of logits, whose own deviation is about 1.
        seed: Seed of W and ε, 0 or more.

    Returns:
        Labels of all rows, with the Bayes accuracy that this noise level implies.

    Raises:
        ConfigError: `noise_std` or `seed` is outside its range.
        InputError: A shape does not fit, a value is not finite, or there are fewer than two train rows.
    """
    _check_noise(noise_std)
    h_image, h_text = matrix("image", image), matrix("text", text)
    check_length("text", h_text, len(h_image))
    rows = _train_rows(train, len(h_image))
    logits = pair_logits(h_image, h_text[:, None], rows, seed=seed)[:, 0]
    return label_logits(logits, rows, noise_std=noise_std, seed=seed)


def pair_logits(image: ArrayLike, text: NDArray[np.floating], train: NDArray[np.bool_], *, seed: int) -> FloatArray:
    """Logits without noise of images with K texts each: those of the N·K pairs, without repeating an image K times.

    Args:
        image: Image features h_A, (N, d_A).
        text: Text features h_B, (N, K, d_B).
        train: Which images are of the train split, (N,); at least two.
        seed: Seed of W, 0 or more.

    Returns:
        W [h_A; h_B], (N, K).

    Raises:
        ConfigError: `seed` is outside its range.
        InputError: As `synthetic_label`.
    """
    if seed < 0:
        raise ConfigError(f"seed is {seed}; give a whole number of 0 or more.")
    h_image = matrix("image", image)
    if text.ndim != 3:
        raise InputError(f"text has shape {text.shape}; give (N, K, d_B).")
    n, k, d_text = text.shape
    check_length("text", text, len(h_image))
    rows = _train_rows(train, n)
    h_text = matrix("text", text.reshape(n * k, d_text))
    d = h_image.shape[1] + d_text
    weights = np.random.default_rng([seed, 0]).normal(0, np.sqrt(1 / d), size=d)
    of_image = _standardise(h_image, rows) @ weights[:-d_text]
    of_text = _standardise(h_text, np.repeat(rows, k)) @ weights[-d_text:]
    logits: FloatArray = of_image[:, None] + of_text.reshape(n, k)
    return logits


def label_logits(logits: ArrayLike, train: NDArray[np.bool_], *, noise_std: float, seed: int) -> SyntheticLabel:
    """Blur logits and cut them at the median of the train rows.

    Args:
        logits: Logits without noise, (N,).
        train: Which rows are of the train split, (N,); at least two.
        noise_std: σ, 0 or more.
        seed: Seed of ε, 0 or more.

    Returns:
        Labels of all rows, with the Bayes accuracy that this noise level implies.

    Raises:
        ConfigError: `noise_std` or `seed` is outside its range.
        InputError: As `synthetic_label`.
    """
    _check_noise(noise_std)
    if seed < 0:
        raise ConfigError(f"seed is {seed}; give a whole number of 0 or more.")
    clean = vector("logits", logits)
    rows = _train_rows(train, len(clean))
    noisy = clean + noise_std * np.random.default_rng([seed, 1]).normal(size=len(clean))  # Eq. 6
    threshold = float(np.median(noisy[rows]))
    return SyntheticLabel(
        labels=(noisy > threshold).astype(np.int64),  # Eq. 7
        logits=clean,
        threshold=threshold,
        noise_std=noise_std,
        bayes_accuracy=bayes_accuracy(clean, threshold, noise_std),
    )


def bayes_accuracy(logits: ArrayLike, threshold: float, noise_std: float) -> float:
    """Accuracy of predicting Y = 1[logit > threshold] from logits without noise: the best there is.

    P(Y agrees with its noiseless side) = Φ(|logit − threshold| / σ), averaged over rows.

    Args:
        logits: Logits without noise, (N,); pass those of the test rows for the ceiling of a test accuracy.
        threshold: The threshold of Eq. 7.
        noise_std: σ, 0 or more.

    Returns:
        0.5–1; 1 without noise.

    Raises:
        ConfigError: `noise_std` is outside its range.
        InputError: `logits` are not a row of finite numbers.
    """
    _check_noise(noise_std)
    distance = np.abs(vector("logits", logits) - threshold)
    if noise_std == 0:
        return 1.0
    return float(special.ndtr(distance / noise_std).mean())


def _train_rows(train: NDArray[np.bool_], length: int) -> NDArray[np.bool_]:
    rows = np.asarray(train)
    if rows.dtype != np.bool_ or rows.shape != (length,) or rows.sum() < 2:
        raise InputError(f"train is {rows.dtype}, {rows.shape}; give one truth value a row, two or more true.")
    return rows


def _standardise(features: FloatArray, train: NDArray[np.bool_]) -> FloatArray:
    std = features[train].std(axis=0)
    standardised: FloatArray = (features - features[train].mean(axis=0)) / np.where(std < MIN_STD, 1.0, std)
    return standardised


def _check_noise(noise_std: float) -> None:
    if not 0 <= noise_std < float("inf"):
        raise ConfigError(f"noise_std is {noise_std!r}; give a finite number of 0 or more.")
