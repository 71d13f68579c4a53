"""A made-up log of ids alone: many users and ads, few impressions of each, and exposure that follows taste or chance.

Users u and ads a have tastes in a few dimensions. Each impression shows a user that ad, of some candidates, for which
focus·(u·a) and Gumbel noise add up to the most, as an ad system that knows something of its users would; with focus 0
chance decides. Log-odds of a click, and of a conversion given one, are u·a and effects of the user, the ad, the hour
and the position.

Unlike in the simulator's log, which ids occur together here tells something of what comes of them: what a
contrastive task that sees no labels can learn from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from adlab.data.funnel_batch import FunnelBatch
from adlab.errors import ConfigError
from adlab.evaluation.cl4cvr_world import FloatArray, Rows

HOURS, POSITIONS = 24, 4
_SPREADS = {"user": 0.4, "ad": 0.4, "hour": 0.15, "position": 0.3}  # log-odds, one standard deviation
_RANGE = 20.0  # of intercepts, log-odds


@dataclass(frozen=True, kw_only=True)
class TasteSettings:
    """Size of the log.

    Attributes:
        focus: How much exposure follows taste, 0 or more.
        users: Number of users.
        ads: Number of ads.
        train: Rows to train on.
        dev: Rows to choose the epoch on.
        test: Rows to measure on.
        tastes: Dimensions of taste.
        candidates: Ads that an impression is chosen from.
        ctr: Clicks an impression.
        cvr: Conversions a click.

    Raises:
        ConfigError: A number is below its least.
    """

    focus: float
    users: int = 8000
    ads: int = 3000
    train: int = 30_000
    dev: int = 10_000
    test: int = 20_000
    tastes: int = 4
    candidates: int = 8
    ctr: float = 0.1
    cvr: float = 0.06

    def __post_init__(self) -> None:
        for name in ("users", "ads", "train", "dev", "test", "tastes", "candidates"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give 1 or more.")
        if self.focus < 0:
            raise ConfigError(f"focus is {self.focus}; give 0 or more.")

    @property
    def fields(self) -> tuple[int, ...]:
        """Codes of each field: user, ad, hour, position."""
        return self.users, self.ads, HOURS, POSITIONS


class TasteLog(NamedTuple):
    """A log in three parts.

    Attributes:
        train: To train on.
        dev: To choose on, with the truth.
        test: To measure on, with the truth.
    """

    train: FunnelBatch
    dev: Rows
    test: Rows


def taste_log(settings: TasteSettings, seed: int) -> TasteLog:
    """Draw users, ads, impressions and what comes of them; rows are independent, so the parts are cut in order."""
    rng = np.random.default_rng(seed)
    size = settings.train + settings.dev + settings.test
    scale = settings.tastes**-0.25  # u·a then has variance 1
    likes, is_like = (scale * rng.standard_normal((n, settings.tastes)) for n in (settings.users, settings.ads))
    user = _skewed(rng, settings.users, size)
    offered = _skewed(rng, settings.ads, size * settings.candidates).reshape(size, settings.candidates)
    suits = np.einsum("nk,nck->nc", likes[user], is_like[offered])
    chosen = (settings.focus * suits + rng.gumbel(size=suits.shape)).argmax(axis=1)
    ad, taste = offered[np.arange(size), chosen], suits[np.arange(size), chosen]
    codes = {
        "user": user,
        "ad": ad,
        "hour": rng.integers(HOURS, size=size),
        "position": rng.integers(POSITIONS, size=size),
    }
    log_odds = np.stack([taste, taste])
    for (name, column), count in zip(codes.items(), settings.fields, strict=True):
        log_odds += _SPREADS[name] * rng.standard_normal((2, count))[:, column]
    click_chance = _at_rate(log_odds[0], np.ones(size), settings.ctr)
    convert_chance = _at_rate(log_odds[1], click_chance, settings.cvr)
    click = rng.random(size) < click_chance
    conversion = click & (rng.random(size) < convert_chance)
    batch = FunnelBatch(
        np.stack(list(codes.values()), axis=1),
        np.zeros((size, 0), dtype=np.float32),
        {},
        np.full(size, -1),
        click.astype(np.float32),
        conversion.astype(np.float32),
        np.ones(size, dtype=np.float32),
    )
    rows = Rows(batch, ad, click_chance, convert_chance)
    ends = np.cumsum([settings.train, settings.dev, settings.test])
    train, dev, test = (np.arange(end - n, end) for end, n in zip(ends, np.diff(ends, prepend=0), strict=True))
    return TasteLog(batch.take(train), rows.take(dev), rows.take(test))


def _skewed(rng: np.random.Generator, count: int, size: int) -> NDArray[np.int64]:
    """Codes of which the first are much more frequent than the last."""
    return np.minimum((rng.random(size) ** 2 * count).astype(np.int64), count - 1)


def _at_rate(log_odds: FloatArray, weight: FloatArray, rate: float) -> FloatArray:
    """Chances with the weighted mean asked for."""

    def excess(intercept: float) -> float:
        return float((weight * expit(log_odds + intercept)).sum() / weight.sum() - rate)

    return np.asarray(expit(log_odds + brentq(excess, -_RANGE, _RANGE)))
