"""A few shaded brushes on one canvas; everything is seeded, so the same picture comes out every time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[float, float, float]
Point = tuple[float, float]
WIDTH, HEIGHT = 800, 600
SCALE = 2  # drawn at twice the size, then scaled down: smooth edges


class Canvas:
    """An RGB picture of `WIDTH` × `HEIGHT` in which shapes are lit from the upper left.

    Args:
        seed: Seed of all random texture.
    """

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.size = (WIDTH * SCALE, HEIGHT * SCALE)
        self.pixels = np.zeros((self.size[1], self.size[0], 3), np.float32)

    def gradient(self, stops: Sequence[tuple[float, Colour]], top: float = 0, bottom: float = HEIGHT) -> None:
        """Fill rows from `top` to `bottom` with colours that blend downwards; stops lie at 0–1."""
        first, last = int(top * SCALE), int(bottom * SCALE)
        t = np.linspace(0, 1, max(last - first, 1))
        columns = [np.interp(t, [s[0] for s in stops], [s[1][i] for s in stops]) for i in range(3)]
        self.pixels[first:last] = np.stack(columns, 1)[: last - first, None]

    def mask(self, polygons: Sequence[Sequence[Point]], blur: float = 0) -> np.ndarray:
        """Coverage 0–1 of filled polygons over the whole canvas, (rows, columns)."""
        return self._cover(polygons, blur, (0, 0, *self.size))

    def paint(self, mask: np.ndarray, colour: Colour, strength: float = 1) -> None:
        """Lay a flat colour over a mask."""
        cover = (mask * strength)[..., None]
        self.pixels = self.pixels * (1 - cover) + np.array(colour, np.float32) * cover

    def shape(
        self,
        *polygons: Sequence[Point],
        colour: Colour,
        depth: float = 14,
        relief: float = 0.55,
        grain: float = 0,
    ) -> None:
        """Paint polygons as one rounded body: bright where it faces the light, dark where it turns away.

        Args:
            polygons: Outlines.
            colour: RGB, 0–255.
            depth: How far the rounding reaches inwards, in pixels.
            relief: Strength of light and shade.
            grain: Strength of a coarse texture.
        """
        box = self._box(polygons, depth)
        rows, columns = slice(box[1], box[3]), slice(box[0], box[2])
        cover = self._cover(polygons, 0, box)[..., None]
        down, right = np.gradient(self._cover(polygons, depth, box) * depth * SCALE)
        light = np.clip((right * 0.6 + down * 0.8) * relief * 1.6, -0.55, 0.42)[..., None]
        base = np.array(colour, np.float32) * np.ones_like(cover)
        if grain:
            base = base * (1 + grain * self.noise(2)[rows, columns][..., None])
        lit = np.where(light > 0, base + (255 - base) * light, base * (1 + light))
        self.pixels[rows, columns] = self.pixels[rows, columns] * (1 - cover) + lit * cover

    def _box(self, polygons: Sequence[Sequence[Point]], margin: float) -> tuple[int, int, int, int]:
        corners = np.array([point for polygon in polygons for point in polygon]) * SCALE
        low, high = corners.min(0) - 3 * margin * SCALE, corners.max(0) + 3 * margin * SCALE
        left, top = np.clip(low, 0, [self.size[0] - 2, self.size[1] - 2])
        right, bottom = np.clip(high, [left + 2, top + 2], self.size)
        return int(left), int(top), int(right), int(bottom)

    def _cover(self, polygons: Sequence[Sequence[Point]], blur: float, box: tuple[int, int, int, int]) -> np.ndarray:
        image = Image.new("L", (box[2] - box[0], box[3] - box[1]))
        pen = ImageDraw.Draw(image)
        for points in polygons:
            pen.polygon([(x * SCALE - box[0], y * SCALE - box[1]) for x, y in points], fill=255)
        if blur:
            image = image.filter(ImageFilter.GaussianBlur(blur * SCALE))
        return np.asarray(image, np.float32) / 255

    def shadow(self, centre: Point, radii: Point, strength: float = 0.4, blur: float = 14) -> None:
        """A soft dark pool on the ground."""
        self.paint(self.mask([ellipse(centre, radii)], blur=blur), (10, 14, 18), strength)

    def noise(self, softness: float) -> np.ndarray:
        """Smooth random relief of about unit spread, (rows, columns)."""
        small = self.random.integers(0, 256, (self.size[1] // 4, self.size[0] // 4), dtype=np.uint8)
        image = Image.fromarray(small).filter(ImageFilter.GaussianBlur(softness))
        relief = np.asarray(image.resize(self.size, Image.Resampling.BICUBIC), np.float32)
        return (relief - relief.mean()) / relief.std()

    def texture(
        self, top: float, bottom: float, strength: float, softness: float, mask: np.ndarray | None = None
    ) -> None:
        """Brighten and darken an area at random, in per cent."""
        relief = np.zeros(self.pixels.shape[:2], np.float32)
        rows = slice(int(top * SCALE), int(bottom * SCALE))
        relief[rows] = self.noise(softness)[rows]
        cover = relief if mask is None else relief * mask
        self.pixels *= 1 + strength * cover[..., None]

    def strokes(
        self,
        count: int,
        area: tuple[float, float, float, float],
        length: tuple[float, float],
        colours: Sequence[Colour],
        width: float = 1.2,
        angle: float = -90,
        spread: float = 18,
    ) -> None:
        """Short lines such as blades of grass; lower ones are longer, as nearer ones are."""
        image = Image.fromarray(np.clip(self.pixels, 0, 255).astype(np.uint8))
        pen = ImageDraw.Draw(image)
        left, top, right, bottom = area
        ys = np.sort(self.random.uniform(0, 1, count)) ** 0.8
        for y in ys:
            x = self.random.uniform(left, right)
            size = length[0] + (length[1] - length[0]) * y
            turn = math.radians(angle + self.random.normal(0, spread))
            start = (x * SCALE, (top + (bottom - top) * y) * SCALE)
            end = (start[0] + size * SCALE * math.cos(turn), start[1] + size * SCALE * math.sin(turn))
            colour = np.array(colours[self.random.integers(len(colours))]) * self.random.uniform(0.85, 1.1)
            pen.line(
                [start, end],
                fill=tuple(int(min(c, 255)) for c in colour),
                width=max(1, round(width * SCALE * (0.5 + y))),
            )
        self.pixels = np.asarray(image, np.float32).copy()

    def blur(self, radius: float, top: float = 0, bottom: float = HEIGHT) -> None:
        """Throw rows out of focus."""
        image = self.picture_at_scale().filter(ImageFilter.GaussianBlur(radius * SCALE))
        rows = slice(int(top * SCALE), int(bottom * SCALE))
        self.pixels[rows] = np.asarray(image, np.float32)[rows]

    def picture_at_scale(self) -> Image.Image:
        """The canvas as a picture at drawing size."""
        return Image.fromarray(np.clip(self.pixels, 0, 255).astype(np.uint8))

    def picture(self) -> Image.Image:
        """The finished picture, with a little vignette and film grain."""
        rows, columns = self.pixels.shape[:2]
        y, x = np.mgrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j].astype(np.float32)
        self.pixels *= (1 - 0.16 * np.clip(x * x + y * y - 0.5, 0, None))[..., None]
        self.pixels += self.random.normal(0, 2.2, self.pixels.shape[:2]).astype(np.float32)[..., None]
        return self.picture_at_scale().resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)


def ellipse(centre: Point, radii: Point, start: float = 0, end: float = 360, tilt: float = 0) -> list[Point]:
    """Corners of an ellipse or of a sector's rim; angles in degrees, clockwise from the right."""
    steps, turn = np.radians(np.linspace(start, end, 90)), math.radians(tilt)
    x, y = radii[0] * np.cos(steps), radii[1] * np.sin(steps)
    return [
        (centre[0] + a * math.cos(turn) - b * math.sin(turn), centre[1] + a * math.sin(turn) + b * math.cos(turn))
        for a, b in zip(x, y, strict=True)
    ]


