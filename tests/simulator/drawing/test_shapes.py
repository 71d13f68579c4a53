"""Outlines: lengths and places one can check by hand."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.simulator.drawing.palette import MATERIALS, PALETTE, mix, tone
from adlab.simulator.drawing.shapes import arc, box, curve, limb, mirrored, moved, oval, shape


def area(points: np.ndarray) -> float:
    x, y = points.T
    return abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2


def test_corners_without_radius_stay_where_they_are():
    found = np.unique(box(1, 2, 5, 9).round(6), axis=0)
    assert found.tolist() == [[1, 2], [1, 9], [5, 2], [5, 9]]


def test_a_rounded_box_loses_the_area_outside_of_its_four_curves():
    # A quadratic Bézier in a corner of side r leaves r²/6 outside.
    points = shape((0, 0), (10, 0), (10, 10), (0, 10), r=3, steps=200)
    assert area(points) == pytest.approx(100 - 4 * 9 / 6, abs=0.01)


def test_a_radius_is_held_at_half_of_each_edge():
    # The curves then meet at the middles of the edges and leave 4 · 2 / 6 outside in each corner.
    points = shape((0, 0), (8, 0), (8, 4), (0, 4), r=50, steps=200)
    assert area(points) == pytest.approx(32 - 4 * 8 / 6, abs=0.01)
    for middle in ((4, 0), (8, 2), (4, 4), (0, 2)):
        assert np.hypot(*(points - middle).T).min() == pytest.approx(0, abs=1e-9)


def test_an_open_curve_starts_and_ends_at_its_ends():
    line = curve((0, 0), (5, 9), (10, 0))
    assert line[0].tolist() == [0, 0]
    assert line[-1].tolist() == [10, 0]
    assert 0 < line[:, 1].max() < 9


def test_an_oval_has_its_area_and_an_arc_its_ends():
    assert area(oval(0, 0, 4, 3)) == pytest.approx(np.pi * 12, rel=0.01)
    assert arc(0, 0, 2, start=180, stop=360)[[0, -1]] == pytest.approx(np.array([(-2, 0), (2, 0)]), abs=1e-9)


def test_a_limb_of_even_width_along_a_line_is_a_rectangle():
    assert area(limb(np.array([(0.0, 0.0), (5.0, 0.0), (10.0, 0.0)]), 4, 4)) == pytest.approx(40)


def test_moving_and_mirroring():
    points = np.array([(0.0, 0.0), (2.0, 0.0)])
    assert moved(points, 1, 1, turn=90) == pytest.approx(np.array([(2, 0), (2, 2)]))
    assert mirrored(points, 3).tolist() == [[6, 0], [4, 0]]


def test_a_kept_outline_cannot_be_written_to():
    with pytest.raises(ValueError, match="read-only"):
        box(0, 0, 1, 1)[0] = 5


def test_a_ramp_runs_from_dark_through_the_colour_to_light():
    for name in (*PALETTE, *MATERIALS):
        brightness = tone(name, 1.0).ramp.astype(float) @ (0.299, 0.587, 0.114)
        assert (np.diff(brightness) >= -1).all(), name
        assert brightness[-1] > brightness[0] + 20, name


def test_a_dull_ramp_is_shorter_than_a_fine_one():
    for name in PALETTE:
        spans = [np.ptp(tone(name, finish).ramp.astype(float).mean(axis=1)) for finish in (0.0, 0.5, 1.0)]
        assert spans == sorted(spans), name


def test_mixing_goes_from_the_first_to_the_second():
    assert [mix((0, 10, 200), (100, 20, 0), share) for share in (0, 0.5, 1)] == [
        (0, 10, 200),
        (50, 15, 100),
        (100, 20, 0),
    ]
