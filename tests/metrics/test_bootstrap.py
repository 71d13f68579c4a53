"""Group bootstrap: against theory, against a slow version, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.bootstrap import bootstrap_interval, paired_bootstrap_difference
from adlab.metrics.ranking import auc


def mean_of(values):
    array = np.asarray(values, dtype=float)
    return lambda rows: array[rows].mean()


def test_two_groups_by_hand():
    # Each resample is one of (0,0), (0,1), (1,0), (1,1): means 0, ½, ½, 1 with chances ¼, ½, ¼
    interval = bootstrap_interval(mean_of([0, 1]), ["a", "b"], level=0.9, n_resamples=4000)
    assert (interval.value, interval.low, interval.high) == (0.5, 0.0, 1.0)
    assert (interval.n_groups, interval.n_resamples, interval.level) == (2, 4000, 0.9)
    assert interval.share_below_zero == pytest.approx(0.125, abs=0.02)  # a zero counts half


def test_interval_of_a_mean_agrees_with_the_normal_one():
    values = np.random.default_rng(0).normal(3, 2, size=400)
    interval = bootstrap_interval(mean_of(values), np.arange(400), level=0.9, n_resamples=4000)
    half = 1.6449 * values.std() / np.sqrt(400)
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.02)


def test_interval_equals_a_slow_resampling_row_by_row():
    rng = np.random.default_rng(1)
    values, groups = rng.normal(size=30), rng.integers(7, size=30)
    interval = bootstrap_interval(mean_of(values), groups, level=0.8, n_resamples=50, seed=5)
    rng, names, means = np.random.default_rng(5), sorted(set(groups.tolist())), []
    for _ in range(50):
        drawn = [names[i] for i in rng.integers(len(names), size=len(names))]
        rows = [r for name in drawn for r in range(30) if groups[r] == name]
        means.append(sum(values[r] for r in rows) / len(rows))
    assert (interval.low, interval.high) == pytest.approx(tuple(np.quantile(means, [0.1, 0.9])))


def test_rows_of_one_group_are_drawn_together():
    values = np.repeat(np.random.default_rng(2).normal(size=40), 25)  # 25 copies tell nothing new
    grouped = bootstrap_interval(mean_of(values), np.repeat(np.arange(40), 25))
    naive = bootstrap_interval(mean_of(values), np.arange(1000))
    assert grouped.high - grouped.low > 3 * (naive.high - naive.low)
    whole = bootstrap_interval(lambda rows: float(len(rows)), np.repeat(np.arange(40), 25))
    assert whole.low == whole.high == 1000


def test_the_seed_decides():
    values = np.random.default_rng(3).normal(size=30)
    first, again, other = (bootstrap_interval(mean_of(values), np.arange(30), seed=s) for s in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_statistic_sees_the_rows_in_order_for_its_value():
    assert bootstrap_interval(lambda rows: float(rows[0]), [3, 1, 2, 1]).value == 0.0


def test_a_pair_tells_a_difference_that_two_intervals_hide():
    rng = np.random.default_rng(4)
    hard = rng.normal(0, 5, size=200)
    worse, better = hard + rng.normal(0, 0.1, size=200), hard + 0.2 + rng.normal(0, 0.1, size=200)
    paired = paired_bootstrap_difference(mean_of(better), mean_of(worse), np.arange(200))
    alone = [bootstrap_interval(mean_of(v), np.arange(200)) for v in (better, worse)]
    assert alone[0].low < alone[1].high
    assert paired.low > 0.15
    assert paired.share_below_zero == 0.0
    assert paired.value == pytest.approx(better.mean() - worse.mean())


def test_a_difference_of_equals_is_zero_and_its_sign_undecided():
    values = np.arange(10.0)
    same = paired_bootstrap_difference(mean_of(values), mean_of(values), np.arange(10))
    assert (same.low, same.high, same.share_below_zero) == (0.0, 0.0, 0.5)


def test_resamples_on_which_the_statistic_is_undefined_are_drawn_anew():
    scores, labels = np.array([1, 2, 3, 4.0]), np.array([0, 0, 1, 1])
    interval = bootstrap_interval(lambda rows: auc(scores[rows], labels[rows]), np.arange(4), n_resamples=200)
    assert interval.n_resamples == 200
    assert interval.low == 1.0

    def positive_only(rows):
        return float("nan") if 0 in rows[:1] else 1.0

    assert bootstrap_interval(positive_only, np.arange(4), n_resamples=100).high == 1.0
    with pytest.raises(InputError, match="defined on 0 of 20 resamples"):
        bootstrap_interval(lambda rows: float("nan"), np.arange(4), n_resamples=10)


@pytest.mark.parametrize(
    ("groups", "options", "message"),
    [
        ([1, 1, 1], {}, "There is 1 group"),
        ([[1], [2]], {}, r"shape \(2, 1\)"),
        ([1, 2], {"level": 1.0}, r"level is 1\.0"),
        ([1, 2], {"n_resamples": 1}, "n_resamples is 1"),
    ],
)
def test_arguments_outside_their_range_are_refused(groups, options, message):
    with pytest.raises(InputError, match=message):
        bootstrap_interval(lambda rows: 0.0, groups, **options)
