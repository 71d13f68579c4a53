"""Puts the drawn world into an ad: the background, the clutter around the product, and the product with its shadow."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace

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
_OFF_MIDDLE = 0.9


def style_of(shapes: Draws) -> str:
    """The style of background: plain 25 %, gradient 30 %, pattern 25 %, scene 20 %."""
    return STYLES[bisect_right(_STYLE_SHARES, shapes.share(0))]


def backdrop(plan: AdPlan, style: str, size: tuple[int, int]) -> Image.Image:
    """The background of the ad, RGB."""
    rng = np.random.default_rng([plan.seed, plan.index, _BACKDROP])
    return draw_background(size, plan.factors.background, style, rng).convert("RGB")


def cut_out(plan: AdPlan, layout: Layout, shapes: Draws) -> Image.Image:
    """The product on a transparent ground, as large as any of its stages may need."""
    factors = plan.factors
    rooms = [product_room(layout, stage) for stage in layout.stages]
    sides = [(right - left, bottom - top) for left, top, right, bottom in rooms]
    side = max(round(max(min(max(pair), min(pair) * 1.5) for pair in sides)), 16)
    variant, view = shapes.between(1, 0, _SEEDS), shapes.between(2, 1, _SEEDS)
    return draw_product(factors.kind, factors.colour, side, finish=factors.appeal, variant=variant, view=view)


def staged(layout: Layout, product: Image.Image) -> Layout:
    """The layout with that of its stages for the product which shows it largest."""
    # A later stage is off the middle of the picture: it must be well worth it.
    worth = [_scale(product, layout, stage) * _OFF_MIDDLE**i for i, stage in enumerate(layout.stages)]
    best = worth.index(max(worth))
    return replace(layout, stages=(layout.stages[best],), badges=(layout.badges[best],))


def _scale(product: Image.Image, layout: Layout, stage: Box) -> float:
    left, top, right, bottom = product_room(layout, stage)
    return min((right - left) / product.width, (bottom - top) / product.height)


def product_on(canvas: Canvas, product: Image.Image, layout: Layout, shapes: Draws) -> None:
    """Put the product and its shadow into its part of the picture."""
    room = product_room(layout, layout.stage)
    scale = min(_scale(product, layout, layout.stage) * (0.94 + 0.06 * shapes.share(3)), 1.0)
    size = max(round(product.width * scale), 1), max(round(product.height * scale), 1)
    picture = product.resize(size, Image.Resampling.LANCZOS, reducing_gap=2.0)
    standing = layout.template.stage == "podium"
    x = (room[0] + room[2] - picture.width) // 2
    y = room[3] - picture.height if standing else (room[1] + room[3] - picture.height) // 2
    squash = 0.16 if standing or shapes.chance(4, 0.5) else 0.0
    shadow, (dx, dy) = draw_shadow(picture, strength=0.5 if squash else 0.34, softness=0.035, squash=squash)
    canvas.place("shadow", shadow, (x + dx, y + dy))
    canvas.place("product", picture, (x, y))


def product_room(layout: Layout, stage: Box) -> Box:
    """The part of a stage that the product may fill."""
    left, top, right, bottom = stage
    template = layout.template
    edge = round(layout.margin * (0.85 if template.stage == "tile" or template.decor == "frame" else 0.4))
    below = round((bottom - top) * 0.12) if template.stage == "podium" else edge
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
