"""Measures of the student for its card: fidelity to the teacher, both against the judges, and the embeddings' cosine.

Everything is by source and by what of the ad is read; intervals resample whole queries, or pictures where there is no
copy, and hold student and teacher against each other on the same resample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from adlab.checkpoints.manifest import Measure
from adlab.data.relevance import RelevancePair
from adlab.metrics.bootstrap import BootstrapInterval, bootstrap_interval
from adlab.metrics.calibration import expected_calibration_error
from adlab.metrics.correlation import lcc
from adlab.metrics.relevance import relevance_auc, relevance_auc_difference
from adlab.models.pair_inputs import InputMode

RESAMPLES = 500
GAP_AIM = "≥ −0.02"


class ReadPairs(NamedTuple):
    """K graded pairs, each in one mode, with what student, teacher and embeddings say of it.

    Attributes:
        pairs: As they were graded.
        modes: What of each ad is read.
        student: P(grade ≥ Fair), (K,), 0–1.
        teacher: Likewise, (K,).
        cosine: Of the vectors of query and copy, NaN where no copy is read, (K,).
    """

    pairs: Sequence[RelevancePair]
    modes: Sequence[InputMode]
    student: np.ndarray
    teacher: np.ndarray
    cosine: np.ndarray


def unit_of(pair: RelevancePair) -> str:
    """What is resampled: the picture where there is no copy, the query elsewhere."""
    return pair.image if pair.image and not pair.title else pair.unit("query")


def measure_student(read: ReadPairs, part: str) -> tuple[Measure, ...]:
    """Fidelity by mode; by source and mode AUC of student, teacher and cosine, the gap, and the calibration error.

    A measure that a source does not allow is left out: AUC where all its pairs or none are Bad.

    Args:
        read: Pairs of one part, which trained and calibrated nothing.
        part: Its name, for the card.
    """
    modes = np.array([mode.value for mode in read.modes])
    sources = np.array([pair.source for pair in read.pairs])
    units = np.array([unit_of(pair) for pair in read.pairs])
    found: list[Measure] = []
    for mode in InputMode:
        if len(set(units[modes == mode.value].tolist())) > 1:
            found += _fidelity(read, np.flatnonzero(modes == mode.value), units, mode, part)
    for source in sorted(set(sources.tolist())):
        for mode in InputMode:
            rows = np.flatnonzero((sources == source) & (modes == mode.value))
            if len(set(units[rows].tolist())) > 1:
                found += _against_judges(read, rows, units[rows], f"{source}, {mode.value}", part)
    return tuple(found)


def _fidelity(read: ReadPairs, rows: np.ndarray, units: np.ndarray, mode: InputMode, part: str) -> list[Measure]:
    student, teacher, own = read.student[rows], read.teacher[rows], units[rows]
    statistics: dict[str, Callable[[np.ndarray], float]] = {
        "correlation with the teacher": lambda some: lcc(student[some], teacher[some]),
        "mean difference from the teacher": lambda some: float(np.abs(student[some] - teacher[some]).mean()),
    }
    if np.ptp(student) == 0 or np.ptp(teacher) == 0:
        del statistics["correlation with the teacher"]
    on = f"{part} pairs of all sources, {mode.value}"
    return [
        Measure.of(
            f"{name}: {mode.value}", bootstrap_interval(statistic, own, n_resamples=RESAMPLES), n=len(rows), data=on
        )
        for name, statistic in statistics.items()
    ]


def _against_judges(read: ReadPairs, rows: np.ndarray, units: np.ndarray, where: str, part: str) -> list[Measure]:
    grades = np.array([read.pairs[row].grade for row in rows])
    student, teacher, cosine = read.student[rows], read.teacher[rows], read.cosine[rows]
    labels = " and ".join(sorted({read.pairs[row].labels for row in rows}))
    bad, on = int((grades == 0).sum()), f"{where}, {part} pairs, {labels} labels"
    found = []
    if 0 < bad < len(rows):
        note = f"intervals resample {len(set(units.tolist())):,} queries or pictures; {bad:,} pairs are Bad"
        gap = relevance_auc_difference(student, teacher, grades, units, n_resamples=RESAMPLES)
        found = [
            Measure.of(f"AUC: {where}", _auc(student, grades, units), n=len(rows), data=on, note=note),
            Measure.of(f"AUC of the teacher: {where}", _auc(teacher, grades, units), n=len(rows), data=on),
            Measure.of(f"AUC less the teacher's: {where}", gap, n=len(rows), data=on, aim=GAP_AIM),
        ]
        if not np.isnan(cosine).any():
            found.append(
                Measure.of(f"AUC of MiniLM's cosine: {where}", _auc(cosine, grades, units), n=len(rows), data=on)
            )
    error = expected_calibration_error(student, (grades > 0).astype(np.int64))
    note = "of the probability of Fair or better"
    return [*found, Measure(name=f"calibration error: {where}", value=error, n=len(rows), data=on, note=note)]


def _auc(scores: np.ndarray, grades: np.ndarray, units: np.ndarray) -> BootstrapInterval:
    return relevance_auc(scores, grades, units, n_resamples=RESAMPLES)
