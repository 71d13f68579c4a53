"""Shapes with smooth edges: brand marks, badges, buttons, plates. Each is drawn large once, then shrunk and kept."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import Image, ImageDraw

_OVER = 4  # oversampling
Points = list[tuple[float, float]]


@lru_cache(maxsize=1024)
def rounded(width: int, height: int, radius: int, border: int = 0) -> Image.Image:
    """Mask of a rectangle with round corners; with a border only its rim of so many pixels."""
    large = Image.new("L", (width * _OVER, height * _OVER))
    pen = ImageDraw.Draw(large)
    box = (0, 0, width * _OVER - 1, height * _OVER - 1)
    if border:
        pen.rounded_rectangle(box, radius * _OVER, outline=255, width=border * _OVER)
    else:
        pen.rounded_rectangle(box, radius * _OVER, fill=255)
    return large.reduce(_OVER)


@lru_cache(maxsize=512)
def ellipse(width: int, height: int, border: int = 0) -> Image.Image:
    """Mask of an ellipse; with a border only its rim."""
    large = Image.new("L", (width * _OVER, height * _OVER))
    pen = ImageDraw.Draw(large)
    box = (0, 0, width * _OVER - 1, height * _OVER - 1)
    if border:
        pen.ellipse(box, outline=255, width=border * _OVER)
    else:
        pen.ellipse(box, fill=255)
    return large.reduce(_OVER)


@lru_cache(maxsize=512)
def polygon(points: tuple[tuple[float, float], ...], width: int, height: int) -> Image.Image:
    """Mask of a polygon given in pixels."""
    large = Image.new("L", (width * _OVER, height * _OVER))
    ImageDraw.Draw(large).polygon([(x * _OVER, y * _OVER) for x, y in points], fill=255)
    return large.reduce(_OVER)


@lru_cache(maxsize=256)
def badge(shape: str, size: int) -> Image.Image:
    """Mask of a discount badge, "burst", "circle", "seal" or "ribbon", as a square of so many pixels."""
    middle = size / 2
    if shape == "circle":
        return ellipse(size, size)
    if shape == "ribbon":
        notch = size * 0.16
        edge = ((0, size * 0.2), (size, size * 0.2), (size - notch, middle), (size, size * 0.8), (0, size * 0.8))
        return polygon(edge, size, size)
    count, depth = (16, 0.84) if shape == "burst" else (28, 0.93)
    points = []
    for i in range(2 * count):
        radius = middle * (1.0 if i % 2 == 0 else depth)
        angle = math.pi * i / count
        points.append((middle + radius * math.sin(angle), middle - radius * math.cos(angle)))
    return polygon(tuple(points), size, size)


@lru_cache(maxsize=256)
def brand_mark(shape: str, size: int) -> Image.Image:
    """Mask of a brand's logo, one of `brands.MARKS`, as a square of so many pixels."""
    side = size * _OVER
    large = Image.new("L", (side, side))
    _LOGOS[shape](ImageDraw.Draw(large), float(side - 1))
    return large.reduce(_OVER)


