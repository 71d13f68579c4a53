"""Does a log give its planted coefficients back? A logistic fit on the true factors, held against the table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from adlab.evaluation.simulator_fit import Rows, fit_logistic, planted
from adlab.simulator.coefficients import Outcome
from adlab.simulator.collection import ad_names, collection_factors
from adlab.simulator.contexts import context_table
from adlab.simulator.log import ImpressionLog
from adlab.simulator.population import FactorTable
from adlab.simulator.response import ResponseModel
from adlab.simulator.settings import SimulationSettings

LEVEL = 0.95
_TRIALS: dict[Outcome, tuple[str, str]] = {"click": ("impressions", "clicks"), "convert": ("clicks", "conversions")}


@dataclass(frozen=True, kw_only=True)
class Recovered:
    """One coefficient, centred on the mean of its factor.

    Attributes:
        name: As in the table of coefficients.
        planted: Log-odds that the log was drawn with.
        fitted: Log-odds that the fit gives back.
        low: Lower end of its 95 % interval.
        high: Upper end.
    """

    name: str
    planted: float
    fitted: float
    low: float
    high: float

    @property
    def inside(self) -> bool:
        """Whether the interval holds what was planted."""
        return self.low <= self.planted <= self.high

    @property
    def z(self) -> float:
        """Distance of fitted from planted, in standard errors."""
        return (self.fitted - self.planted) / ((self.high - self.low) / (2 * stats.norm.ppf((1 + LEVEL) / 2)))


@dataclass(frozen=True, kw_only=True)
class Recovery:
    """All coefficients of one outcome.

    Attributes:
        outcome: "click" or "convert".
        rows: Rows of the log.
        trials: Impressions, or clicks.
        successes: Clicks, or conversions.
        coefficients: Every one of the table.
        chi2: Wald's statistic of all deviations together.
        degrees: Its degrees of freedom.
        p_value: Chance of as large a statistic if the coefficients are those planted.
    """

    outcome: Outcome
    rows: int
    trials: int
    successes: int
    coefficients: tuple[Recovered, ...]
    chi2: float
    degrees: int
    p_value: float

    @property
    def inside(self) -> int:
        """Number of intervals that hold what was planted."""
        return sum(coefficient.inside for coefficient in self.coefficients)


class DrawnLog:
    """A log in memory.

    Args:
        settings: What is drawn.
    """

    def __init__(self, settings: SimulationSettings) -> None:
        self.settings = settings
        self.model: ResponseModel = settings.response()
        self.ads: FactorTable = collection_factors(settings)
        log = ImpressionLog(settings, self.model, self.ads, ad_names(settings))
        parts = [_light(log.part(number).to_pandas()) for number in range(log.parts)]
        self.frame = pd.concat(parts, ignore_index=True)
        self.contexts = context_table(self.frame)

    @property
    def ad(self) -> NDArray[np.int64]:
        """Number of each row's ad, (N,)."""
        return self.frame["ad"].to_numpy()

    def of_ads(self, name: str) -> NDArray[np.int64]:
        """A count of the log summed by ad, (ads,)."""
        return np.bincount(self.ad, self.frame[name], self.settings.ads).astype(np.int64)

    def trials(self, outcome: Outcome) -> Rows:
        """What one outcome is fitted on."""
        trials, successes = (self.frame[name].to_numpy() for name in _TRIALS[outcome])
        return Rows(self.ads, self.ad, self.contexts, trials, successes)


def recover(log: DrawnLog, outcome: Outcome, progress: Callable[[], None] = lambda: None) -> Recovery:
    """Fit one outcome of a log and compare.

    Args:
        log: The log.
        outcome: "click" or "convert".
        progress: Called after each step of the fit.

    Raises:
        InputError: The log has only one outcome, or too few rows to fit.
    """
    rows = log.trials(outcome)
    fit, truth = fit_logistic(rows, progress), planted(log.model.coefficients.of(outcome))
    half = stats.norm.ppf((1 + LEVEL) / 2) * np.sqrt(np.diag(fit.covariance))
    off = fit.values - truth
    chi2 = float(off @ np.linalg.pinv(fit.covariance, rcond=1e-8, hermitian=True) @ off)
    return Recovery(
        outcome=outcome,
        rows=int(np.count_nonzero(rows.trials)),
        trials=int(rows.trials.sum()),
        successes=int(rows.successes.sum()),
        coefficients=tuple(
            Recovered(name=name, planted=float(p), fitted=float(v), low=float(v - h), high=float(v + h))
            for name, p, v, h in zip(fit.names, truth, fit.values, half, strict=True)
        ),
        chi2=chi2,
        degrees=fit.rank,
        p_value=float(stats.chi2.sf(chi2, fit.rank)),
    )


def _light(frame: pd.DataFrame) -> pd.DataFrame:
    """Ads by number: categories of two parts do not fit together."""
    codes = frame["ad_id"].cat.categories.str.rpartition("-").get_level_values(2).astype(int).to_numpy()
    texts = {name: frame[name].astype(str) for name in ("gender", "age_band", "position")}
    return frame.assign(ad=codes[frame["ad_id"].cat.codes], **texts).drop(columns=["ad_id"])
