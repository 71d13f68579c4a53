from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from helpers.click_logs import clustered_log
from scipy.stats import norm

from adlab.data.aggregation import aggregate
from adlab.insights.cells import by_ad, cells_of
from adlab.insights.rates import level_rates
from adlab.metrics.bootstrap import bootstrap_interval


def rates_of(rows: pd.DataFrame, name: str = "x"):
    cells = cells_of(aggregate(rows, [name]), [name])
    return level_rates(by_ad(cells, name), cells.levels[name])


def rows_of(*cells: tuple[str, str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(cells, columns=["ad_id", "x", "impressions", "clicks"])


def test_rate_and_lift_are_those_done_by_hand():
    found = rates_of(rows_of(("a", "1", 100, 10), ("b", "1", 300, 10), ("a", "2", 100, 5), ("b", "2", 100, 5)))
    assert [rate.ctr for rate in found] == [0.05, 0.05]
    assert [rate.lift for rate in found] == [0.0, 0.0]
    assert [(rate.impressions, rate.clicks, rate.ads) for rate in found] == [(400, 20, 2), (200, 10, 2)]


def test_interval_of_a_single_ad_is_wilsons():
    found = rates_of(rows_of(("a", "1", 200, 10), ("a", "2", 200, 20)))[0]
    z, n, p = norm.ppf(0.975), 200, 0.05
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half))


def test_interval_agrees_with_resampling_of_ads():
    rows = clustered_log(np.random.default_rng(4), ads=150)
    found = rates_of(rows)[2]
    part = rows[rows["x"] == "2"]
    clicks, impressions = part["clicks"].to_numpy(), part["impressions"].to_numpy()
    drawn = bootstrap_interval(
        lambda i: clicks[i].sum() / impressions[i].sum(), part["ad_id"], level=0.95, n_resamples=800
    )
    assert found.ctr == pytest.approx(drawn.value)
    assert found.high - found.low == pytest.approx(drawn.high - drawn.low, rel=0.15)


def test_interval_of_the_lift_agrees_with_resampling_of_ads():
    rows = clustered_log(np.random.default_rng(4), ads=150)
    found = rates_of(rows)[2]
    clicks, impressions = rows["clicks"].to_numpy(), rows["impressions"].to_numpy()
    own = (rows["x"] == "2").to_numpy()

    def lift(i):
        at = i[own[i]]
        return clicks[at].sum() / impressions[at].sum() / (clicks[i].sum() / impressions[i].sum()) - 1

    drawn = bootstrap_interval(lift, rows["ad_id"], level=0.95, n_resamples=800)
    assert found.lift == pytest.approx(drawn.value)
    assert found.lift_high - found.lift_low == pytest.approx(drawn.high - drawn.low, rel=0.15)


def test_intervals_cover_the_truth_where_independent_impressions_would_not():
    rng, truth, covered, wide_enough, logs = np.random.default_rng(1), 0.0, 0, 0, 150
    nodes = rng.normal(-3, 0.6, 400_000) + rng.normal(0, 0.2, 400_000)
    truth = float((1 / (1 + np.exp(-nodes))).mean())
    for _ in range(logs):
        found = rates_of(clustered_log(rng, ads=60, cells=20))[0]
        covered += found.low <= truth <= found.high
        half = 1.96 * np.sqrt(found.ctr * (1 - found.ctr) / found.impressions)
        wide_enough += abs(found.ctr - truth) <= half
    assert 0.89 <= covered / logs <= 0.99
    assert wide_enough / logs < 0.6


def test_lifts_of_a_log_without_effect_hold_zero_in_most_cases():
    rng = np.random.default_rng(2)
    found = [rate for _ in range(80) for rate in rates_of(clustered_log(rng, ads=60, cells=20))]
    assert 0.91 <= np.mean([rate.lift_low <= 0 <= rate.lift_high for rate in found]) <= 0.98


def test_a_level_without_a_click_has_a_rate_of_zero_and_an_interval_above_it():
    rows = rows_of(*((f"ad-{i}", level, 200, 0 if level == "1" else 12) for i in range(5) for level in ("1", "2")))
    found = rates_of(rows)[0]
    assert (found.ctr, found.low, found.lift, found.lift_low) == (0.0, 0.0, -1.0, -1.0)
    assert 0.001 < found.high < 0.02
    assert not found.tied


def test_a_level_of_one_ad_among_several_has_no_interval():
    found = rates_of(rows_of(("a", "1", 500, 20), ("b", "1", 400, 30), ("b", "2", 900, 40)))[1]
    assert np.isnan([found.low, found.high, found.lift_low, found.lift_high]).all()
    assert found.tied


def test_levels_are_tied_only_where_ads_do_not_tell_them_apart():
    ads = range(30)
    clear = rows_of(*((f"ad-{i}", x, 1000, (10 + i) * k) for i in ads for x, k in (("1", 2), ("2", 1))))
    assert [rate.tied for rate in rates_of(clear)] == [True, False]
    rng = np.random.default_rng(0)
    even = [any(not rate.tied for rate in rates_of(clustered_log(rng, ads=60, cells=20))) for _ in range(80)]
    assert np.mean(even) < 0.13


def test_adding_up_rows_first_changes_nothing():
    rows = clustered_log(np.random.default_rng(3), ads=20)
    assert rates_of(rows) == rates_of(aggregate(rows, ["x"]))
