"""Regressions on counts, their calibration and their interval."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression

from adlab.metrics.calibration import expected_calibration_error
from adlab.models.focal import FocalOutput
from adlab.models.focal_conversion import ConversionConfig, joined
from adlab.training.conversion import (
    LEVEL,
    Counts,
    calibration_error,
    covered,
    fit_calibration,
    fit_counts,
    fit_interval_scale,
    fit_regressions,
    mean_log_loss,
)


def sample(n: int = 4000, seed: int = 0) -> tuple[np.ndarray, Counts, np.ndarray]:
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(n, 3)) * [1.0, 10.0, 0.1]
    logits = inputs @ [0.8, -0.05, 4.0] - 3.0
    impressions = rng.integers(200, 2000, n)
    return inputs, Counts(impressions, rng.binomial(impressions, expit(logits))), logits


def test_planted_weights_are_recovered_whatever_the_scale_of_an_input():
    inputs, counts, _ = sample()
    weight, bias = fit_counts(inputs, counts, strength=1e4)
    np.testing.assert_allclose(weight, [0.8, -0.05, 4.0], rtol=0.02)
    assert bias == pytest.approx(-3.0, abs=0.02)


def test_counts_are_the_same_as_one_row_an_impression():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(40, 2))
    impressions = np.full(40, 30)
    counts = Counts(impressions, rng.binomial(impressions, expit(inputs @ [1.0, -0.5])))
    weight, bias = fit_counts(inputs, counts, strength=1e8)
    rows = np.repeat(inputs, 30, axis=0)
    labels = np.concatenate([np.repeat([1, 0], [c, 30 - c]) for c in counts.conversions])
    plain = LogisticRegression(C=1e8, tol=1e-8, max_iter=1000).fit(rows, labels)
    np.testing.assert_allclose(weight, plain.coef_[0], atol=1e-3)
    assert bias == pytest.approx(plain.intercept_[0], abs=1e-3)


def test_the_penalty_does_not_depend_on_how_often_ads_were_shown():
    inputs, counts, _ = sample(300)
    many = Counts(counts.impressions * 10, counts.conversions * 10)
    np.testing.assert_allclose(fit_counts(inputs, counts, 0.01)[0], fit_counts(inputs, many, 0.01)[0], rtol=1e-3)


def test_each_member_learns_from_its_own_ads():
    rng = np.random.default_rng(0)
    output = FocalOutput(*torch.from_numpy(rng.normal(size=(4, 2, 60, 4))))
    impressions = np.full(60, 500)
    counts = Counts(impressions, rng.binomial(impressions, 0.1 + 0.3 * rng.random(60)))
    config = ConversionConfig(members=2, latent_dim=4, spaces="shared", product=False)
    rows = [np.arange(30), np.arange(30, 60)]
    regression = fit_regressions(output, counts, config, rows, strength=1.0)
    inputs = joined(output, config).numpy()
    for member, own in enumerate(rows):
        weight, bias = fit_counts(inputs[member, own], counts.at(own), 1.0)
        np.testing.assert_allclose(regression.weight[member].numpy(), weight, rtol=1e-5)
        assert regression.bias[member].item() == pytest.approx(bias, rel=1e-5)


def test_log_loss_by_hand():
    """Log-odds 0 for 1 of 4, log-odds ln 3 for 3 of 4."""
    counts = Counts(np.array([4, 4]), np.array([1, 3]))
    expected = (4 * np.log(2) - 3 * np.log(0.75) - np.log(0.25)) / 8
    assert mean_log_loss(np.array([0.0, np.log(3)]), counts) == pytest.approx(expected)


def test_calibration_undoes_a_stretch_and_a_shift():
    _, counts, logits = sample()
    slope, intercept = fit_calibration(0.5 * logits + 1.0, counts)
    assert slope == pytest.approx(2.0, rel=0.02)
    assert intercept == pytest.approx(-2.0, abs=0.05)


def test_the_interval_is_stretched_until_it_holds_the_planted_probability_as_often_as_it_says():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=3000) - 5
    members = truth + rng.normal(size=3000) * 0.5 + rng.normal(size=(5, 3000)) * 0.1
    scale = fit_interval_scale(members, expit(truth))
    assert scale > 3
    assert covered(members, expit(truth), scale).mean() == pytest.approx(LEVEL, abs=0.01)
    assert covered(members, expit(truth), scale / 2).mean() < LEVEL - 0.1


def test_members_that_always_hold_the_truth_need_no_stretch():
    truth = np.linspace(-6, -3, 50)
    assert fit_interval_scale(np.stack([truth] * 5), expit(truth)) == 0


def test_calibration_error_by_hand_and_of_perfect_scores():
    planted = np.array([0.1, 0.1, 0.3, 0.3])
    assert calibration_error(planted, planted, bins=2) == pytest.approx(0)
    # Lower half says 0.2 for 0.1, upper half 0.3 for 0.3: mean gap 0.05, mean planted 0.2.
    assert calibration_error(np.array([0.2, 0.2, 0.3, 0.3]), planted, bins=2) == pytest.approx(0.25)


def test_calibration_error_is_the_expected_one_relative_to_the_base_rate():
    rng = np.random.default_rng(0)
    planted = rng.uniform(0.1, 0.6, 20_000)
    stated = np.clip(planted + 0.05, 0, 1)
    labels = rng.random(20_000) < planted
    relative = calibration_error(stated, planted, bins=10)
    assert relative * planted.mean() == pytest.approx(expected_calibration_error(stated, labels, bins=10), abs=0.01)
