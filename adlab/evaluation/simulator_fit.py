"""Logistic regression on the true factors: does a log give back the coefficients it was planted with?

One column a coefficient, as the table names them: indicators for levels, products of centred ones for interactions.
Such columns are linearly dependent (all levels of a factor sum to one), so the fit is the minimum-norm one, and what
is compared are the centred coefficients, which do not depend on that choice: a level less the mean of its factor, an
interaction less both margins. Their covariance is the inverse of the information (Fisher), projected likewise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray
from adlab.simulator.contexts import AGE_SCORES, PROBABILITIES, SEASON_OF_MONTH, SEASONS, ContextTable
from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS
from adlab.simulator.population import NUMBERS, FactorTable
from adlab.simulator.response import level_names

_CHUNK = 1 << 15
_STEPS = 25
_COLOURS, _PLACES, _SEASONS = len(BACKGROUND_COLOURS), len(TEXT_POSITIONS), len(SEASONS)


class Rows(NamedTuple):
    """Grouped outcomes of ads in contexts.

    Attributes:
        ads: Causes of all ads.
        ad: Number of each row's ad, (N,).
        contexts: (N,).
        trials: Impressions or clicks, (N,).
        successes: Clicks or conversions among them, (N,).
    """

    ads: FactorTable
    ad: NDArray[np.integer]
    contexts: ContextTable
    trials: NDArray[np.integer]
    successes: NDArray[np.integer]


class Fit(NamedTuple):
    """A fitted logistic model.

    Attributes:
        names: Of the coefficients, (K,).
        values: Centred coefficients, (K,).
        covariance: Of the values, (K, K).
        rank: Number of coefficients that can vary freely.
    """

    names: list[str]
    values: FloatArray
    covariance: FloatArray
    rank: int


def coefficient_names() -> list[str]:
    """Names in the order of the columns."""
    names = [*NUMBERS]
    names += [f"background.{c}" for c in BACKGROUND_COLOURS] + [f"text_position.{p}" for p in TEXT_POSITIONS]
    for field in PROBABILITIES:
        names += [f"{field}.{level}" for level in dict.fromkeys(level_names(field))]
    names += [f"background_season.{c}.{s}" for c in BACKGROUND_COLOURS for s in SEASONS]
    return names + [f"text_position_age.{p}" for p in TEXT_POSITIONS]


def design(ads: FactorTable, contexts: ContextTable) -> FloatArray:
    """Columns of ads in contexts, (N, K); the intercept is not among them."""
    colour = np.eye(_COLOURS)[ads.background] - 1 / _COLOURS
    place = np.eye(_PLACES)[ads.text_position] - 1 / _PLACES
    blocks: list[FloatArray] = [ads.numbers, colour, place]
    for field, codes in zip(contexts._fields, contexts, strict=True):
        blocks.append(np.take(_indicators(field), codes, axis=0))
    season = (np.eye(_SEASONS)[SEASON_OF_MONTH] - _in_season())[contexts.month]
    age = (AGE_SCORES - PROBABILITIES["age_band"] @ AGE_SCORES)[contexts.age_band]
    crossed = (colour[:, :, None] * season[:, None, :]).reshape(ads.rows, -1)
    return np.concatenate([*blocks, crossed, place * age[:, None]], axis=1)


def centring() -> FloatArray:
    """From coefficients to centred ones, (K, K)."""
    blocks = [np.eye(len(NUMBERS)), _centred(np.full(_COLOURS, 1 / _COLOURS)), _centred(np.full(_PLACES, 1 / _PLACES))]
    blocks += [_centred(chances @ _indicators(field)) for field, chances in PROBABILITIES.items()]
    crossed = np.kron(_centred(np.full(_COLOURS, 1 / _COLOURS)), _centred(_in_season()))
    blocks.append(crossed.astype(np.float64))
    blocks.append(_centred(np.full(_PLACES, 1 / _PLACES)))
    size = sum(len(block) for block in blocks)
    whole, at = np.zeros((size, size)), 0
    for block in blocks:
        whole[at : at + len(block), at : at + len(block)] = block
        at += len(block)
    return whole


def planted(coefficients: Mapping[str, float]) -> FloatArray:
    """The centred coefficients that were planted, (K,)."""
    return np.asarray(centring() @ np.array([coefficients[name] for name in coefficient_names()]))


def fit_logistic(rows: Rows, progress: Callable[[], None] = lambda: None) -> Fit:
    """Maximum-likelihood fit by Newton's method, in chunks of rows.

    Args:
        rows: Grouped outcomes.
        progress: Called after each step.

    Raises:
        InputError: All trials have one outcome, or the fit does not converge (an effect without bounds).
    """
    kept = np.flatnonzero(rows.trials)
    rate = rows.successes.sum() / max(rows.trials.sum(), 1)
    if not 0 < rate < 1:
        raise InputError(f"The share of successes is {rate:g}; a fit needs both outcomes.")
    beta = np.zeros(1 + len(coefficient_names()))
    beta[0] = np.log(rate / (1 - rate))
    for _ in range(_STEPS):
        gradient, information = _derivatives(rows, kept, beta)
        inverse = np.linalg.pinv(information, rcond=1e-10, hermitian=True)
        step = inverse @ gradient
        beta += step
        progress()
        if float(gradient @ step) < 1e-8:  # twice the likelihood still to be gained
            project = centring()
            return Fit(
                names=coefficient_names(),
                values=np.asarray(project @ beta[1:]),
                covariance=np.asarray(project @ inverse[1:, 1:] @ project.T),
                rank=int(np.linalg.matrix_rank(information, tol=1e-10 * np.abs(information).max())) - 1,
            )
    raise InputError(f"The fit has not converged in {_STEPS} steps; give more rows.")


def _derivatives(rows: Rows, kept: NDArray[np.integer], beta: FloatArray) -> tuple[FloatArray, FloatArray]:
    gradient, information = np.zeros(len(beta)), np.zeros((len(beta), len(beta)))
    for start in range(0, len(kept), _CHUNK):
        part = kept[start : start + _CHUNK]
        x = design(rows.ads.take(rows.ad[part]), rows.contexts.take(part))
        x = np.concatenate([np.ones((len(x), 1)), x], axis=1)
        p = expit(x @ beta)
        gradient += x.T @ (rows.successes[part] - rows.trials[part] * p)
        weighted = x * (rows.trials[part] * p * (1 - p))[:, None]
        information += x.T @ weighted
    return gradient, information


def _in_season() -> FloatArray:
    return np.asarray(PROBABILITIES["month"] @ np.eye(_SEASONS)[SEASON_OF_MONTH])


def _indicators(field: str) -> FloatArray:
    """Which coefficient each code of a context field takes, (codes, levels)."""
    names = level_names(field)
    levels = list(dict.fromkeys(names))
    return np.eye(len(levels))[[levels.index(name) for name in names]]


def _centred(chances: FloatArray) -> FloatArray:
    return np.asarray(np.eye(len(chances)) - chances)
