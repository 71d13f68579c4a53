"""Calibration and intervals of the funnel on ads that decided nothing before, for each thing that an ad may lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special, stats

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.funnel import LEVEL, STEPS, WHOLE, ChainCalibration, FunnelSettings
from adlab.metrics.conformal import conformal_quantile
from adlab.metrics.unit_spread import unit_spread
from adlab.training.conversion import Counts, fit_calibration
from adlab.training.funnel_ads import AdLog, FloatArray
from adlab.training.funnel_stated import Speaker, Stated, chosen_contexts, stated_ads, stated_rows

ENOUGH = 200  # successes; with fewer a slope is not fitted, only the level
_FLAT = dict.fromkeys(STEPS, 0.0)


def settings_from(speaker: Speaker, ads: NDArray[np.int64], reference: str, seed: int) -> FunnelSettings:
    """What serves the networks.

    Args:
        speaker: The networks and their log.
        ads: Ads for calibration.
        reference: Name of the reference set, empty for none.
        seed: Of the draws of contexts.

    Raises:
        TableError: Too few rows name a level of every field.
    """
    log, without = speaker.log, speaker._replace(bare=True)
    level = {mode: _levelled(without, ads, mode) for mode in log.modes}
    contexts, weights = chosen_contexts(without, ads, level[WHOLE], seed)
    modes = bare = {
        mode: replace(own, half_widths_unknown=_widths(log, stated_ads(without, ads, own, (contexts, weights), mode)))
        for mode, own in _with_widths(without, ads, level).items()
    }
    if log.columns:
        modes = _with_widths(speaker, ads, {mode: _levelled(speaker, ads, mode) for mode in log.modes})
    return FunnelSettings(
        schema=speaker.schema.to_plain(),
        creative=None if log.encoder is None else log.encoder.to_plain(),
        contexts=tuple(contexts),
        weights=tuple(weights),
        modes=modes,
        reference=reference,
        columns=log.columns,
        bare=bare if log.columns else {},
        planted=log.planted is not None,
    )


def _with_widths(
    speaker: Speaker, ads: NDArray[np.int64], level: Mapping[str, ChainCalibration]
) -> dict[str, ChainCalibration]:
    """The calibration of each mode with its intervals where the context is known."""
    return {
        mode: replace(own, half_widths=_widths(speaker.log, stated_rows(speaker, ads, own, mode)))
        for mode, own in level.items()
    }


def _widths(log: AdLog, cases: Stated) -> dict[str, float]:
    return half_widths(cases, planted=log.planted is not None)


def half_widths(cases: Stated, *, planted: bool) -> dict[str, float]:
    """Half-widths of the intervals around stated log-odds, by step.

    Where the truth is planted: how far it lay from what was stated, split conformal. On a log of counts: the spread of
    ads about what was stated, its upper limit. Rows with known contexts and ads without have widths of their own: an
    average over contexts is hit more surely than the chance in one of them, and there are many rows an ad.

    Args:
        cases: Of ads that decided nothing.
        planted: Whether the truth is known.
    """
    found = {}
    for step in STEPS:
        stated, share, trials = cases.of(step)
        if planted:
            errors = np.abs(special.logit(stated) - special.logit(share))
            found[step] = conformal_quantile(errors, level=LEVEL)
        else:
            shown = trials > 0
            logits = special.logit(stated[shown])
            hits = np.round(share[shown] * trials[shown])
            spread = unit_spread(logits, hits, np.round(trials[shown]), cases.ads[shown], level=LEVEL)
            found[step] = float(stats.norm.ppf((1 + LEVEL) / 2) * spread.high)
    return found


def _levelled(speaker: Speaker, ads: NDArray[np.int64], mode: str) -> ChainCalibration:
    """Clicks calibrated over impressions, conversions over clicks."""
    log, rows = speaker.log, speaker.log.rows_of(ads)
    shown, clicks, conversions = log.counts.take(rows)
    ctr, cvr = speaker.logits(log.table.take(rows), log.ad[rows], mode)
    return ChainCalibration(
        ctr=platt(ctr.mean(axis=0), shown, clicks), cvr=platt(cvr.mean(axis=0), clicks, conversions), half_widths=_FLAT
    )


def platt(logits: FloatArray, trials: FloatArray, hits: FloatArray) -> Platt:
    """Slope and intercept; the slope is 1 where there are few successes."""
    there = trials > 0
    logits, trials, hits = logits[there], trials[there], hits[there]
    if hits.sum() >= ENOUGH:
        slope, intercept = fit_calibration(logits, Counts(trials, hits))
        if slope > 0:  # else the scores ranked calibration ads the wrong way round: keep their order
            return Platt(slope=slope, intercept=intercept)
    wanted = (hits.sum() + 0.5) / (trials.sum() + 1)

    def excess(shift: float) -> float:
        return float(special.expit(logits + shift) @ trials / trials.sum() - wanted)

    return Platt(slope=1.0, intercept=float(optimize.brentq(excess, -30, 30)))