@lru_cache(maxsize=64)
def arrow(size: int) -> Image.Image:
    """Mask of an arrow to the right, as wide as high."""
    side = size * _OVER
    large = Image.new("L", (side, side))
    pen = ImageDraw.Draw(large)
    thick = max(side // 8, 1)
    pen.line([(side * 0.1, side / 2), (side * 0.9, side / 2)], fill=255, width=thick)
    pen.line([(side * 0.55, side * 0.18), (side * 0.9, side / 2), (side * 0.55, side * 0.82)], fill=255, width=thick)
    return large.reduce(_OVER)


def _ring(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.ellipse((0, 0, s, s), outline=255, width=round(s * 0.2))
    pen.ellipse((s * 0.36, s * 0.36, s * 0.64, s * 0.64), fill=255)


def _drop(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.ellipse((s * 0.16, s * 0.32, s * 0.84, s), fill=255)
    pen.polygon([(s * 0.5, 0), (s * 0.21, s * 0.52), (s * 0.79, s * 0.52)], fill=255)
    pen.ellipse((s * 0.36, s * 0.58, s * 0.52, s * 0.76), fill=0)


def _peak(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.polygon([(0, s * 0.9), (s * 0.4, s * 0.1), (s * 0.62, s * 0.54), (s * 0.44, s * 0.9)], fill=255)
    pen.polygon([(s * 0.54, s * 0.9), (s * 0.76, s * 0.42), (s, s * 0.9)], fill=255)


def _leaf(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.pieslice((0, -s, 2 * s, s), 90, 180, fill=255)
    pen.polygon([(0, 0), (s, 0), (s, s)], fill=0)
    pen.pieslice((-s, 0, s, 2 * s), 270, 360, fill=255)
    pen.line([(s * 0.1, s * 0.1), (s * 0.95, s * 0.95)], fill=0, width=round(s * 0.09))


def _wave(pen: ImageDraw.ImageDraw, s: float) -> None:
    for k in range(3):
        points = [(s * x / 24, s * (0.2 + 0.3 * k) + s * 0.12 * math.sin(x / 24 * 2 * math.pi)) for x in range(25)]
        pen.line(points, fill=255, width=round(s * 0.13), joint="curve")


def _star(pen: ImageDraw.ImageDraw, s: float) -> None:
    points = []
    for i in range(8):
        radius = s / 2 * (1 if i % 2 == 0 else 0.36)
        points.append((s / 2 + radius * math.sin(math.pi * i / 4), s / 2 - radius * math.cos(math.pi * i / 4)))
    pen.polygon(points, fill=255)


def _hexagon(s: float, radius: float) -> Points:
    return [(s / 2 + radius * math.sin(math.pi * i / 3), s / 2 - radius * math.cos(math.pi * i / 3)) for i in range(6)]


def _hex(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.polygon(_hexagon(s, s / 2), fill=255)
    pen.polygon(_hexagon(s, s * 0.24), fill=0)


def _bars(pen: ImageDraw.ImageDraw, s: float) -> None:
    for k, height in enumerate((0.45, 0.75, 1.0)):
        pen.rectangle((s * (0.04 + 0.34 * k), s * (1 - height), s * (0.26 + 0.34 * k), s), fill=255)


def _arc(pen: ImageDraw.ImageDraw, s: float) -> None:
    for k in range(2):
        inset = s * 0.28 * k
        pen.arc((inset, s * 0.2 + inset, s - inset, s * 1.2 - inset), 180, 360, fill=255, width=round(s * 0.17))
    pen.rectangle((s * 0.44, s * 0.66, s * 0.56, s * 0.78), fill=255)


def _diamond(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.polygon([(s / 2, 0), (s, s / 2), (s / 2, s), (0, s / 2)], fill=255)
    pen.polygon([(s / 2, s * 0.28), (s * 0.72, s / 2), (s / 2, s * 0.72), (s * 0.28, s / 2)], fill=0)


def _sun(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.ellipse((s * 0.3, s * 0.3, s * 0.7, s * 0.7), fill=255)
    for i in range(8):
        dx, dy = math.cos(math.pi * i / 4), math.sin(math.pi * i / 4)
        ends = [(s / 2 + dx * s * k, s / 2 + dy * s * k) for k in (0.31, 0.49)]
        pen.line(ends, fill=255, width=round(s * 0.1))


def _fold(pen: ImageDraw.ImageDraw, s: float) -> None:
    pen.polygon([(0, 0), (s * 0.46, s * 0.24), (s * 0.46, s), (0, s * 0.76)], fill=255)
    pen.polygon([(s * 0.54, s * 0.24), (s, 0), (s, s * 0.76), (s * 0.54, s)], fill=255)


_LOGOS = {
    "ring": _ring,
    "drop": _drop,
    "peak": _peak,
    "leaf": _leaf,
    "wave": _wave,
    "star": _star,
    "hex": _hex,
    "bars": _bars,
    "arc": _arc,
    "diamond": _diamond,
    "sun": _sun,
    "fold": _fold,
}
