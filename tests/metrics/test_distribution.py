from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from adlab.errors import InputError
from adlab.metrics.distribution import emd, histogram_mean, histogram_std, shares

HISTOGRAM = st.lists(st.integers(0, 20), min_size=7, max_size=7).filter(any)


def test_mean_and_deviation_by_hand():
    # Ratings 1, 1, 3 and 3: mean 2, deviation 1. Ratings 2, 2, 2: no deviation.
    histograms = [[2, 0, 2], [0, 3, 0]]
    assert histogram_mean(histograms).tolist() == [2, 2]
    assert histogram_std(histograms).tolist() == [1, 0]


def test_the_steps_of_the_scale_may_have_other_values():
    assert histogram_mean([[1, 3]], steps=[0, 10]).tolist() == [7.5]
    assert histogram_std([[1, 3]], steps=[0, 10])[0] == pytest.approx(np.sqrt(0.25 * 7.5**2 + 0.75 * 2.5**2))


@given(HISTOGRAM)
def test_mean_and_deviation_are_those_of_the_ratings(counts):
    ratings = np.repeat(np.arange(1, 8), counts)
    assert histogram_mean([counts])[0] == pytest.approx(ratings.mean())
    assert histogram_std([counts])[0] == pytest.approx(ratings.std())


def test_counts_and_shares_give_the_same():
    counts = np.array([[1.0, 2, 5], [4, 0, 0]])
    p = shares("counts", counts)
    assert p.tolist() == [[0.125, 0.25, 0.625], [1, 0, 0]]
    assert histogram_std(counts) == pytest.approx(histogram_std(p))


@pytest.mark.parametrize("size", [1e-320, 1e308])
def test_very_small_and_very_large_entries_keep_their_shares(size):
    assert shares("x", [[size, size]]).tolist() == [[0.5, 0.5]]


def test_distance_by_hand():
    # Cumulative sums (1, 1, 1) and (0, 0, 1): differences 1, 1, 0.
    assert emd([[1, 0, 0]], [[0, 0, 1]])[0] == pytest.approx(2 / 3)
    assert emd([[1, 0, 0]], [[0, 0, 1]], r=2)[0] == pytest.approx(np.sqrt(2 / 3))
    # (0.5, 1, 1) and (0, 0.5, 1).
    assert emd([[1, 1, 0]], [[0, 1, 1]], r=2)[0] == pytest.approx(np.sqrt(0.5 / 3))


def test_a_rating_further_off_is_further_away():
    at = np.eye(7)
    distances = emd(np.repeat(at[:1], 7, axis=0), at)
    assert distances == pytest.approx(np.arange(7) / 7)


@given(HISTOGRAM, HISTOGRAM)
def test_distance_is_symmetric_zero_for_equals_and_that_of_scipy(first, second):
    there, back = emd([first], [second])[0], emd([second], [first])[0]
    assert there == pytest.approx(back)
    assert emd([first], [first])[0] == 0
    assert 7 * there == pytest.approx(wasserstein_distance(range(7), range(7), first, second), abs=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: histogram_mean([[0, 0], [0, 0]]), "no rating in row 0; leave out rows"),
        (lambda: histogram_mean([[1, 1], [2, -1]]), "-1 in row 1; give counts"),
        (lambda: histogram_mean([1, 2]), "shape"),
        (lambda: histogram_mean([[1, np.nan]]), "nan"),
        (lambda: histogram_mean([[1, 2]], steps=[1, 2, 3]), "steps has 3 rows"),
        (lambda: histogram_std([[1, 2]], steps=[2, 1]), "rising"),
        (lambda: emd([[1, 2]], [[1, 2, 3]]), "2 scale steps and observed 3"),
        (lambda: emd([[1, 2]], [[1, 2], [1, 2]]), "observed has 2 rows where 1"),
        (lambda: emd([[1, 2]], [[1, 2]], r=0.5), "r is 0.5; give a number of 1 or more"),
    ],
)
def test_what_cannot_be_measured_is_refused(call, words):
    with pytest.raises(InputError, match=words):
        call()
