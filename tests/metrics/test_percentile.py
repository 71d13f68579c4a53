"""Percentiles in a reference set: by hand, one by one, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.percentile import mid_rank_percentile, percentile_from_quantiles

REFERENCE = [1.0, 2.0, 2.0, 2.0, 5.0]


def test_mid_ranks_by_hand():
    # below, equal: 0 (0,0); 1 (0,1); 2 (1,3); 3 (4,0); 9 (5,0), of 5
    assert mid_rank_percentile([0, 1, 2, 3, 9], REFERENCE).tolist() == [0, 10, 50, 80, 100]


def test_a_row_of_the_reference_set_is_left_out_by_hand():
    # the others of 1: 0 below of 4; of 2: 1 below, 2 equal of 4; of 5: 4 of 4
    assert mid_rank_percentile([1, 2, 5], REFERENCE, leave_one_out=True).tolist() == [0, 50, 100]


@pytest.mark.parametrize("leave_one_out", [False, True])
def test_percentiles_equal_counting_one_by_one(leave_one_out):
    rng = np.random.default_rng(0)
    reference = rng.integers(12, size=50).astype(float)
    found = mid_rank_percentile(reference, np.sort(reference), leave_one_out=leave_one_out)
    for i, value in enumerate(reference):
        others = np.delete(reference, i) if leave_one_out else reference
        expected = sum(1.0 if o < value else 0.5 if o == value else 0.0 for o in others) / len(others)
        assert found[i] == pytest.approx(100 * expected)


def test_the_mean_percentile_of_the_reference_set_itself_is_fifty():
    reference = np.sort(np.random.default_rng(1).integers(9, size=80))
    assert mid_rank_percentile(reference, reference).mean() == pytest.approx(50)
    assert mid_rank_percentile(reference, reference, leave_one_out=True).mean() == pytest.approx(50)


def test_percentiles_do_not_change_under_a_rising_map():
    rng = np.random.default_rng(2)
    values, reference = rng.normal(size=20), np.sort(rng.normal(size=100))
    mapped = mid_rank_percentile(np.exp(values), np.exp(reference))
    assert np.array_equal(mapped, mid_rank_percentile(values, reference))


def test_stored_quantiles_by_hand():
    # levels 0, 25, 50, 75, 100; the value 2 holds at 25 and 50: 37.5; 3 is a third of the way from 50 to 75
    quantiles = [1.0, 2.0, 2.0, 5.0, 6.0]
    found = percentile_from_quantiles([0.0, 1.0, 1.5, 2.0, 3.0, 5.0, 6.0, 7.0], quantiles)
    assert found == pytest.approx([0, 0, 12.5, 37.5, 50 + 25 / 3, 75, 100, 100])


def test_stored_quantiles_equal_a_walk_along_the_levels():
    rng = np.random.default_rng(4)
    quantiles = np.sort(rng.integers(8, size=21)).astype(float)
    values = np.concatenate([rng.uniform(-1, 9, size=100), np.arange(8.0)])

    def walk(value):
        if value < quantiles[0] or value > quantiles[-1]:
            return 0.0 if value < quantiles[0] else 100.0
        levels = [5.0 * k for k in range(21)]
        on = [level for level, q in zip(levels, quantiles, strict=True) if q == value]
        if on:
            return (on[0] + on[-1]) / 2
        k = max(k for k in range(21) if quantiles[k] < value)
        return levels[k] + 5 * (value - quantiles[k]) / (quantiles[k + 1] - quantiles[k])

    assert percentile_from_quantiles(values, quantiles) == pytest.approx([walk(v) for v in values])


def test_stored_quantiles_are_within_one_step_of_the_reference_set():
    rng = np.random.default_rng(3)
    reference = np.sort(rng.normal(size=5000))
    quantiles = np.quantile(reference, np.linspace(0, 1, 201))
    values = rng.normal(size=500)
    exact, stored = mid_rank_percentile(values, reference), percentile_from_quantiles(values, quantiles)
    assert np.abs(exact - stored).max() < 0.5


def test_a_reference_set_all_of_one_value_puts_it_in_the_middle():
    assert percentile_from_quantiles([2, 3, 4], [3.0, 3.0, 3.0]).tolist() == [0, 50, 100]
    assert mid_rank_percentile([2, 3, 4], [3.0, 3.0, 3.0]).tolist() == [0, 50, 100]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mid_rank_percentile([1], [2, 1]), "falls from 2 to 1 at row 1"),
        (lambda: percentile_from_quantiles([1], [0, 3, 2]), "falls from 3 to 2 at row 2"),
        (lambda: percentile_from_quantiles([1], [0]), "2 or more"),
        (lambda: mid_rank_percentile([3], [1, 2], leave_one_out=True), "3 is not in the reference set of 2"),
        (lambda: mid_rank_percentile([1], [1], leave_one_out=True), "2 or more"),
        (lambda: mid_rank_percentile([np.nan], [1]), "values holds nan"),
    ],
)
def test_reference_sets_that_cannot_rank_are_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
