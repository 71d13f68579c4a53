"""What the card of the appeal head reports, all on ads that the scoring network was not trained on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.optimize import minimize_scalar

from adlab.checkpoints.m2fn import COVERAGE, LEVEL
from adlab.checkpoints.manifest import Measure
from adlab.metrics.bootstrap import bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.conformal import conformal_quantile
from adlab.metrics.correlation import lcc, sprc
from adlab.metrics.distribution import histogram_mean, histogram_std

ON = "375 rated web ads (Zeng et al. 2021), cross-validated"
RELIABILITY = 0.75  # split-half reliability of the mean ratings, Spearman–Brown
Folds = list[tuple[np.ndarray, np.ndarray]]


def sharpened(logits: np.ndarray, temperature: float) -> np.ndarray:
    """The members' mean distribution at a temperature: logits (M, N, K) -> shares (N, K)."""
    exp = np.exp(logits.astype(np.float64) - logits.max(axis=-1, keepdims=True))
    together = (exp / exp.sum(axis=-1, keepdims=True)).mean(axis=0) ** (1 / temperature)
    return np.asarray(together / together.sum(axis=-1, keepdims=True))


def fit_temperature(logits: np.ndarray, observed: np.ndarray) -> float:
    """The temperature at which distributions fit the observed shares (N, K) best."""
    best = minimize_scalar(
        lambda log_t: divergence(sharpened(logits, float(np.exp(log_t))), observed),
        bounds=(-1.5, 1.5),
        method="bounded",
    )
    return float(np.exp(best.x))


def divergence(stated: np.ndarray, observed: np.ndarray) -> float:
    """Mean Kullback–Leibler divergence of observed from stated shares, nats."""
    ratio = np.where(observed > 0, observed / np.maximum(stated, 1e-12), 1.0)
    return float((observed * np.log(ratio)).sum(axis=1).mean())


def half_width(means: np.ndarray, observed: np.ndarray) -> float:
    """Half-width of the interval around a mean rating, from residuals of ads that were not trained on."""
    return conformal_quantile(np.abs(means - observed), level=LEVEL)


def measure_appeal(
    stated: np.ndarray, counts: np.ndarray, rivals: Mapping[str, np.ndarray], folds: Folds, seed: int
) -> tuple[Measure, ...]:
    """All measures.

    Args:
        stated: Out-of-fold distributions, (N, K).
        counts: Ratings per step, (N, K).
        rivals: Out-of-fold mean ratings of other models on the same folds, by name.
        folds: Which ads were tested together.
        seed: Of the bootstrap.
    """
    observed, spread = histogram_mean(counts), histogram_std(counts)
    mean, std = histogram_mean(stated), histogram_std(stated)
    best = max(rivals, key=lambda name: sprc(rivals[name], observed))
    return (
        _correlation("SPRC of mean", mean, observed, sprc, seed, aim="≥ 0.56", note=_ceiling_note()),
        _correlation("LCC of mean", mean, observed, lcc, seed),
        _correlation("SPRC of standard deviation", std, spread, sprc, seed),
        _correlation("LCC of standard deviation", std, spread, lcc, seed),
        _mean_error(mean, observed, seed),
        _covered(mean, observed, folds),
        Measure(
            name="calibration slope of the mean",
            value=float(np.polyfit(mean, observed, 1)[0]),
            n=len(mean),
            data=ON,
            note="observed on stated mean; 1 is right, above 1 the statements are too timid",
        ),
        *(_correlation(f"SPRC of mean, {name}", values, observed, sprc, seed) for name, values in rivals.items()),
        _gain(mean, rivals[best], observed, best, seed),
    )


def _ceiling_note() -> str:
    return (
        f"ratings of other people would reach about {RELIABILITY**0.5:.2f}: the root of their reliability {RELIABILITY}"
    )


def _correlation(
    name: str,
    values: np.ndarray,
    observed: np.ndarray,
    measure: Callable[[np.ndarray, np.ndarray], float],
    seed: int,
    *,
    aim: str = "",
    note: str = "",
) -> Measure:
    found = bootstrap_interval(lambda rows: measure(values[rows], observed[rows]), np.arange(len(values)), seed=seed)
    return Measure.of(name, found, n=len(values), data=ON, aim=aim, note=note)


def _mean_error(mean: np.ndarray, observed: np.ndarray, seed: int) -> Measure:
    errors = np.abs(mean - observed)
    found = bootstrap_interval(lambda rows: float(errors[rows].mean()), np.arange(len(errors)), seed=seed)
    constant = float(np.abs(observed - observed.mean()).mean())
    note = f"rating steps; the mean of all ads for each would err by {constant:.2f}"
    return Measure.of("mean absolute error", found, n=len(errors), data=ON, note=note)


def _covered(mean: np.ndarray, observed: np.ndarray, folds: Folds) -> Measure:
    """Each fold's ads against the half-width that the other folds give."""
    inside = np.zeros(len(mean), dtype=bool)
    for _, test in folds:
        others = np.setdiff1d(np.arange(len(mean)), test)
        inside[test] = np.abs(mean[test] - observed[test]) <= half_width(mean[others], observed[others])
    return Measure(name=COVERAGE, value=float(inside.mean()), n=len(mean), data=ON, aim=f"{LEVEL:.2f}")


def _gain(mean: np.ndarray, rival: np.ndarray, observed: np.ndarray, name: str, seed: int) -> Measure:
    found = paired_bootstrap_difference(
        lambda rows: sprc(mean[rows], observed[rows]),
        lambda rows: sprc(rival[rows], observed[rows]),
        np.arange(len(mean)),
        seed=seed,
    )
    return Measure.of(
        "SPRC of mean, gain over the best ridge", found, n=len(mean), data=ON, note=f"the best is: {name}; paired by ad"
    )
