"""Turns a sketch into pixels: pose, framing, light from the upper left, antialiasing.

Every smooth shading is computed on a coarse grid and enlarged, which is what makes a drawing take milliseconds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from adlab.simulator.drawing.palette import RGB, Tone, mix
from adlab.simulator.drawing.shapes import limb, star
from adlab.simulator.drawing.sketch import WHITE, Mark, Sketch

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
def _hollow(width: int, height: int) -> np.ndarray:
    u, v = _grid(width, height)
    return 0.12 + 0.34 * u + 0.3 * v


LIGHTS: dict[str, Callable[[int, int], np.ndarray]] = {
    "slope": _slope,
    "cylinder": _cylinder,
    "ball": _ball,
    "metal": _metal,
    "hollow": _hollow,
}


def _pillow(mask: Image.Image, cell: int) -> np.ndarray:
    """Light on a soft body: bright where the outline faces the upper left, dark where it faces away."""
    small = mask.reduce(cell)
    width, height = small.size
    reach = max(2, round(min(width, height) * 0.16))
    padded = Image.new("L", (width + 2 * reach, height + 2 * reach))
    padded.paste(small, (reach, reach))
    soft = np.asarray(padded.filter(ImageFilter.BoxBlur(reach * 0.8)), np.float32) * (1 / 255)
    towards, away = soft[:height, :width], soft[2 * reach :, 2 * reach :]
    return 0.285 + 0.46 * (away - towards) + 0.35 * _slope(width, height)


class Canvas:
    """Pixels of a drawing under way.

    Masks are drawn enlarged and reduced, colours are laid down at the final size: borders are smooth, and the costly
    part is small.

    Args:
        width: In pixels.
        height: In pixels.
        ground: Colour that smooth borders fade into.
        unit: Pixels to a unit of the sketch.
        gain: Strength of the shading, 0–1.
    """

    def __init__(self, width: int, height: int, ground: RGB, unit: float, gain: float) -> None:
        self.rgb = Image.new("RGB", (width, height), ground)
        self.alpha = Image.new("L", (width, height))
        self.unit, self.gain = unit, gain
        self.factor = 3 if max(width, height) > 120 else 4
        self._form: tuple[Image.Image, int, int] = (self.alpha, 0, 0)

    def add(self, mark: Mark, points: np.ndarray) -> None:
        """Draw a mark whose points are already in pixels."""
        width = mark.width * self.unit
        box = x0, y0, x1, y1 = self._bounds(points, width / 2)
        strength = round(255 * mark.opacity)
        if x1 <= x0 or y1 <= y0 or strength <= 0:
            return
        mask = self._mask(points, box, width, strength, dashed=mark.what == "dashes")
        if mark.inside:
            form, left, top = self._form
            mask = ImageChops.multiply(mask, form.crop((x0 - left, y0 - top, x1 - left, y1 - top)))
        if mark.cast:
            self._cast(mask, box, mark.cast)
        paint = self._paint(mark, mark.tone, mask) if mark.tone else Image.new("RGB", mask.size, mark.colour)
        self.rgb.paste(paint, box, mask)
        if not mark.inside:
            self.alpha.paste(ImageChops.screen(self.alpha.crop(box), mask), box)
            if mark.what == "form":
                self._form = (mask, x0, y0)

    def _bounds(self, points: np.ndarray, margin: float) -> Box:
        (x0, y0), (x1, y1) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
        width, height = self.rgb.size
        return (
            max(0, math.floor(x0 - margin)),
            max(0, math.floor(y0 - margin)),
            min(width, int(x1 + margin) + 1),
            min(height, int(y1 + margin) + 1),
        )

    def _mask(self, points: np.ndarray, box: Box, width: float, strength: int, *, dashed: bool) -> Image.Image:
        """Where a mark is, with smooth borders, as large as its box."""
        x0, y0, x1, y1 = box
        large = Image.new("L", ((x1 - x0) * self.factor, (y1 - y0) * self.factor))
        draw = ImageDraw.Draw(large)
        local = (points - (x0, y0)) * self.factor - 0.5
        if dashed:
            for dash in local.reshape(-1, 4).tolist():
                draw.line(dash, fill=strength, width=max(1, round(width * self.factor)))
        elif width:
            _stroke(draw, local, width * self.factor, strength)
        else:
            draw.polygon(local.ravel().tolist(), fill=strength)
        return large.reduce(self.factor)

    def _paint(self, mark: Mark, tone: Tone, mask: Image.Image) -> Image.Image:
        """The shading of a form, as large as its mask."""
        if mark.light == "level":
            return Image.new("RGB", mask.size, tone.at(0.5 + mark.lift))
        cell = -(-max(mask.size) // GRID)
        width, height = (-(-side // cell) for side in mask.size)
        light = _pillow(mask, cell) if mark.light == "pillow" else LIGHTS[mark.light](width, height)
        index = (light - 0.5) * (self.gain * 255) + (0.5 + mark.lift) * 255
        small = Image.fromarray(np.clip(index, 0, 255).astype(np.uint8))
        area = (0, 0, mask.width / cell, mask.height / cell)
        # One band is enlarged, then looked up in the ramp: half the time of enlarging three.
        large = small.resize(mask.size, Image.Resampling.BILINEAR, box=area)
        large.putpalette(tone.ramp.tobytes())
        return large.convert("RGB")

    def _cast(self, mask: Image.Image, box: Box, strength: float) -> None:
        """Darken what lies below a form, a little to the lower right of it."""
        x0, y0 = box[:2]
        coarse = max(1, round(0.8 * self.unit))
        pad = 3
        small = mask.reduce(coarse)
        soft = Image.new("L", (small.width + 2 * pad, small.height + 2 * pad))
        soft.paste(small, (pad, pad))
        share = strength * (0.3 + 0.7 * self.gain)
        soft = _faint(soft.filter(ImageFilter.BoxBlur(1.2)), share)
        soft = soft.resize((soft.width * coarse, soft.height * coarse), Image.Resampling.BILINEAR)
        left, top = x0 - pad * coarse + round(1.2 * self.unit), y0 - pad * coarse + round(1.7 * self.unit)
        area = (left, top, left + soft.width, top + soft.height)
        dark = Image.new("RGB", soft.size, (16, 14, 26))  # pasting a picture is faster than pasting a colour
        self.rgb.paste(dark, area, ImageChops.multiply(soft, self.alpha.crop(area)))


def _faint(mask: Image.Image, share: float) -> Image.Image:
    """A mask at a share of its strength; `Image.point` is slower for small masks."""
    return Image.blend(Image.new("L", mask.size), mask, min(share, 1.0))


def _stroke(draw: ImageDraw.ImageDraw, points: np.ndarray, width: float, fill: int) -> None:
    """A line with round ends; one of many points is drawn as a body, which is faster than joining its pieces."""
    if width < 3.5:
        draw.line(points.ravel().tolist(), fill=fill, width=max(1, round(width)))
        return
    if len(points) > 5:
        draw.polygon(limb(points, width, width).ravel().tolist(), fill=fill)
    else:
        draw.line(points.ravel().tolist(), fill=fill, width=round(width), joint="curve")
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
    seen = [i for i, mark in enumerate(marks) if not mark.inside]
    parts = np.split(points, counts)
    low = np.min([parts[i].min(axis=0) - marks[i].width / 2 for i in seen], axis=0)
    high = np.max([parts[i].max(axis=0) + marks[i].width / 2 for i in seen], axis=0)
    margin = max(2.0, size * 0.02)
    scale = (size - 2 * margin) / (high - low).max()
    width, height = (min(size, math.ceil(side * scale + 2 * margin)) for side in high - low)
    points = (points - low) * scale + margin
    canvas = Canvas(width, height, outline, scale, 0.35 + 0.75 * sketch.finish)
    for mark, part in zip(marks, np.split(points, counts), strict=True):
        canvas.add(mark, part)
    if sketch.finish < 0.5:
        _wear(canvas, sketch, 1 - 2 * sketch.finish)
    elif sketch.finish > 0.5:
        _polish(canvas, 2 * sketch.finish - 1)
    return _outlined(canvas.rgb, canvas.alpha, outline)


@lru_cache(maxsize=4)
def _stains(side: int) -> Image.Image:
    """Soft blotches and a few scratches, (side, side)."""
    rng = np.random.default_rng(5)
    cells = Image.fromarray(rng.integers(0, 256, (9, 9)).astype(np.uint8))
    blotches = cells.resize((side, side), Image.Resampling.BICUBIC).point([max(0, i - 140) * 2 for i in range(256)])
    draw = ImageDraw.Draw(blotches)
    starts, runs = rng.uniform(0, side, (26, 2)), rng.uniform(-0.06, 0.06, (26, 2)) * side
    for line in np.concatenate([starts, starts + runs], axis=1).tolist():
        draw.line(line, fill=255)
    return blotches


def _wear(canvas: Canvas, sketch: Sketch, amount: float) -> None:
    """Fade and scratch what is drawn, by an amount of 0–1."""
    size = canvas.rgb.size
    mask = ImageChops.multiply(_stains(256).resize(size, Image.Resampling.BILINEAR), canvas.alpha)
    mask = _faint(mask, 0.44 * amount)
    canvas.rgb.paste(Image.new("RGB", size, mix(sketch.main.at(0.8), (158, 152, 142), 0.45)), (0, 0), mask)


def _polish(canvas: Canvas, amount: float) -> None:
    """Light along borders that face the upper left, shade along the others, and two glints, by an amount of 0–1."""
    size, alpha = canvas.rgb.size, canvas.alpha
    wide = max(1, round(max(size) / 100))
    for shift, colour, strength in ((wide, WHITE, 0.6), (-wide, (16, 14, 30), 0.3)):
        rim = ImageChops.subtract(alpha, ImageChops.offset(alpha, shift, shift))
        rim = _faint(rim, strength * amount)
        canvas.rgb.paste(Image.new("RGB", size, colour), (0, 0), rim)
    for (u, v), share in (((0.3, 0.26), 0.075), ((0.66, 0.6), 0.045)):
        # A glint sits on the product wherever that is near the usual place.
        x, y = _on(alpha, u, v)
        r = share * max(size) * amount
        points = star(x, y, r, r * 0.16, 4)
        canvas.add(Mark(what="flat", points=points, opacity=0.92 * amount, inside=False), points)


def _on(alpha: Image.Image, u: float, v: float) -> tuple[float, float]:
    """The opaque place of a picture that is nearest to (u, v), both 0–1, on a grid of twelve by twelve."""
    cells = np.asarray(alpha.resize((12, 12), Image.Resampling.BOX)) > 250
    rows, columns = np.nonzero(cells)
    if not len(rows):
        return u * alpha.width, v * alpha.height
    nearest = np.argmin(np.hypot((columns + 0.5) / 12 - u, (rows + 0.5) / 12 - v))
    return (columns[nearest] + 0.5) / 12 * alpha.width, (rows[nearest] + 0.5) / 12 * alpha.height


def _outlined(image: Image.Image, alpha: Image.Image, outline: RGB) -> Image.Image:
    """A hairline around the whole, so that a white product stands on a white ground."""
    grown = alpha
    for dx, dy in ((1, 0), (-1, 0), (0, 1), (0, -1)):
        grown = ImageChops.lighter(grown, ImageChops.offset(alpha, dx, dy))
    border = Image.new("RGB", image.size, outline)
    border.paste(image, (0, 0), alpha)
    border.putalpha(Image.blend(alpha, grown, 0.8))
    return border
