"""Drawn products: all kinds in all colours, recognisable by colour, finish seen, equal for equal arguments."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from helpers.colour_names import dominant
from PIL import Image

from adlab.errors import InputError, UnknownNameError
from adlab.simulator.catalogue import CATEGORY_OF
from adlab.simulator.drawing.palette import PALETTE
from adlab.simulator.drawing.products import DRAWN, draw_product
from adlab.simulator.factors import COLOURS

SIZE = 64


@cache
def drawn(kind: str, colour: str) -> Image.Image:
    return draw_product(kind, colour, SIZE, finish=0.7, variant=3, view=5)


def liveliness(image: Image.Image) -> float:
    """Spread of brightness plus mean colourfulness of the opaque pixels, in grey levels."""
    rgba = np.asarray(image).astype(float)
    rgb = rgba[rgba[..., 3] > 250][:, :3]
    return float((rgb @ (0.299, 0.587, 0.114)).std() + np.ptp(rgb, axis=1).mean())


def test_every_kind_of_the_catalogue_is_drawn_and_no_other():
    assert set(DRAWN) == set(CATEGORY_OF)


def test_the_palette_has_every_colour_a_product_may_have():
    assert tuple(sorted(PALETTE)) == tuple(sorted(COLOURS))


@pytest.mark.parametrize("kind", sorted(DRAWN))
def test_a_kind_in_every_colour_is_framed_tightly_and_named_by_its_colour(kind):
    for colour in COLOURS:
        image = drawn(kind, colour)
        alpha = np.asarray(image.getchannel("A"))
        assert image.mode == "RGBA"
        assert max(image.size) == SIZE
        left, top, right, bottom = image.getchannel("A").getbbox()
        assert max(left, top, image.width - right, image.height - bottom) <= 4
        assert alpha[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0
        assert 0.12 < (alpha > 128).mean() < 0.98
        assert dominant(image) == colour


@pytest.mark.parametrize("finish", [0.0, 1.0])
def test_the_colour_keeps_its_name_in_the_dullest_and_in_the_finest_finish(finish):
    wrong = [
        (kind, colour)
        for number, kind in enumerate(sorted(DRAWN))
        for colour in COLOURS[number % 4 :: 4]
        if dominant(draw_product(kind, colour, SIZE, finish=finish, variant=number, view=number)) != colour
    ]
    assert wrong == []


def test_a_better_finish_is_livelier():
    for number, kind in enumerate(sorted(DRAWN)):
        colour = ("red", "green", "brown", "blue")[number % 4]
        found = [liveliness(draw_product(kind, colour, SIZE, finish=f / 3, variant=2, view=1)) for f in range(4)]
        assert found == sorted(found), kind
        assert found[3] > found[0] + 4, kind


def test_a_product_is_drawn_the_same_for_equal_arguments():
    for kind in sorted(DRAWN):
        assert (
            drawn(kind, "blue").tobytes() == draw_product(kind, "blue", SIZE, variant=3, view=5, finish=0.7).tobytes()
        )


@pytest.mark.parametrize("kind", sorted(DRAWN))
def test_another_variant_is_another_shape_and_another_view_another_pose(kind):
    first = draw_product(kind, "blue", SIZE, variant=1, view=1)
    others = draw_product(kind, "blue", SIZE, variant=2, view=1), draw_product(kind, "blue", SIZE, variant=1, view=2)
    for other in others:
        assert other.size != first.size or np.abs(np.asarray(other, int) - np.asarray(first, int)).mean() > 1


@pytest.mark.parametrize("colour", ["white", "black"])
def test_an_outline_parts_a_product_from_a_ground_of_its_own_colour(colour):
    image = draw_product("suitcase", colour, 120, finish=0.5)
    base = PALETTE[colour].base
    ground = Image.new("RGB", (image.width + 20, image.height), base)
    ground.paste(image, (10, 0), image)
    row = np.abs(np.asarray(ground, int)[80] - base).mean(axis=1)  # through the middle of its body
    assert row[:10].max() == 0
    assert row[10:15].max() > 40
    assert row[-15:-10].max() > 40


@pytest.mark.parametrize("size", [16, 33, 100, 300])
def test_the_longer_side_is_as_wanted(size):
    assert {max(draw_product(kind, "pink", size, view=9).size) for kind in ("bicycle", "lipstick", "pizza")} == {size}


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("sneeker", "red", 50), UnknownNameError),
        (("sneaker", "multiple", 50), UnknownNameError),
        (("sneaker", "red", 8), InputError),
    ],
)
def test_an_unusable_argument_is_refused(arguments, error):
    with pytest.raises(error):
        draw_product(*arguments)


def test_a_finish_out_of_range_is_refused():
    with pytest.raises(InputError, match=r"finish is 1\.5"):
        draw_product("sneaker", "red", 50, finish=1.5)
