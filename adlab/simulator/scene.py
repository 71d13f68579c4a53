"""Puts the drawn world into an ad: the background, the clutter around the product, and the product with its shadow."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from PIL import Image
from scipy import ndimage

from adlab.simulator.ad import AdPlan
from adlab.simulator.canvas import Canvas
from adlab.simulator.drawing.backgrounds import draw_background
from adlab.simulator.drawing.clutter import draw_clutter
from adlab.simulator.drawing.products import draw_product
from adlab.simulator.drawing.shadow import draw_shadow
from adlab.simulator.draws import Draws
from adlab.simulator.layout import Box, Layout

STYLES = ("plain", "gradient", "pattern", "scene")
_STYLE_SHARES = (0.25, 0.55, 0.8)
_SEEDS = 1 << 30
_BACKDROP, _CLUTTER = 2, 3  # streams of chance


def style_of(shapes: Draws) -> str:
    """The style of background: plain 25 %, gradient 30 %, pattern 25 %, scene 20 %."""
    return STYLES[bisect_right(_STYLE_SHARES, shapes.share(0))]


def backdrop(plan: AdPlan, style: str, size: tuple[int, int]) -> Image.Image:
    """The background of the ad, RGB."""
    rng = np.random.default_rng([plan.seed, plan.index, _BACKDROP])
    return draw_background(size, plan.factors.background, style, rng).convert("RGB")


def product_on(canvas: Canvas, plan: AdPlan, layout: Layout, shapes: Draws) -> None:
    """Put the product and its shadow into its part of the picture."""
    factors = plan.factors
    room = product_room(layout)
    width, height = room[2] - room[0], room[3] - room[1]
    variant, view = shapes.between(1, 0, _SEEDS), shapes.between(2, 1, _SEEDS)
    side = min(max(width, height), round(min(width, height) * 1.5))
    fill = 0.9 + 0.1 * shapes.share(3)
    picture = draw_product(
        factors.kind, factors.colour, max(round(side * fill), 16), finish=factors.appeal, variant=variant, view=view
    )
    scale = min(width * fill / picture.width, height * fill / picture.height)
    if scale < 1:
        picture = picture.resize(
            (max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)), Image.Resampling.LANCZOS
        )
    standing = layout.template.stage == "podium"
    x = room[0] + (width - picture.width) // 2
    y = room[3] - picture.height if standing else room[1] + (height - picture.height) // 2
    squash = 0.16 if standing or shapes.chance(4, 0.5) else 0.0
    shadow, (dx, dy) = draw_shadow(picture, strength=0.5 if squash else 0.34, softness=0.035, squash=squash)
    canvas.place("shadow", shadow, (x + dx, y + dy))
    canvas.place("product", picture, (x, y))


def product_room(layout: Layout) -> Box:
    """The part of the picture that the product may fill."""
    left, top, right, bottom = layout.stage
    edge = round(layout.margin * 0.8) if layout.template.stage == "tile" else round(layout.margin * 0.5)
    below = round((bottom - top) * 0.12) if layout.template.stage == "podium" else edge
    return left + edge, top + edge, right - edge, bottom - below


def litter(canvas: Canvas, plan: AdPlan, layout: Layout) -> None:
    """Put what else is in the picture around the product; things that would touch words or button are left away."""
    rng = np.random.default_rng([plan.seed, plan.index, _CLUTTER])
    layer = draw_clutter(canvas.image.size, plan.factors.clutter, plan.factors.background, rng)
    alpha = np.asarray(layer.getchannel("A")).copy()
    things, count = ndimage.label(alpha)
    if not count:
        return
    unwanted = np.zeros(count + 1, bool)
    for left, top, right, bottom in _kept_free(layout):
        unwanted[things[max(top - 2, 0) : bottom + 2, max(left - 2, 0) : right + 2]] = True
    unwanted[0] = False
    alpha[unwanted[things]] = 0
    layer.putalpha(Image.fromarray(alpha))
    canvas.place("clutter", layer, (0, 0))


def _kept_free(layout: Layout) -> list[Box]:
    boxes = [words.box for words in layout.words]
    return [*boxes, layout.brand, *(box for box in (layout.plate, layout.button, layout.badge) if box)]
