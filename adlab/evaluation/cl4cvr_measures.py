"""Areas under the ROC curve of funnel scores, and paired intervals over test ads (or rows) and seeds.

On a simulated log every row has true probabilities: a row then counts as so much of a positive and so much of a
negative, and the noise of drawn outcomes is gone (`adlab.simulator.ceiling.expected_auc`). On real data it counts as
the one or the other.

Intervals redraw units with replacement, and seeds with replacement; variants that are compared share both draws.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from adlab.errors import InputError

MEASURES = ("ctr", "cvr", "ctcvr")
LEVEL, RESAMPLES = 0.9, 200
FloatArray = NDArray[np.float64]


class Masses(NamedTuple):
    """How much of a positive and of a negative each row is, (3, N) each, in the order of `MEASURES`."""

    positive: FloatArray
    negative: FloatArray


def masses(click: ArrayLike, convert: ArrayLike) -> Masses:
    """Masses of clicks over all rows, of conversions over clicked rows, of clicks that convert over all rows.

    Args:
        click: Probability of a click, or 0 and 1, (N,).
        convert: Probability of a conversion once there is a click, or 0 and 1, (N,).
    """
    c, v = np.asarray(click, dtype=np.float64), np.asarray(convert, dtype=np.float64)
    return Masses(np.stack([c, c * v, c * v]), np.stack([1 - c, c * (1 - v), 1 - c * v]))


def areas(scores: NDArray[Any], known: Masses) -> dict[str, float | None]:
    """Areas of one run, by measure; None where one class is missing.

    Args:
        scores: (3, N).
        known: What the rows are.
    """
    found: dict[str, float | None] = {}
    for name, own, positive, negative in zip(MEASURES, scores, *known, strict=True):
        value = _area(np.unique(own, return_inverse=True)[1], positive, negative, np.ones(len(own)))
        found[name] = None if np.isnan(value) else value
    return found


class Measured(NamedTuple):
    """Areas of one variant.

    Attributes:
        seeds: Of its runs, ascending: runs of two variants are paired by it.
        value: Of each seed, (S, 3).
        resampled: Of each seed and resample, (S, R, 3).
    """

    seeds: tuple[int, ...]
    value: FloatArray
    resampled: FloatArray

    def at(self, seeds: Sequence[int]) -> Measured:
        """Of some of its seeds."""
        places = [self.seeds.index(seed) for seed in seeds]
        return Measured(tuple(seeds), self.value[places], self.resampled[places])


class FunnelMeasures:
    """Measures scores on fixed rows.

    Args:
        known: What the rows are.
        units: Number of each row's unit, (N,); units are redrawn as a whole.
        folds: Number of each row's fold, (N,): areas are taken within folds, then averaged. None for one.
        seed: Of the resamples.

    Raises:
        InputError: There are fewer than two units.
    """

    def __init__(
        self, known: Masses, units: NDArray[np.int64], *, folds: NDArray[np.int64] | None = None, seed: int = 0
    ) -> None:
        names, self.units = np.unique(units, return_inverse=True)
        if len(names) < 2:
            raise InputError(f"There is {len(names)} unit; resampling needs two or more.")
        self.known, self.seed = known, seed
        fold = np.zeros(len(units), dtype=np.int64) if folds is None else folds
        self._folds = [np.flatnonzero(fold == number) for number in np.unique(fold)]
        rng = np.random.default_rng([seed, 1])
        drawn = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=RESAMPLES)
        self._counts = np.concatenate([np.ones((1, len(names)), dtype=np.int64), drawn]).astype(np.float64)

    def of(self, runs: Mapping[int, NDArray[Any]]) -> Measured:
        """Areas of runs of one variant by seed, (3, N) each."""
        seeds = sorted(runs)
        areas = np.stack([self._areas(np.asarray(runs[seed], dtype=np.float64)) for seed in seeds])  # (S, 1 + R, 3)
        return Measured(tuple(seeds), areas[:, 0], areas[:, 1:])

    def _areas(self, scores: FloatArray) -> FloatArray:
        folds = [[self._area(scores[m], m, rows) for m in range(len(MEASURES))] for rows in self._folds]
        return np.asarray(np.mean(np.array(folds), axis=0).T)  # (1 + R, 3)

    def _area(self, scores: FloatArray, measure: int, rows: NDArray[np.int64]) -> FloatArray:
        """Area of one measure within one fold: on the rows as they are, then on each resample."""
        _, place = np.unique(scores[rows], return_inverse=True)
        unit, own = self.units[rows], (self.known.positive[measure][rows], self.known.negative[measure][rows])
        return np.array([_area(place, *own, counts[unit]) for counts in self._counts])

    def summary(self, measured: Measured) -> dict[str, Any]:
        """Mean over seeds with its interval, by measure."""
        return self._described(measured)

    def difference(self, measured: Measured, baseline: Measured) -> dict[str, Any]:
        """`measured` − `baseline`, paired by seed and resample, over the seeds that both have.

        Beside the interval, by measure: "seeds_low" and "seeds_high", Student's interval over the seeds' differences
        alone (None for one seed), and "wins", the number of seeds in which it is above 0.

        Raises:
            InputError: They have no seed in common.
        """
        seeds = common_seeds(measured, baseline)
        if not seeds:
            raise InputError(f"Seeds are {measured.seeds} and {baseline.seeds}; give runs with a seed in common.")
        ours, theirs = measured.at(seeds), baseline.at(seeds)
        apart = Measured(seeds, ours.value - theirs.value, ours.resampled - theirs.resampled)
        found = self._described(apart)
        for place, name in enumerate(MEASURES):
            found[name] |= student(apart.value[:, place])
        return found

    def _described(self, own: Measured) -> dict[str, Any]:
        seeds = len(own.seeds)
        drawn = np.random.default_rng([self.seed, 2]).integers(seeds, size=(RESAMPLES, seeds))
        means = own.resampled[drawn, np.arange(RESAMPLES)[:, None]].mean(axis=1)  # (R, 3)
        low, high = np.nanquantile(means, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
        found: dict[str, Any] = {
            name: {
                "value": float(own.value[:, place].mean()),
                "low": float(low[place]),
                "high": float(high[place]),
                "seeds": list(own.seeds),
                "by_seed": own.value[:, place].tolist(),
            }
            for place, name in enumerate(MEASURES)
        }
        return found


def student(differences: FloatArray) -> dict[str, Any]:
    """Student's interval over seeds.

    Args:
        differences: One a seed, (S,).

    Returns:
        "value", their mean; "seeds_low" and "seeds_high", None for one seed; "wins", how many are above 0; "by_seed".
    """
    number, mean, half = len(differences), float(differences.mean()), None
    if number > 1:
        half = float(stats.t.ppf((1 + LEVEL) / 2, number - 1) * differences.std(ddof=1) / np.sqrt(number))
    return {
        "value": mean,
        "seeds_low": None if half is None else mean - half,
        "seeds_high": None if half is None else mean + half,
        "wins": int((differences > 0).sum()),
        "by_seed": differences.tolist(),
    }


def compared(measures: FunnelMeasures, runs: Mapping[str, Measured], baseline: str) -> dict[str, Any]:
    """What every variant is above a baseline, by variant; those that share no seed with it are left out."""
    if baseline not in runs:
        return {}
    return {
        name: measures.difference(own, runs[baseline])
        for name, own in runs.items()
        if name != baseline and common_seeds(own, runs[baseline])
    }


def common_seeds(first: Measured, second: Measured) -> tuple[int, ...]:
    """Seeds that both have, ascending."""
    return tuple(seed for seed in first.seeds if seed in second.seeds)


def _area(place: NDArray[np.int64], positive: FloatArray, negative: FloatArray, weight: FloatArray) -> float:
    """Chance that a positive stands above a negative, ties one half; NaN where one class is missing.

    Args:
        place: Rank of each row's score, equal for equal scores, (N,).
        positive: How much of a positive each row is, (N,).
        negative: Likewise of a negative.
        weight: How often each row occurs, (N,).
    """
    above, below = np.bincount(place, weight * positive), np.bincount(place, weight * negative)
    pairs = above.sum() * below.sum()
    return float((above * (np.cumsum(below) - below / 2)).sum() / pairs) if pairs > 0 else float("nan")
