"""The canvas of a background and the hues it may use."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from adlab.simulator.drawing.palette import GROUNDS, RGB, mix

FACTOR = 2  # enlargement while drawing, for smooth edges
HARMONIES = (
    ("blue", "yellow", "pink"),
    ("pink", "yellow", "green"),
    ("green", "pink", "blue"),
    ("red", "yellow", "blue"),
    ("yellow", "blue", "green"),
    ("pink", "blue", "yellow"),
)


class Hues:
    """The colours of one background.

    Args:
        colour: Name in `palette.GROUNDS`, or "multiple" for three hues that go together.
        rng: Chooses among harmonies and shifts the tone.
    """

    def __init__(self, colour: str, rng: np.random.Generator) -> None:
        names = HARMONIES[int(rng.integers(len(HARMONIES)))] if colour == "multiple" else (colour,)
        self.many = len(names) > 1
        self._ramps = [GROUNDS[name] for name in names]
        self._shift = float(rng.uniform(-0.08, 0.08))

    def at(self, light: float, hue: int = 0) -> RGB:
        """A tone from deep (0) to pale (1); `hue` counts through the hues where there are several."""
        ramp = self._ramps[hue % len(self._ramps)]
        place = min(max(light + self._shift, 0.0), 1.0) * 3
        low = min(int(place), 2)
        return mix(ramp[low], ramp[low + 1], place - low)


@lru_cache(maxsize=8)
def _glow(side: int) -> Image.Image:
    axis = np.linspace(-1, 1, side)
    falloff = np.clip(1 - np.hypot(axis[None, :], axis[:, None]), 0, 1)
    return Image.fromarray((255 * falloff**2 * (3 - 2 * falloff)).astype(np.uint8))


class Plate:
    """A picture under way; all coordinates are in pixels of the finished one.

    Args:
        size: Width and height of the finished picture in pixels.
        ground: Colour to start from.
    """

    def __init__(self, size: tuple[int, int], ground: RGB) -> None:
        self.width, self.height = size
        self.unit = min(size) / 100
        self.image = Image.new("RGB", (size[0] * FACTOR, size[1] * FACTOR), ground)
        self._draw = ImageDraw.Draw(self.image)

    def area(self, points: np.ndarray, colour: RGB) -> None:
        """A polygon of points (N, 2)."""
        self._draw.polygon((points * FACTOR).ravel().tolist(), fill=colour)

    def rectangle(self, x0: float, y0: float, x1: float, y1: float, colour: RGB) -> None:
        """An upright rectangle."""
        self._draw.rectangle((x0 * FACTOR, y0 * FACTOR, x1 * FACTOR, y1 * FACTOR), fill=colour)

    def disc(self, x: float, y: float, rx: float, colour: RGB, ry: float | None = None) -> None:
        """An ellipse about (x, y)."""
        ry = rx if ry is None else ry
        corners = ((x - rx) * FACTOR, (y - ry) * FACTOR, (x + rx) * FACTOR, (y + ry) * FACTOR)
        self._draw.ellipse(corners, fill=colour)

    def line(self, points: np.ndarray, width: float, colour: RGB) -> None:
        """A line along points (N, 2)."""
        self._draw.line((points * FACTOR).ravel().tolist(), fill=colour, width=max(1, round(width * FACTOR)))

    def fade(self, y0: float, y1: float, top: RGB, bottom: RGB) -> None:
        """A band over the full width that runs from one colour to another."""
        start, stop = round(y0 * FACTOR), round(y1 * FACTOR)
        if stop <= start:
            return
        ends = Image.fromarray(np.array([[top], [bottom]], np.uint8))
        self.image.paste(ends.resize((self.image.width, stop - start), Image.Resampling.BILINEAR), (0, start))

    def glow(self, x: float, y: float, radius: float, colour: RGB, strength: float = 0.6) -> None:
        """A soft light about (x, y)."""
        reach = max(2, round(radius * FACTOR))
        mask = _glow(48).point([round(value * strength) for value in range(256)])
        mask = mask.resize((2 * reach, 2 * reach), Image.Resampling.BILINEAR)
        light = Image.new("RGB", mask.size, colour)  # pasting a picture is faster than pasting a colour
        self.image.paste(light, (round(x * FACTOR) - reach, round(y * FACTOR) - reach), mask)

    def finished(self) -> Image.Image:
        """The picture at its own size."""
        return self.image.reduce(FACTOR)
