"""The log of impressions, part by part; every part follows from the settings and its number alone.

One row an impression. The log runs through the year in order. Which ad is shown is drawn by weights that are
log-normal over ads; the viewer is drawn from the ad's own audience, twice as many users as it has impressions, so
that about a fifth of all rows show an ad to a user who has seen it. Gender and age belong to the user. A click is
drawn with its true probability, a conversion if there is a click.

Aggregated, one row an ad and context: an ad's contexts are drawn from the distribution, its impressions are spread
over them by log-normal weights, clicks are binomial, conversions binomial given the clicks. There are no users and
no days.

A repeated exposure has the response of the first: the simulated world knows no fatigue, and nothing of a user but
gender and age.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import expit

from adlab.data.table_columns import SPLITS
from adlab.simulator.coefficients import OUTCOMES, Outcome, zero_coefficients
from adlab.simulator.contexts import PROBABILITIES, ContextTable, calendar, contexts_at, decoded, level_at
from adlab.simulator.population import FactorTable
from adlab.simulator.response import (
    Effects,
    FloatArray,
    ResponseModel,
    ad_part,
    context_part,
    cross_part,
    effects_of,
)
from adlab.simulator.settings import SimulationSettings, drift_of

ROWS = 1 << 18  # a part
AD_SPREAD = 1.0  # standard deviation of the logarithm of an ad's impressions
CONTEXT_SPREAD = 1.0  # likewise of a context's, within an ad
AUDIENCE_PER_IMPRESSION = 2.0
IMPRESSIONS_PER_USER = 5
_WEIGHTS, _SPLIT, _ROWS, _COUNTS, _USERS = range(101, 106)  # streams of chance


class _Drift(NamedTuple):
    """What is added to an outcome's log-odds at the end of the log, and taken off at its beginning, twice over."""

    base: float
    effects: Effects
    ads: FloatArray


