"""Calibration of the agreement interval: does it cover what a model trained on other photos would say?

The interval is the spread of the ensemble's members. Two further members, trained like them but not shipped, stand
for "another model": the stretch is fitted on development pairs so that their percentiles fall inside as often as
the level says, and the coverage is then measured on test pairs.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq

from adlab.checkpoints.manifest import Measure
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.metrics.percentile import mid_rank_percentile
from adlab.metrics.spread import spread_interval

LEVEL = 0.9
MAX_SCALE = 20.0


def fit_interval_scale(cosines: np.ndarray, members: int) -> float:
    """The smallest stretch at which the held-out members' percentiles are covered as often as the level says.

    Args:
        cosines: Of true pairs to calibrate on, by the shipped members and then by the held-out ones, (M + H, N).
        members: Number of the shipped ones, M.
    """
    value, spread, held_out = _percentiles(cosines, members)

    def excess(scale: float) -> float:
        return float(_inside(value, spread, held_out, scale).mean()) - LEVEL

    if excess(0.0) >= 0:
        return 0.0
    return float(brentq(excess, 0.0, MAX_SCALE, xtol=1e-3)) if excess(MAX_SCALE) > 0 else MAX_SCALE


def interval_coverage(cosines: np.ndarray, members: int, scale: float, pictures: np.ndarray, data: str) -> Measure:
    """How often the held-out members' percentiles fall into the interval, on other pairs than it was fitted on.

    Args:
        cosines: Of true pairs, as for `fit_interval_scale`.
        members: Number of the shipped members.
        scale: The stretch.
        pictures: Picture of each pair, (N,); a picture is resampled with all its texts.
        data: What the pairs are, for the card.
    """
    value, spread, held_out = _percentiles(cosines, members)
    inside = _inside(value, spread, held_out, scale).mean(axis=0)  # (N,)
    interval = bootstrap_interval(lambda picked: float(inside[picked].mean()), pictures, n_resamples=500)
    low, high = spread_interval(value, spread, scale)
    return Measure.of(
        "interval coverage",
        interval,
        n=inside.size,
        data=data,
        aim="0.90",
        note=f"share of pairs for which a model trained on another resample of the pictures gives a percentile inside "
        f"the interval; stretch {scale:.2f} fitted on development pairs; mean width {np.mean(high - low):.1f} points",
    )


def _percentiles(cosines: np.ndarray, members: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    def ranks(row: np.ndarray) -> np.ndarray:
        return mid_rank_percentile(row, np.sort(row), leave_one_out=True)

    percentiles = np.stack([ranks(row) for row in cosines])
    return ranks(cosines[:members].mean(axis=0)), percentiles[:members], percentiles[members:]


def _inside(value: np.ndarray, spread: np.ndarray, held_out: np.ndarray, scale: float) -> np.ndarray:
    low, high = spread_interval(value, spread, scale)
    inside: np.ndarray = (held_out >= low) & (held_out <= high)
    return inside
