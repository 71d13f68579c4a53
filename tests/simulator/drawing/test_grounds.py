"""Backgrounds, clutter, shadows and contact sheets."""

from __future__ import annotations

import numpy as np
import pytest
from helpers.colour_names import dominant, shares
from PIL import Image

from adlab.errors import InputError, UnknownNameError
from adlab.simulator.drawing.backgrounds import STYLES, draw_background
from adlab.simulator.drawing.clutter import MOST, draw_clutter
from adlab.simulator.drawing.products import draw_product
from adlab.simulator.drawing.shadow import draw_shadow
from adlab.simulator.drawing.sheet import contact_sheet
from adlab.simulator.factors import BACKGROUND_COLOURS

SIZES = [(112, 112), (112, 140), (90, 160), (150, 125), (364, 45)]


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("colour", [c for c in BACKGROUND_COLOURS if c != "multiple"])
def test_the_commonest_colour_of_a_ground_is_the_one_asked_for(style, colour):
    for seed in range(len(STYLES[style]) * 2):
        size = SIZES[seed % len(SIZES)]
        ground = draw_background(size, colour, style, np.random.default_rng(seed))
        assert ground.mode == "RGB"
        assert ground.size == size
        assert shares(ground)[colour] > 0.6, seed


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_ground_of_several_hues_has_no_single_one(style):
    for seed in range(len(STYLES[style]) * 3):
        found = sorted(shares(draw_background((120, 120), "multiple", style, np.random.default_rng(seed))).values())
        assert found[-1] < 0.8, seed
        assert found[-2] > 0.1, seed


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_ground_is_the_same_for_an_equal_seed_and_another_for_another(style):
    pictures = [draw_background((80, 60), "blue", style, np.random.default_rng(seed)).tobytes() for seed in (4, 4, 5)]
    assert pictures[0] == pictures[1] != pictures[2]


def test_a_leaderboard_gets_a_ground_in_every_style():
    for style in STYLES:
        ground = draw_background((728, 90), "green", style, np.random.default_rng(1))
        assert ground.size == (728, 90)
        assert dominant(ground) == "green"


@pytest.mark.parametrize(("colour", "style"), [("purple", "plain"), ("blue", "plane")])
def test_an_unknown_ground_is_refused(colour, style):
    with pytest.raises(UnknownNameError):
        draw_background((50, 50), colour, style, np.random.default_rng(0))


@pytest.mark.parametrize("colour", BACKGROUND_COLOURS)
def test_more_clutter_covers_more_and_keeps_what_is_there(colour):
    before = np.zeros((120, 120), int)
    for things in (0, 4, 10, 17, 25, MOST):  # whole things; the last of a broken number is still growing
        layer = draw_clutter((120, 120), things / MOST, colour, np.random.default_rng(3))
        alpha = np.asarray(layer.getchannel("A"), int)
        if things == 0:
            assert alpha.max() == 0
        else:
            assert alpha.sum() > before.sum() * 1.1
        assert (alpha >= before).all()
        before = alpha
    assert 0.08 < (before > 128).mean() < 0.5


def test_clutter_leaves_the_ground_its_colour():
    for colour in (c for c in BACKGROUND_COLOURS if c != "multiple"):
        ground = draw_background((150, 150), colour, "plain", np.random.default_rng(2))
        layer = draw_clutter((150, 150), 1.0, colour, np.random.default_rng(2))
        ground.paste(layer, (0, 0), layer)
        assert dominant(ground) == colour


def test_clutter_out_of_range_is_refused():
    with pytest.raises(InputError, match="amount"):
        draw_clutter((50, 50), 1.2, "blue", np.random.default_rng(0))


def test_a_shadow_falls_to_the_lower_right_and_is_soft():
    picture = draw_product("mug", "red", 100)
    layer, (dx, dy) = draw_shadow(picture, strength=0.5)
    alpha = np.asarray(layer.getchannel("A"), float)
    cut_out = np.asarray(picture.getchannel("A"), float)
    centre = [
        np.average(np.arange(n), weights=alpha.sum(axis=a)) + d
        for n, a, d in ((alpha.shape[1], 0, dx), (alpha.shape[0], 1, dy))
    ]
    own = [
        np.average(np.arange(n), weights=cut_out.sum(axis=a)) for n, a in ((cut_out.shape[1], 0), (cut_out.shape[0], 1))
    ]
    assert centre[0] > own[0]
    assert centre[1] > own[1]
    assert alpha.max() == pytest.approx(127, abs=8)
    assert max(alpha[0].max(), alpha[:, 0].max()) < 6
    assert len(np.unique(alpha)) > 40


def test_a_shadow_on_the_floor_lies_low():
    picture = draw_product("lamp", "red", 100)
    layer, (_, dy) = draw_shadow(picture, squash=0.15)
    alpha = np.asarray(layer.getchannel("A"), float)
    middle = np.average(np.arange(len(alpha)), weights=alpha.sum(axis=1)) + dy
    assert picture.height * 0.85 < middle < picture.height * 1.1


def test_a_stronger_shadow_is_darker():
    picture = draw_product("mug", "red", 80)
    found = [np.asarray(draw_shadow(picture, strength=s)[0].getchannel("A")).mean() for s in (0.0, 0.2, 0.6, 1.0)]
    assert found[0] == 0
    assert found == sorted(set(found))


def test_a_contact_sheet_holds_every_picture_in_its_place():
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    sheet = contact_sheet([Image.new("RGB", (10, 10), c) for c in colours], 2, gap=4, ground=(9, 9, 9))
    assert sheet.size == (4 + 2 * 14, 4 + 2 * 14)
    assert [sheet.getpixel(at) for at in ((8, 8), (22, 8), (8, 22), (22, 22))] == [*colours, (9, 9, 9)]


def test_a_contact_sheet_of_nothing_is_refused():
    with pytest.raises(InputError, match="0 pictures"):
        contact_sheet([], 3)
