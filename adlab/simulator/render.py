"""Draws a planned ad: ground, clutter, product, then words, brand, price, button and badge."""

from __future__ import annotations

import numpy as np
from PIL import Image

from adlab.simulator import marks
from adlab.simulator.ad import AdPlan, SimulatedAd
from adlab.simulator.arrange import arrange
from adlab.simulator.brands import BRAND_OF
from adlab.simulator.canvas import Canvas
from adlab.simulator.colouring import luminance, made_room_for, opposed, shade, wanted_ratio
from adlab.simulator.draws import Draws
from adlab.simulator.formats import RenderSpec
from adlab.simulator.ground import lay_ground, mean_colour, mean_luminance
from adlab.simulator.layout import Box, Layout, Words
from adlab.simulator.plan import plan_ad
from adlab.simulator.scene import backdrop, cut_out, litter, product_on, staged, style_of
from adlab.simulator.templates import ACCENTS, RGB
from adlab.simulator.text_drawing import block_mask, fit, heights

_LAYOUT_SLOTS = 48


def render(seed: int, index: int, spec: RenderSpec | None = None) -> SimulatedAd:
    """Plan and draw an ad; equal arguments give equal pixels.

    Args:
        seed: Seed of the collection, 0 or more.
        index: Number of the ad in it, 0 or more.
        spec: How it is drawn; 224 × 224 pixels if not given.

    Raises:
        ConfigError: A number is below 0.
    """
    return draw(plan_ad(seed, index), spec or RenderSpec())


def draw(plan: AdPlan, spec: RenderSpec | tuple[int, int] | int = 224) -> SimulatedAd:
    """Draw a planned ad.

    Args:
        plan: The ad.
        spec: How it is drawn, or just width and height, or the side of a square, in pixels.

    Raises:
        ConfigError: The size is out of range.
    """
    if not isinstance(spec, RenderSpec):
        width, height = (spec, spec) if isinstance(spec, int) else spec
        spec = RenderSpec(width=width, height=height)
    chance = np.random.default_rng([plan.seed, plan.index, 1]).random((2, _LAYOUT_SLOTS)).tolist()
    draws, shapes = Draws(chance[0]), Draws(chance[1])
    layout = arrange(plan, spec.size, draws)
    product = cut_out(plan, layout, shapes)
    layout = staged(layout, product)
    style = style_of(shapes)
    ground = backdrop(plan, style, spec.size)
    light = lay_ground(ground, layout, wanted_ratio(plan.factors.contrast), style, plan.factors.background, draws)
    # Colours follow from the ground alone: what stands on it may be left out and the rest stays as it is.
    inks = _Inks(ground, plan, layout, light, draws)
    canvas = Canvas(ground, spec.without)
    litter(canvas, plan, layout)
    product_on(canvas, product, layout, shapes)
    _brand(canvas, plan, layout, inks)
    for words in layout.words:
        _words(canvas, words, layout.plate, inks)
    _button(canvas, plan, layout, inks, draws)
    _badge(canvas, plan, layout, inks, draws)
    return SimulatedAd(plan=plan, image=canvas.image, elements=canvas.elements())


class _Inks:
    """The colours of words, button and badge, settled by the ground before anything stands on it."""

    def __init__(self, ground: Image.Image, plan: AdPlan, layout: Layout, light: bool, draws: Draws) -> None:
        factors = plan.factors
        accents = ACCENTS[factors.background]
        self.ratio = wanted_ratio(factors.contrast)
        self.light = light
        self.accent = draws.pick(20, accents)
        self.second = draws.pick(21, [a for a in accents if a != self.accent])
        self.behind = {words.name: mean_luminance(ground, words.box) for words in layout.words}
        hue = mean_colour(ground, layout.reading)
        tint = draws.pick(22, ((128, 128, 128), hue, self.accent))
        self.words = {
            name: shade(tint if name == "headline" else hue, opposed(behind, self.ratio, light)[0])
            for name, behind in self.behind.items()
        }
        self.plate = shade(self.second, made_room_for(float(luminance(self.second)), self.ratio * 1.02, light))
        self.on_plate = shade(self.second, opposed(float(luminance(self.plate)), self.ratio, light)[0])
        brand_behind = mean_luminance(ground, layout.brand)
        self.brand = shade(mean_colour(ground, layout.brand), opposed(brand_behind, 5.5, brand_behind < 0.2)[0])
        if layout.button:
            behind = mean_luminance(ground, layout.button)
            self.button = _button_colours(self.accent, behind, factors.cta)
        badge_behind = mean_luminance(ground, layout.badge) if layout.badge else 0.5
        gap = abs(float(luminance(self.second)) - badge_behind)
        self.badge = (
            self.second if gap > 0.12 else shade(self.second, opposed(badge_behind, 2.2, badge_behind < 0.4)[0])
        )


