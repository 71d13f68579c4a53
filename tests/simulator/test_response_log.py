from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
import pytest

from adlab.simulator import log
from adlab.simulator.collection import ad_names, collection_factors
from adlab.simulator.contexts import context_table
from adlab.simulator.log import ImpressionLog, impression_weights, splits_of
from adlab.simulator.settings import SimulationSettings

SETTINGS = {"ads": 60, "impressions": 60_000}


@cache
def whole(**changes):
    """The log of a simulation as one table, and the simulation."""
    settings = SimulationSettings(**{**SETTINGS, **changes})
    made = ImpressionLog(settings, settings.response(), collection_factors(settings), ad_names(settings))
    return pd.concat([made.part(number).to_pandas() for number in range(made.parts)], ignore_index=True), made


def numbers_of(frame):
    return frame["ad_id"].astype(str).str.rpartition("-")[2].astype(int).to_numpy()


def truth_of(frame, made):
    time = (pd.to_datetime(frame["date"].astype(str)).dt.dayofyear.to_numpy() - 0.5) / 365
    return made.probabilities(numbers_of(frame), context_table(frame), time)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(log, "ROWS", 25_000)


def test_every_impression_is_one_row_in_order_of_time():
    frame, made = whole()
    assert made.parts == 3
    assert len(frame) == 60_000
    assert (frame["impressions"] == 1).all()
    dates = frame["date"].astype(str)
    assert (dates.to_numpy()[1:] >= dates.to_numpy()[:-1]).all()
    assert (dates.iloc[0], dates.iloc[-1]) == ("2025-01-01", "2025-12-31")
    days = pd.to_datetime(dates)
    assert (days.dt.month == frame["month"]).all()
    assert (days.dt.dayofweek + 1 == frame["weekday"]).all()
    assert frame["hour"].between(0, 23).all()


def test_a_conversion_needs_a_click():
    frame, _ = whole()
    assert set(frame["clicks"]) == {0, 1}
    assert (frame["conversions"] <= frame["clicks"]).all()
    assert frame["conversions"].sum() > 50


def test_clicks_and_conversions_are_drawn_with_their_true_probability():
    frame, made = whole()
    chance = truth_of(frame, made)
    clicked = frame["clicks"].to_numpy() == 1
    for drawn, p in (
        (frame["clicks"].to_numpy(), chance["click"]),
        (frame["conversions"].to_numpy()[clicked], chance["convert"][clicked]),
    ):
        for part in np.array_split(np.argsort(p), 8):
            expected, spread = p[part].sum(), np.sqrt((p[part] * (1 - p[part])).sum())
            assert abs(drawn[part].sum() - expected) < 4 * spread


def test_a_user_has_one_gender_and_one_age_and_sees_some_ads_again():
    frame, _ = whole()
    by_user = frame.astype({"gender": str, "age_band": str}).groupby("user_id")
    assert (by_user["gender"].nunique() == 1).all()
    assert (by_user["age_band"].nunique() == 1).all()
    again = frame.duplicated(["user_id", "ad_id"]).mean()
    assert 0.15 < again < 0.3
    assert 0.4 < (frame["gender"] == "female").mean() < 0.62


def test_impressions_of_ads_are_log_normal():
    weights = np.log(impression_weights(SimulationSettings(ads=5000, impressions=1)))
    assert np.exp(weights).sum() == pytest.approx(1)
    assert weights.std() == pytest.approx(1, abs=0.05)
    frame, made = whole()
    counts = np.bincount(numbers_of(frame), minlength=60)
    expected = 60_000 * impression_weights(made.settings)
    assert (np.abs(counts - expected) < 5 * np.sqrt(expected) + 1).all()


def test_a_part_is_the_same_whenever_it_is_made():
    frame, made = whole()
    again = ImpressionLog(made.settings, made.settings.response(), made.ads, made.names)
    last, first = again.part(2).to_pandas(), again.part(0).to_pandas()
    pd.testing.assert_frame_equal(first.astype(str), frame.iloc[:25_000].astype(str))
    pd.testing.assert_frame_equal(last.astype(str), frame.iloc[50_000:].reset_index(drop=True).astype(str))
    other, _ = whole(seed=1)
    assert other["clicks"].tolist() != frame["clicks"].tolist()


def test_an_aggregated_log_has_one_row_an_ad_and_context():
    frame, made = whole(aggregate=True, impressions=600_000, contexts_per_ad=40)
    context = ["gender", "age_band", "month", "weekday", "hour", "position"]
    assert not frame.duplicated(["ad_id", *context]).any()
    assert frame["impressions"].sum() == 600_000
    assert frame["impressions"].min() >= 1
    assert 60 * 20 < len(frame) <= 60 * 40
    assert {"user_id", "date"}.isdisjoint(frame.columns)
    counts = np.bincount(numbers_of(frame), frame["impressions"], 60)
    assert np.corrcoef(counts, impression_weights(made.settings))[0, 1] > 0.99
    chance = made.probabilities(numbers_of(frame), context_table(frame), np.full(len(frame), 0.5))
    n, p = frame["impressions"].to_numpy(), chance["click"]
    z = (frame["clicks"].to_numpy() - n * p) / np.sqrt(n * p * (1 - p))
    assert z.mean() == pytest.approx(0, abs=4 / np.sqrt(len(z)))
    assert z.std() == pytest.approx(1, abs=0.1)
    assert frame["conversions"].sum() / frame["clicks"].sum() == pytest.approx(0.08, abs=0.03)


def test_aggregated_parts_together_hold_every_ad_once():
    frame, made = whole(aggregate=True, impressions=600_000, contexts_per_ad=1000)
    assert made.parts == 3
    assert frame.groupby("ad_id", observed=True).ngroups == 60


def test_drift_moves_what_it_names_and_leaves_the_mean_of_the_year():
    plain, _ = whole()
    settings = SimulationSettings(**SETTINGS, drift={"click.base": 2.0, "click.appeal": 1.0})
    made = ImpressionLog(settings, settings.response(), collection_factors(settings), ad_names(settings))
    rows = np.arange(60)
    contexts = context_table(plain.head(60))
    begin, middle, end = (made.probabilities(rows, contexts, np.full(60, t)) for t in (0.0, 0.5, 1.0))

    def log_odds(p):
        return np.log(p / (1 - p))

    appeal = made.ads.numbers[:, 1] - made._model.effects["click"].means[1]
    np.testing.assert_allclose(log_odds(end["click"]) - log_odds(begin["click"]), 2 + appeal, atol=1e-9)
    np.testing.assert_allclose(log_odds(middle["click"]), log_odds(made._model.ctr(made.ads, contexts)), atol=1e-9)
    np.testing.assert_array_equal(begin["convert"], end["convert"])
    drawn = made.part(0).to_pandas()["clicks"].mean(), made.part(2).to_pandas()["clicks"].mean()
    assert drawn[1] > 2 * drawn[0]


def test_unseen_ads_are_split_off_by_ad():
    frame, made = whole(unseen_share=0.3)
    assert (frame.groupby("ad_id", observed=True)["split"].nunique() == 1).all()
    assert set(frame["split"]) == {"train", "dev", "test"}
    many = splits_of(SimulationSettings(ads=20_000, impressions=1, unseen_share=0.3))
    np.testing.assert_allclose(np.bincount(many) / 20_000, [0.55, 0.15, 0.3], atol=0.02)
    assert splits_of(SimulationSettings(ads=5, impressions=1)) is None
    assert "split" not in whole()[0]
    assert made.splits.tolist() == splits_of(made.settings).tolist()
