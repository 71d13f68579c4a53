"""A whole study of a log: M2FN's ad insights (2021, 6.3) for any table, as typed results and as tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from adlab.data.aggregation import aggregate, level_merges, merge_levels
from adlab.errors import ConfigError
from adlab.insights.anova import Anova, anova
from adlab.insights.cells import NO_LEVEL, Cells, by_ad, cells_of
from adlab.insights.columns import log_columns
from adlab.insights.counter_examples import CounterExamples, counter_examples
from adlab.insights.logistic import LogisticTest, logistic_tests
from adlab.insights.rates import LevelRate, level_rates

ALPHA = 0.05  # M2FN, 6.3.1
STEPS = 4
Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class AttributeStudy:
    """One attribute.

    Attributes:
        name: Its column.
        rates: Its levels, in reading order.
        anova: Its analysis of variance, or None where there are too few ads for one.
        logistic: Its likelihood-ratio test beside all other attributes, or None with a single level.
        merges: Rare level to the level it was merged into.
        unknown_impressions: Impressions for which it is unknown, which its rates leave out.
    """

    name: str
    rates: tuple[LevelRate, ...]
    anova: Anova | None
    logistic: LogisticTest | None
    merges: dict[str, str]
    unknown_impressions: int

    @property
    def kept(self) -> bool:
        """Whether a model should read it: both tests were possible and both are significant."""
        tests = (self.anova, self.logistic)
        return all(test is not None and test.p_value < ALPHA for test in tests)

    @property
    def best(self) -> LevelRate:
        """The level of the highest rate."""
        return max(self.rates, key=lambda rate: rate.ctr)

    @property
    def worst(self) -> LevelRate:
        """The level of the lowest rate."""
        return min(self.rates, key=lambda rate: rate.ctr)


@dataclass(frozen=True, kw_only=True)
class Study:
    """What a log says.

    Attributes:
        by: Column that names the ad.
        ads: Number of ads.
        rows: Rows of the log.
        impressions: Times shown.
        clicks: Times clicked.
        min_level_impressions: Impressions below which a level was merged.
        attributes: All attributes.
        counter_examples: Where the order of the levels is the other way round.
        left_out: Why other columns were not studied.
    """

    by: str
    ads: int
    rows: int
    impressions: int
    clicks: int
    min_level_impressions: int
    attributes: tuple[AttributeStudy, ...]
    counter_examples: CounterExamples
    left_out: tuple[str, ...]

    @property
    def ctr(self) -> float:
        """Clicks per impression, 0–1."""
        return self.clicks / self.impressions


class Log(NamedTuple):
    """A log added up, from which studies are made.

    Attributes:
        groups: One row an ad and combination of attributes.
        by: Column that names the ad.
        attributes: Columns to study.
        left_out: Why other columns are not studied.
        rows: Rows of the log as it was given.
    """

    groups: pd.DataFrame
    by: str
    attributes: tuple[str, ...]
    left_out: tuple[str, ...]
    rows: int


def added_up(rows: pd.DataFrame) -> Log:
    """A log from validated rows of the table contract.

    Args:
        rows: One row an impression, or a group of impressions; `ad_id` (or `image`), impressions, clicks, attributes.

    Raises:
        TableError: Something that a study needs is missing; all of it is named.
    """
    log = log_columns(rows)
    return Log(aggregate(log.rows, log.attributes, by=log.by), log.by, log.attributes, log.left_out, len(rows))


def study_log(log: Log, *, min_level_impressions: int = 1000, progress: Progress = lambda done, total: None) -> Study:
    """Study a log.

    Args:
        log: As `added_up` gives it.
        min_level_impressions: Impressions below which a level is merged; M2FN takes 50,000 of 500 million.
        progress: Called with (steps done, all steps); what it raises ends the study.

    Raises:
        ConfigError: `min_level_impressions` is negative.
    """
    if min_level_impressions < 0:
        raise ConfigError(f"min_level_impressions is {min_level_impressions}; give a whole number of 0 or more.")
    progress(0, STEPS)
    cells, merges = _merged(log, min_level_impressions)
    progress(1, STEPS)
    tables = {name: by_ad(cells, name) for name in cells.levels}
    rates = {name: level_rates(table, cells.levels[name]) for name, table in tables.items()}
    variance = {name: anova(table) for name, table in tables.items()}
    progress(2, STEPS)
    logistic = logistic_tests(cells)
    progress(3, STEPS)
    unknown = {name: cells.impressions[codes == NO_LEVEL].sum() for name, codes in cells.codes.items()}
    attributes = tuple(
        AttributeStudy(
            name=name,
            rates=rates[name],
            anova=variance[name],
            logistic=logistic.get(name),
            merges=merges.get(name, {}),
            unknown_impressions=int(unknown[name]),
        )
        for name in cells.levels
        if rates[name]
    )
    found = counter_examples(cells, {one.name: one.rates for one in attributes if one.kept})
    progress(STEPS, STEPS)
    return Study(
        by=log.by,
        ads=len(cells.ad_names),
        rows=log.rows,
        impressions=int(cells.impressions.sum()),
        clicks=int(cells.clicks.sum()),
        min_level_impressions=min_level_impressions,
        attributes=attributes,
        counter_examples=found,
        left_out=log.left_out,
    )


def _merged(log: Log, least: int) -> tuple[Cells, dict[str, dict[str, str]]]:
    merges = level_merges(log.groups, log.attributes, least=least)
    return cells_of(merge_levels(log.groups, merges, by=log.by), log.attributes, by=log.by), merges


def rates_table(study: Study) -> pd.DataFrame:
    """One row a level of each attribute: counts, rate, lift and adjusted log-odds with 95 % intervals."""
    rows: list[dict[str, Any]] = []
    for one in study.attributes:
        effects = one.logistic.effects if one.logistic else (None,) * len(one.rates)
        for rate, effect in zip(one.rates, effects, strict=True):
            adjusted = (effect.log_odds, effect.low, effect.high) if effect else (np.nan,) * 3
            columns = ("adjusted_log_odds", "adjusted_log_odds_low", "adjusted_log_odds_high")
            merged = [old for old, new in one.merges.items() if new == rate.level]
            found = {"attribute": one.name, **rate._asdict(), **dict(zip(columns, adjusted, strict=True))}
            rows.append(found | {"merged_from": ", ".join(merged)})
    names = {"low": "ctr_low", "high": "ctr_high", "tied": "tied_with_best"}
    return pd.DataFrame(rows).rename(columns=names)


def significance_table(study: Study) -> pd.DataFrame:
    """One row an attribute: both tests, the size of the effect, and whether it is kept."""
    rows = []
    for one in study.attributes:
        row: dict[str, Any] = {"attribute": one.name, "levels": len(one.rates), "kept": one.kept}
        row |= {"best": one.best.level, "best_ctr": one.best.ctr, "worst": one.worst.level, "worst_ctr": one.worst.ctr}
        for prefix, test in (("anova", one.anova), ("logistic", one.logistic)):
            if test is not None:
                values = {name: value for name, value in test._asdict().items() if name not in ("attribute", "effects")}
                row |= {f"{prefix}_{name}": value for name, value in values.items()}
        row["unknown_impressions"] = one.unknown_impressions
        rows.append(row)
    return pd.DataFrame(rows)


def counter_table(study: Study) -> pd.DataFrame:
    """One row a counter-example, segments before single ads."""
    found = (*study.counter_examples.segments, *study.counter_examples.ads)
    columns = ["attribute", "best", "worst", "segment", "level", "best_ctr", "worst_ctr"]
    columns += ["best_impressions", "worst_impressions", "p_value"]
    return pd.DataFrame([one._asdict() for one in found], columns=columns)
