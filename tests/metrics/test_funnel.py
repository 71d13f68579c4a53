"""The funnel's three AUCs: which rows each looks at."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.funnel import funnel_auc
from adlab.metrics.ranking import auc

CLICKS, CONVERSIONS = np.array([1, 1, 1, 0, 0]), np.array([1, 0, 0, 0, 0])


def test_by_hand():
    # ctr: clicks 0.9, 0.2, 0.5 against 0.4, 0.4: 4 of 6. cvr on clicked rows: 0.5 above 0.1, ties 0.5: 1.5 of 2;
    # the unclicked rows' 0.9 do not count. ctcvr: 0.3 above 0.1, 0.2, 0.2 and below 0.4: 3 of 4
    found = funnel_auc(
        [0.9, 0.2, 0.5, 0.4, 0.4], [0.5, 0.5, 0.1, 0.9, 0.9], [0.3, 0.1, 0.2, 0.2, 0.4], CLICKS, CONVERSIONS
    )
    assert found == (pytest.approx(4 / 6), 1.5 / 2, 3 / 4)


def test_weights_count_impressions_in_all_three():
    rng = np.random.default_rng(0)
    clicks = rng.integers(2, size=80)
    conversions, weights = clicks * rng.integers(2, size=80), rng.integers(1, 5, size=80)
    scores = rng.normal(size=(3, 80))
    rows = np.repeat(np.arange(80), weights)
    found = funnel_auc(*scores, clicks, conversions, weights)
    assert found == pytest.approx(funnel_auc(*scores[:, rows], clicks[rows], conversions[rows]))
    assert found.cvr == pytest.approx(auc(scores[1][rows][clicks[rows] == 1], conversions[rows][clicks[rows] == 1]))


def test_what_has_one_class_only_is_none():
    scores = np.arange(5.0)
    assert funnel_auc(scores, scores, scores, CLICKS, np.zeros(5)) == (0.0, None, None)
    assert funnel_auc(scores, scores, scores, np.zeros(5), np.zeros(5)) == (None, None, None)
    assert funnel_auc(scores, scores, scores, CLICKS, CONVERSIONS, [1, 0, 0, 1, 1]).cvr is None


def test_a_log_that_cannot_be_is_refused():
    with pytest.raises(InputError, match="Row 3 converts without a click"):
        funnel_auc(*[np.arange(5.0)] * 3, CLICKS, [0, 0, 0, 1, 0])
    with pytest.raises(InputError, match="cvr has 4 rows"):
        funnel_auc(np.arange(5.0), np.arange(4.0), np.arange(5.0), CLICKS, CONVERSIONS)
