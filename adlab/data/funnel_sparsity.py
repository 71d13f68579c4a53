"""Fewer conversions or fewer clicks than a log has, to study how a model does with few.

Which way? Dropping rows with a conversion would also drop their clicks: the click rate would fall, and most where
conversions are likely, so two things would change at once. Here the row stays and its conversion becomes a plain
click. That is exactly a draw from a world in which each conversion happens with `share` of its probability: the click
rate, the pictures and users shown, and the size of the log stay, P(conversion | click) is multiplied by `share`, and
rows keep their order by it, so a perfect model ranks as well as before and only the number of positives falls. Thin
training rows only: the test rows of the full log then measure all shares alike. Predicted rates are `share` of those
of the full log; calibrate with that in mind.

Which events stay depends on the seed and on the row's place alone, and those of a smaller share are among those of a
larger one: differences between shares are paired.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from adlab.data.funnel_batch import FunnelBatch
from adlab.data.level_codes import mixed, shares_of
from adlab.errors import ConfigError, InputError

_CONVERSIONS, _CLICKS = 1, 2  # streams of chance
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def subsample_conversions(rows: FunnelBatch, share: float, seed: int) -> FunnelBatch:
    """Each conversion stays with probability `share`, else it becomes a click without one.

    Args:
        rows: In the order of the log.
        share: Of the conversions, 0 < share ≤ 1.
        seed: Of the choice, 0 or more.

    Returns:
        As many rows in the same order; of a row that stands for several conversions some may stay and some not,
        which adds a row behind it.

    Raises:
        ConfigError: The share or the seed is outside its range.
        InputError: A row with a conversion has a weight that is no whole number.
    """
    kept = _kept(rows, rows.conversion > 0, share, seed, _CONVERSIONS)
    return _relabelled(rows, rows.conversion > 0, kept, click=1.0)


def subsample_clicks(rows: FunnelBatch, share: float, seed: int) -> FunnelBatch:
    """Each click stays with probability `share`, else it becomes an impression without click and conversion.

    The click rate is multiplied by `share`, the rate of conversions per click stays; arguments and errors are those
    of `subsample_conversions`.
    """
    kept = _kept(rows, rows.click > 0, share, seed, _CLICKS)
    return _relabelled(rows, rows.click > 0, kept, click=0.0)


def _kept(rows: FunnelBatch, events: NDArray[np.bool_], share: float, seed: int, stream: int) -> NDArray[np.float64]:
    """How much of each row's weight stays, (N,)."""
    if not 0 < share <= 1:
        raise ConfigError(f"share is {share!r}; give a share above 0, at most 1.")
    if seed < 0:
        raise ConfigError(f"seed is {seed}; give 0 or more.")
    start = mixed(np.array([seed], dtype=np.uint64) * _GOLDEN + np.uint64(stream))
    chance = shares_of(mixed(np.arange(1, rows.rows + 1, dtype=np.uint64) * _GOLDEN + start))
    weight = rows.weight.astype(np.float64)
    kept = np.where(events & (chance >= share), 0.0, weight)
    if (many := events & (weight != 1)).any():
        if (weight[many] % 1 != 0).any():
            raise InputError("A row with an event has a weight that is no whole number; it cannot be thinned.")
        # A quantile grows with the share, so choices are nested; that of 0 would be −1, hence 1 − chance.
        kept[many] = binom.ppf(1 - chance[many], weight[many], share)
    return kept


def _relabelled(
    rows: FunnelBatch, events: NDArray[np.bool_], kept: NDArray[np.float64], *, click: float
) -> FunnelBatch:
    """Rows whose events stay as far as `kept`; the rest of their weight has `click` and no conversion."""
    lost = np.where(events, rows.weight - kept, 0.0)
    weights = np.stack([np.where(events, kept, rows.weight), lost], axis=1)
    source, changed = np.nonzero(weights > 0)
    now, was = rows.take(source), changed == 1
    return now._replace(
        click=np.where(was, np.float32(click), now.click),
        conversion=np.where(was, np.float32(0), now.conversion),
        weight=weights[source, changed].astype(np.float32),
    )
