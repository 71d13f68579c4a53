"""Fewer conversions: thinned at random, nested, and nothing else moved."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from helpers.funnel_logs import FIELDS, funnel_log

from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_sparsity import subsample_clicks, subsample_conversions
from adlab.errors import ConfigError, InputError


def rows(count: int = 20_000) -> FunnelBatch:
    log = funnel_log(count)
    return FeatureSchema.fit(FIELDS, [log]).encode(log)


def test_conversions_fall_to_their_share_and_clicks_features_and_size_stay():
    whole = rows()
    thin = subsample_conversions(whole, 0.25, seed=1)
    assert thin.conversion.sum() == pytest.approx(0.25 * whole.conversion.sum(), rel=0.15)
    assert np.all(thin.conversion <= whole.conversion)
    for name in ("sparse", "dense", "ad", "click", "weight"):
        assert np.array_equal(getattr(thin, name), getattr(whole, name))


def test_which_conversions_stay_has_nothing_to_do_with_the_row():
    whole = rows()
    thin = subsample_conversions(whole, 0.5, seed=1)
    converted = whole.conversion == 1
    hours = whole.sparse[converted, 1]
    kept = thin.conversion[converted] == 1
    shares = [kept[hours == hour].mean() for hour in np.unique(hours)]
    assert np.std(shares) < 2 * 0.5 / np.sqrt(converted.sum() / 24)


def test_a_smaller_share_keeps_some_of_what_a_larger_one_keeps():
    whole = rows()
    kept = [subsample_conversions(whole, share, seed=1).conversion for share in (0.1, 0.3, 0.7, 1.0)]
    assert all(np.all(few <= more) for few, more in pairwise(kept))
    assert np.array_equal(kept[-1], whole.conversion)
    assert kept[0].sum() < kept[1].sum() < kept[2].sum() < kept[3].sum()


def test_the_choice_depends_on_the_seed_alone():
    whole = rows(5000)
    one = subsample_conversions(whole, 0.5, seed=1).conversion
    assert np.array_equal(one, subsample_conversions(whole, 0.5, seed=1).conversion)
    assert not np.array_equal(one, subsample_conversions(whole, 0.5, seed=2).conversion)


def test_fewer_clicks_leave_the_rate_of_conversions_per_click():
    whole = rows()
    thin = subsample_clicks(whole, 0.4, seed=1)
    assert thin.click.sum() == pytest.approx(0.4 * whole.click.sum(), rel=0.05)
    assert thin.conversion.sum() / thin.click.sum() == pytest.approx(
        whole.conversion.sum() / whole.click.sum(), rel=0.1
    )
    assert np.all(thin.conversion <= thin.click)
    assert thin.rows == whole.rows


def counted(weight: float) -> FunnelBatch:
    """A row without a click, one with, one with a conversion, thrice; each of some weight."""
    label = np.tile(np.array([0, 1, 2]), 3)
    return FunnelBatch(
        sparse=np.arange(9)[:, None],
        dense=np.zeros((9, 0), np.float32),
        bags={},
        ad=np.arange(9),
        click=(label > 0).astype(np.float32),
        conversion=(label > 1).astype(np.float32),
        weight=np.full(9, weight, np.float32),
    )


def test_a_row_of_many_conversions_is_split_and_its_weight_kept():
    whole = counted(1000)
    thin = subsample_conversions(whole, 0.3, seed=0)
    assert thin.weight.sum() == whole.weight.sum()
    assert thin.weight @ thin.click == whole.weight @ whole.click
    assert thin.weight @ thin.conversion == pytest.approx(900, abs=90)
    for row in (2, 5, 8):
        own = thin.sparse[:, 0] == row
        assert thin.weight[own].sum() == 1000
        assert thin.conversion[own].tolist() == [1, 0]
        assert thin.weight[own][0] == pytest.approx(300, abs=60)
    assert np.all(np.diff(thin.sparse[:, 0]) >= 0)


def test_more_weight_is_kept_by_a_larger_share():
    whole = counted(50)
    kept = [
        thin.weight @ thin.conversion for s in np.linspace(0.05, 1, 20) if (thin := subsample_conversions(whole, s, 0))
    ]
    assert kept == sorted(kept)
    assert kept[-1] == 150


def test_shares_and_weights_that_cannot_be_are_refused():
    for share in (0, -0.1, 1.1, float("nan")):
        with pytest.raises(ConfigError, match="share is"):
            subsample_conversions(rows(10), share, 0)
    with pytest.raises(ConfigError, match="seed"):
        subsample_conversions(rows(10), 0.5, -1)
    with pytest.raises(InputError, match="whole number"):
        subsample_conversions(counted(2.5), 0.5, 0)