class ImpressionLog:
    """The log that settings ask for.

    Args:
        settings: What is asked for.
        model: Its response.
        ads: Causes of its ads, in order.
        names: Their names.
    """

    def __init__(
        self, settings: SimulationSettings, model: ResponseModel, ads: FactorTable, names: NDArray[np.object_]
    ) -> None:
        self.settings, self.ads, self.names = settings, ads, names
        self._model = model
        self._main = {o: model.intercepts[o] + ad_part(model.effects[o], ads) for o in OUTCOMES}
        self._drift = {o: drift for o in OUTCOMES if (drift := _drift(settings, o, ads)) is not None}
        weights = impression_weights(settings)
        self._cumulative = np.cumsum(weights)
        self._cumulative /= self._cumulative[-1]
        self._audience = np.maximum(np.ceil(AUDIENCE_PER_IMPRESSION * settings.impressions * weights), 1)
        self._users = max(settings.impressions // IMPRESSIONS_PER_USER, 1000)
        self.splits = splits_of(settings)
        if settings.aggregate:
            self._counts = np.random.default_rng([settings.seed, _COUNTS]).multinomial(settings.impressions, weights)

    @property
    def parts(self) -> int:
        """Number of parts."""
        return self.number_of_parts(self.settings)

    @staticmethod
    def number_of_parts(settings: SimulationSettings) -> int:
        """Number of parts of the log that settings ask for."""
        if settings.aggregate:
            return -(-settings.ads // _ads_a_part(settings))
        return -(-settings.impressions // ROWS)

    def part(self, number: int) -> pa.Table:
        """One part of the log.

        Args:
            number: From 0 to `parts` − 1.
        """
        rng = np.random.default_rng([self.settings.seed, _ROWS, number])
        return self._aggregated(number, rng) if self.settings.aggregate else self._impressions(number, rng)

    def probabilities(self, rows: NDArray[np.integer], contexts: ContextTable, time: FloatArray) -> dict[Outcome, Any]:
        """True probability of a click, and of a conversion given one, (N,) each.

        Args:
            rows: Numbers of the ads, (N,).
            contexts: (N,).
            time: 0 the beginning of the log, 1 its end, (N,).
        """
        background, text_position = self.ads.background[rows], self.ads.text_position[rows]

        def sum_of(effects: Effects, main: FloatArray) -> FloatArray:
            crossed = cross_part(effects, background, text_position, contexts)
            return np.asarray(main[rows] + context_part(effects, contexts) + crossed)

        found = {}
        for outcome in OUTCOMES:
            log_odds = sum_of(self._model.effects[outcome], self._main[outcome])
            if outcome in self._drift:
                drift = self._drift[outcome]
                log_odds += (time - 0.5) * (drift.base + sum_of(drift.effects, drift.ads))
            found[outcome] = expit(log_odds)
        return found

    def _impressions(self, number: int, rng: np.random.Generator) -> pa.Table:
        total, first = self.settings.impressions, number * ROWS
        size = min(ROWS, total - first)
        year = calendar()
        when = (first + np.arange(size) + rng.random(size)) / total  # ascending: rows are in order of time
        cell = np.minimum(np.searchsorted(year.cumulative, when, side="right"), len(year.cumulative) - 1)
        rows = np.searchsorted(self._cumulative, rng.random(size), side="right")
        seat = (rng.random(size) * self._audience[rows]).astype(np.uint64)
        user = _mixed(_mixed(rows.astype(np.uint64) + np.uint64(self.settings.seed << 32)) + seat) % self._users
        contexts = ContextTable(
            gender=level_at("gender", self._trait(user, 1)),
            age_band=level_at("age_band", self._trait(user, 2)),
            month=year.month[cell],
            weekday=year.weekday[cell],
            hour=year.hour[cell],
            position=level_at("position", rng.random(size)),
        )
        chance = self.probabilities(rows, contexts, when)
        clicks = rng.random(size) < chance["click"]
        conversions = clicks & (rng.random(size) < chance["convert"])
        days = pa.DictionaryArray.from_arrays(pa.array(year.day[cell]), pa.array(year.dates))
        columns = {"user_id": pa.array(user.astype(np.int64)), "date": days}
        return self._table(rows, contexts, np.ones(size, dtype=np.int32), clicks, conversions, columns)

    def _aggregated(self, number: int, rng: np.random.Generator) -> pa.Table:
        each, ads = self.settings.contexts_per_ad, _ads_a_part(self.settings)
        shown = np.arange(number * ads, min((number + 1) * ads, self.settings.ads))
        weights = np.exp(CONTEXT_SPREAD * rng.standard_normal((len(shown), each)))
        counts = rng.multinomial(self._counts[shown], weights / weights.sum(axis=1, keepdims=True)).ravel()
        drawn = contexts_at(rng.random((counts.size, len(PROBABILITIES))))
        # The same context drawn twice for an ad is one row.
        sizes = tuple(len(p) for p in PROBABILITIES.values())
        place = np.ravel_multi_index((np.repeat(shown, each), *drawn), (self.settings.ads, *sizes))
        keys, inverse = np.unique(place, return_inverse=True)
        counts = np.bincount(inverse, counts).astype(np.int64)
        keys, counts = keys[counts > 0], counts[counts > 0]
        rows, *codes = np.unravel_index(keys, (self.settings.ads, *sizes))
        contexts = ContextTable(*(c.astype(np.int8) for c in codes))
        chance = self.probabilities(rows, contexts, (contexts.month + 0.5) / 12)
        clicks = rng.binomial(counts, chance["click"])
        conversions = rng.binomial(clicks, chance["convert"])
        return self._table(rows, contexts, counts, clicks, conversions, {})

    def _table(
        self,
        rows: NDArray[np.integer],
        contexts: ContextTable,
        impressions: NDArray[np.integer],
        clicks: NDArray[Any],
        conversions: NDArray[Any],
        columns: dict[str, Any],
    ) -> pa.Table:
        named, code = np.unique(rows, return_inverse=True)
        table = {"ad_id": pa.DictionaryArray.from_arrays(pa.array(code.astype(np.int32)), pa.array(self.names[named]))}
        table |= columns
        for name, values in decoded(contexts).items():
            table[name] = pa.array(values)
        counts = {"impressions": impressions, "clicks": clicks, "conversions": conversions}
        table |= {name: pa.array(count.astype(np.int32)) for name, count in counts.items()}
        if self.splits is not None:
            table["split"] = pa.DictionaryArray.from_arrays(pa.array(self.splits[rows]), pa.array(SPLITS))
        return pa.table(table)

    def _trait(self, user: NDArray[np.uint64], number: int) -> FloatArray:
        """A uniform number that belongs to a user."""
        key = _mixed(user + np.uint64((self.settings.seed << 32) + (number << 8) + _USERS))
        return np.asarray((key >> np.uint64(11)) * 2.0**-53)


def impression_weights(settings: SimulationSettings) -> FloatArray:
    """Share of the impressions that each ad is due, (ads,), log-normal."""
    normal = np.random.default_rng([settings.seed, _WEIGHTS]).standard_normal(settings.ads)
    weights = np.exp(AD_SPREAD * normal)
    return np.asarray(weights / weights.sum())


def splits_of(settings: SimulationSettings) -> NDArray[np.int8] | None:
    """Place in `SPLITS` of each ad, (ads,), or None where no split was asked for."""
    if not settings.unseen_share:
        return None
    place = np.random.default_rng([settings.seed, _SPLIT]).random(settings.ads)
    test, dev = settings.unseen_share, settings.unseen_share * 1.5
    return np.select([place < test, place < dev], [SPLITS.index("test"), SPLITS.index("dev")], 0).astype(np.int8)


def _ads_a_part(settings: SimulationSettings) -> int:
    return max(ROWS // settings.contexts_per_ad, 1)


def _drift(settings: SimulationSettings, outcome: Outcome, ads: FactorTable) -> _Drift | None:
    base, named = drift_of(settings.drift, outcome)
    if not base and not any(named.values()):
        return None
    effects = effects_of(zero_coefficients(named).of(outcome))
    return _Drift(base, effects, ad_part(effects, ads))


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """SplitMix64's finaliser: distinct numbers, each as good as drawn."""
    keys = keys + np.uint64(0x9E3779B97F4A7C15)
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))
