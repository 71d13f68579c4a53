from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from adlab.data.creative import AGE_BANDS, GENDERS, Context
from adlab.errors import ConfigError
from adlab.simulator.coefficients import EFFECTS, GROUPS, OUTCOMES, VARIANCE_SHARES, Coefficients
from adlab.simulator.contexts import AGE_SCORES, POSITIONS, PROBABILITIES, SEASONS, ContextTable, context_table
from adlab.simulator.distribution import draw_factors
from adlab.simulator.factors import BACKGROUND_COLOURS, TEXT_POSITIONS
from adlab.simulator.population import NUMBERS, factor_table, length_value, population
from adlab.simulator.response import ResponseModel
from adlab.simulator.truth import standard_response

SEASON = {m: ("winter", "spring", "summer", "autumn")[m % 12 // 3] for m in range(1, 13)}


@pytest.fixture(scope="module")
def model():
    return standard_response()


def contexts(count, seed=0):
    rng = np.random.default_rng(seed)
    return [
        Context(
            gender=str(rng.choice(GENDERS)),
            age_band=str(rng.choice(AGE_BANDS)),
            month=int(rng.integers(1, 13)),
            weekday=int(rng.integers(1, 8)),
            hour=int(rng.integers(24)),
            position=str(rng.choice(POSITIONS)),
        )
        for _ in range(count)
    ]


def hour_block(hour):
    for name in ("2-4", "9-11", "12", "15-17"):
        first, _, last = name.partition("-")
        if int(first) <= hour <= int(last or first):
            return name
    return "other"


def slow_log_odds(coefficients, intercept, factors, context, means):
    """The formula of the module's docstring, one cause after the other."""
    total = intercept
    values = {name: float(getattr(factors, name)) for name in NUMBERS}
    values["length"] = -((math.log(factors.length / 20) / math.log(3)) ** 2)
    for name in NUMBERS:
        total += coefficients[name] * (values[name] - means[name])
    levels = {
        "background": (factors.background, {c: 1 / 10 for c in BACKGROUND_COLOURS}),
        "text_position": (factors.text_position, {p: 1 / 4 for p in TEXT_POSITIONS}),
        "gender": (context.gender, dict(zip(GENDERS, PROBABILITIES["gender"], strict=True))),
        "age_band": (context.age_band, dict(zip(AGE_BANDS, PROBABILITIES["age_band"], strict=True))),
        "month": (str(context.month), {str(m): 1 / 12 for m in range(1, 13)}),
        "weekday": (str(context.weekday), {str(i + 1): p for i, p in enumerate(PROBABILITIES["weekday"])}),
        "position": (context.position, dict(zip(POSITIONS, PROBABILITIES["position"], strict=True))),
    }
    blocks = dict.fromkeys(("2-4", "9-11", "12", "15-17", "other"), 0.0)
    for hour, p in enumerate(PROBABILITIES["hour"]):
        blocks[hour_block(hour)] += p
    levels["hour"] = (hour_block(context.hour), blocks)
    for name, (level, chances) in levels.items():
        for other, chance in chances.items():
            total += coefficients[f"{name}.{other}"] * ((other == level) - chance)
    for colour in BACKGROUND_COLOURS:
        for season in SEASONS:
            z = ((colour == factors.background) - 0.1) * ((season == SEASON[context.month]) - 0.25)
            total += coefficients[f"background_season.{colour}.{season}"] * z
    mean_age = sum(p * i / 8 for i, p in enumerate(PROBABILITIES["age_band"]))
    age = AGE_BANDS.index(context.age_band) / 8 - mean_age
    for place in TEXT_POSITIONS:
        total += coefficients[f"text_position_age.{place}"] * ((place == factors.text_position) - 0.25) * age
    return total


def test_log_odds_are_the_documented_sum(model):
    ads, seen = [draw_factors(3, i) for i in range(40)], contexts(40)
    means = dict(zip(NUMBERS, population().ads.numbers.mean(axis=0), strict=True))
    for outcome in OUTCOMES:
        fast = model.log_odds(factor_table(ads), context_table(seen), outcome)
        slow = [
            slow_log_odds(model.coefficients.of(outcome), model.intercepts[outcome], ad, context, means)
            for ad, context in zip(ads, seen, strict=True)
        ]
        np.testing.assert_allclose(fast, slow, atol=1e-12)


def test_contributions_and_the_intercept_sum_to_the_log_odds(model):
    ads, seen = factor_table([draw_factors(1, i) for i in range(50)]), context_table(contexts(50, 1))
    for outcome in OUTCOMES:
        parts = model.contributions(ads, seen, outcome)
        assert list(parts) == [effect.name for effect in EFFECTS]
        total = model.intercepts[outcome] + sum(parts.values())
        np.testing.assert_allclose(total, model.log_odds(ads, seen, outcome), atol=1e-12)


def test_a_row_does_not_depend_on_its_neighbours(model):
    ads, seen = factor_table([draw_factors(2, i) for i in range(9)]), context_table(contexts(9, 2))
    rows = np.array([7, 3])
    np.testing.assert_array_equal(model.ctcvr(ads, seen)[rows], model.ctcvr(ads.take(rows), seen.take(rows)))
    np.testing.assert_array_equal(model.average(ads).ctr[rows], model.average(ads.take(rows)).ctr)


def test_population_means_are_those_of_the_documented_distributions():
    means = dict(zip(NUMBERS, population().ads.numbers.mean(axis=0), strict=True))
    shares = {0.0: 0.20, 0.4: 0.20, 0.8: 0.25, 1.0: 0.35}
    exact = {
        "agreement": sum(value * share for value, share in shares.items()),
        "appeal": 0.5,
        "contrast": 0.5,
        "clutter": 1 / 3,
        "cta": 0.75 * 0.6,
        "participation": 0.25,
        "urgency": 0.15 * 2.5,
    }
    for name, value in exact.items():
        assert means[name] == pytest.approx(value, abs=1e-3), name
    drawn = factor_table([draw_factors(9, i) for i in range(4000)]).numbers
    error = drawn.std(axis=0) / np.sqrt(len(drawn))
    assert (np.abs(drawn.mean(axis=0) - list(means.values())) < 4 * error).all()


def test_main_effects_and_interactions_are_centred(model):
    in_season = np.bincount([SEASONS.index(SEASON[m]) for m in range(1, 13)]) / 12
    for outcome in OUTCOMES:
        effects = model.effects[outcome]
        for name, chances in PROBABILITIES.items():
            assert effects.levels[name][:-1] @ chances == pytest.approx(0, abs=1e-12)
        assert effects.levels["background"].mean() == pytest.approx(0, abs=1e-12)
        colours = effects.background_month[:, :-1]
        np.testing.assert_allclose(colours.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(colours[:, [0, 3, 6, 9]] @ in_season, 0, atol=1e-12)
        places = effects.text_position_age[:, :-1]
        np.testing.assert_allclose(places.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(places @ PROBABILITIES["age_band"], 0, atol=1e-12)
        assert AGE_SCORES[0] == 0
        assert np.ptp(colours) > 0 < np.ptp(places)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_each_group_carries_the_share_of_the_variance_that_the_table_states(model, outcome):
    shares, stated = model.variance_shares(outcome), VARIANCE_SHARES[outcome]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-9)
    assert sum(stated.values()) == pytest.approx(1)
    for group in GROUPS:
        assert shares[group] == pytest.approx(stated[group], abs=0.01), group


def test_both_outcomes_have_coefficients_of_their_own(model):
    click, convert = model.coefficients.click, model.coefficients.convert
    assert click.keys() == convert.keys()
    assert sum(click[name] != convert[name] for name in click) > len(click) * 2 / 3


@pytest.mark.parametrize(("ctr", "cvr"), [(0.04, 0.08), (0.005, 0.3), (0.5, 0.01)])
def test_base_rates_are_those_asked_for(ctr, cvr):
    model = ResponseModel(ctr=ctr, cvr=cvr)
    ads = factor_table([draw_factors(11, i) for i in range(4000)])
    rates = model.average(ads)
    error = rates.ctr.std() / np.sqrt(ads.rows)
    assert rates.ctr.mean() == pytest.approx(ctr, abs=4 * error + 0.005 * ctr)
    observed = rates.ctcvr.mean() / rates.ctr.mean()
    assert observed == pytest.approx(cvr, rel=0.08)
    clicks = model.ctr(*population())
    assert clicks.mean() == pytest.approx(ctr, rel=1e-9)
    assert model.ctcvr(*population()).sum() / clicks.sum() == pytest.approx(cvr, rel=1e-9)


def test_rates_over_the_contexts_are_those_of_every_context_weighted(model):
    grid = np.array(list(itertools.product(*(range(len(p)) for p in PROBABILITIES.values()))), dtype=np.int16)
    weights = np.prod([p[grid[:, i]] for i, p in enumerate(PROBABILITIES.values())], axis=0)
    everywhere = ContextTable(*grid.T)
    assert weights.sum() == pytest.approx(1)
    ads = factor_table([draw_factors(5, i) for i in range(4)])
    rates = model.average(ads)
    for i in range(ads.rows):
        ad = ads.take(np.full(len(grid), i))
        ctr, cvr = model.ctr(ad, everywhere), model.cvr(ad, everywhere)
        assert rates.ctr[i] == pytest.approx(weights @ ctr, rel=5e-3)
        assert rates.ctcvr[i] == pytest.approx(weights @ (ctr * cvr), rel=5e-3)
        assert rates.cvr[i] == pytest.approx(rates.ctcvr[i] / rates.ctr[i])


def test_the_same_number_on_all_levels_changes_nothing(model):
    moved = {f"click.background.{c}": model.coefficients.click[f"background.{c}"] + 0.7 for c in BACKGROUND_COLOURS}
    moved |= {f"click.gender.{g}": model.coefficients.click[f"gender.{g}"] - 2 for g in GENDERS}
    other = ResponseModel(Coefficients().changed(moved))
    ads, seen = factor_table([draw_factors(1, i) for i in range(20)]), context_table(contexts(20))
    np.testing.assert_allclose(other.log_odds(ads, seen, "click"), model.log_odds(ads, seen, "click"), atol=1e-9)


def test_a_coefficient_moves_its_own_outcome_only(model):
    other = ResponseModel(Coefficients().changed({"click.appeal": 3.0}))
    assert other.effects["convert"].numbers.tolist() == model.effects["convert"].numbers.tolist()
    assert other.effects["click"].numbers[NUMBERS.index("appeal")] == 3.0


def test_the_insights_of_m2fn_hold(model):
    click = model.effects["click"].levels
    assert (np.diff(click["age_band"][:-1]) > 0).all()
    hours = click["hour"][:-1]
    better = [2, 3, 4, 9, 10, 11, 12, 15, 16, 17]
    assert hours[better].min() > np.delete(hours, better).max()
    weekday = click["weekday"][:-1]
    assert min(weekday[[0, 5, 6]]) > max(weekday[1:4])
    assert sorted(np.argsort(click["month"][:-1])[:3]) == [6, 7, 8]
    colours = dict(zip(BACKGROUND_COLOURS, click["background"], strict=True))
    assert sorted(colours, key=colours.get)[-3:] == ["brown", "black", "blue"]
    assert model.coefficients.click["participation"] > 0


def test_the_best_length_is_in_the_middle():
    assert length_value(20.0) == 0
    assert length_value(60.0) == pytest.approx(-1)
    assert length_value(20 / 3) == pytest.approx(-1)
    values = length_value(np.arange(4.0, 61.0))
    assert (np.diff(values[:17]) > 0).all()
    assert (np.diff(values[16:]) < 0).all()


@pytest.mark.parametrize(("name", "rate"), [("ctr", 0.0), ("ctr", 1.0), ("cvr", -0.1), ("cvr", float("nan"))])
def test_rates_outside_their_range_are_refused(name, rate):
    with pytest.raises(ConfigError, match=f"{name} is"):
        ResponseModel(**{name: rate})
