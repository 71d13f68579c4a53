"""Intervals and differences against values done by hand and slow transcriptions."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.evaluation.focal_summary import Summary, _auc_of

N, K = 40, 3


def seed_arrays(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    arrays: dict[str, np.ndarray] = {}
    for network in ("paper", "untrained"):
        for source, chance in (("full", 0.8), ("shared", 0.6)):
            arrays[f"hits/{network}/{source}/1"] = rng.random((N, K)) < chance - 0.2 * (network == "untrained")
    arrays["cosine/paper/true"] = rng.normal(1, 1, (N, K))
    arrays["cosine/paper/mismatched"] = rng.normal(0, 1, (N, K))
    for kind, image, text in (("shared", 0.2, 0.1), ("private", 0.5, 0.4)):
        arrays[f"probe/paper/{kind}_image"] = np.r_[np.full(5, image), np.full(4, -9.0)]
        arrays[f"probe/paper/{kind}_text"] = np.r_[np.full(5, -9.0), np.full(4, text)]
    return arrays


@pytest.fixture(scope="module")
def seeds():
    return [seed_arrays(seed) for seed in range(3)]


@pytest.fixture(scope="module")
def summary(seeds):
    return Summary(seeds, default_noise=1.0, resamples=400)


def test_the_interval_over_seeds_is_students(summary):
    values = iter([1.0, 2.0, 3.0])
    found = summary.over_seeds(lambda _: next(values))
    # t(0.95, 2 degrees of freedom) = 2.91999, standard error 1/√3
    assert (found.value, found.n, found.over) == (2.0, 3, "seeds")
    assert found.low == pytest.approx(2 - 2.91999 / 3**0.5, abs=1e-4)
    assert found.high == pytest.approx(2 + 2.91999 / 3**0.5, abs=1e-4)


def test_one_seed_has_no_interval(seeds):
    found = Summary(seeds[:1], 1.0, 10).over_seeds(lambda _: 0.5)
    assert (found.value, found.low, found.high, found.n) == (0.5, None, None, 1)


def test_the_difference_is_paired_by_image(seeds, summary):
    found = summary.difference("paper", "1")
    by_seed = [s["hits/paper/full/1"].mean() - s["hits/paper/shared/1"].mean() for s in seeds]
    assert found.over_seeds.value == pytest.approx(np.mean(by_seed))
    assert found.over_images.value == pytest.approx(np.mean(by_seed))
    by_image = np.array(
        [
            np.mean([s["hits/paper/full/1"][i].mean() - s["hits/paper/shared/1"][i].mean() for s in seeds])
            for i in range(N)
        ]
    )
    rng = np.random.default_rng(5)
    draws = [by_image[rng.integers(N, size=N)].mean() for _ in range(4000)]
    low, high = np.quantile(draws, [0.05, 0.95])
    assert found.over_images.low == pytest.approx(low, abs=0.015)
    assert found.over_images.high == pytest.approx(high, abs=0.015)
    assert (found.over_images.n, found.over_images.over) == (N, "images")


def test_equal_answers_differ_by_nothing(seeds):
    same = [seed | {"hits/paper/shared/1": seed["hits/paper/full/1"]} for seed in seeds]
    found = Summary(same, 1.0, 50).difference("paper", "1")
    assert (found.over_seeds.value, found.over_seeds.low, found.over_seeds.high) == (0, 0, 0)
    assert (found.over_images.low, found.over_images.high) == (0, 0)


def test_auc_counts_every_true_pair_against_every_mismatched_one(seeds):
    rows = np.array([3, 3, 7])
    true = seeds[0]["cosine/paper/true"][rows].ravel()
    other = seeds[0]["cosine/paper/mismatched"][rows].ravel()
    wins = sum(float(a > b) + 0.5 * float(a == b) for a in true for b in other)
    assert _auc_of(seeds[0], "paper", rows) == pytest.approx(wins / (len(true) * len(other)))


def test_gains_are_differences_of_the_right_parts(seeds):
    arrays = []
    for seed in seeds:
        filled = dict(seed)
        for network in ("contrastive", "untrained"):
            filled |= {k.replace("/paper/", f"/{network}/"): v for k, v in seed.items() if k.startswith("probe")}
        arrays.append(filled)
    summary = Summary(arrays, 1.0, 10)
    gain = summary.private_gain()
    assert gain["paper/image"].value == pytest.approx(0.3)
    assert gain["untrained/text"].value == pytest.approx(0.3)
    expected = np.mean([s["hits/paper/full/1"].mean() - s["hits/untrained/full/1"].mean() for s in seeds])
    assert summary.training_gain()["full"].value == pytest.approx(expected)
