"""What the best possible model reaches: the ceiling that every model trained on simulated data is held against.

The best score of a row is its true probability, but the outcome is still drawn, so no model reaches an AUC of 1.
The AUC expected of any scores follows from the true probabilities alone, without drawing outcomes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.metrics.arrays import FloatArray, vector
from adlab.metrics.correlation import sprc
from adlab.simulator.coefficients import OUTCOMES
from adlab.simulator.contexts import PROBABILITIES, ContextTable, contexts_at
from adlab.simulator.population import FactorTable, Population
from adlab.simulator.response import ResponseModel

ENOUGH_IMPRESSIONS = (100, 500)  # M2FN, section 6.3
_ROWS = 1 << 17
_REDRAWS = 20


@dataclass(frozen=True, kw_only=True)
class Ceiling:
    """AUC of the best possible scores; SPRC of true with observed rates.

    Attributes:
        ctr_auc: Clicks, over impressions.
        cvr_auc: Conversions, over clicks.
        ctcvr_auc: Clicks that convert, over impressions.
        ctr_auc_ad: Clicks by a model that knows the ad but not the context.
        cvr_auc_ad: Conversions, likewise.
        ctcvr_auc_ad: Clicks that convert, likewise.
        ctr_sprc: By least number of impressions, rank correlation of an ad's true with its observed CTR; None where
            fewer than ten ads have as many.
    """

    ctr_auc: float
    cvr_auc: float
    ctcvr_auc: float
    ctr_auc_ad: float
    cvr_auc_ad: float
    ctcvr_auc_ad: float
    ctr_sprc: Mapping[int, float | None]


def expected_auc(scores: ArrayLike, probabilities: ArrayLike, weights: ArrayLike | None = None) -> float:
    """AUC that scores are expected to reach on labels drawn with known probabilities.

    Args:
        scores: (N,), higher means more likely positive; ties count one half.
        probabilities: True chance of a positive, (N,), 0–1.
        weights: How often each row occurs, (N,); once each if not given.

    Returns:
        Chance that a random positive scores above a random negative.

    Raises:
        InputError: A shape or value does not fit, or one class cannot occur.
    """
    p = vector("probabilities", probabilities)
    w = np.ones_like(p) if weights is None else vector("weights", weights)
    if p.min() < 0 or p.max() > 1 or w.min() < 0:
        raise InputError("A probability is outside 0–1 or a weight below 0; give chances and numbers of rows.")
    _, place = np.unique(vector("scores", scores), return_inverse=True)
    positive, negative = np.bincount(place, w * p), np.bincount(place, w * (1 - p))
    pairs = float(positive.sum() * negative.sum())
    if pairs == 0:
        raise InputError("All probabilities are 0 or all are 1; AUC needs both classes.")
    below = np.cumsum(negative) - negative
    return float((positive * (below + negative / 2)).sum() / pairs)


def expected_sprc(rates: FloatArray, impressions: NDArray[np.integer], seed: int = 0) -> float | None:
    """Rank correlation of true rates with those observed over so many impressions, mean over 20 draws.

    Args:
        rates: True rates, (N,).
        impressions: At least 1 each, (N,).
        seed: Seed of the draws.

    Returns:
        None where there are fewer than ten rows.
    """
    if len(rates) < 10:
        return None
    rng = np.random.default_rng(seed)
    draws = rng.binomial(impressions, rates, size=(_REDRAWS, len(rates))) / impressions
    return float(np.mean([sprc(rates, draw) for draw in draws if np.ptp(draw) > 0]))


def ceiling_of(model: ResponseModel, ads: FactorTable, impressions: NDArray[np.integer], seed: int = 0) -> Ceiling:
    """The ceiling on a collection of ads.

    Args:
        model: The response.
        ads: The collection, (N,).
        impressions: Of each ad, (N,).
        seed: Seed of the contexts that stand for all, and of the draws of observed rates.

    Raises:
        ConfigError: No ad has an impression.
    """
    if not impressions.sum():
        raise ConfigError("No ad has an impression; a ceiling needs one.")
    rows, contexts, weights = rows_of(impressions, seed)
    taken = ads.take(rows)
    ctr, cvr = model.ctr(taken, contexts), model.cvr(taken, contexts)
    mean = model.average(ads)
    sprcs = {}
    for least in ENOUGH_IMPRESSIONS:
        shown = impressions >= least
        sprcs[least] = expected_sprc(mean.ctr[shown], impressions[shown], seed)
    return Ceiling(
        ctr_auc=expected_auc(ctr, ctr, weights),
        cvr_auc=expected_auc(cvr, cvr, weights * ctr),
        ctcvr_auc=expected_auc(ctr * cvr, ctr * cvr, weights),
        ctr_auc_ad=expected_auc(mean.ctr[rows], ctr, weights),
        cvr_auc_ad=expected_auc(mean.cvr[rows], cvr, weights * ctr),
        ctcvr_auc_ad=expected_auc(mean.ctcvr[rows], ctr * cvr, weights),
        ctr_sprc=sprcs,
    )


def oracle_auc(model: ResponseModel, sample: Population, known: Collection[str]) -> dict[str, float]:
    """AUC of a model that knows some factors perfectly and the others not at all.

    Its scores are the log-odds that these factors add; for clicks that convert, those of both outcomes.

    Args:
        model: The response.
        sample: Ads in contexts, all equally likely.
        known: Factors, by the names of the table of coefficients; `factors_of` gives those of groups.

    Returns:
        "ctr", over impressions, "cvr", over clicks, and "ctcvr", over impressions.
    """
    click, convert = (known_part(model.contributions(*sample, outcome), known) for outcome in OUTCOMES)
    ctr, cvr = model.ctr(*sample), model.cvr(*sample)
    return {
        "ctr": expected_auc(click, ctr),
        "cvr": expected_auc(convert, cvr, ctr),
        "ctcvr": expected_auc(click + convert, ctr * cvr),
    }


def known_part(contributions: Mapping[str, FloatArray], known: Collection[str]) -> FloatArray:
    """Log-odds that some factors add, (N,).

    Raises:
        UnknownNameError: A factor is not in the table of coefficients.
    """
    for name in known:
        if name not in contributions:
            raise UnknownNameError("factor", name, contributions)
    nothing = np.zeros(len(next(iter(contributions.values()))))
    return np.asarray(sum((part for name, part in contributions.items() if name in known), nothing))


def auc_of_spread(spread: float) -> float:
    """AUC of scores that are normal and the log-odds themselves, for rare positives: Φ(σ / √2).

    Rare positives have the same normal distribution moved up by σ²; this is what a share of the variance is worth.

    Args:
        spread: Standard deviation of what is known of the log-odds, σ.
    """
    return float(ndtr(spread / np.sqrt(2)))


def rows_of(impressions: NDArray[np.integer], seed: int = 0) -> tuple[NDArray[np.int64], ContextTable, FloatArray]:
    """The impressions of ads as about 131,072 rows that stand for all, at least one for each ad that has any.

    Args:
        impressions: Of each ad, (N,), some above 0.
        seed: Seed of the contexts.

    Returns:
        Number of each row's ad, its context, and how many impressions it stands for.
    """
    shown = np.flatnonzero(impressions)
    each = max(_ROWS // len(shown), 1)
    rows = np.repeat(shown, each)
    contexts = contexts_at(np.random.default_rng([seed, 11]).random((len(rows), len(PROBABILITIES))))
    return rows, contexts, impressions[rows] / each
