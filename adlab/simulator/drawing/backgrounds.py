"""Grounds of ads: plain, gradient, pattern or scene, in one dominant colour or in several."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PIL import Image

from adlab.errors import InputError, UnknownNameError
from adlab.simulator.drawing.ground import Hues, Plate
from adlab.simulator.drawing.patterns import PATTERNS
from adlab.simulator.drawing.scenes import SCENES
from adlab.simulator.factors import BACKGROUND_COLOURS

Painter = Callable[[Plate, Hues, np.random.Generator], None]


def draw_background(size: tuple[int, int], colour: str, style: str, rng: np.random.Generator) -> Image.Image:
    """Draw the ground of an ad.

    Args:
        size: Width and height in pixels, 16 or more each.
        colour: Dominant colour, a name of `factors.BACKGROUND_COLOURS`; "multiple" for several hues.
        style: "plain", "gradient", "pattern" or "scene".
        rng: Chooses the motif and its details.

    Returns:
        RGB picture, the same for equal arguments and an equal state of the generator.

    Raises:
        UnknownNameError: Colour or style is none of the known ones.
        InputError: The size is too small.
    """
    if colour not in BACKGROUND_COLOURS:
        raise UnknownNameError("background colour", colour, BACKGROUND_COLOURS)
    if style not in STYLES:
        raise UnknownNameError("background style", style, STYLES)
    if min(size) < 16:
        raise InputError(f"size is {size[0]} × {size[1]}; give 16 pixels or more each way.")
    hues = Hues(colour, rng)
    painters = STYLES[style]
    # A gradient has no edges, so that a quarter of the size holds all there is to see.
    drawn = (max(16, size[0] // 4), max(16, size[1] // 4)) if style == "gradient" else size
    plate = Plate(drawn, hues.at(0.66))
    painters[int(rng.integers(len(painters)))](plate, hues, rng)
    if style == "gradient":
        return plate.image.resize(size, Image.Resampling.BICUBIC)
    return plate.finished()


def _even(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    """One colour with a breath of light; blocks of colour where there are several hues."""
    if hues.many:
        _blocks(plate, hues, rng)
        return
    light = rng.uniform(0.6, 0.85)
    plate.rectangle(0, 0, plate.width, plate.height, hues.at(light))
    plate.glow(plate.width * 0.3, plate.height * 0.25, max(plate.width, plate.height) * 0.7, hues.at(light + 0.1), 0.5)


def _blocks(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    """Large slanted blocks."""
    w, h, lean = plate.width, plate.height, rng.uniform(-0.35, 0.35) * plate.height
    first, second = w * rng.uniform(0.28, 0.4), w * rng.uniform(0.6, 0.72)
    for hue, (left, right) in enumerate(((-w, first), (first, second), (second, 2 * w))):
        corners = np.array([(left + lean, 0), (right + lean, 0), (right - lean, h), (left - lean, h)])
        plate.area(corners, hues.at(0.7 if hues.many else 0.5 + 0.16 * hue, hue))


def _upright(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    """From pale above to deep below, or the other way about."""
    top, bottom = (0.95, 0.35) if rng.random() < 0.7 else (0.35, 0.9)
    if hues.many:
        plate.fade(0, plate.height / 2, hues.at(0.7), hues.at(0.72, 1))
        plate.fade(plate.height / 2, plate.height, hues.at(0.72, 1), hues.at(0.7, 2))
    else:
        plate.fade(0, plate.height, hues.at(top), hues.at(bottom))


def _corner_lights(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    """Soft lights that run into one another."""
    w, h = plate.width, plate.height
    plate.fade(0, h, hues.at(0.6), hues.at(0.4, 0))
    reach = max(w, h) * (0.85 if hues.many else 0.62)
    places = [(0.05, 0.05), (0.95, 0.2), (0.2, 1.0), (0.9, 0.95)]
    for hue, place in enumerate(rng.permutation(4)[:3]):
        x, y = places[int(place)]
        wide = reach * rng.uniform(0.8, 1.2) * (0.8 if hues.many and hue == 2 else 1)
        plate.glow(x * w, y * h, wide, hues.at((0.95, 0.3, 0.8)[hue] if not hues.many else 0.66, hue + 1), 0.96)


def _spotlight(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    """A pool of light in the middle of a deeper ground."""
    w, h = plate.width, plate.height
    plate.rectangle(0, 0, w, h, hues.at(0.34))
    if hues.many:
        for hue, x in ((1, 0.0), (2, 1.0)):
            plate.glow(w * x, h * (0.9 - 0.8 * x), max(w, h) * 0.95, hues.at(0.6, hue), 1.0)
            plate.glow(w * x, h * (0.9 - 0.8 * x), max(w, h) * 0.7, hues.at(0.6, hue), 1.0)
        return
    plate.glow(w * rng.uniform(0.4, 0.6), h * rng.uniform(0.4, 0.55), max(w, h) * 0.75, hues.at(0.9), 0.95)


STYLES: dict[str, tuple[Painter, ...]] = {
    "plain": (_even,),
    "gradient": (_upright, _corner_lights, _spotlight),
    "pattern": PATTERNS,
    "scene": SCENES,
}