def _button_colours(accent: RGB, behind: float, cta: float) -> tuple[RGB, RGB]:
    """Fill and label; the other half of the cause `cta` is their contrast."""
    own = float(luminance(accent))
    fill = shade(accent, opposed(behind, 1.15 * 5**cta, own > behind)[0])
    filled = float(luminance(fill))
    return fill, shade(accent, opposed(filled, 1.7 * 3.6**cta, filled < 0.36)[0])


def _words(canvas: Canvas, words: Words, plate: Box | None, inks: _Inks) -> None:
    mask, dx, dy = block_mask(words.setting, words.align)
    at = (words.box[0] + dx, words.top + dy)
    ink = inks.words[words.name]
    if words.name == "price" and plate:
        width, height = plate[2] - plate[0], plate[3] - plate[1]
        canvas.stamp("price", marks.rounded(width, height, height // 4), plate[:2], inks.plate)
        ink = inks.on_plate
    canvas.stamp(words.name, mask, at, ink)


def _brand(canvas: Canvas, plan: AdPlan, layout: Layout, inks: _Inks) -> None:
    left, top, _, bottom = layout.brand
    size = bottom - top
    canvas.stamp("brand", marks.brand_mark(BRAND_OF[plan.brand].mark, size), (left, top), inks.brand)
    mask, dx, dy = block_mask(layout.wordmark, "left")
    capital = heights(layout.wordmark.face)[0] * layout.wordmark.size
    canvas.stamp("brand", mask, (left + round(size * 1.35) + dx, top + round((size - capital) / 2) + dy), inks.brand)


def _button(canvas: Canvas, plan: AdPlan, layout: Layout, inks: _Inks, draws: Draws) -> None:
    if layout.button is None or layout.button_label is None:
        return
    left, top, right, bottom = layout.button
    width, height = right - left, bottom - top
    fill, ink = inks.button
    radius = draws.pick(24, (height // 2, max(height // 5, 2), max(height // 3, 2), 1))
    canvas.stamp("button", marks.rounded(width, height, radius), (left, top), fill)
    mask, _, dy = block_mask(layout.button_label, "left")
    pointed = draws.chance(25, 0.3) and mask.width + height * 1.3 < width
    shift = round(height * 0.28) if pointed else 0
    x = left + (width - mask.width) // 2 - shift
    capital = heights(layout.button_label.face)[0] * layout.button_label.size
    canvas.stamp("button", mask, (x, top + round((height - capital) / 2) + dy), ink)
    if pointed:
        size = max(round(height * 0.38), 4)
        canvas.stamp("button", marks.arrow(size), (x + mask.width + size // 2, top + (height - size) // 2), ink)


def _badge(canvas: Canvas, plan: AdPlan, layout: Layout, inks: _Inks, draws: Draws) -> None:
    if layout.badge is None:
        return
    left, top, right, _ = layout.badge
    size = right - left
    shape = draws.pick(26, ("burst", "circle", "seal", "ribbon"))
    setting = fit(
        plan.badge, layout.faces.strong, (size * 0.68, size * 0.5), size * 0.4, 1 if len(plan.badge) < 5 else 2
    )
    mask, _, _ = block_mask(setting, "centre")
    ink = (255, 255, 255) if float(luminance(inks.badge)) < 0.35 else (22, 22, 28)
    canvas.stamp("badge", marks.badge(shape, size), (left, top), inks.badge)
    label = Image.new("L", (size, size))
    label.paste(mask, ((size - mask.width) // 2 - (size // 16 if shape == "ribbon" else 0), (size - mask.height) // 2))
    if shape != "ribbon":
        label = label.rotate(round(-14 + 28 * draws.share(27)), Image.Resampling.BICUBIC)
    canvas.stamp("badge", label, (left, top), ink)
