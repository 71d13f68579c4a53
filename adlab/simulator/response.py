"""The response: log-odds of a click and of a conversion as a sum over the causes, for any ads in any contexts.

With b the intercept, β the coefficients of `adlab.simulator.coefficients` and z the centred causes,

    log-odds = b + Σ β_i z_i

where z is
- a number less its population mean (the length enters as an inverted U, `adlab.simulator.population.length_value`);
- for a level, 1 if it is the one at hand, less its probability;
- for background × season, the product of both levels' z; for text position × age, the level's z times the age, 0 the
  youngest band and 1 the oldest, less its mean.

The factors being independent, each z averages to 0 whatever else is known. The intercepts are solved so that the
rates of the population are those asked for: CTR over impressions, CVR over clicks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from adlab.data.creative import AGE_BANDS, GENDERS
from adlab.errors import ConfigError
from adlab.simulator.coefficients import GROUP_OF, GROUPS, OUTCOMES, Coefficients, Group, Outcome
from adlab.simulator.contexts import (
    AGE_SCORES,
    POSITIONS,
    PROBABILITIES,
    SEASON_OF_MONTH,
    SEASONS,
    ContextTable,
)
from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS
from adlab.simulator.population import NUMBERS, FactorTable, context_nodes, population

FloatArray = NDArray[np.float64]
CTR, CVR = 0.04, 0.08
_HOURS = (("2-4", 2, 4), ("9-11", 9, 11), ("12", 12, 12), ("15-17", 15, 17))
_CHUNK = 4096  # ads × contexts at a time: 32 MB


class AdRates(NamedTuple):
    """Probabilities of ads averaged over the context distribution, (N,) each.

    Attributes:
        ctr: Of a click.
        cvr: Of a conversion given a click: `ctcvr` / `ctr`.
        ctcvr: Of a click that converts.
    """

    ctr: FloatArray
    cvr: FloatArray
    ctcvr: FloatArray


class Effects(NamedTuple):
    """One outcome's coefficients as arrays, centred; the last place of every context axis is 0, for "unknown".

    Attributes:
        numbers: Log-odds a unit of each of `NUMBERS`, (9,).
        means: What is taken off them first, (9,).
        levels: Log-odds of each level of "background" and "text_position", and of each level of a context field.
        background_month: (10, 13).
        text_position_age: (4, 10).
    """

    numbers: FloatArray
    means: FloatArray
    levels: dict[str, FloatArray]
    background_month: FloatArray
    text_position_age: FloatArray


class ResponseModel:
    """True response of ads in contexts.

    Args:
        coefficients: What each cause is worth.
        ctr: Share of the population's impressions that are clicked, between 0 and 1.
        cvr: Share of its clicks that convert, between 0 and 1.

    Raises:
        ConfigError: A rate is not between 0 and 1.
    """

    def __init__(self, coefficients: Coefficients | None = None, *, ctr: float = CTR, cvr: float = CVR) -> None:
        for name, rate in (("ctr", ctr), ("cvr", cvr)):
            if not 0 < rate < 1:
                raise ConfigError(f"{name} is {rate}; give a share between 0 and 1, such as 0.04.")
        self.coefficients = coefficients or Coefficients()
        self.ctr_asked, self.cvr_asked = ctr, cvr
        self.effects: dict[Outcome, Effects] = {o: effects_of(self.coefficients.of(o)) for o in OUTCOMES}
        self.intercepts: dict[Outcome, float] = dict.fromkeys(OUTCOMES, 0.0)
        ads, contexts = population()
        self.intercepts["click"] = _intercept(self.log_odds(ads, contexts, "click"), ctr)
        clicks = self.ctr(ads, contexts)
        self.intercepts["convert"] = _intercept(self.log_odds(ads, contexts, "convert"), cvr, clicks)

    def contributions(self, ads: FactorTable, contexts: ContextTable, outcome: Outcome) -> dict[str, FloatArray]:
        """What each factor adds to the log-odds, row by row; with the intercept they sum to `log_odds`.

        Args:
            ads: (N,).
            contexts: (N,); an unknown field adds 0, its average over the context distribution.
            outcome: "click" or "convert".

        Returns:
            (N,) a factor, in the order of the table of coefficients.
        """
        return contributions(self.effects[outcome], ads, contexts)

    def log_odds(self, ads: FactorTable, contexts: ContextTable, outcome: Outcome) -> FloatArray:
        """Log-odds of an outcome, row by row, (N,); arguments as in `contributions`."""
        effects = self.effects[outcome]
        return (
            self.intercepts[outcome]
            + ad_part(effects, ads)
            + context_part(effects, contexts)
            + cross_part(effects, ads.background, ads.text_position, contexts)
        )

    def ctr(self, ads: FactorTable, contexts: ContextTable) -> FloatArray:
        """Probability of a click, row by row, (N,)."""
        return np.asarray(expit(self.log_odds(ads, contexts, "click")))

    def cvr(self, ads: FactorTable, contexts: ContextTable) -> FloatArray:
        """Probability of a conversion given a click, row by row, (N,)."""
        return np.asarray(expit(self.log_odds(ads, contexts, "convert")))

    def ctcvr(self, ads: FactorTable, contexts: ContextTable) -> FloatArray:
        """Probability of a click that converts, row by row, (N,)."""
        return self.ctr(ads, contexts) * self.cvr(ads, contexts)

    def average(self, ads: FactorTable) -> AdRates:
        """Probabilities of ads averaged over the context distribution; within 0.5 % of the rate.

        Args:
            ads: (N,).
        """
        nodes = context_nodes()
        crossed = {o: _crossings(self.effects[o], nodes) for o in OUTCOMES}
        base = {o: self.intercepts[o] + ad_part(self.effects[o], ads) for o in OUTCOMES}
        ctr, ctcvr = np.empty(ads.rows), np.empty(ads.rows)
        for start in range(0, ads.rows, _CHUNK):
            part = slice(start, start + _CHUNK)
            cell = ads.background[part].astype(int) * len(TEXT_POSITIONS) + ads.text_position[part]
            clicks, converts = (expit(base[o][part, None] + crossed[o][cell]) for o in OUTCOMES)
            ctr[part], ctcvr[part] = clicks.mean(axis=1), (clicks * converts).mean(axis=1)
        return AdRates(ctr, ctcvr / ctr, ctcvr)

    def variance_shares(self, outcome: Outcome) -> dict[Group, float]:
        """Share of each group in the variance of the population's log-odds; they sum to 1.

        A group's share is its covariance with the log-odds over their variance, which for independent groups is the
        group's own variance.
        """
        ads, contexts = population()
        parts = grouped(self.contributions(ads, contexts, outcome))
        total = sum(parts.values(), np.zeros(ads.rows))
        return {g: float(np.cov(part, total, ddof=0)[0, 1] / total.var()) for g, part in parts.items()}

    def spread(self, outcome: Outcome) -> float:
        """Standard deviation of the population's log-odds."""
        return float(self.log_odds(*population(), outcome).std())


