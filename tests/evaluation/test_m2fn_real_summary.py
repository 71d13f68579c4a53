"""From predictions on rated ads to intervals, gains and the noise ceiling."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.evaluation.m2fn_real_summary import ceiling, mean_correlation, summarise
from adlab.metrics.correlation import lcc, sprc
from adlab.metrics.distribution import histogram_mean, histogram_std

ADS, STEPS, RATERS = 150, 7, 12
ABOUT = {
    "members": {"m2fn": 2},
    "attribute_networks": ["full", "full − ocr"],
    "repeats": 2,
    "conditional_repeats": 1,
}


def ratings(spread: float, seed: int = 0) -> np.ndarray:
    """Counts of ads whose true means differ by `spread`."""
    rng = np.random.default_rng(seed)
    true = 4 + spread * rng.normal(size=ADS)
    drawn = np.clip(np.rint(true[:, None] + rng.normal(size=(ADS, RATERS))), 1, STEPS).astype(int)
    return np.stack([np.bincount(row, minlength=STEPS + 1)[1:] for row in drawn])


def as_shares(counts: np.ndarray, noise: float, seed: int) -> np.ndarray:
    """Statements near the truth, as two members would make them, (2, N, K)."""
    rng = np.random.default_rng(seed)
    wanted = histogram_mean(counts)[None] + noise * rng.normal(size=(2, ADS))
    weights = np.exp(-((np.arange(1, STEPS + 1) - wanted[..., None]) ** 2) / 2)
    return (weights / weights.sum(axis=-1, keepdims=True)).astype(np.float32)


@pytest.fixture(scope="module")
def results():
    counts = ratings(0.8)
    rng = np.random.default_rng(1)
    found = {}
    for repeat in range(2):
        seconds = {"seconds": np.array(30.0)}
        found[f"network-m2fn-{repeat}"] = {"shares": as_shares(counts, 0.3, repeat), **seconds}
        found[f"network-m2fn+category-{repeat}"] = {"shares": as_shares(counts, 0.1, repeat + 50), **seconds}
        found[f"network-cat-{repeat}"] = {"shares": as_shares(counts, 1.5, repeat + 10), **seconds}
        found[f"network-high-{repeat}"] = {"shares": as_shares(counts, 0.05, repeat + 20), **seconds}
        for name in ("ridge: picture", "ridge: words", "ridge: shape"):
            said = histogram_mean(counts) + 0.9 * rng.normal(size=ADS)
            found[f"plain-{name}-{repeat}"] = {"mean": said, "std": rng.normal(size=ADS), **seconds}
    found["plain-ridge: words-2"] = found["plain-ridge: words-0"]
    found["attributes-full-0"] = {"shares": as_shares(counts, 0.3, 4)[:1], **seconds}
    found["attributes-full − ocr-0"] = {"shares": as_shares(counts, 2.0, 5)[:1], **seconds}
    for name, noise in (("{0,0,0,0}", 0.3), ("{1,0,0,0}", 2.0), ("O × × ×", 2.0), ("O O × ×", 0.3)):
        found[f"conditional-{name}-0"] = {"shares": as_shares(counts, noise, len(name))[:1], **seconds}
    return summarise(found, counts, 200, ABOUT), found, counts


def row(results, name, table="table"):
    return next(row for row in results[table] if row["name"] == name)


def test_a_correlation_is_taken_in_each_repeat_and_averaged(results):
    summary, found, counts = results
    means = [histogram_mean(found[f"network-m2fn-{repeat}"]["shares"].mean(axis=0)) for repeat in range(2)]
    stds = [histogram_std(found[f"network-m2fn-{repeat}"]["shares"].mean(axis=0)) for repeat in range(2)]
    own = row(summary, "m2fn")
    assert own["repeats"] == 2  # what only some models have of a third repeat is left out
    assert own["sprc_mean"]["value"] == pytest.approx(np.mean([sprc(x, histogram_mean(counts)) for x in means]))
    assert own["lcc_mean"]["value"] == pytest.approx(np.mean([lcc(x, histogram_mean(counts)) for x in means]))
    assert own["sprc_std"]["value"] == pytest.approx(np.mean([sprc(x, histogram_std(counts)) for x in stds]))
    assert own["lcc_std"]["value"] == pytest.approx(np.mean([lcc(x, histogram_std(counts)) for x in stds]))
    for measure in ("sprc_mean", "lcc_mean", "sprc_std", "lcc_std"):
        assert own[measure]["low"] < own[measure]["value"] < own[measure]["high"]


def test_the_gain_is_of_the_first_over_the_best_rival_and_its_sign_says_who_is_better(results):
    summary, _, _ = results
    gain = summary["gains"]["without"]
    assert gain["name"] == "m2fn"
    assert gain["over"] == "mean of ridges"  # "high" is nearer to the truth, but it is an ablation and no baseline
    assert 0 < gain["low"] < gain["value"] < gain["high"]
    assert gain["value"] == pytest.approx(
        row(summary, "m2fn")["sprc_mean"]["value"] - row(summary, "mean of ridges")["sprc_mean"]["value"]
    )
    over_high = next(g for g in summary["gains"]["modules"] if g["over"] == "high")
    assert over_high["high"] < 0
    assert row(summary, "full − ocr", "attributes")["gain"]["high"] < 0
    assert "gain" not in row(summary, "full", "attributes")
    assert row(summary, "{1,0,0,0}", "conditional")["gain"]["high"] < 0
    assert [(g["name"], g["over"], g["low"] > 0) for g in summary["gains"]["low"]] == [("O O × ×", "O × × ×", True)]


def test_with_the_category_the_rescaled_network_is_compared_where_it_was_measured(results):
    summary, found, counts = results
    assert summary["gains"]["with"]["name"] == "m2fn+category"
    rescaled = {f"network-m2fn scaled+category-{repeat}": found[f"network-cat-{repeat}"] for repeat in range(2)}
    gains = summarise(found | rescaled, counts, 20, ABOUT)["gains"]
    assert (gains["scales"]["name"], gains["scales"]["over"]) == ("m2fn scaled+category", "m2fn+category")
    assert gains["scales"]["high"] < 0  # its stand-in is the worse one
    gain = gains["with"]
    assert gain["name"] == "m2fn scaled+category"
    assert gain["over"] == "mean of ridges"  # neither the unscaled network nor another M2FN is a rival
    assert summary["gains"]["scales"] is None


def test_the_mean_of_the_ridges_is_the_mean_of_what_they_say(results):
    summary, found, counts = results
    parts = ("ridge: picture", "ridge: words", "ridge: shape")
    by_hand = [
        sprc(np.mean([found[f"plain-{name}-{repeat}"]["mean"] for name in parts], axis=0), histogram_mean(counts))
        for repeat in range(2)
    ]
    assert row(summary, "mean of ridges")["sprc_mean"]["value"] == pytest.approx(np.mean(by_hand))


def test_what_there_was_no_time_for_is_named_and_time_is_added_up(results):
    summary, found, _ = results
    assert "attributes: full (1 of 2 repeats)" in summary["missing"]
    assert "conditional: {0,1,0,0} (0 of 1 repeats)" in summary["missing"]
    assert not any(entry.startswith("network: m2fn ") for entry in summary["missing"])
    assert summary["cpu_minutes"] == pytest.approx(len(found) / 2)


def test_the_ceiling_is_high_where_raters_agree_and_the_root_of_a_known_reliability():
    known = ceiling(ratings(0.8))
    expected = 0.8**2 / (0.8**2 + (1 + 1 / 12) / RATERS)  # rounding to steps adds a twelfth
    assert known["reliability_mean"] == pytest.approx(expected, abs=0.06)
    assert known["largest_mean"] == pytest.approx(known["reliability_mean"] ** 0.5)
    assert ceiling(ratings(0.0))["reliability_mean"] < 0.3


def test_ranks_are_mid_ranks_and_a_constant_has_no_correlation():
    x, y = np.array([[1.0, 1.0, 2.0, 9.0], [4.0, 3.0, 2.0, 1.0]]), np.array([1.0, 2.0, 3.0, 4.0])
    by_hand = (sprc(x[0], y) + sprc(x[1], y)) / 2
    assert mean_correlation(x, y, ranks=True) == pytest.approx(by_hand)
    assert np.isnan(mean_correlation(np.ones((1, 4)), y, ranks=False))
