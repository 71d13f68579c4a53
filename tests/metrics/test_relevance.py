from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.ranking import auc
from adlab.metrics.relevance import (
    expected_grade,
    grade_correlation,
    relevance_auc,
    relevance_auc_difference,
    relevant_probability,
    win_share,
    win_share_interval,
)


def test_expected_grade_and_relevant_probability_by_hand():
    p = [[0.1, 0.2, 0.3, 0.4], [1, 0, 0, 0]]
    assert expected_grade(p).tolist() == pytest.approx([2.0, 0.0])
    assert relevant_probability(p).tolist() == pytest.approx([0.9, 0.0])


def test_fair_and_better_are_positive():
    result = relevance_auc([1.0, 2.0, 3.0, 0.5], [0, 1, 3, 0], ["a", "b", "c", "d"])
    assert result.value == 1.0
    assert relevance_auc([3.0, 2.0, 1.0, 0.5], [0, 1, 3, 0], ["a", "b", "c", "d"]).value == 0.5


def test_an_interval_by_query_is_wider_than_one_that_takes_pairs_for_independent():
    rng = np.random.default_rng(0)
    queries = np.repeat(np.arange(25), 40)
    level = rng.normal(0, 2, 25)[queries]  # what a query's pairs share
    grades = (level + rng.normal(0, 1, 1000) > 0) * 3
    scores = level * rng.choice([-1, 1], 25)[queries] + rng.normal(0, 1, 1000)
    by_query = relevance_auc(scores, grades, queries, n_resamples=300)
    by_pair = relevance_auc(scores, grades, np.arange(1000), n_resamples=300)
    assert by_query.value == by_pair.value == auc(scores, grades > 0)
    assert by_query.high - by_query.low > 2 * (by_pair.high - by_pair.low)


def test_the_difference_is_paired():
    rng = np.random.default_rng(1)
    grades = rng.integers(0, 4, 300)
    scores = grades + rng.normal(0, 2, 300)
    same = relevance_auc_difference(scores, scores, grades, np.arange(300), n_resamples=50)
    assert same.value == same.low == same.high == 0
    worse = scores + rng.normal(0, 3, 300)
    assert relevance_auc_difference(scores, worse, grades, np.arange(300), n_resamples=100).value > 0


def test_correlation_with_mean_grades_is_spearmans():
    result = grade_correlation([1, 2, 3, 4], [0, 0.5, 1, 3], list("abcd"), n_resamples=20)
    assert result.value == pytest.approx(1)


def test_ties_count_half_so_that_a_blind_model_wins_half():
    assert win_share([1, 2, 3], [1, 3, 1]) == pytest.approx(0.5)
    assert win_share([5.0] * 7, [5.0] * 7) == 0.5
    interval = win_share_interval([2, 2, 2, 0], [1, 1, 1, 1], list("abcd"), n_resamples=200)
    assert interval.value == 0.75
    assert interval.low < 0.75 < interval.high


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: expected_grade([[0.5, 0.5, 0.5, 0.5]]), "sum to 1"),
        (lambda: expected_grade([[0.5, 0.5]]), "four"),
        (lambda: relevance_auc([1, 2], [0, 4], ["a", "b"]), "grades hold 4"),
        (lambda: relevance_auc([1, 2], [0, 0.5], ["a", "b"]), "grades hold 0.5"),
        (lambda: win_share([1, 2], [1]), "worse"),
    ],
)
def test_what_does_not_fit_is_refused(call, named):
    with pytest.raises(InputError, match=named):
        call()