def effects_of(coefficients: Mapping[str, float]) -> Effects:
    """One outcome's coefficients as centred arrays."""
    ads, _ = population()
    levels = {
        "background": _centred([coefficients[f"background.{c}"] for c in BACKGROUND_COLOURS]),
        "text_position": _centred([coefficients[f"text_position.{p}"] for p in TEXT_POSITIONS]),
    }
    for name, probabilities in PROBABILITIES.items():
        raw = np.array([coefficients[f"{name}.{level}"] for level in level_names(name)])
        levels[name] = _with_unknown(_centred(raw, probabilities))
    in_season = PROBABILITIES["month"] @ (SEASON_OF_MONTH[:, None] == np.arange(len(SEASONS)))
    seasonal = np.array([[coefficients[f"background_season.{c}.{s}"] for s in SEASONS] for c in BACKGROUND_COLOURS])
    seasonal = seasonal - seasonal.mean(axis=0)
    seasonal = seasonal - (seasonal @ in_season)[:, None]
    slopes = _centred([coefficients[f"text_position_age.{p}"] for p in TEXT_POSITIONS])
    return Effects(
        numbers=np.array([coefficients[name] for name in NUMBERS]),
        means=ads.numbers.mean(axis=0),
        levels=levels,
        background_month=_with_unknown(seasonal[:, SEASON_OF_MONTH]),
        text_position_age=_with_unknown(slopes[:, None] * centred_ages()),
    )


