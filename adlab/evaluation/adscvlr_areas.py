"""AUC of the rows of `reproduce adscvlr --part tables` by source, and what one row gains on another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from adlab.evaluation.writing import plain_interval
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.metrics.ranking import auc

RESAMPLES = 500
Areas = dict[str, dict[str, float]]


class JudgedPairs(NamedTuple):
    """What scores are held against.

    Attributes:
        grades: (N,).
        sources: (N,).
        units: What is resampled, (N,).
    """

    grades: np.ndarray
    sources: np.ndarray
    units: np.ndarray


class Step(NamedTuple):
    """What is asked of two rows.

    Attributes:
        after: Key of the row that has something.
        before: Key of the row that lacks it.
        name: Of what it has.
    """

    after: str
    before: str
    name: str


def by_source(scores: Sequence[np.ndarray], test: JudgedPairs) -> Areas:
    """AUC of Fair or better by source, the mean over seeds, with its interval by query or picture.

    Left out: sources that some scores lack, and those all or none of whose pairs are Bad.

    Args:
        scores: One array a seed, (N,).
        test: The pairs.
    """
    return _by_source(scores, test, lambda parts, labels: float(np.mean([auc(part, labels) for part in parts])))


def gain_by_source(after: Sequence[np.ndarray], before: Sequence[np.ndarray], test: JudgedPairs) -> Areas:
    """How much higher the AUC of one row is, by source, in the same resamples of queries or pictures.

    Args:
        after: One array a seed, (N,).
        before: Likewise of the other row. Seeds that only one row has do not count, unless the other needs none.
        test: The pairs.
    """
    if len(before) > 1 and len(after) > 1:
        seeds = min(len(after), len(before))
        after, before = after[:seeds], before[:seeds]
    count = len(after)

    def gain(parts: Sequence[np.ndarray], labels: np.ndarray) -> float:
        areas = [auc(part, labels) for part in parts]
        return float(np.mean(areas[:count]) - np.mean(areas[count:]))

    return _by_source([*after, *before], test, gain)


def gains(
    found: Mapping[str, Sequence[np.ndarray]], steps: Sequence[Step], test: JudgedPairs
) -> list[dict[str, object]]:
    """The gain of every step whose two rows are there, as plain JSON."""
    return [
        {"name": step.name, "auc": gain_by_source(found[step.after], found[step.before], test)}
        for step in steps
        if found.get(step.after) and found.get(step.before)
    ]


def _by_source(
    scores: Sequence[np.ndarray], test: JudgedPairs, statistic: Callable[[Sequence[np.ndarray], np.ndarray], float]
) -> Areas:
    found = {}
    for source in sorted(set(test.sources.tolist())):
        own = np.flatnonzero(test.sources == source)
        relevant = (test.grades[own] > 0).astype(np.int64)
        parts = [each[own] for each in scores]
        if any(np.isnan(part).any() for part in parts) or not 0 < relevant.sum() < len(own):
            continue
        if len(set(test.units[own].tolist())) < 2:
            continue

        def value(rows: np.ndarray, parts: list[np.ndarray] = parts, relevant: np.ndarray = relevant) -> float:
            return statistic([part[rows] for part in parts], relevant[rows])

        interval = bootstrap_interval(value, test.units[own], n_resamples=RESAMPLES)
        found[source] = {**plain_interval(interval), "n": len(own)}
    return found
