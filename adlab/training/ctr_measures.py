"""What the card of `ctr` reports: simulated ads that trained nothing, held against the planted probability."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from scipy import special

from adlab.checkpoints.ctr import KNOWN, LEVEL, UNKNOWN, CtrSettings
from adlab.checkpoints.manifest import Measure
from adlab.metrics.bootstrap import bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.correlation import sprc
from adlab.simulator.ceiling import expected_auc
from adlab.training.conversion import calibration_error

ON = "simulated ads that trained nothing"
RESAMPLES = 200


class Stated(NamedTuple):
    """Calibrated log-odds of the members beside the truth.

    Attributes:
        logits: (M, R).
        planted: True probability, (R,).
        ads: Ad of each, (R,).
        weights: Impressions of each, (R,).
    """

    logits: np.ndarray
    planted: np.ndarray
    ads: np.ndarray
    weights: np.ndarray

    @property
    def score(self) -> np.ndarray:
        """Mean log-odds, (R,)."""
        return np.asarray(self.logits.mean(axis=0))

    @property
    def errors(self) -> np.ndarray:
        """How far the planted log-odds lie from the stated ones, (R,)."""
        return np.asarray(np.abs(self.score - special.logit(self.planted)))


class Lifts(NamedTuple):
    """Logarithms of the rates of N ads in C contexts, relative to each ad's average.

    Attributes:
        stated: By the members together, (N, C).
        planted: (N, C).
        ads: Numbers of the ads, (N,).
    """

    stated: np.ndarray
    planted: np.ndarray
    ads: np.ndarray


def measure_ctr(
    known: Stated, unknown: Stated, lifts: Mapping[str, Lifts], settings: CtrSettings, seed: int
) -> tuple[Measure, ...]:
    """What can be said of the head from its scores alone.

    Args:
        known: Rows of the log, all fields of their contexts known.
        unknown: Ads, nothing known of their context; the truth is the average over all.
        lifts: By what is known of the contexts, see `adlab.training.ctr_settings.stated_lifts`.
        settings: Of the head.
        seed: Of the bootstrap.
    """
    half = settings.half_width
    return (
        _auc("AUC", known, known.score, seed, "over impressions, the context known"),
        _auc("ceiling: AUC of the planted probability", known, known.planted, seed, "no model can rank these better"),
        _auc("AUC, context unknown", unknown, unknown.score, seed, "over ads, averaged over the stored contexts"),
        _auc("ceiling: AUC of the planted probability, context unknown", unknown, unknown.planted, seed, "over ads"),
        _measure(
            "rank correlation with the planted probability",
            unknown,
            lambda rows: sprc(unknown.score[rows], unknown.planted[rows]),
            seed,
            note="Spearman, over ads, context unknown; 1 would be the truth",
        ),
        _coverage(KNOWN, known, half, seed),
        _coverage(UNKNOWN, unknown, half, seed),
        *(measure for name, one in lifts.items() for measure in _lift(name, one, settings.lift_halves[name], seed)),
        Measure(
            name="calibration error, relative",
            value=calibration_error(special.expit(known.score), known.planted),
            n=len(known.planted),
            data=ON,
            note="mean gap of stated and planted probability in ten bins, over the mean planted one "
            f"({known.planted.mean():.4f})",
        ),
    )


def auc_of_rival(name: str, unknown: Stated, scores: np.ndarray, seed: int, note: str) -> tuple[Measure, ...]:
    """AUC over ads of another model's scores (N,), and what the head gains over it, paired by ad."""
    own = unknown.score
    found = paired_bootstrap_difference(
        lambda rows: expected_auc(own[rows], unknown.planted[rows]),
        lambda rows: expected_auc(scores[rows], unknown.planted[rows]),
        unknown.ads,
        n_resamples=RESAMPLES,
        seed=seed,
    )
    gain = Measure.of(f"AUC over ads, gain over {name}", found, n=len(own), data=ON, note="paired by ad")
    return _auc(f"AUC over ads, {name}", unknown, scores, seed, note), gain


def _auc(name: str, stated: Stated, scores: np.ndarray, seed: int, note: str) -> Measure:
    def statistic(rows: np.ndarray) -> float:
        return expected_auc(scores[rows], stated.planted[rows], stated.weights[rows])

    return _measure(name, stated, statistic, seed, note=note)


def _coverage(name: str, stated: Stated, half: float, seed: int) -> Measure:
    inside = (stated.errors <= half).astype(float)
    note = f"the interval is a factor of {np.exp(half):.2f} on the odds to either side, fitted on other ads"
    return _measure(name, stated, lambda rows: float(inside[rows].mean()), seed, aim=f"{LEVEL:.2f}", note=note)


def _lift(name: str, lifts: Lifts, half: float, seed: int) -> tuple[Measure, Measure]:
    """Coverage of the interval of a lift, and how well lifts are ranked, ads resampled whole."""
    contexts = lifts.stated.shape[1]
    stated, planted = lifts.stated.ravel(), lifts.planted.ravel()
    rows = Stated(stated[None], planted, np.repeat(lifts.ads, contexts), np.ones(len(planted)))
    inside = (np.abs(stated - planted) <= half).astype(float)
    known = {"time": "weekday and hour", "viewer": "gender and age"}.get(name, "everything")
    return (
        _measure(
            f"interval coverage of the planted lift, {name}",
            rows,
            lambda picked: float(inside[picked].mean()),
            seed,
            aim=f"{LEVEL:.2f}",
            note=f"a rate relative to the ad's average, {known} known; the interval is a factor of {np.exp(half):.3f} "
            "to either side",
        ),
        _measure(
            f"rank correlation of lifts with the planted ones, {name}",
            rows,
            lambda picked: sprc(stated[picked], planted[picked]),
            seed,
            note=f"Spearman, over contexts of all ads, {known} known",
        ),
    )


def _measure(
    name: str, stated: Stated, statistic: Callable[[np.ndarray], float], seed: int, *, aim: str = "", note: str = ""
) -> Measure:
    found = bootstrap_interval(statistic, stated.ads, n_resamples=RESAMPLES, seed=seed)
    return Measure.of(name, found, n=found.n_groups, data=ON, aim=aim, note=note)
