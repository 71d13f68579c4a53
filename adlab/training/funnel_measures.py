"""What the card of `funnel` reports: ads that trained nothing, against planted chances or what came of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from adlab.checkpoints.funnel import LEVEL, STEPS, ChainCalibration, coverage_name
from adlab.checkpoints.manifest import Measure
from adlab.errors import InputError
from adlab.metrics.bootstrap import bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.count_forecast import rate_nodes
from adlab.simulator.ceiling import expected_auc
from adlab.training.funnel_ads import FloatArray
from adlab.training.funnel_stated import Stated

RESAMPLES = 200
NAMES = {"pctr": "CTR AUC", "pcvr": "CVR AUC on clicks", "pctcvr": "CTCVR AUC"}
BINS, MOST_HELD = 10, 3000
# A tenth of the mean: what a bin of ads states is then off by less than most differences between ads that one acts on.
CALIBRATION_AIM = 0.1


class Card:
    """Collects measures.

    Args:
        on: What they are taken on.
        planted: Whether the truth is known.
        seed: Of the bootstrap.
    """

    def __init__(self, on: str, *, planted: bool, seed: int) -> None:
        self.on, self.planted, self.seed = on, planted, seed
        self.measures: list[Measure] = []

    def areas(self, stated: Stated, what: str, steps: Sequence[str] = STEPS, *, ceiling: bool = True) -> None:
        """Area of each step, and that of the planted chances where they are known.

        Args:
            stated: The cases.
            what: Which cases these are, in words.
            steps: Whose areas.
            ceiling: Whether the best possible area is reported beside.
        """
        for step in steps:
            score, share, trials = stated.of(step)
            self._area(f"{NAMES[step]}, {what}", score, share, trials, stated.ads, trials_of(step, trials, stated))
            if ceiling and self.planted:
                self._area(
                    f"ceiling: {NAMES[step]} of the planted chance, {what}",
                    share,
                    share,
                    trials,
                    stated.ads,
                    "no model can rank these better" if step == STEPS[0] else "",
                )

    def gain(self, step: str, name: str, own: Stated, other: Stated, note: str) -> Measure:
        """Area of one statement above another's on the same cases, paired by ad."""
        _, share, trials = own.of(step)
        ours, theirs = own.of(step)[0], other.of(step)[0]
        found = paired_bootstrap_difference(
            lambda rows: _auc(ours, share, trials, rows),
            lambda rows: _auc(theirs, share, trials, rows),
            own.ads,
            n_resamples=RESAMPLES,
            seed=self.seed,
        )
        measure = Measure.of(
            f"{NAMES[step]}, {name}", found, n=found.n_groups, data=self.on, note=f"paired by ad; {note}"
        )
        self.measures.append(measure)
        return measure

    def calibration(self, stated: Stated, *, known: bool) -> None:
        """Relative calibration error of each step, bins of equal trials.

        Args:
            stated: The cases.
            known: Whether their contexts are.
        """
        for step in STEPS:
            score, share, trials = stated.of(step)
            by_chance = chance_error(score, share, trials, stated.ads)
            self.measures.append(
                Measure(
                    name=calibration_name(step, known=known),
                    value=calibration_error(score, share, trials),
                    n=len(np.unique(stated.ads)),
                    data=self.on,
                    note=f"mean gap of stated and {'planted' if self.planted else 'observed'} share in {BINS} bins of "
                    f"equal size, over the mean share ({float(share @ trials / trials.sum()):.2g}); contexts "
                    f"{'known' if known else 'unknown'}; which ads were drawn makes it {by_chance:.2g} where every bin "
                    "is right on the average of all ads there could be",
                    aim=f"≤ {CALIBRATION_AIM:.2f}",
                )
            )

    def coverage(
        self,
        stated: Stated,
        calibration: ChainCalibration,
        mode: str,
        steps: Sequence[str] = STEPS,
        *,
        known: bool = False,
    ) -> None:
        """How often the intervals hold: over ads of whose contexts nothing is known, or over rows with theirs."""
        widths = calibration.widths(int(known), 1)
        if not self.planted and len(stated.ads) > MOST_HELD:  # the chance of counts is worked out case by case
            stated = stated.take(np.random.default_rng(self.seed).permutation(len(stated.ads))[:MOST_HELD])
        for step in steps:
            half = widths[step]
            inside = _inside(*stated.of(step), half) if not self.planted else _holds(*stated.of(step)[:2], half)
            there = ~np.isnan(inside)
            if there.sum() < 2:
                continue
            self._add(
                coverage_name(mode, step, known=known),
                partial(_mean_of, inside[there]),
                stated.ads[there],
                f"a factor of {np.exp(half):.2f} on the odds to either side"
                + ("" if self.planted else "; held against observed counts, so with their chance on top"),
                aim=f"{LEVEL:.2f}",
            )

    def _area(
        self, name: str, score: FloatArray, share: FloatArray, trials: FloatArray, ads: NDArray[np.int64], note: str
    ) -> None:
        self._add(name, lambda rows: _auc(score, share, trials, rows), ads, note)

    def _add(
        self,
        name: str,
        statistic: Callable[[NDArray[np.int64]], float],
        ads: NDArray[np.int64],
        note: str,
        aim: str = "",
    ) -> None:
        try:
            found = bootstrap_interval(statistic, ads, n_resamples=RESAMPLES, seed=self.seed)
        except InputError:  # a class is missing: there is nothing to report
            return
        self.measures.append(Measure.of(name, found, n=found.n_groups, data=self.on, aim=aim, note=note))


