"""Where an insight does not hold (M2FN, Fig. 4b): segments in which the overall best level does worse than the worst.

For each attribute, the overall best level is compared with the overall worst one within every level of every other
attribute and within every single ad. The test is of the difference of the logarithms of both rates, with ads as
sampling unit as in `adlab.insights.rates`. Within one ad the unit is the cell, all impressions of one combination of
attributes: one large audience that an ad happened to meet in August only is one accident, not thousands. All
comparisons are counted: p-values are adjusted by Benjamini and Hochberg's procedure, over segments and ads apart. The
test is one-sided, against "not the other way round": were it two-sided, the many segments that surely follow the rule
would lend their certainty to the few that seem not to.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from adlab.insights.cells import NO_LEVEL, Cells, FloatArray, IntArray, totals
from adlab.insights.rates import LevelRate

LEAST_IMPRESSIONS = 100  # of either level within a segment; M2FN, 6.3.2
FEWEST_UNITS = 5  # ads of a segment, or cells of an ad, in effect: Kish's (Σn)² / Σn²
ALPHA = 0.05
AD = "ad"


class CounterExample(NamedTuple):
    """A segment in which the order is the other way round.

    Attributes:
        attribute: Whose levels are compared.
        best: Overall best level.
        worst: Overall worst level.
        segment: The attribute that the segment is a level of, or `AD`.
        level: The segment.
        best_ctr: Rate of the overall best level within the segment.
        worst_ctr: Rate of the overall worst level there, which is higher.
        best_impressions: Impressions behind the one.
        worst_impressions: And behind the other.
        p_value: One-sided, adjusted for all comparisons, 0–1.
    """

    attribute: str
    best: str
    worst: str
    segment: str
    level: str
    best_ctr: float
    worst_ctr: float
    best_impressions: int
    worst_impressions: int
    p_value: float


class CounterExamples(NamedTuple):
    """All that were found.

    Attributes:
        segments: Among levels of other attributes, the surest first.
        segments_tried: Number of comparisons.
        ads: Among single ads, the surest first.
        ads_tried: Number of comparisons.
    """

    segments: tuple[CounterExample, ...]
    segments_tried: int
    ads: tuple[CounterExample, ...]
    ads_tried: int


class _Pair(NamedTuple):
    """Counts of both levels by segment, (S, 2) with the best first, variance of their log-ratio and units, (S,)."""

    clicks: FloatArray
    impressions: FloatArray
    variance: FloatArray
    units: FloatArray


def counter_examples(cells: Cells, rates: dict[str, tuple[LevelRate, ...]]) -> CounterExamples:
    """Look through all attributes whose best level can be told from the worst.

    Args:
        cells: The log.
        rates: Of the attributes to look at.
    """
    segments, ads = [], []
    for name, levels in rates.items():
        best, worst = (choose(range(len(levels)), key=lambda i: levels[i].ctr) for choose in (max, min))
        if levels[worst].tied:
            continue
        codes = cells.codes[name]
        part = cells.take((codes == best) | (codes == worst))
        is_worst = part.codes[name] == worst
        words = (name, levels[best].level, levels[worst].level)
        for other, names in cells.levels.items():
            if other != name and len(names) > 1:
                pair = _by_segment(part, is_worst, part.codes[other], len(names), part.ads)
                segments += list(_candidates(words, other, names, pair))
        pair = _by_segment(part, is_worst, part.ads, len(cells.ad_names), np.arange(len(part.ads)))
        ads += list(_candidates(words, AD, cells.ad_names, pair))
    return CounterExamples(_sure(segments), len(segments), _sure(ads), len(ads))


def _by_segment(part: Cells, is_worst: NDArray[np.bool_], codes: IntArray, count: int, units: IntArray) -> _Pair:
    known = codes != NO_LEVEL
    place = codes[known] * 2 + is_worst[known]
    clicks, impressions = (
        totals(place, values[known], 2 * count).reshape(count, 2) for values in (part.clicks, part.impressions)
    )
    shown = np.maximum(impressions, 1)
    safe = np.clip(clicks / shown, 0.5 / shown, 1 - 0.5 / shown)
    independent = ((1 - safe) / (shown * safe)).sum(axis=1)
    missed = part.clicks[known] - (clicks / shown).ravel()[place] * part.impressions[known]
    own = missed / (shown * safe).ravel()[place] * np.where(is_worst[known], 1, -1)
    keys, of_key = np.unique(units[known] * count + codes[known], return_inverse=True)
    of_unit = totals(of_key, own, len(keys))
    several = np.bincount(keys % count, minlength=count).astype(np.float64)
    clustered = totals(keys % count, of_unit**2, count) * several / np.maximum(several - 1, 1)
    shown_to_unit = totals(of_key, part.impressions[known], len(keys))
    squares = totals(keys % count, shown_to_unit**2, count)
    effective = impressions.sum(axis=1) ** 2 / np.maximum(squares, 1)
    return _Pair(clicks, impressions, np.maximum(independent, clustered), effective)


def _candidates(
    words: tuple[str, str, str], segment: str, names: tuple[str, ...], pair: _Pair
) -> Iterator[CounterExample]:
    """Every comparison that can be made, with its own p-value."""
    able = (pair.impressions >= LEAST_IMPRESSIONS).all(axis=1) & (pair.units >= FEWEST_UNITS) & pair.clicks.any(axis=1)
    for i in np.flatnonzero(able):
        rates = pair.clicks[i] / pair.impressions[i]
        safe = np.maximum(rates, 0.5 / pair.impressions[i])
        score = np.log(safe[1] / safe[0]) / np.sqrt(pair.variance[i])
        p_value = float(t.sf(score, pair.units[i] - 1))
        seen = (int(pair.impressions[i, 0]), int(pair.impressions[i, 1]))
        found = CounterExample(*words, segment, names[i], float(rates[0]), float(rates[1]), *seen, p_value)
        yield found


def _sure(candidates: list[CounterExample]) -> tuple[CounterExample, ...]:
    from statsmodels.stats.multitest import multipletests

    if not candidates:
        return ()
    adjusted = multipletests([found.p_value for found in candidates], method="fdr_bh")[1]
    sure = [
        found._replace(p_value=float(p_value))
        for found, p_value in zip(candidates, adjusted, strict=True)
        if p_value < ALPHA
    ]
    return tuple(sorted(sure, key=lambda found: found.p_value))
