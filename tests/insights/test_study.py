from __future__ import annotations

import time
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.click_logs import clustered_log

from adlab.errors import ConfigError, TableError
from adlab.insights.study import Study, added_up, counter_table, rates_table, significance_table, study_log
from adlab.simulator.contexts import PROBABILITIES
from adlab.simulator.response import ResponseModel

CONTEXT = ("age_band", "hour", "weekday", "month", "gender", "position")


def of_log(rows: pd.DataFrame, **options: Any) -> Study:
    return study_log(added_up(rows), **options)


@pytest.fixture(scope="module")
def study(simulated):
    return of_log(simulated)


@pytest.fixture(scope="module")
def by_name(study):
    return {one.name: one for one in study.attributes}


def test_counts_are_those_of_the_log(study, simulated):
    assert (study.impressions, study.clicks) == (4_000_000, simulated["clicks"].sum())
    assert (study.ads, study.rows) == (300, len(simulated))
    for one in study.attributes:
        assert sum(rate.impressions for rate in one.rates) == 4_000_000


@pytest.mark.parametrize("name", CONTEXT)
def test_every_planted_effect_of_the_context_is_kept(by_name, name):
    assert by_name[name].kept
    assert by_name[name].anova.comparison == "within ads"


@pytest.mark.parametrize("name", CONTEXT)
def test_adjusted_effects_are_the_planted_ones(by_name, name):
    planted = ResponseModel().effects["click"].levels[name][:-1]
    effects = by_name[name].logistic.effects
    found = np.array([effect.log_odds for effect in effects])
    inside = [effect.low <= true <= effect.high for effect, true in zip(effects, planted, strict=True)]
    assert np.average(inside, weights=PROBABILITIES[name]) >= 0.75
    assert np.average(np.abs(found - planted), weights=PROBABILITIES[name]) < 0.03
    assert np.corrcoef(found, planted)[0, 1] > 0.9


def test_the_summer_is_lowest_and_older_viewers_click_more(by_name):
    months = sorted(by_name["month"].rates, key=lambda rate: rate.ctr)
    assert {rate.level for rate in months[:3]} == {"7", "8", "9"}
    ages = [rate.ctr for rate in by_name["age_band"].rates]
    assert ages == sorted(ages)


def test_an_attribute_of_the_ad_is_compared_between_ads(by_name):
    assert by_name["background"].anova.comparison == "between ads"
    assert by_name["background"].logistic.design_effect > 50


def test_an_attribute_without_effect_is_left_out_of_nearly_all_logs():
    rng = np.random.default_rng(6)
    kept = []
    for _ in range(60):
        found = of_log(clustered_log(rng, ads=40, cells=25), min_level_impressions=0)
        kept += [one.kept for one in found.attributes if one.name in ("x", "of_ad")]
    assert np.mean(kept) < 0.09


def test_a_planted_reversal_is_found_with_its_segment():
    rng, rows = np.random.default_rng(3), []
    for ad in range(40):
        colour = "blue" if ad % 4 == 0 else "red"
        for x in "ab":
            rate = 0.05 if (x == "a") == (colour == "red") else 0.03
            rows += [(f"ad-{ad}", colour, x, gender, 1500, rng.binomial(1500, rate)) for gender in ("female", "male")]
    log = pd.DataFrame(rows, columns=["ad_id", "colour", "x", "gender", "impressions", "clicks"])
    found = of_log(log).counter_examples
    assert [(one.attribute, one.segment, one.level) for one in found.segments] == [("x", "colour", "blue")]
    assert (found.segments[0].best, found.segments[0].worst) == ("a", "b")
    assert found.segments[0].best_ctr < found.segments[0].worst_ctr
    assert found.segments_tried == 8


def test_a_reversal_within_single_ads_is_found_where_many_cells_agree():
    rng = np.random.default_rng(9)
    rows = [
        (f"ad-{ad}", x, hour, 900, rng.binomial(900, 0.06 if (x == "a") == (ad != 7) else 0.03))
        for ad in range(30)
        for x in "ab"
        for hour in range(12)
    ]
    log = pd.DataFrame(rows, columns=["ad_id", "x", "hour", "impressions", "clicks"])
    assert [one.level for one in of_log(log).counter_examples.ads if one.attribute == "x"] == ["ad-7"]


def test_no_counter_example_is_made_up_where_the_effect_is_the_same_everywhere():
    rng, found = np.random.default_rng(5), 0
    for _ in range(20):
        log = clustered_log(rng, ads=40, cells=30)
        more = log["x"] == "1"
        log["clicks"] = rng.binomial(log["impressions"], np.where(more, 0.06, 0.04))
        result = of_log(log, min_level_impressions=0).counter_examples
        found += bool(result.segments) + bool(result.ads)
        assert result.segments_tried > 20
    assert found <= 2


