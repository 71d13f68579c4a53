"""FOCAL Ad, Eq. 6–7: the label, its balance, and how well anyone could predict it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adlab.errors import ConfigError, InputError
from adlab.evaluation.synthetic_label import bayes_accuracy, label_logits, pair_logits, synthetic_label

N = 4000


def features(n: int = N) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    train = np.arange(n) < n // 2
    return rng.normal(5, 30, size=(n, 12)), rng.normal(0, 0.01, size=(n, 20)), train


def test_bayes_accuracy_by_hand():
    # distances 1 and 0 in units of σ: Φ(1) and ½
    expected = (0.5 * (1 + math.erf(1 / math.sqrt(2))) + 0.5) / 2
    assert bayes_accuracy([4.0, 2.0], threshold=2.0, noise_std=2.0) == pytest.approx(expected)


@pytest.mark.parametrize("noise_std", [0.3, 1.0, 3.0])
def test_bayes_accuracy_agrees_with_fresh_draws_of_the_noise(noise_std):
    label = synthetic_label(*features(), noise_std=noise_std, seed=1)
    rng, best = np.random.default_rng(99), label.logits > label.threshold
    hits = [((label.logits + noise_std * rng.normal(size=N) > label.threshold) == best).mean() for _ in range(50)]
    assert label.bayes_accuracy == pytest.approx(np.mean(hits), abs=0.004)
    assert (label.labels == best).mean() == pytest.approx(label.bayes_accuracy, abs=0.03)


def test_bayes_accuracy_of_normal_logits_is_the_known_arctangent():
    # logit ~ N(0, 1), noise N(0, σ²): P(same sign) = ½ + arctan(1/σ)/π
    logits = np.random.default_rng(2).normal(size=200_000)
    for sigma in (0.5, 1.0, 2.0):
        expected = 0.5 + math.atan(1 / sigma) / math.pi
        assert bayes_accuracy(logits, 0.0, sigma) == pytest.approx(expected, abs=0.003)


def test_without_noise_the_label_is_the_written_out_linear_rule():
    image, text, train = features(60)
    label = synthetic_label(image, text, train, noise_std=0.0, seed=3)
    weights = np.random.default_rng([3, 0]).normal(0, math.sqrt(1 / 32), size=32)
    logits = []
    for i in range(60):
        total, k = 0.0, 0
        for h in (image, text):
            for column in range(h.shape[1]):
                reference = h[train, column]
                total += weights[k] * (h[i, column] - reference.mean()) / reference.std()
                k += 1
        logits.append(total)
    assert label.logits == pytest.approx(logits)
    median = np.median([logits[i] for i in range(60) if train[i]])
    assert label.threshold == pytest.approx(median)
    assert label.labels.tolist() == [int(value > median) for value in logits]
    assert label.bayes_accuracy == 1.0


def test_noise_is_drawn_apart_from_the_rule_and_scaled():
    label = synthetic_label(*features(), noise_std=0.7, seed=9)
    noisy = label.logits + 0.7 * np.random.default_rng([9, 1]).normal(size=N)
    assert np.array_equal(label.labels, noisy > np.median(noisy[: N // 2]))


def test_half_of_the_train_rows_are_positive_and_about_half_of_the_others():
    image, text, train = features()
    label = synthetic_label(image, text, train, noise_std=1.0, seed=4)
    assert label.labels[train].mean() == 0.5
    assert label.labels[~train].mean() == pytest.approx(0.5, abs=0.05)


def test_logits_have_unit_scale_whatever_the_encoders_scale():
    image, text, train = features()
    label = synthetic_label(image, text, train, noise_std=1.0, seed=5)
    rescaled = synthetic_label(1000 * image - 7, text / 50, train, noise_std=1.0, seed=5)
    assert np.std(label.logits) == pytest.approx(1, abs=0.4)
    assert rescaled.logits == pytest.approx(label.logits)
    assert np.array_equal(rescaled.labels, label.labels)


def test_both_modalities_matter():
    image, text, train = features()
    label = synthetic_label(image, text, train, noise_std=0.0, seed=6)
    for other in (
        synthetic_label(image[::-1], text, train, noise_std=0.0, seed=6),
        synthetic_label(image, text[::-1], train, noise_std=0.0, seed=6),
    ):
        assert 0.1 < (other.labels != label.labels).mean() < 0.6


def test_test_rows_have_no_influence_on_train_labels():
    image, text, train = features()
    label = synthetic_label(image, text, train, noise_std=1.0, seed=7)
    image[~train] *= 100
    again = synthetic_label(image, text, train, noise_std=1.0, seed=7)
    assert again.threshold == label.threshold
    assert np.array_equal(again.labels[train], label.labels[train])


def test_a_noise_sweep_keeps_the_hidden_rule_and_lowers_the_ceiling():
    sweep = [synthetic_label(*features(), noise_std=s, seed=8) for s in (0.0, 0.5, 1.0, 4.0)]
    assert all(np.array_equal(label.logits, sweep[0].logits) for label in sweep)
    ceilings = [label.bayes_accuracy for label in sweep]
    assert ceilings == sorted(ceilings, reverse=True)
    assert ceilings[0] == 1.0
    assert 0.5 < ceilings[-1] < 0.65


def test_the_seed_decides_rule_and_noise():
    first, again, other = (synthetic_label(*features(), noise_std=1.0, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.labels, again.labels)
    assert not np.array_equal(first.logits, other.logits)


def test_a_constant_feature_is_harmless():
    image, text, train = features(50)
    image[:, 0] = 3.0
    assert np.isfinite(synthetic_label(image, text, train, noise_std=1.0, seed=0).logits).all()


def test_images_with_several_texts_give_the_label_of_the_written_out_pairs():
    image, text, train = features(60)
    texts = np.stack([text, text[::-1], 3 * text], axis=1)  # (60, 3, 20)
    logits = pair_logits(image, texts, train, seed=2)
    assert logits.shape == (60, 3)
    pairs, rows = (np.repeat(image, 3, axis=0), texts.reshape(180, 20)), np.repeat(train, 3)
    expected = synthetic_label(*pairs, rows, noise_std=0.5, seed=2)
    label = label_logits(logits.ravel(), rows, noise_std=0.5, seed=2)
    assert label.logits == pytest.approx(expected.logits)
    assert np.array_equal(label.labels, expected.labels)
    assert label.bayes_accuracy == pytest.approx(expected.bayes_accuracy)
    with pytest.raises(InputError, match="give \\(N, K, d_B\\)"):
        pair_logits(image, text, train, seed=2)
    for call in (
        lambda: pair_logits(image, texts, train, seed=-1),
        lambda: label_logits(logits[0], train, noise_std=1, seed=-1),
    ):
        with pytest.raises(ConfigError, match="seed is -1"):
            call()


def test_arguments_outside_their_range_are_refused():
    image, text, train = features(10)
    with pytest.raises(ConfigError, match=r"noise_std is -0\.1"):
        synthetic_label(image, text, train, noise_std=-0.1, seed=0)
    with pytest.raises(ConfigError, match="noise_std is nan"):
        bayes_accuracy([1.0], 0.0, float("nan"))
    with pytest.raises(ConfigError, match="seed is -1"):
        synthetic_label(image, text, train, noise_std=1, seed=-1)
    with pytest.raises(InputError, match="text has 9 rows where 10"):
        synthetic_label(image, text[:9], train, noise_std=1, seed=0)
    for wrong in (train.astype(int), train[:9], np.arange(10) < 1):
        with pytest.raises(InputError, match="train is"):
            synthetic_label(image, text, wrong, noise_std=1, seed=0)
