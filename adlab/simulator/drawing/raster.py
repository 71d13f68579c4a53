"""Turns a sketch into pixels: pose, framing, light from the upper left, antialiasing.

Every smooth shading is computed on a coarse grid and enlarged, which is what makes a drawing take milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adlab.simulator.drawing.palette import RGB
from adlab.simulator.drawing.sketch import Mark, Sketch

GRID = 28  # cells along the longer side of a form's shading
Box = tuple[int, int, int, int]


@lru_cache(maxsize=2048)
def _grid(width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """Cell middles in 0–1, (1, W) and (H, 1)."""
    return ((np.arange(width) + 0.5) / width)[None, :], ((np.arange(height) + 0.5) / height)[:, None]


@lru_cache(maxsize=2048)
def _slope(width: int, height: int) -> np.ndarray:
    u, v = _grid(width, height)
    return 0.78 - 0.2 * u - 0.36 * v


@lru_cache(maxsize=2048)
def _cylinder(width: int, height: int) -> np.ndarray:
    u, v = _grid(width, height)
    return 0.47 + 0.42 * np.cos((u - 0.3) * 4.1) + 0.06 * (0.5 - v)


@lru_cache(maxsize=2048)
def _ball(width: int, height: int) -> np.ndarray:
    u, v = _grid(width, height)
    return 1.02 - 0.98 * np.hypot(u - 0.34, v - 0.28)


@lru_cache(maxsize=2048)
def _metal(width: int, height: int) -> np.ndarray:
    u, v = _grid(width, height)
    return 0.55 + 0.3 * np.cos(u * 9.4 - 2.2) * (1 - 0.4 * u) + 0.1 * (0.5 - v)


@lru_cache(maxsize=2048)
def _level(width: int, height: int) -> np.ndarray:
    return np.full((height, width), 0.5)


@lru_cache(maxsize=2048)
def _hollow(width: int, height: int) -> np.ndarray:
    u, v = _grid(width, height)
    return 0.12 + 0.34 * u + 0.3 * v


LIGHTS: dict[str, Callable[[int, int], np.ndarray]] = {
    "slope": _slope,
    "cylinder": _cylinder,
    "ball": _ball,
    "metal": _metal,
    "level": _level,
    "hollow": _hollow,
}


def _pillow(mask: Image.Image, width: int, height: int) -> np.ndarray:
    """Light on a soft body: bright where the outline faces the upper left, dark where it faces away."""
    reach = max(2, round(min(width, height) * 0.16))
    padded = Image.new("L", (width + 2 * reach, height + 2 * reach))
    padded.paste(mask.resize((width, height), Image.Resampling.BOX), (reach, reach))
    soft = np.asarray(padded.filter(ImageFilter.BoxBlur(reach * 0.8)), np.float32) * (1 / 255)
    towards, away = soft[:height, :width], soft[2 * reach :, 2 * reach :]
    return 0.46 + 0.46 * (away - towards) + 0.35 * (_slope(width, height) - 0.5)


class Canvas:
    """Pixels of a drawing under way, larger than wanted by a whole factor.

    Args:
        width: In pixels, enlarged.
        height: In pixels, enlarged.
        ground: Colour that antialiased borders fade into.
        unit: Pixels to a unit of the sketch.
        gain: Strength of the shading, 0–1.
    """

    def __init__(self, width: int, height: int, ground: RGB, unit: float, gain: float) -> None:
        self.rgb = Image.new("RGB", (width, height), ground)
        self.alpha = Image.new("L", (width, height))
        self._rgb_draw, self._alpha_draw = ImageDraw.Draw(self.rgb), ImageDraw.Draw(self.alpha)
        self.unit, self.gain = unit, gain
        self._form: tuple[Image.Image, int, int] = (self.alpha, 0, 0)

    def add(self, mark: Mark, points: np.ndarray) -> None:
        """Draw a mark whose points are already in pixels."""
        if mark.what == "form":
            self._add_form(mark, points)
        elif mark.what == "hole":
            self._alpha_draw.polygon(points.ravel().tolist(), fill=0)
        elif mark.inside or mark.opacity < 1:
            self._add_veil(mark, points)
        elif mark.what == "flat":
            flat = points.ravel().tolist()
            self._rgb_draw.polygon(flat, fill=mark.colour)
            self._alpha_draw.polygon(flat, fill=255)
        else:
            width = mark.width * self.unit
            _stroke(self._rgb_draw, points, width, mark.colour)
            _stroke(self._alpha_draw, points, width, 255)

    def _bounds(self, points: np.ndarray, margin: float = 0.0) -> Box:
        (x0, y0), (x1, y1) = points.min(axis=0) - margin, points.max(axis=0) + margin
        width, height = self.rgb.size
        return max(0, math.floor(x0)), max(0, math.floor(y0)), min(width, int(x1) + 2), min(height, int(y1) + 2)

    def _clipped(self, mask: Image.Image, box: Box) -> Image.Image:
        form, left, top = self._form
        x0, y0, x1, y1 = box
        return ImageChops.multiply(mask, form.crop((x0 - left, y0 - top, x1 - left, y1 - top)))

    def _add_veil(self, mark: Mark, points: np.ndarray) -> None:
        width = mark.width * self.unit
        box = x0, y0, x1, y1 = self._bounds(points, width / 2)
        strength = round(255 * mark.opacity)
        if x1 <= x0 or y1 <= y0 or strength <= 0:
            return
        mask = Image.new("L", (x1 - x0, y1 - y0))
        local = points - (x0, y0)
        if mark.what == "flat":
            ImageDraw.Draw(mask).polygon(local.ravel().tolist(), fill=strength)
        else:
            _stroke(ImageDraw.Draw(mask), local, width, strength)
        if mark.inside:
            mask = self._clipped(mask, box)
        else:
            self.alpha.paste(255, (x0, y0), mask)
        self.rgb.paste(mark.colour, (x0, y0, x1, y1), mask)

    def _add_form(self, mark: Mark, points: np.ndarray) -> None:
        box = x0, y0, x1, y1 = self._bounds(points)
        if x1 <= x0 or y1 <= y0 or mark.tone is None:
            return
        mask = Image.new("L", (x1 - x0, y1 - y0))
        ImageDraw.Draw(mask).polygon((points - (x0, y0)).ravel().tolist(), fill=255)
        if mark.inside:
            mask = self._clipped(mask, box)
        if mark.cast:
            self._cast(mask, box, mark.cast)
        size = mask.size
        cell = max(max(size) / GRID, 1.0)
        width, height = max(2, round(size[0] / cell)), max(2, round(size[1] / cell))
        light = _pillow(mask, width, height) if mark.light == "pillow" else LIGHTS[mark.light](width, height)
        index = ((light - 0.5) * self.gain + (0.5 + mark.lift)) * 255
        paint = Image.fromarray(mark.tone.ramp[np.clip(index, 0, 255).astype(np.uint8)])
        self.rgb.paste(paint.resize(size, Image.Resampling.BILINEAR), (x0, y0), mask)
        if not mark.inside:
            self.alpha.paste(255, (x0, y0), mask)
            self._form = (mask, x0, y0)

    def _cast(self, mask: Image.Image, box: Box, strength: float) -> None:
        """Darken what lies below a form, a little to the lower right of it."""
        x0, y0, x1, y1 = box
        reach = max(4, round(2.4 * self.unit))
        coarse = max(2, reach // 3)
        width, height = (x1 - x0 + 2 * reach) // coarse, (y1 - y0 + 2 * reach) // coarse
        small = Image.new("L", (width + 1, height + 1))
        inner = max(1, (x1 - x0) // coarse), max(1, (y1 - y0) // coarse)
        small.paste(mask.resize(inner, Image.Resampling.BOX), (reach // coarse, reach // coarse))
        soft = small.filter(ImageFilter.BoxBlur(1.2)).point(lambda value: value * strength * (0.3 + 0.7 * self.gain))
        soft = soft.resize((small.width * coarse, small.height * coarse), Image.Resampling.BILINEAR)
        left, top = x0 - reach + reach // 2, y0 - reach + round(reach * 0.7)
        area = (left, top, left + soft.width, top + soft.height)
        self.rgb.paste((16, 14, 26), area, ImageChops.multiply(soft, self.alpha.crop(area)))


def _stroke(draw: ImageDraw.ImageDraw, points: np.ndarray, width: float, fill: RGB | int) -> None:
    whole = max(1, round(width))
    draw.line(points.ravel().tolist(), fill=fill, width=whole, joint="curve" if whole > 3 else None)
    if whole > 3:
        r = width / 2 - 0.5
        for x, y in (points[0], points[-1]):
            draw.ellipse((x - r, y - r, x + r, y + r), fill=fill)


def rasterise(sketch: Sketch, size: int, pose: np.ndarray, outline: RGB) -> Image.Image:
    """Draw a sketch, tightly framed.

    Args:
        sketch: What to draw.
        size: Longer side of the result in pixels.
        pose: Linear map applied to all points, (2, 2).
        outline: Colour of the thin line around the whole.

    Returns:
        RGBA picture with a transparent ground.
    """
    marks = sketch.marks
    counts = np.cumsum([len(mark.points) for mark in marks])[:-1]
    points = np.concatenate([mark.points for mark in marks]) @ pose.T
    seen = [i for i, mark in enumerate(marks) if not mark.inside and mark.what != "hole"]
    parts = np.split(points, counts)
    low = np.min([parts[i].min(axis=0) - marks[i].width / 2 for i in seen], axis=0)
    high = np.max([parts[i].max(axis=0) + marks[i].width / 2 for i in seen], axis=0)
    factor = 3 if size <= 160 else 2
    margin = max(2.0, size * 0.02)
    scale = (size - 2 * margin) / (high - low).max()
    width, height = (min(size, math.ceil(side * scale + 2 * margin)) for side in high - low)
    points = (points - low) * (scale * factor) + margin * factor
    gain = 0.35 + 0.75 * sketch.finish
    canvas = Canvas(width * factor, height * factor, outline, scale * factor, gain)
    for mark, part in zip(marks, np.split(points, counts), strict=True):
        canvas.add(mark, part)
    alpha = canvas.alpha.reduce(factor)
    image = canvas.rgb.reduce(factor)
    return _outlined(image, alpha, outline)


def _outlined(image: Image.Image, alpha: Image.Image, outline: RGB) -> Image.Image:
    """A hairline around the whole, so that a white product stands on a white ground."""
    grown = alpha
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        grown = ImageChops.lighter(grown, ImageChops.offset(alpha, dx, dy))
    border = Image.new("RGB", image.size, outline)
    border.paste(image, (0, 0), alpha)
    border.putalpha(Image.blend(alpha, grown, 0.8))
    return border
