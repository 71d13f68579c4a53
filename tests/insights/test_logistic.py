from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from helpers.click_logs import clustered_log
from scipy.stats import f

from adlab.data.aggregation import aggregate
from adlab.insights.cells import cells_of, group_numbers
from adlab.insights.logistic import logistic_tests

NAMES = ["hour", "x", "of_ad"]


def outcome(rows: pd.DataFrame, names: list[str]):
    return logistic_tests(cells_of(aggregate(rows, names), names))


def oracle(rows: pd.DataFrame, names):
    groups = aggregate(rows, names)
    dummies = pd.get_dummies(groups[names], drop_first=True).astype(float)
    counts = np.stack([groups["clicks"], groups["impressions"] - groups["clicks"]], axis=1)
    return sm.GLM(counts, sm.add_constant(dummies), family=sm.families.Binomial()), groups


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return clustered_log(np.random.default_rng(8), ads=50)


@pytest.mark.parametrize("name", NAMES)
def test_statistic_is_that_of_statsmodels(rows, name):
    full, _ = oracle(rows, NAMES)
    groups = aggregate(rows, NAMES)
    reduced = pd.get_dummies(groups[[n for n in NAMES if n != name]], drop_first=True).astype(float)
    null = sm.GLM(
        np.stack([groups["clicks"], groups["impressions"] - groups["clicks"]], axis=1),
        sm.add_constant(reduced),
        family=sm.families.Binomial(),
    ).fit()
    expected = 2 * (full.fit().llf - null.llf)
    assert outcome(rows, NAMES)[name].statistic == pytest.approx(expected, rel=1e-6)


def test_design_effect_is_that_of_statsmodels_clustered_covariance(rows):
    model, groups = oracle(rows, NAMES)
    ads = pd.factorize(groups["ad_id"])[0]
    naive, robust = model.fit(), model.fit(cov_type="cluster", cov_kwds={"groups": ads, "use_correction": False})
    block = [column for column in naive.params.index if column.startswith("x_")]
    inside = np.linalg.inv(naive.cov_params().loc[block, block]) @ robust.cov_params().loc[block, block].to_numpy()
    expected = np.trace(inside) / len(block) * 50 / 49
    found = outcome(rows, NAMES)["x"]
    assert found.design_effect == pytest.approx(max(expected, 1), rel=1e-4)
    assert found.design_effect > 1.2
    shown = groups.groupby("ad_id")["impressions"].sum()
    ads_in_effect = shown.sum() ** 2 / (shown**2).sum()
    ratio = found.statistic / (found.design_effect * 3)
    assert found.p_value == pytest.approx(f.sf(ratio, 3, ads_in_effect - 1))


def test_effects_are_log_odds_less_their_mean_over_impressions(rows):
    model, groups = oracle(rows, NAMES)
    params = model.fit().params
    raw = np.array([0.0, *(params[f"x_{level}"] for level in "123")])
    weights = groups.groupby("x")["impressions"].sum().to_numpy()
    expected = raw - np.average(raw, weights=weights)
    effects = outcome(rows, NAMES)["x"].effects
    assert [effect.log_odds for effect in effects] == pytest.approx(expected, abs=1e-5)
    assert all(effect.low < effect.log_odds < effect.high for effect in effects)


def test_two_by_two_table_gives_the_likelihood_ratio_done_by_hand():
    rows = pd.DataFrame(
        {"ad_id": ["a", "a"], "x": ["1", "2"], "impressions": [100, 100], "clicks": [10, 30]},
    )
    observed, expected = np.array([10, 90, 30, 70]), np.array([20, 80, 20, 80])
    found = outcome(rows, ["x"])["x"]
    assert found.statistic == pytest.approx(2 * (observed * np.log(observed / expected)).sum())
    assert (found.df, found.design_effect) == (1, 1.0)


def test_an_attribute_without_effect_is_significant_in_one_of_twenty_logs():
    rng = np.random.default_rng(5)
    found = [outcome(clustered_log(rng, ads=60, cells=20), ["x", "of_ad"]) for _ in range(120)]
    shares = {name: np.mean([tests[name].p_value < 0.05 for tests in found]) for name in ("x", "of_ad")}
    assert 0.0 < shares["x"] < 0.11
    assert shares["of_ad"] < 0.16
    independent = np.mean([tests["of_ad"].statistic > 7.81 for tests in found])
    assert independent > 0.8  # what would be "significant" if impressions were independent


def test_an_attribute_that_another_one_determines_tells_nothing_more(rows):
    twin = rows.assign(twin="t" + rows["x"])
    found = outcome(twin, ["x", "twin"])
    assert {(test.df, test.p_value) for test in found.values()} == {(0, 1.0)}


def test_unknown_values_are_no_level_of_their_own_in_the_test(rows):
    gaps = rows.assign(x=rows["x"].where(np.arange(len(rows)) % 3 > 0, ""))
    found = outcome(gaps, NAMES)["x"]
    assert found.df == 3
    assert [effect.level for effect in found.effects] == ["0", "1", "2", "3"]


def test_a_level_without_a_click_does_not_stop_the_fit(rows):
    none = rows.assign(clicks=rows["clicks"].where(rows["x"] != "2", 0))
    found = outcome(none, NAMES)["x"]
    assert found.p_value < 1e-6
    assert np.isfinite(found.statistic)


def test_group_numbers_survive_more_combinations_than_an_integer_holds():
    rng = np.random.default_rng(0)
    codes = [rng.integers(0, 1000, 500) for _ in range(12)]
    numbers, count = group_numbers(codes, [1000] * 12)
    assert count == len({tuple(row) for row in np.array(codes).T})
    assert len(np.unique(numbers)) == count
