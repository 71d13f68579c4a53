"""Where things are put: inside the picture, clear of each other, on the side that was asked for, in every format."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import ConfigError, UnknownNameError
from adlab.simulator.arrange import arrange
from adlab.simulator.draws import Draws
from adlab.simulator.formats import FORMATS, RenderSpec, spec_of
from adlab.simulator.layout import apart
from adlab.simulator.plan import plan_ad, replan
from adlab.simulator.scene import product_room
from adlab.simulator.templates import ACCENTS, TEMPLATES
from adlab.simulator.text_drawing import block_mask, fit, longest_line

SIZES = [*FORMATS.values(), (160, 600), (970, 250), (100, 100), (1080, 1080)]


def arranged(plan, size):
    return arrange(plan, size, Draws(np.random.default_rng([plan.seed, plan.index, 1]).random(48).tolist()))


def inked(layout):
    """Boxes of what is really inked."""
    boxes = {"brand": layout.brand}
    for words in layout.words:
        mask, dx, dy = block_mask(words.setting, words.align)
        x, y = words.box[0] + dx, words.top + dy
        boxes[words.name] = (x, y, x + mask.width, y + mask.height)
    for name, box in (("price", layout.plate), ("button", layout.button), ("badge", layout.badge)):
        if box:
            boxes[name] = box
    return boxes


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_and_nothing_covers_words(size):
    for i in range(250):
        plan = plan_ad(9, i)
        boxes = inked(arranged(plan, size))
        for name, (left, top, right, bottom) in boxes.items():
            assert left >= 0, (i, name)
            assert top >= 0, (i, name)
            assert right <= size[0], (i, name)
            assert bottom <= size[1], (i, name)
        names = list(boxes)
        for a, first in enumerate(names):
            for second in names[a + 1 :]:
                p, q = boxes[first], boxes[second]
                apart = p[2] <= q[0] or q[2] <= p[0] or p[3] <= q[1] or q[3] <= p[1]
                assert apart, (i, first, second)


@pytest.mark.parametrize("size", SIZES)
def test_no_stage_of_the_product_meets_the_brand_and_none_leaves_the_picture(size):
    for i in range(250):
        layout = arranged(plan_ad(9, i), size)
        assert len(layout.stages) == len(layout.badges)
        for stage, badge in zip(layout.stages, layout.badges, strict=True):
            assert apart(stage, layout.brand), i
            left, top, right, bottom = product_room(layout, stage)
            assert 0 <= left < right <= size[0], i
            assert 0 <= top < bottom <= size[1], i
            assert badge is None or apart(badge, layout.brand), i


@pytest.mark.parametrize("size", [(224, 224), (224, 280), (216, 384), (300, 250)])
@pytest.mark.parametrize("position", ["top", "bottom", "left", "right"])
def test_words_stand_where_they_were_asked_to(size, position):
    for i in range(60):
        left, top, right, bottom = arranged(replan(plan_ad(9, i), text_position=position), size).reading
        x, y = (left + right) / 2 / size[0], (top + bottom) / 2 / size[1]
        assert {"top": y < 0.5, "bottom": y > 0.5, "left": x < 0.5, "right": x > 0.5}[position], i


@pytest.mark.parametrize(("position", "side"), [("top", "left"), ("bottom", "right"), ("left", "left")])
def test_a_banner_has_its_words_at_one_end(position, side):
    layout = arranged(replan(plan_ad(9, 1), text_position=position), (728, 90))
    middle = (layout.reading[0] + layout.reading[2]) / 2 / 728
    assert layout.side == side
    assert (middle < 0.5) == (side == "left")


def test_the_headline_is_the_largest_of_the_words():
    larger = 0
    for i in range(200):
        sizes = {w.name: w.setting.size for w in arranged(plan_ad(9, i), (224, 224)).words}
        larger += sizes["headline"] >= sizes.get("subline", 0)
    assert larger >= 190


def test_every_layout_is_used():
    assert {arranged(plan_ad(9, i), (224, 224)).template.name for i in range(300)} == {t.name for t in TEMPLATES}
    assert len(TEMPLATES) >= 10


def test_every_background_has_accents_of_its_own():
    assert all(len(set(colours)) == len(colours) >= 2 for colours in ACCENTS.values())


def test_words_are_broken_evenly_and_fit_their_box():
    setting = fit("Vote for your favourite", "Poppins-Bold", (120, 60), 40, 3)
    assert " ".join(setting.lines) == "Vote for your favourite"
    assert longest_line(setting) <= 120
    assert setting.height <= 60
    assert fit("Vote", "Poppins-Bold", (500, 500), 33, 3).size == 33


def test_a_size_out_of_range_is_refused():
    with pytest.raises(ConfigError, match="20"):
        RenderSpec(width=20)
    with pytest.raises(ConfigError, match="twelve"):
        RenderSpec(width=2000, height=64)
    with pytest.raises(UnknownNameError, match="728x90"):
        spec_of("728x9O")
    with pytest.raises(UnknownNameError, match="headline"):
        RenderSpec(without=("heading",))
    assert spec_of("300x250", 2).size == (600, 500)
