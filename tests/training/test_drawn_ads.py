"""Simulated ads by the digest of their pixels: drawn once, and again only where pixels are wanted."""

from __future__ import annotations

import hashlib

import pytest

from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw
from adlab.training import drawn_ads
from adlab.training.drawn_ads import DrawnAds, digest_store, drawn_batches

PLANS = [plan_ad(4, index) for index in range(5)]


@pytest.fixture
def passes(monkeypatch):
    """Numbers of the ads that were drawn."""
    drawn = []
    monkeypatch.setattr(drawn_ads, "draw", lambda plan: drawn.append(plan.index) or draw(plan))
    return drawn


def test_keys_are_digests_of_the_pixels_in_order_and_repeats_are_drawn_once(passes):
    shown = DrawnAds([PLANS[2], PLANS[0], PLANS[2]], digest_store())
    pixels = [draw(PLANS[index]).image.tobytes() for index in (2, 0, 2)]
    assert shown.keys == [hashlib.sha256(each).hexdigest() for each in pixels]
    assert shown.picture(shown.keys[1]).tobytes() == pixels[1]
    assert sorted(passes) == [0, 2]


def test_a_second_time_only_the_picture_that_is_asked_for_is_drawn(passes):
    first = [key for ads in drawn_batches(PLANS, 2) for key in ads.keys]
    assert len(first) == len(set(first)) == 5
    passes.clear()
    (again,) = drawn_batches(PLANS)
    assert again.keys == first
    assert passes == []
    assert again.picture(first[3]).tobytes() == draw(PLANS[3]).image.tobytes()
    again.picture(first[3])
    assert passes == [3]


def test_another_renderer_draws_everything_again(passes, monkeypatch):
    list(drawn_batches(PLANS[:2]))
    monkeypatch.setattr(drawn_ads, "drawing_digest", lambda: "another")
    list(drawn_batches(PLANS[:2]))
    assert passes == [0, 1, 0, 1]


def test_no_ads_are_no_batches():
    assert list(drawn_batches([])) == []
