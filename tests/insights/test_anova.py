from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from helpers.click_logs import clustered_log
from scipy.stats import f_oneway
from statsmodels.stats.anova import anova_lm

from adlab.data.aggregation import aggregate
from adlab.insights.anova import anova
from adlab.insights.cells import by_ad, cells_of


def anova_of(rows: pd.DataFrame, name: str):
    return anova(by_ad(cells_of(aggregate(rows, [name]), [name]), name))


def balanced(rng, ads=12, levels=4, lift=0.0) -> pd.DataFrame:
    rows = pd.DataFrame([(f"ad-{i}", str(x)) for i in range(ads) for x in range(levels)], columns=["ad_id", "x"])
    rate = 0.05 + 0.03 * rng.random(ads).repeat(levels) + lift * (rows["x"] == "1")
    return rows.assign(impressions=1000, clicks=rng.binomial(1000, rate))


def test_balanced_log_gives_the_two_way_analysis_of_statsmodels():
    rows = balanced(np.random.default_rng(0)).assign(rate=lambda rows: rows["clicks"] / rows["impressions"])
    table = anova_lm(smf.ols("rate ~ C(ad_id) + C(x)", rows).fit(), typ=2)
    found = anova_of(rows, "x")
    assert found.comparison == "within ads"
    assert (found.df, found.df_residual) == (3, 33)
    assert found.statistic == pytest.approx(table.loc["C(x)", "F"])
    assert found.p_value == pytest.approx(table.loc["C(x)", "PR(>F)"])
    squares = table["sum_sq"]
    assert found.eta_squared == pytest.approx(squares["C(x)"] / (squares["C(x)"] + squares["Residual"]))


def test_an_attribute_of_the_ad_is_compared_between_ads():
    rng = np.random.default_rng(1)
    rows = balanced(rng, ads=30).assign(of_ad=lambda rows: rows["ad_id"].str[-1])
    rates = rows.groupby("ad_id").agg(clicks=("clicks", "sum"), of_ad=("of_ad", "first"))
    expected = f_oneway(*(part["clicks"] / 4000 for _, part in rates.groupby("of_ad")))
    found = anova_of(rows, "of_ad")
    assert found.comparison == "between ads"
    assert (found.statistic, found.p_value) == pytest.approx((expected.statistic, expected.pvalue))


def test_better_ads_at_one_level_are_not_taken_for_an_effect_of_the_level():
    rng = np.random.default_rng(2)
    good, poor = (np.repeat(rate, 20) for rate in (0.12, 0.02))
    rows = pd.concat(
        [
            pd.DataFrame({"ad_id": [f"{kind}-{i}" for i in range(20)], "x": x, "impressions": n, "rate": rate})
            for kind, rate, counts in (("good", good, (9000, 900)), ("poor", poor, (900, 9000)))
            for x, n in zip("ab", counts, strict=True)
        ]
    )
    rows["clicks"] = rng.binomial(rows["impressions"], rows["rate"])
    assert anova_of(rows, "x").p_value > 0.05


def test_an_effect_is_found():
    assert anova_of(balanced(np.random.default_rng(3), lift=0.03), "x").p_value < 1e-3


@pytest.mark.parametrize("name", ["x", "of_ad"])
def test_an_attribute_without_effect_is_significant_in_one_of_twenty_logs(name):
    rng = np.random.default_rng(4)
    found = [anova_of(clustered_log(rng, ads=60, cells=20), name).p_value < 0.05 for _ in range(150)]
    assert 0.0 < np.mean(found) < 0.11


def test_a_few_large_cells_do_not_decide_alone():
    rng = np.random.default_rng(5)
    found = [anova_of(clustered_log(rng, ads=40, cells=20, noise=0.6, sizes=1.0), "x") for _ in range(150)]
    assert np.mean([test.p_value < 0.05 for test in found]) < 0.11


def test_too_few_ads_give_no_test():
    assert anova_of(pd.DataFrame({"ad_id": ["a", "b"], "x": ["1", "2"], "impressions": 9, "clicks": 1}), "x") is None
    assert anova_of(pd.DataFrame({"ad_id": ["a", "a"], "x": ["1", "2"], "impressions": 9, "clicks": 1}), "x") is None
