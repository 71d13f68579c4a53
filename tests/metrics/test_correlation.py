"""Rank and linear correlation: by hand, as defined, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.correlation import lcc, sprc


def test_values_by_hand():
    # x − 2 = (−1, 0, 1), y − 3 = (−2, −1, 3): 5 / √(2 · 14)
    assert lcc([1, 2, 3], [1, 2, 6]) == pytest.approx(5 / math.sqrt(28))
    # no ties: 1 − 6 Σd² / (n(n² − 1)) with d = (0, 1, −1, 0): 1 − 12/60
    assert sprc([10, 20, 30, 40], [1, 9, 4, 16]) == pytest.approx(0.8)


def test_rank_correlation_with_ties_equals_the_definition_in_loops():
    rng = np.random.default_rng(0)
    x, y = rng.integers(6, size=40).tolist(), rng.integers(6, size=40).tolist()

    def ranks(values):
        return [sum(w < v for w in values) + (sum(w == v for w in values) + 1) / 2 for v in values]

    def pearson(a, b):
        ma, mb = sum(a) / len(a), sum(b) / len(b)
        cov = sum((p - ma) * (q - mb) for p, q in zip(a, b, strict=True))
        return cov / math.sqrt(sum((p - ma) ** 2 for p in a) * sum((q - mb) ** 2 for q in b))

    assert lcc(x, y) == pytest.approx(pearson(x, y), abs=1e-12)
    assert sprc(x, y) == pytest.approx(pearson(ranks(x), ranks(y)), abs=1e-12)


def test_linear_maps_keep_lcc_and_monotone_maps_keep_sprc():
    x, y = np.random.default_rng(1).normal(size=(2, 50))
    assert lcc(3 * x - 7, y / 9) == pytest.approx(lcc(x, y))
    assert sprc(np.exp(x), y**3) == pytest.approx(sprc(x, y))
    assert lcc(np.exp(x), y**3) != pytest.approx(lcc(x, y), abs=1e-3)
    assert lcc(-x, y) == pytest.approx(-lcc(x, y))
    assert (lcc(x, x), sprc(x, -x)) == (pytest.approx(1), pytest.approx(-1))


def test_tiny_rates_do_not_underflow():
    assert lcc(np.array([1.0, 2.0, 3.0]) * 1e-200, [1, 2, 6]) == pytest.approx(5 / math.sqrt(28))


@pytest.mark.parametrize("measure", [lcc, sprc])
def test_constants_single_rows_and_unequal_lengths_are_refused(measure):
    with pytest.raises(InputError, match="All values of predicted are 5"):
        measure([5, 5, 5], [1, 2, 3])
    with pytest.raises(InputError, match="observed has 2 rows where 3"):
        measure([1, 2, 3], [1, 2])
    with pytest.raises(InputError, match=r"predicted has shape \(1,\)"):
        measure([1], [1])