def test_the_planted_seasons_of_colours_are_counter_examples_of_the_month(study):
    found = [(one.attribute, one.segment) for one in study.counter_examples.segments]
    assert all(segment in {"background", *CONTEXT} for _, segment in found)
    assert study.counter_examples.segments_tried > 100


def test_attributes_whose_effect_is_the_same_for_all_ads_have_no_counter_example(study):
    found = (*study.counter_examples.segments, *study.counter_examples.ads)
    assert study.counter_examples.ads_tried > 300
    assert {one.attribute for one in found} <= {"month", "age_band", "background"}  # what interactions are planted for


def test_rare_levels_are_merged_and_named():
    log = clustered_log(np.random.default_rng(0), ads=30)
    found = next(one for one in of_log(log, min_level_impressions=3000).attributes if one.name == "hour")
    merged = [rate for rate in found.rates if " to " in rate.level]
    assert merged
    assert all(rate.impressions >= 3000 for rate in found.rates)
    table = rates_table(of_log(log, min_level_impressions=3000))
    assert table.loc[table["level"] == merged[0].level, "merged_from"].iloc[0].count(",") >= 1


def test_unknown_values_are_counted_and_left_out_of_the_rates():
    log = clustered_log(np.random.default_rng(0), ads=30)
    log["x"] = log["x"].where(np.arange(len(log)) % 4 > 0, "")
    found = next(one for one in of_log(log).attributes if one.name == "x")
    unknown = log.loc[log["x"] == "", "impressions"].sum()
    assert found.unknown_impressions == unknown
    assert sum(rate.impressions for rate in found.rates) == log["impressions"].sum() - unknown


def test_month_and_weekday_come_from_the_date():
    log = clustered_log(np.random.default_rng(0), ads=30).assign(date="2025-08-31")
    log.loc[::2, "date"] = "2025-12-01"
    found = {one.name: [rate.level for rate in one.rates] for one in of_log(log).attributes}
    assert found["month"] == ["8", "12"]
    assert found["weekday"] == ["1", "7"]


def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(TableError) as caught:
        of_log(pd.DataFrame({"title": ["a"], "note": ["b"]}))
    words = "\n".join(caught.value.problems)
    assert all(name in words for name in ("'ad_id'", "'impressions'", "'clicks'", "attribute"))
    assert len(caught.value.problems) == 4


def test_a_log_without_a_click_is_refused():
    with pytest.raises(TableError, match="not one click"):
        of_log(clustered_log(np.random.default_rng(0), ads=5).assign(clicks=0))


def test_columns_that_are_no_attribute_are_named_with_the_reason():
    log = clustered_log(np.random.default_rng(0), ads=10).assign(shop="one", serial=lambda log: np.arange(len(log)))
    assert of_log(log).left_out == ("shop: one value only", "serial: 400 different values, more than 30")


def test_a_negative_threshold_is_refused():
    with pytest.raises(ConfigError):
        of_log(clustered_log(np.random.default_rng(0), ads=5), min_level_impressions=-1)


def test_tables_hold_every_number_of_the_of_log(study):
    rates, tests, counter = rates_table(study), significance_table(study), counter_table(study)
    assert len(rates) == sum(len(one.rates) for one in study.attributes)
    assert {"ctr_low", "lift_high", "adjusted_log_odds", "tied_with_best"} <= set(rates.columns)
    assert tests["attribute"].tolist() == [one.name for one in study.attributes]
    assert {"anova_p_value", "logistic_design_effect", "kept"} <= set(tests.columns)
    assert len(counter) == len(study.counter_examples.segments) + len(study.counter_examples.ads)


def test_progress_is_reported_and_can_end_the_of_log():
    def stop(done: int, total: int) -> None:
        if done == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        of_log(clustered_log(np.random.default_rng(0), ads=5), progress=stop)


def test_a_single_ad_is_studied_as_itself():
    log = clustered_log(np.random.default_rng(0), ads=1, cells=60)
    found = {one.name: one for one in of_log(log).attributes}
    assert not found["x"].kept
    assert found["x"].anova is None
    assert all(rate.low < rate.ctr < rate.high for rate in found["x"].rates)


@pytest.mark.slow
def test_a_million_rows_take_seconds():
    rng = np.random.default_rng(0)
    size = 1_000_000
    log = pd.DataFrame(
        {
            "ad_id": rng.choice([f"ad-{i}" for i in range(2000)], size),
            "hour": rng.integers(0, 24, size),
            "month": rng.integers(1, 13, size),
            "weekday": rng.integers(1, 8, size),
            "gender": rng.choice(["female", "male"], size),
            "impressions": 1,
            "clicks": rng.random(size) < 0.04,
        }
    ).astype({"clicks": int})
    began = time.process_time()
    of_log(log)
    assert time.process_time() - began < 15
