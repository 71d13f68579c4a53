"""Coefficients, contexts, the truth of one ad, and ceilings."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from adlab.data.creative import AGE_BANDS, Context
from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.metrics.ranking import auc
from adlab.simulator.ceiling import auc_of_spread, ceiling_of, expected_auc, expected_sprc, oracle_auc
from adlab.simulator.coefficients import EFFECTS, GROUPS, OUTCOMES, Coefficients, factors_of, zero_coefficients
from adlab.simulator.contexts import PROBABILITIES, calendar, context_table, contexts_at, decoded
from adlab.simulator.distribution import draw_factors
from adlab.simulator.plan import plan_ad
from adlab.simulator.population import Population, context_nodes, factor_table, population
from adlab.simulator.response import ResponseModel
from adlab.simulator.truth import explain_truth, standard_response

KNOWN = Context(gender="male", age_band="50+", month=8, weekday=1, hour=12, position="1")


def test_every_effect_says_what_it_is_for_and_why():
    for effect in EFFECTS:
        assert effect.unit
        assert effect.why.endswith(".")
        assert effect.group in GROUPS
        assert effect.of("click").keys() == effect.of("convert").keys()
    assert len({effect.name for effect in EFFECTS}) == len(EFFECTS)


def test_a_changed_coefficient_leaves_the_table_as_it_was():
    changed = Coefficients().changed({"click.background.blue": 1.5, "convert.appeal": -1})
    assert (changed.click["background.blue"], changed.convert["appeal"]) == (1.5, -1)
    assert Coefficients().click["background.blue"] == 0.2
    assert {n for n in changed.click if changed.click[n] != Coefficients().click[n]} == {"background.blue"}


def test_coefficients_can_be_all_zero_but_some():
    only = zero_coefficients({"convert.hour.12": 2.0})
    assert not any(only.click.values())
    assert {name: v for name, v in only.convert.items() if v} == {"hour.12": 2.0}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("click.apeal", "Did you mean 'click.appeal'"),
        ("appeal", "an outcome"),
        ("click.background.purple", "click.background"),
        ("view.appeal", "There is no coefficient 'view.appeal'"),
    ],
)
def test_an_unknown_coefficient_is_named_with_the_nearest(name, words):
    with pytest.raises(ConfigError, match=words):
        Coefficients().changed({name: 1.0})


def test_coefficients_are_complete_and_finite():
    with pytest.raises(ConfigError, match="finite"):
        Coefficients().changed({"click.appeal": float("inf")})
    with pytest.raises(ConfigError, match="lacks the coefficient"):
        Coefficients(click={"appeal": 1.0})


def test_context_levels_are_coded_and_decoded():
    table = context_table([KNOWN, Context()])
    assert [int(codes[0]) for codes in table] == [1, 8, 7, 0, 12, 0]
    assert [int(codes[1]) for codes in table] == [-1] * 6
    again = context_table(pd.DataFrame(decoded(table.take(slice(0, 1)))))
    assert [int(codes[0]) for codes in again] == [1, 8, 7, 0, 12, 0]


def test_a_level_outside_the_simulated_world_is_refused():
    with pytest.raises(InputError, match=r"position is 'banner'.*give 1, 2, 3, 4"):
        context_table([Context(position="banner")])
    with pytest.raises(InputError, match=r"month is 13.*give 1 to 12"):
        context_table(pd.DataFrame({"month": [3, 13]}))


def test_contexts_follow_their_distribution():
    drawn = contexts_at(np.random.default_rng(0).random((40_000, 6)))
    for (name, chances), codes in zip(PROBABILITIES.items(), drawn, strict=True):
        assert chances.sum() == pytest.approx(1)
        observed = np.bincount(codes, minlength=len(chances)) / drawn.rows
        assert (np.abs(observed - chances) < 4.5 * np.sqrt(chances / drawn.rows)).all(), name


def test_days_hours_and_weekdays_of_the_year_are_those_of_the_calendar():
    year = calendar()
    chances = np.diff(year.cumulative, prepend=0)
    for place in range(0, 8760, 97):
        day = date.fromisoformat(year.dates[year.day[place]])
        assert (day.month - 1, day.weekday()) == (year.month[place], year.weekday[place])
    joint = np.zeros((12, 7, 24))
    np.add.at(joint, (year.month, year.weekday, year.hour), chances)
    expected = np.einsum("i,j,k->ijk", PROBABILITIES["month"], PROBABILITIES["weekday"], PROBABILITIES["hour"])
    np.testing.assert_allclose(joint, expected, atol=1e-12)


@pytest.mark.parametrize("context", [None, KNOWN, Context(month=7), Context(age_band="15-19", hour=3)])
def test_shares_of_the_truth_sum_to_the_log_odds_exactly(context):
    plan, model = plan_ad(4, 12), standard_response()
    truth = explain_truth(plan, context)
    rows = factor_table([plan.factors]), context_table([context or Context()])
    for outcome in OUTCOMES:
        part = getattr(truth, outcome)
        assert part.log_odds == pytest.approx(model.log_odds(*rows, outcome)[0], abs=1e-12)
        assert sum(part.groups.values()) + part.intercept == pytest.approx(part.log_odds, abs=1e-12)
        assert 0 < part.probability < 1
    assert truth.click.probability == pytest.approx(model.ctr(*rows)[0])


def test_what_is_unknown_of_the_context_is_averaged_over_it():
    factors, model = draw_factors(0, 1), standard_response()
    truth = explain_truth(factors, Context(month=7))
    assert truth.click.shares["month"] < -0.1
    assert truth.click.shares["background_season"] != 0
    unknown = ("gender", "age_band", "weekday", "hour", "position", "text_position_age")
    assert all(truth.click.shares[name] == 0 for name in unknown)
    ads = factor_table([factors] * context_nodes().rows)
    everywhere = model.log_odds(ads, context_nodes(), "click").mean()
    assert explain_truth(factors).click.log_odds == pytest.approx(everywhere, abs=2e-3)


def test_the_truth_follows_the_model_given():
    other = ResponseModel(Coefficients().changed({"click.appeal": 0.0}), ctr=0.1)
    truth = explain_truth(draw_factors(0, 1), model=other)
    assert truth.click.shares["appeal"] == 0
    assert truth.click.intercept == other.intercepts["click"]


def test_expected_auc_by_hand():
    # Pairs of a positive and a negative: ½·(1−¼) in the right order, ¼·(1−½) in the wrong one, ties within a row.
    right, wrong, ties = 0.5 * 0.75, 0.25 * 0.5, 0.5 * 0.5 + 0.25 * 0.75
    value = expected_auc([2.0, 1.0], [0.5, 0.25])
    assert value == pytest.approx((right + ties / 2) / (right + wrong + ties))
    assert expected_auc([1, 1, 1], [0.1, 0.5, 0.9]) == 0.5
    assert expected_auc([0, 1], [0, 1]) == 1
    assert expected_auc([1, 0], [0, 1]) == 0


def test_expected_auc_is_that_of_drawn_labels():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 9, 400)
    scores = np.round(p + rng.normal(0, 0.05, 400), 2)
    rows = np.repeat(np.arange(400), 200)
    drawn = auc(scores[rows], (rng.random(len(rows)) < p[rows]).astype(int))
    assert expected_auc(scores, p) == pytest.approx(drawn, abs=0.01)
    assert expected_auc(scores, p, np.full(400, 7)) == pytest.approx(expected_auc(scores, p))
    assert expected_auc(p, p) >= max(expected_auc(p + rng.normal(0, 0.03, 400), p) for _ in range(20))


@pytest.mark.parametrize("chances", [[0, 0], [1, 1], [0.5, 1.5]])
def test_expected_auc_needs_both_classes(chances):
    with pytest.raises(InputError):
        expected_auc([1, 2], chances)


def test_expected_sprc_grows_with_impressions():
    rates = standard_response().average(factor_table([draw_factors(0, i) for i in range(200)])).ctr
    few, many = (expected_sprc(rates, np.full(200, n)) for n in (100, 100_000))
    assert 0.3 < few < 0.9 < many < 1
    assert expected_sprc(rates[:9], np.full(9, 100)) is None


def test_the_ceiling_of_a_collection_holds_every_oracle():
    model, ads = standard_response(), factor_table([draw_factors(0, i) for i in range(300)])
    ceiling = ceiling_of(model, ads, np.full(300, 1000))
    assert 0.5 < ceiling.ctr_auc_ad < ceiling.ctr_auc < ceiling.ctcvr_auc < 1
    assert ceiling.cvr_auc_ad < ceiling.cvr_auc
    assert ceiling.ctr_sprc[100] == ceiling.ctr_sprc[500] > 0.9
    some = np.where(np.arange(300) < 5, 600, 99)
    assert ceiling_of(model, ads, some).ctr_sprc == {100: None, 500: None}
    with pytest.raises(ConfigError, match="No ad has an impression"):
        ceiling_of(model, ads, np.zeros(300, dtype=int))


def test_the_ceiling_is_what_true_probabilities_reach_on_drawn_outcomes():
    model, ads, rng = (
        standard_response(),
        factor_table([draw_factors(0, i) for i in range(100)]),
        np.random.default_rng(0),
    )
    ceiling = ceiling_of(model, ads, np.full(100, 1000))
    row = np.repeat(np.arange(100), 4000)
    seen, taken = contexts_at(rng.random((len(row), 6))), ads.take(row)
    ctr, cvr = model.ctr(taken, seen), model.cvr(taken, seen)
    clicks = rng.random(len(row)) < ctr
    conversions = clicks & (rng.random(len(row)) < cvr)
    assert auc(ctr, clicks.astype(int)) == pytest.approx(ceiling.ctr_auc, abs=0.01)
    assert auc(cvr[clicks], conversions[clicks].astype(int)) == pytest.approx(ceiling.cvr_auc, abs=0.03)
    assert auc(ctr * cvr, conversions.astype(int)) == pytest.approx(ceiling.ctcvr_auc, abs=0.02)


def test_oracles_reach_what_the_shares_of_the_variance_predict():
    model = standard_response()
    sample = Population(*(part.take(slice(0, 40_000)) for part in population()))
    shares, spread = model.variance_shares("click"), model.spread("click")
    for known in (("shared",), ("image",), ("text",), ("context",), ("shared", "image"), GROUPS):
        predicted = auc_of_spread(spread * sum(shares[group] for group in known) ** 0.5)
        assert oracle_auc(model, sample, factors_of(*known))["ctr"] == pytest.approx(predicted, abs=0.01), known
    all_known = oracle_auc(model, sample, factors_of(*GROUPS))
    for task, value in all_known.items():
        for group in GROUPS:
            assert oracle_auc(model, sample, factors_of(group))[task] < value - 0.02
    assert oracle_auc(model, sample, ())["ctr"] == 0.5
    with pytest.raises(UnknownNameError, match="Did you mean 'appeal'"):
        oracle_auc(model, sample, ("apeal",))


def test_nodes_stand_for_all_contexts():
    for (name, chances), codes in zip(PROBABILITIES.items(), context_nodes(), strict=True):
        observed = np.bincount(codes, minlength=len(chances)) / context_nodes().rows
        np.testing.assert_allclose(observed, chances, atol=4e-3, err_msg=name)
    assert len(AGE_BANDS) == 9