def level_names(name: str) -> list[str]:
    """The coefficient's level of each code of a context field; hours share those of their block."""
    if name == "hour":
        return [next((n for n, low, high in _HOURS if low <= hour <= high), "other") for hour in range(24)]
    texts: dict[str, tuple[str, ...]] = {"gender": GENDERS, "age_band": AGE_BANDS, "position": POSITIONS}
    return list(texts.get(name) or [str(i + 1) for i in range(len(PROBABILITIES[name]))])


def centred_ages() -> FloatArray:
    """Age of each band, 0 the youngest and 1 the oldest, less the audience's mean, (9,)."""
    return AGE_SCORES - PROBABILITIES["age_band"] @ AGE_SCORES


def contributions(effects: Effects, ads: FactorTable, contexts: ContextTable) -> dict[str, FloatArray]:
    """What each factor adds to the log-odds, (N,) each, in the order of the table."""
    parts = {name: effects.numbers[i] * (ads.numbers[:, i] - effects.means[i]) for i, name in enumerate(NUMBERS)}
    parts |= {name: effects.levels[name][getattr(ads, name)] for name in ("background", "text_position")}
    parts |= {name: effects.levels[name][codes] for name, codes in zip(contexts._fields, contexts, strict=True)}
    parts["background_season"] = effects.background_month[ads.background, contexts.month]
    parts["text_position_age"] = effects.text_position_age[ads.text_position, contexts.age_band]
    return {name: parts[name] for name in GROUP_OF}


def ad_part(effects: Effects, ads: FactorTable) -> FloatArray:
    """What the ad alone adds, (N,)."""
    levels = effects.levels["background"][ads.background] + effects.levels["text_position"][ads.text_position]
    return np.asarray((ads.numbers - effects.means) @ effects.numbers + levels)


def context_part(effects: Effects, contexts: ContextTable) -> FloatArray:
    """What the context alone adds, (N,)."""
    total = np.zeros(contexts.rows)
    for name, codes in zip(contexts._fields, contexts, strict=True):
        total += effects.levels[name][codes]
    return total


def cross_part(
    effects: Effects,
    background: NDArray[np.integer],
    text_position: NDArray[np.integer],
    contexts: ContextTable,
) -> FloatArray:
    """What ad and context add only together, (N,)."""
    return (
        effects.background_month[background, contexts.month]
        + effects.text_position_age[text_position, contexts.age_band]
    )


def grouped(parts: Mapping[str, FloatArray]) -> dict[Group, FloatArray]:
    """Contributions summed by group, (N,) each."""
    return {
        group: np.sum([part for name, part in parts.items() if GROUP_OF[name] == group], axis=0) for group in GROUPS
    }


def _crossings(effects: Effects, nodes: ContextTable) -> FloatArray:
    """What contexts add to ads by background and text position, (10 · 4, contexts)."""
    alone = context_part(effects, nodes)
    seasonal = effects.background_month[:, nodes.month]
    aged = effects.text_position_age[:, nodes.age_band]
    return np.asarray((seasonal[:, None] + aged[None] + alone).reshape(-1, nodes.rows))


def _centred(values: list[float] | FloatArray, probabilities: FloatArray | None = None) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    return array - np.average(array, weights=probabilities)


def _with_unknown(table: FloatArray) -> FloatArray:
    return np.concatenate([table, np.zeros((*table.shape[:-1], 1))], axis=-1)


def _intercept(log_odds: FloatArray, rate: float, weights: FloatArray | None = None) -> float:
    """What has to be added so that the mean probability is `rate`."""

    def excess(intercept: float) -> float:
        return float(np.average(expit(log_odds + intercept), weights=weights)) - rate

    centre, reach = np.log(rate / (1 - rate)), float(np.abs(log_odds).max()) + 1
    return float(brentq(excess, centre - reach, centre + reach, xtol=1e-12))
