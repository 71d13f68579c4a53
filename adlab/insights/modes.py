"""Over a table of ads: how well each mode ranks what came of them, and what the picture adds to that, with intervals.

Every difference is paired: both modes are judged on the same ads, and on the same resample of them each time. Ads of
one query are no independent draws, so whole queries are resampled where there are queries.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from adlab.data.modalities import SHARED, AdModes, Mode
from adlab.data.table_columns import rating_columns
from adlab.errors import InputError
from adlab.metrics.arrays import FloatArray, IntArray
from adlab.metrics.bootstrap import BootstrapInterval, bootstrap_interval
from adlab.metrics.correlation import sprc
from adlab.metrics.ranking import auc

AUC, RANKS = "AUC", "rank correlation"
# What each difference says, as (more, less): the measure by the first reading less that by the second.
DIFFERENCES: dict[str, tuple[str, str]] = {
    "image_adds": (Mode.BOTH, Mode.TEXT_ONLY),
    "text_adds": (Mode.BOTH, Mode.IMAGE_ONLY),
    "image_over_text": (Mode.IMAGE_ONLY, Mode.TEXT_ONLY),
}
PRIVATE = "private_adds"  # likewise of a head with FOCAL's shared part: everything less that part alone
GROUPS = {"query": "queries", "ad_id": "ads", "image": "pictures"}  # columns to resample by, the first that is there
LEVEL, RESAMPLES = 0.9, 1000
EDGE = 1e-9  # probabilities are held this far from 0 and 1 before they are put on the logit scale


@dataclass(frozen=True)
class Outcome:
    """What came of the ads of a table.

    Attributes:
        name: The column it stands in; ``"rating"`` for the mean of the ratings.
        what: What a good ranking does, in words that complete "how well the model …".
        measure: `AUC` or `RANKS`.
        values: A number a row, (N,); NaN where it is unknown.
        positives: For AUC, how often the good case occurred, (N,); None for ranks.
        negatives: How often the other one did.
    """

    name: str
    what: str
    measure: str
    values: FloatArray
    positives: FloatArray | None = None
    negatives: FloatArray | None = None

    def score(self, predicted: FloatArray, rows: IntArray) -> float:
        """The measure of predictions on some rows; AUC is 0–1, a rank correlation −1 to 1.

        Raises:
            InputError: It is not defined on these rows.
        """
        if self.positives is None or self.negatives is None:
            return sprc(predicted[rows], self.values[rows])
        labels = np.repeat([1, 0], len(rows))
        weights = np.concatenate([self.positives[rows], self.negatives[rows]])
        return auc(np.tile(predicted[rows], 2), labels, weights)


@dataclass(frozen=True, kw_only=True)
class ModeComparison:
    """How well the modes of one head rank one outcome.

    Attributes:
        head: The head.
        outcome: Name of the outcome.
        what: What a good ranking does, in words that complete "how well the model …".
        measure: `AUC` or `RANKS`.
        rows: Rows that have the outcome and an answer in every mode.
        unit: What is resampled, plural.
        modes: The measure by mode.
        differences: By a key of `DIFFERENCES`, and `PRIVATE` where the head has a shared part.
        reason: Why nothing was measured; empty if it was.
        shared: The measure by FOCAL's shared embeddings alone; None for a head without them.
    """

    head: str
    outcome: str
    what: str
    measure: str
    rows: int
    unit: str
    modes: Mapping[Mode, BootstrapInterval]
    differences: Mapping[str, BootstrapInterval]
    reason: str = ""
    shared: BootstrapInterval | None = None


def outcomes_of(table: pd.DataFrame) -> tuple[Outcome, ...]:
    """The outcomes that a validated table holds, in the order of the funnel; none without such columns."""
    grade, clicks, conversions, shown = (
        _numbers(table, name) for name in ("relevance_grade", "clicks", "conversions", "impressions")
    )
    found = []
    if np.isfinite(grade).any():
        good = (grade >= 1).astype(float)
        if len(set(good[np.isfinite(grade)])) == 2:
            found.append(Outcome("relevance_grade", "tells relevant from irrelevant ads", AUC, grade, good, 1 - good))
        else:
            found.append(Outcome("relevance_grade", "orders ads by their grade", RANKS, grade))
    found += _counted("clicks", "tells impressions that were clicked from others", clicks, shown)
    base, what = (shown, "impressions") if np.isfinite(shown).any() else (clicks, "clicks")
    found += _counted("conversions", f"tells {what} that converted from others", conversions, base)
    if steps := rating_columns(table.columns):
        counts = np.nan_to_num(np.stack([_numbers(table, name) for name in steps], axis=1))
        total = counts.sum(axis=1)
        with np.errstate(invalid="ignore"):
            mean = counts @ np.array([float(name.removeprefix("rating_")) for name in steps]) / total
        if np.isfinite(mean).any():
            found.append(Outcome("rating", "orders ads by their mean rating", RANKS, mean))
    return tuple(found)


def answers_of(ads: Sequence[AdModes | None], head: str) -> dict[Mode, FloatArray]:
    """A head's answers by mode, (N,) each; NaN where there is none."""
    results = {mode: [ad.result(head, mode) if ad else None for ad in ads] for mode in Mode}
    return {mode: np.array([r.value if r else np.nan for r in found]) for mode, found in results.items()}


