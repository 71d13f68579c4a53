"""Split conformal: by hand, by counting coverage, and its limits."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.conformal import conformal_quantile


def test_quantile_by_hand():
    # n = 9, level 0.9: the ⌈10 · 0.9⌉ = 9th; level 0.5: the 5th
    residuals = [3, 1, 2, 9, 8, 7, 4, 6, 5]
    assert conformal_quantile(residuals, level=0.9) == 9
    assert conformal_quantile(residuals, level=0.5) == 5


def test_rank_is_the_smallest_that_the_guarantee_allows():
    for n in range(1, 60):
        for level in (0.1, 0.5, 0.7, 0.8, 0.9):
            ranks = [k for k in range(1, n + 1) if 10 * k >= round(10 * level) * (n + 1)]
            if ranks:
                assert conformal_quantile(np.arange(1, n + 1), level=level) == ranks[0]
            else:
                with pytest.raises(InputError, match=f"{n} residuals cannot give a level"):
                    conformal_quantile(np.arange(1, n + 1), level=level)


def test_a_new_case_is_covered_as_often_as_promised():
    rng = np.random.default_rng(0)
    draws = np.abs(rng.standard_t(3, size=(4000, 20)))
    covered = [row[-1] <= conformal_quantile(row[:-1], level=0.8) for row in draws]
    assert np.mean(covered) == pytest.approx(0.8, abs=0.02)


def test_too_few_residuals_name_the_number_needed():
    with pytest.raises(InputError, match=r"8 residuals cannot give a level of 0\.9; give 9 or more"):
        conformal_quantile(np.ones(8))
    with pytest.raises(InputError, match="hold -1"):
        conformal_quantile([-1.0, 2.0])
