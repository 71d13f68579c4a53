"""How well predicted click rates rank rows of a simulated log, beside what the planted causes allow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adlab.evaluation.writing import plain_interval
from adlab.metrics.bootstrap import BootstrapInterval, bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.correlation import lcc, sprc
from adlab.simulator.ceiling import expected_auc, known_part
from adlab.simulator.coefficients import Group, factors_of
from adlab.simulator.truth import standard_response
from adlab.training.ctr_data import ClickLog

FloatArray = NDArray[np.float64]
RESAMPLES = 200
MEASURES = ("sprc_500", "lcc_500", "sprc_100", "lcc_100", "sprc_true", "auc")
COMPARED = ("sprc_100", "sprc_true")
# What a model may know: groups of planted causes, by what carries them.
ORACLES: dict[str, tuple[Group, ...]] = {
    "everything": ("shared", "image", "text", "context", "interaction"),
    "all but the interactions": ("shared", "image", "text", "context"),
    "the ad alone": ("shared", "image", "text"),
    "picture alone": ("shared", "image"),
    "words and context": ("shared", "text", "context"),
    "context alone": ("context",),
}


class MeasuredRows:
    """The rows that models are measured on.

    Args:
        log: The log.
        seed: Of the bootstrap.
    """

    def __init__(self, log: ClickLog, seed: int) -> None:
        self.rows, self.seed = log.rows["test"], seed
        self.ads, self.impressions = log.ads[self.rows], log.impressions[self.rows]
        self.observed, self.true = log.observed[self.rows], log.ctr[self.rows]

    def of(self, measure: str) -> NDArray[np.int64]:
        """Places among the test rows that a measure is taken on."""
        least = int(measure.rsplit("_", 1)[-1]) if measure[-1].isdigit() else 0
        return np.flatnonzero(self.impressions >= least)

    def measure(self, measure: str, predicted: FloatArray, at: NDArray[np.int64]) -> float:
        """One measure at some places, repeats allowed.

        Args:
            measure: One of `MEASURES`.
            predicted: Of all test rows.
            at: Places among them.
        """
        if measure == "auc":
            return expected_auc(predicted[at], self.true[at], self.impressions[at])
        other = self.true if measure == "sprc_true" else self.observed
        return (lcc if measure.startswith("lcc") else sprc)(predicted[at], other[at])

    def statistic(self, measure: str, runs: Sequence[FloatArray]) -> Callable[[NDArray[np.int64]], float]:
        """A measure's mean over seeds, as a function of places among `of(measure)`."""
        places = self.of(measure)
        return lambda drawn: float(np.mean([self.measure(measure, run, places[drawn]) for run in runs]))

    def measures(self, runs: Sequence[FloatArray]) -> dict[str, dict[str, Any]]:
        """Every measure with its 90 % interval over ads, and by seed.

        Args:
            runs: Predictions of all test rows, one array a seed.
        """
        found = {}
        for measure in MEASURES:
            places = self.of(measure)
            interval = self._interval(bootstrap_interval, self.statistic(measure, runs), places)
            found[measure] = interval | {"by_seed": [self.measure(measure, run, places) for run in runs]}
        return found

    def difference(self, runs: Sequence[FloatArray], others: Sequence[FloatArray]) -> dict[str, dict[str, Any]]:
        """What a model's measures are above another's, on the same resampled ads."""
        found = {}
        for measure in COMPARED:
            own, other = self.statistic(measure, runs), self.statistic(measure, others)
            found[measure] = self._interval(paired_bootstrap_difference, own, other, self.of(measure))
        return found

    def _interval(self, bootstrap: Callable[..., BootstrapInterval], *arguments: Any) -> dict[str, Any]:
        *statistics, places = arguments
        return plain_interval(bootstrap(*statistics, self.ads[places], n_resamples=RESAMPLES, seed=self.seed))


def ceilings(log: ClickLog, seed: int) -> dict[str, dict[str, float]]:
    """What models reach that know groups of causes perfectly and the others not at all, by oracle and measure."""
    rows = MeasuredRows(log, seed)
    parts = standard_response().contributions(
        log.factors.take(log.ads[rows.rows]), log.contexts.take(rows.rows), "click"
    )
    found = {}
    for name, groups in ORACLES.items():
        known = known_part(parts, factors_of(*groups))
        found[name] = {m: rows.measure(m, known, rows.of(m)) for m in MEASURES if not m.startswith("lcc")}
    return found