def calibration_name(step: str, *, known: bool) -> str:
    """Name of the measure on the card."""
    return f"calibration error of {step}, relative{'' if known else ', context unknown'}"


def trials_of(step: str, trials: FloatArray, stated: Stated) -> str:
    """What an area was taken over, in words; cases of one ad each stand for no number of impressions."""
    if len(np.unique(stated.ads)) == len(stated.ads) and np.ptp(stated.shown) == 0:
        return "over ads, averaged over the stored contexts"
    return f"over {trials.sum():,.0f} {'clicks' if step == 'pcvr' else 'impressions'}"


def calibration_error(stated: FloatArray, share: FloatArray, trials: FloatArray) -> float:
    """Mean gap of stated and true share over bins of about equal trials, relative to the mean share."""
    gap = np.bincount(_bins(stated, trials), trials * (stated - share), BINS)
    return float(np.abs(gap).sum() / (trials @ share))


def chance_error(stated: FloatArray, share: FloatArray, trials: FloatArray, ads: NDArray[np.int64]) -> float:
    """`calibration_error` to expect of a model whose every bin is right on the average of all ads there could be.

    Ads of one bin differ in what no model knows of them, so the few that were drawn miss their bin's mean: by a normal
    deviate, whose mean size is √(2/π) standard errors, ads being the units.

    Args:
        stated: Of each case, (N,).
        share: The truth, (N,).
        trials: What each case weighs, (N,).
        ads: Ad of each case, (N,).
    """
    bins = _bins(stated, trials)
    keys, cell = np.unique(np.stack([bins, ads]), axis=1, return_inverse=True)
    weight, residual = (np.bincount(cell.ravel(), values) for values in (trials, trials * (stated - share)))
    mean = np.bincount(bins, trials * (stated - share), BINS) / np.maximum(np.bincount(bins, trials, BINS), 1e-12)
    about_mean = residual - weight * mean[keys[0]]
    size = np.bincount(keys[0], minlength=BINS)
    squares = np.bincount(keys[0], about_mean**2, BINS) * size / np.maximum(size - 1, 1)
    return float(np.sqrt(2 / np.pi) * np.sqrt(squares).sum() / (trials @ share))


def _bins(stated: FloatArray, trials: FloatArray) -> NDArray[np.int64]:
    """Bin of each case: from the lowest stated to the highest, each bin about as many trials."""
    order = np.argsort(stated, kind="stable")
    bins = np.empty(len(stated), np.int64)
    bins[order] = np.minimum((np.cumsum(trials[order]) / trials.sum() * BINS).astype(int), BINS - 1)
    return bins


def _auc(score: FloatArray, share: FloatArray, trials: FloatArray, rows: NDArray[np.int64]) -> float:
    return expected_auc(score[rows], share[rows], trials[rows])


def _mean_of(values: FloatArray, rows: NDArray[np.int64]) -> float:
    return float(values[rows].mean())


def _holds(stated: FloatArray, true: FloatArray, half: float) -> FloatArray:
    return np.asarray((np.abs(special.logit(stated) - special.logit(true)) <= half).astype(float))


def _inside(stated: FloatArray, share: FloatArray, trials: FloatArray, half: float) -> FloatArray:
    """Chance that the interval of each case's count holds it: one random place among ties, NaN without trials."""
    found = np.full(len(stated), np.nan)
    tail = (1 - LEVEL) / 2
    for case in np.flatnonzero(trials > 0):
        rates, weights = rate_nodes(float(stated[case]), half, LEVEL)
        hits, shown = round(float(share[case] * trials[case])), round(float(trials[case]))
        below = float(stats.binom.cdf(hits - 1, shown, rates) @ weights)
        upto = float(stats.binom.cdf(hits, shown, rates) @ weights)
        held = min(upto, 1 - tail) - max(below, tail)
        found[case] = max(held, 0.0) / max(upto - below, 1e-12)
    return found
