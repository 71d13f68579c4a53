"""Measures of a trained AdsCVLR for its card: by source, input mode and kind of labels, intervals by query or image."""

from __future__ import annotations

import numpy as np

from adlab.checkpoints.manifest import Measure
from adlab.metrics.calibration import expected_calibration_error
from adlab.metrics.grades import shares_of
from adlab.metrics.ranking import auc
from adlab.metrics.relevance import (
    expected_grade,
    grade_correlation,
    relevance_auc,
    relevance_auc_difference,
    relevant_probability,
)
from adlab.models.pair_inputs import AD_TEXT, IMAGE, QUERY, InputMode, wholes_in_mode
from adlab.training.adscvlr_finetune_data import GradedSet
from adlab.training.adscvlr_readings import Readings

RESAMPLES = 500
_AIMS = {
    ("AUC", "crowdflower", InputMode.TEXT_ONLY): "≥ 0.90",
    ("Spearman", "flickr8k-experts", InputMode.IMAGE_ONLY): "≥ 0.62",
}


def units_of(data: GradedSet) -> np.ndarray:
    """What is resampled, one name a pair, (N,): the picture where there is no copy, the query elsewhere.

    Captions of Flickr8k come back with many photos, and its parts are divided by photo.
    """
    pairs = data.data.pairs
    return np.array([pair.image if pair.image and not pair.title else pair.unit("query") for pair in pairs])


def measure_relevance(
    data: GradedSet, readings: dict[InputMode, Readings], temperatures: dict[InputMode, float], part: str
) -> tuple[Measure, ...]:
    """AUC of Fair or better against Bad, rank correlation with the judges' mean, and calibration error of the former.

    A measure that a source does not allow is left out: AUC where all its pairs or none are Bad, all of them where it
    has one query.

    Args:
        data: The pairs of one part, which trained and calibrated nothing.
        readings: In each mode, of the pairs that can be read in it.
        temperatures: Of each mode.
        part: Name of the part, for the card.
    """
    units, found = units_of(data), []
    for mode, read in readings.items():
        shares = shares_of(read.logits / temperatures[mode])
        sources = data.sources[read.rows]
        for source in sorted(set(sources.tolist())):
            own = sources == source
            rows = read.rows[own]
            found += _of_source(data, source, mode, rows, shares[own], units[rows], part)
    return tuple(found)


def measure_gains(
    data: GradedSet, readings: dict[InputMode, Readings], temperatures: dict[InputMode, float], part: str
) -> tuple[Measure, ...]:
    """AUC less that of the plain cosines of the frozen encoders' vectors, by source and mode: what training adds.

    The cosine is that of the whole query with the whole copy, with the whole picture, or the sum of both, as the mode
    has it. Without vectors of wholes there is nothing to compare with. Arguments as of `measure_relevance`.
    """
    units, found = units_of(data), []
    for mode, read in readings.items():
        wholes = data.bank.wholes_of([data.data.pairs[row] for row in read.rows])
        if wholes is None:
            return ()
        shown = wholes_in_mode(wholes, mode)
        cosines = (shown[:, QUERY, None] * shown[:, [AD_TEXT, IMAGE]]).sum(dim=(1, 2)).double().numpy()
        scores = relevant_probability(shares_of(read.logits / temperatures[mode]))
        sources = data.sources[read.rows]
        for source in sorted(set(sources.tolist())):
            own = sources == source
            rows = read.rows[own]
            grades, groups = data.grades[rows], units[rows]
            if not 0 < (grades == 0).sum() < len(rows) or len(set(groups.tolist())) < 2:
                continue
            gain = relevance_auc_difference(scores[own], cosines[own], grades, groups, n_resamples=RESAMPLES)
            found.append(
                Measure.of(
                    f"AUC gain over plain cosines: {source}, {mode.value}",
                    gain,
                    n=len(rows),
                    data=_on(data, source, mode, rows, part),
                    note=f"the frozen encoders' cosines alone have {auc(cosines[own], (grades > 0).astype(int)):.3f}",
                )
            )
    return tuple(found)


def _of_source(
    data: GradedSet, source: str, mode: InputMode, rows: np.ndarray, shares: np.ndarray, units: np.ndarray, part: str
) -> list[Measure]:
    grades, fine = data.grades[rows], data.data.mean_grades[rows]
    on = _on(data, source, mode, rows, part)
    bad = int((grades == 0).sum())
    note = f"intervals resample {len(set(units.tolist())):,} queries or pictures; {bad:,} pairs are Bad"
    if len(set(units.tolist())) < 2:
        return []
    intervals = {}
    if 0 < bad < len(rows):
        intervals["AUC"] = relevance_auc(relevant_probability(shares), grades, units, n_resamples=RESAMPLES)
    if np.ptp(fine) > 0 and np.ptp(expected_grade(shares)) > 0:
        intervals["Spearman"] = grade_correlation(expected_grade(shares), fine, units, n_resamples=RESAMPLES)
    found = [
        Measure.of(
            f"{name}: {source}, {mode.value}",
            interval,
            n=len(rows),
            data=on,
            aim=_AIMS.get((name, source, mode), ""),
            note=note if name == "AUC" else "",
        )
        for name, interval in intervals.items()
    ]
    error = expected_calibration_error(relevant_probability(shares), (grades > 0).astype(np.int64))
    name = f"calibration error: {source}, {mode.value}"
    return [*found, Measure(name=name, value=error, n=len(rows), data=on, note="of the probability of Fair or better")]


def _on(data: GradedSet, source: str, mode: InputMode, rows: np.ndarray, part: str) -> str:
    """What was measured on, with the kind of its labels."""
    labels = " and ".join(sorted({data.data.pairs[row].labels for row in rows}))
    return f"{source}, {part} pairs, {mode.value}, {labels} labels"
