"""Histograms of colours by hand: where colours fall, what counts, and what does not change them."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from adlab.errors import ConfigError, ImageError
from adlab.features.colour_histogram import BINS, beside_wholes, colour_histogram


def on_white(colour, box=(30, 30, 65, 65), side=96):
    """A square of one colour on a white ground."""
    image = Image.new("RGB", (side, side), "white")
    ImageDraw.Draw(image).rectangle(box, fill=colour)
    return image


def alike(first, second):
    return float(colour_histogram(first) @ colour_histogram(second))


def test_a_picture_of_one_colour_has_one_bin_even_where_nothing_differs_from_the_border():
    found = colour_histogram(Image.new("RGB", (7, 90), (128, 128, 128)))
    assert found.shape == (BINS,) == (384,)
    assert found.dtype == np.float32
    place = (3 * 8 + 3) * 8 + 3  # lightness 53.6 in the fourth of six, and the fourth of eight on both axes: grey
    assert found[place] == pytest.approx(1)
    assert np.count_nonzero(found) == 1


def test_squares_of_shares_add_up_to_one():
    noise = np.random.default_rng(0).integers(0, 256, (40, 60, 3)).astype(np.uint8)
    assert (colour_histogram(Image.fromarray(noise)) ** 2).sum() == pytest.approx(1, abs=1e-5)


def test_what_is_shown_counts_and_its_ground_does_not():
    shirt = colour_histogram(on_white("navy"))
    alone = colour_histogram(Image.new("RGB", (50, 50), "navy"))
    assert float(shirt @ alone) > 0.99
    assert float(shirt @ colour_histogram(Image.new("RGB", (50, 50), "white"))) < 0.05


def test_what_is_in_the_middle_counts_more_than_what_is_at_the_edge():
    image = on_white("red")
    ImageDraw.Draw(image).rectangle((6, 36, 36, 60), fill="blue")  # the middle's share of the square is red
    red, blue = (colour_histogram(Image.new("RGB", (9, 9), name)) for name in ("red", "blue"))
    found = colour_histogram(image)
    assert found @ red > found @ blue > 0


@pytest.mark.parametrize(("first", "second"), [("black", "navy"), ("maroon", "red"), ("beige", "white")])
def test_near_colours_have_bins_of_their_own(first, second):
    assert alike(on_white(first), on_white(second)) < 0.5 or "white" in (first, second)
    assert alike(Image.new("RGB", (9, 9), first), Image.new("RGB", (9, 9), second)) == 0


def test_size_changes_little():
    assert alike(on_white("teal"), on_white("teal", (90, 90, 197, 197), 288)) > 0.98


def test_other_pictures_are_refused():
    for image in (Image.new("L", (5, 5)), Image.new("RGB", (0, 5))):
        with pytest.raises(ImageError, match="give RGB pixels"):
            colour_histogram(image)


def test_histograms_are_filled_up_to_the_width_beside_them():
    found = beside_wholes(np.ones((2, BINS)), BINS + 3)
    assert found.shape == (2, BINS + 3)
    assert found[:, :BINS].all()
    assert not found[:, BINS:].any()
    with pytest.raises(ConfigError, match="has 10 dimensions"):
        beside_wholes(np.ones((2, BINS)), 10)
