"""Areas of funnel scores, and paired intervals over ads and seeds."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.evaluation.cl4cvr_measures import RESAMPLES, FunnelMeasures, areas, compared, masses
from adlab.metrics.funnel import funnel_auc
from adlab.simulator.ceiling import expected_auc

ROWS, ADS = 600, 30


@pytest.fixture
def truth():
    """Probabilities of clicks and conversions, and ads."""
    rng = np.random.default_rng(0)
    ads = rng.integers(ADS, size=ROWS)
    appeal = rng.normal(size=(2, ADS))[:, ads]
    return 1 / (1 + np.exp(1 - appeal - 0.3 * rng.normal(size=(2, ROWS)))), ads


def noisy(truth, spread, seed):
    """Scores as far from the truth as asked."""
    (click, convert), _ = truth
    own = np.stack([click, convert, click * convert])
    return own + spread * np.random.default_rng(seed).normal(size=own.shape)


def test_areas_of_drawn_outcomes_are_those_of_the_funnel_and_conversions_count_on_clicked_rows_only(truth):
    (click, convert), _ = truth
    rng = np.random.default_rng(1)
    clicks = rng.random(ROWS) < click
    conversions = clicks & (rng.random(ROWS) < convert)
    scores = np.round(noisy(truth, 0.3, 2), 1)  # with ties
    found = areas(scores, masses(clicks, conversions))
    wanted = funnel_auc(*scores, clicks, conversions)
    assert found == pytest.approx(wanted._asdict())


def test_areas_given_probabilities_are_those_expected_of_drawn_outcomes(truth):
    (click, convert), _ = truth
    scores = noisy(truth, 0.3, 2)
    found = areas(scores, masses(click, convert))
    assert found["ctr"] == pytest.approx(expected_auc(scores[0], click))
    assert found["cvr"] == pytest.approx(expected_auc(scores[1], convert, click))
    assert found["ctcvr"] == pytest.approx(expected_auc(scores[2], click * convert))


def test_an_area_without_a_positive_is_none(truth):
    found = areas(noisy(truth, 0.1, 0), masses(np.ones(ROWS), np.zeros(ROWS)))
    assert found == {"ctr": None, "cvr": None, "ctcvr": None}


def test_a_difference_is_above_zero_for_the_better_scores_and_turns_its_sign_with_the_sides(truth):
    measures = FunnelMeasures(masses(*truth[0]), truth[1])
    good, bad = (measures.of({seed: noisy(truth, spread, seed) for seed in range(3)}) for spread in (0.1, 0.6))
    ahead, behind = measures.difference(good, bad)["cvr"], measures.difference(bad, good)["cvr"]
    assert ahead["low"] > 0
    assert ahead["seeds_low"] > 0
    assert ahead["wins"] == 3
    assert behind["high"] < 0
    assert behind["seeds_high"] < 0
    assert behind["wins"] == 0
    assert ahead["value"] == pytest.approx(good.value.mean(axis=0)[1] - bad.value.mean(axis=0)[1])
    assert behind["low"] == pytest.approx(-ahead["high"])


def test_pairing_takes_off_what_two_variants_share(truth):
    measures = FunnelMeasures(masses(*truth[0]), truth[1])
    own = measures.of({seed: noisy(truth, 0.3, seed) for seed in range(2)})
    near = measures.of({seed: noisy(truth, 0.3, seed) + 1e-3 * noisy(truth, 1.0, 9) for seed in range(2)})
    difference, alone = measures.difference(near, own)["ctr"], measures.summary(own)["ctr"]
    assert difference["high"] - difference["low"] < 0.2 * (alone["high"] - alone["low"])
    nothing = measures.difference(own, own)["ctr"]
    assert (nothing["low"], nothing["value"], nothing["high"], nothing["wins"]) == (0, 0, 0, 0)


def test_rows_of_an_ad_are_redrawn_together(truth):
    known, ads = masses(*truth[0]), truth[1]
    scores = {0: noisy(truth, 0.1, 0)}
    by_ad, by_row = (FunnelMeasures(known, units) for units in (ads, np.arange(ROWS)))
    wide, narrow = (m.summary(m.of(scores))["ctr"] for m in (by_ad, by_row))
    assert wide["high"] - wide["low"] > 1.5 * (narrow["high"] - narrow["low"])
    assert by_ad.of(scores).resampled.shape == (1, RESAMPLES, 3)


def test_seeds_are_redrawn_too(truth):
    measures = FunnelMeasures(masses(*truth[0]), truth[1])
    alike = measures.of(dict.fromkeys(range(4), noisy(truth, 0.1, 0)))
    unlike = measures.of({seed: noisy(truth, spread, 0) for seed, spread in enumerate((0.1, 0.1, 3.0, 3.0))})
    widths = [found["ctr"]["high"] - found["ctr"]["low"] for found in map(measures.summary, (alike, unlike))]
    assert widths[1] > 1.5 * widths[0]


def test_areas_are_taken_within_folds(truth):
    folds = np.arange(ROWS) % 3
    measures = FunnelMeasures(masses(*truth[0]), truth[1], folds=folds)
    scores = noisy(truth, 0.2, 0)
    assert measures.of({0: scores + 10 * folds}).value == pytest.approx(measures.of({0: scores}).value)
    assert FunnelMeasures(masses(*truth[0]), truth[1]).of({0: scores + 10 * folds}).value[0, 0] < 0.75


def test_runs_are_paired_by_seed_and_not_by_place(truth):
    measures = FunnelMeasures(masses(*truth[0]), truth[1])
    own = {seed: noisy(truth, 0.3, seed) for seed in range(4)}
    every, late = measures.of(own), measures.of({seed: own[seed] for seed in (3, 2)})
    found = measures.difference(late, every)["cvr"]
    assert found["seeds"] == [2, 3]
    assert found["by_seed"] == [0, 0]
    assert (found["low"], found["high"]) == (0, 0)
    other = measures.of({seed: noisy(truth, 0.3, 10 + seed) for seed in (1, 3)})
    assert measures.difference(every, other)["ctr"]["by_seed"] == pytest.approx(
        [every.value[seed, 0] - value for seed, value in zip((1, 3), other.value[:, 0], strict=True)]
    )


def test_seeds_that_one_side_lacks_are_left_out_and_one_seed_has_no_interval_over_seeds(truth):
    measures = FunnelMeasures(masses(*truth[0]), truth[1])
    runs = {
        "a": measures.of({s: noisy(truth, 0.3, s) for s in range(3)}),
        "b": measures.of({1: noisy(truth, 0.3, 7)}),
        "c": measures.of({5: noisy(truth, 0.3, 5)}),
    }
    found = compared(measures, runs, "b")
    assert list(found) == ["a"]
    assert found["a"]["cvr"]["seeds"] == [1]
    assert found["a"]["cvr"]["seeds_low"] is None
    assert compared(measures, runs, "d") == {}
    with pytest.raises(InputError, match="seed in common"):
        measures.difference(runs["a"], runs["c"])


def test_one_unit_cannot_be_redrawn(truth):
    with pytest.raises(InputError, match="1 unit"):
        FunnelMeasures(masses(*truth[0]), np.zeros(ROWS, dtype=np.int64))
