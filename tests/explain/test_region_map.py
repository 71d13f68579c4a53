"""Weights of regions on the picture, by hand: where squares and boxes lie, what adds up, what is outlined."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from adlab.explain.fusion_maps import Framing
from adlab.explain.heat import RAISES, Outline, outlined, peak_of, ramp
from adlab.explain.region_map import on_picture, painted, strongest


def test_every_pixel_has_the_sum_of_the_boxes_over_it():
    corners = np.array([[0.0, 0.0, 0.5, 1.0], [0.25, 0.5, 1.0, 1.0]])
    values, beside = painted(np.array([2.0, -3.0]), corners, (8, 4))
    expected = np.zeros((4, 8))
    expected[:, :4] += 2
    expected[2:, 2:] -= 3
    np.testing.assert_array_equal(values, expected)
    assert beside == 0


def test_squares_of_a_letterboxed_banner_lie_on_the_picture_or_beside_it():
    """A banner twice as wide as high fills the middle half of its square."""
    framing = Framing(picture=(80, 40), box=(0, 16, 64, 32), size=64)
    corners = np.array([[0.0, 0.0, 0.5, 0.25], [0.0, 0.25, 0.5, 0.75], [0.5, 0.0, 1.0, 0.5]])
    found = on_picture(corners, framing)
    np.testing.assert_allclose(found, [[0, -0.5, 0.5, 0], [0, 0, 0.5, 1], [0.5, -0.5, 1, 0.5]])
    values, beside = painted(np.array([1.0, 5.0, -2.0]), found, framing.picture)
    assert values.shape == (40, 80)
    assert (values[:, :40] == 5).all()
    assert (values[:20, 40:] == -2).all()
    assert (values[20:, 40:] == 0).all()
    assert beside == pytest.approx((1 + 2 / 2) / 8)  # the first one whole, half of the last


def test_a_large_picture_is_drawn_small_and_a_tiny_box_is_still_seen():
    values, _ = painted(np.array([1.0]), np.array([[0.999, 0.9995, 1.0, 1.0]]), (2048, 1024))
    assert values.shape == (256, 512)
    assert values.sum() == 1
    assert values[-1, -1] == 1


def test_no_weight_has_no_mass():
    values, beside = painted(np.zeros(2), np.array([[0.0, 0, 1, 1], [0, 0, 0.5, 0.5]]), (4, 4))
    assert not values.any()
    assert beside == 0


def test_boxes_that_come_near_the_strongest_are_outlined_in_its_order():
    corners = np.linspace(0, 1, 32).reshape(8, 4)
    weights = np.array([0.1, -1.0, 0.24, 0.26, 0.9, 0.5, 0.4, 0.3])
    found = strongest(weights, corners)
    assert [each.weight for each in found] == [-1.0, 0.9, 0.5, 0.4, 0.3]
    assert found[0][:4] == tuple(corners[1])
    assert [each.weight for each in strongest(weights[:4], corners[:4])] == [-1.0, 0.26]
    assert strongest(np.zeros(3), corners[:3]) == ()
    assert strongest(np.zeros(0), corners[:0]) == ()


def test_an_outline_runs_along_its_box_and_leaves_the_rest():
    image = outlined(Image.new("RGB", (100, 60)), (Outline(0.2, 0.5, 0.8, 1.0, 1.0),))
    pixels = np.asarray(image).astype(int)
    colour = ramp(RAISES)[-1]
    assert (pixels[45, 20] == colour).all()
    assert (pixels[30, 50] == colour).all()
    assert not pixels[45, 50].any()  # inside
    assert not pixels[:29].any()
    assert not pixels[:, :19].any()


def test_the_strongest_place_of_a_box_is_its_middle():
    values = np.zeros((10, 20))
    values[2:7, 10:15] = 3
    assert peak_of(values) == pytest.approx((12.5 / 20, 4.5 / 10))