def shared_of(ads: Sequence[AdModes | None], head: str) -> FloatArray | None:
    """A head's answers by what picture and copy share alone, (N,), NaN where there is none; None if nowhere."""
    results = [ad.shared.get(head) if ad else None for ad in ads]
    return np.array([r.value if r else np.nan for r in results]) if any(results) else None


def groups_of(table: pd.DataFrame) -> tuple[np.ndarray, str]:
    """What each row is resampled with, and what to call that: its query, else its ad, its picture, or itself."""
    own = np.array([f"row {number}" for number in range(len(table))], dtype=object)
    for column, unit in GROUPS.items():
        if column in table and (cells := table[column].astype(str).str.strip().str.casefold()).ne("").any():
            return np.where(cells != "", cells, own), unit
    return own, "rows"


def compare(
    head: str,
    answers: Mapping[Mode, FloatArray],
    outcome: Outcome,
    groups: np.ndarray,
    unit: str,
    *,
    shared: FloatArray | None = None,
    seed: int = 0,
) -> ModeComparison:
    """Judge the modes of one head by one outcome.

    Args:
        head: The head.
        answers: Its answer by mode, (N,) each, NaN where there is none; only rows with all three are judged.
        outcome: Of the same rows.
        groups: As `groups_of` gives them, (N,).
        unit: What they are called.
        shared: Its answer by what picture and copy share alone, (N,), NaN where there is none; such rows are left out.
        seed: Of the resampling.
    """
    readings: dict[str, FloatArray] = {mode: answers[mode] for mode in Mode}
    asked = dict(DIFFERENCES)
    if shared is not None:
        readings[SHARED], asked[PRIVATE] = shared, (Mode.BOTH, SHARED)
    rows = np.flatnonzero(np.isfinite([outcome.values, *readings.values()]).all(axis=0))
    kept: dict[tuple[str, bytes], float] = {}

    def score(reading: str, drawn: IntArray) -> float:
        # Equal seeds draw equal resamples: each is scored once a reading, and enters single values and differences.
        key = reading, hashlib.blake2b(drawn.tobytes(), digest_size=16).digest()
        if key not in kept:
            kept[key] = outcome.score(readings[reading], rows[drawn])
        return kept[key]

    def difference(more: str, less: str, drawn: IntArray) -> float:
        return score(more, drawn) - score(less, drawn)

    judge = partial(bootstrap_interval, groups=groups[rows], level=LEVEL, n_resamples=RESAMPLES, seed=seed)
    measured: dict[str, BootstrapInterval] = {}
    differences: dict[str, BootstrapInterval] = {}
    reason = ""
    try:
        for name in readings:
            measured[name] = judge(partial(score, name))
        for name, (more, less) in asked.items():
            differences[name] = judge(partial(difference, more, less))
    except InputError as error:
        measured, differences, reason = {}, {}, str(error)
    if not len(rows):
        reason = "No row has this outcome and an answer in all three modes."
    return ModeComparison(
        head=head,
        outcome=outcome.name,
        what=outcome.what,
        measure=outcome.measure,
        rows=len(rows),
        unit=unit,
        modes={mode: measured[mode] for mode in Mode if mode in measured},
        differences=differences,
        reason=reason,
        shared=measured.get(SHARED),
    )


def compare_heads(
    table: pd.DataFrame,
    ads: Sequence[AdModes | None],
    heads: Sequence[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[ModeComparison, ...]:
    """Judge every head by every outcome that a validated table holds.

    Args:
        table: N rows.
        ads: Their answers, N; None for a row that could not be read.
        heads: The heads.
        progress: Called with (comparisons done, all).
    """
    outcomes, (groups, unit) = outcomes_of(table), groups_of(table)
    found: list[ModeComparison] = []
    for head in heads:
        answers, shared = answers_of(ads, head), shared_of(ads, head)
        for outcome in outcomes:
            progress(len(found), len(heads) * len(outcomes))
            found.append(compare(head, answers, outcome, groups, unit, shared=shared))
    return tuple(found)


def gaps(more: FloatArray, less: FloatArray, unit: str) -> FloatArray:
    """How far two modes lie apart in each row: log-odds for probabilities, the head's own unit otherwise, (N,)."""
    if unit == "probability":
        more, less = (special.logit(np.clip(values, EDGE, 1 - EDGE)) for values in (more, less))
    return more - less


def most_apart(gap: FloatArray, most: int) -> IntArray:
    """Rows where two modes lie furthest apart, furthest first, earlier rows first among equals; none without a gap."""
    order = np.argsort(-np.abs(gap), kind="stable")  # NaN sorts last
    return np.asarray(order[np.abs(gap[order]) > 0][:most])


def _counted(name: str, what: str, good: FloatArray, base: FloatArray) -> list[Outcome]:
    """An outcome that is counted among a base, where the table has both."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(base > 0, good / base, np.nan)
    if not np.isfinite(rate).any():
        return []
    return [Outcome(name, what, AUC, rate, np.nan_to_num(good), np.nan_to_num(base - good))]


def _numbers(table: pd.DataFrame, name: str) -> FloatArray:
    if name not in table:
        return np.full(len(table), np.nan)
    return np.asarray(pd.to_numeric(table[name], errors="coerce").astype("float64"))