def curve(*points: Point, closed: bool = True, steps: int = 14) -> list[Point]:
    """A smooth line through all points (Catmull–Rom)."""
    p = list(points)
    around = [p[-1], *p, p[0], p[1]] if closed else [p[0], *p, p[-1]]
    line: list[Point] = []
    for a, b, c, d in zip(around, around[1:], around[2:], around[3:], strict=False):
        for t in np.linspace(0, 1, steps, endpoint=False):
            line.append(
                tuple(
                    0.5
                    * (
                        2 * b[i]
                        + (c[i] - a[i]) * t
                        + (2 * a[i] - 5 * b[i] + 4 * c[i] - d[i]) * t**2
                        + (3 * b[i] - a[i] - 3 * c[i] + d[i]) * t**3
                    )
                    for i in (0, 1)
                )
            )
    return line if closed else [*line, p[-1]]


def tube(points: Sequence[Point], width: float, end_width: float | None = None) -> list[Point]:
    """Outline of a band that follows a smooth line, narrowing to `end_width`."""
    line = np.array(curve(*points, closed=False))
    widths = np.linspace(width, width if end_width is None else end_width, len(line)) / 2
    along = np.gradient(line, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1) / np.maximum(np.hypot(*along.T), 1e-6)[:, None]
    left, right = line + across * widths[:, None], line - across * widths[:, None]
    return [(float(x), float(y)) for x, y in [*left, *right[::-1]]]


def ring(centre: Point, radius: float, width: float) -> list[Point]:
    """Outline of a ring, as one polygon with a seam."""
    outer, inner = ellipse(centre, (radius, radius)), ellipse(centre, (radius - width, radius - width))
    return [*outer, *inner[::-1]]
