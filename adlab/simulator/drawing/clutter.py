"""Things that decorate an ad, or distract from it: stickers, ribbons, bursts, leaves, bubbles, frames, confetti."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from adlab.errors import InputError, UnknownNameError
from adlab.simulator.drawing.palette import GROUNDS, PALETTE, RGB, mix
from adlab.simulator.drawing.shapes import blob, box, curve, limb, moved, oval, shape, star
from adlab.simulator.factors import BACKGROUND_COLOURS

FACTOR = 2
SHADOW: RGB = (26, 24, 38)
MOST = 34  # things in the fullest picture
Part = tuple[np.ndarray, int]  # outline in units of the thing (about −5 to 5), and which of its colours
COMPANIONS = {
    "black": ("yellow", "white", "red"),
    "blue": ("yellow", "white", "pink"),
    "brown": ("yellow", "white", "green"),
    "green": ("yellow", "white", "pink"),
    "grey": ("yellow", "white", "blue"),
    "multiple": ("red", "blue", "yellow"),
    "pink": ("red", "white", "yellow"),
    "red": ("yellow", "white", "pink"),
    "white": ("red", "blue", "yellow"),
    "yellow": ("red", "white", "blue"),
}


def draw_clutter(size: tuple[int, int], amount: float, colour: str, rng: np.random.Generator) -> Image.Image:
    """Draw what lies about in an ad besides its parts.

    With an equal state of the generator, a larger amount keeps the things of a smaller one and adds to them.

    Args:
        size: Width and height in pixels.
        amount: 0 (nothing) – 1 (crowded).
        colour: Dominant colour of the ground that it lies on, a name of `factors.BACKGROUND_COLOURS`: the things
            take colours that show on it.
        rng: Chooses things, places and turns.

    Returns:
        RGBA layer of that size.

    Raises:
        UnknownNameError: The colour is none of the known ones.
        InputError: The amount is out of range or the size too small.
    """
    if colour not in BACKGROUND_COLOURS:
        raise UnknownNameError("background colour", colour, BACKGROUND_COLOURS)
    if not 0 <= amount <= 1:
        raise InputError(f"amount is {amount}; give a number from 0 to 1.")
    if min(size) < 16:
        raise InputError(f"size is {size[0]} × {size[1]}; give 16 pixels or more each way.")
    # Everything random is drawn first, so that the amount changes nothing but how many things are shown.
    places, kinds, turns = _places(size, rng), rng.integers(len(THINGS), size=MOST), rng.uniform(0, 360, MOST)
    sizes, picks = rng.uniform(0.75, 1.25, MOST), rng.integers(3, size=MOST)
    unit = (size[0] * size[1]) ** 0.5 / 100
    parts = []
    for i in range(int(np.ceil(amount * MOST))):
        grown = min(1.0, amount * MOST - i)  # the last one grows in
        colours, turn = _colours(colour, int(picks[i])), _rotation(float(turns[i])) * (unit * sizes[i] * grown)
        for points, which in _parts(int(kinds[i])):
            parts.append((points @ turn + places[i], colours[which], 0.6 * unit * grown if which == 0 else 0.0))
    return _painted(size, parts)


@lru_cache(maxsize=16)
def _parts(kind: int) -> list[Part]:
    return THINGS[kind]()


def _painted(size: tuple[int, int], parts: list[tuple[np.ndarray, RGB, float]]) -> Image.Image:
    """Parts and, below them all, shadows of those that have one: outline, colour, length of the shadow in pixels."""
    big = (size[0] * FACTOR, size[1] * FACTOR)
    rgb, alpha = Image.new("RGB", big, SHADOW), Image.new("L", big)
    on_rgb, on_alpha = ImageDraw.Draw(rgb), ImageDraw.Draw(alpha)
    for points, _, length in parts:
        if length:
            on_alpha.polygon((moved(points, 0.5 * length, length) * FACTOR).ravel().tolist(), fill=64)
    for points, colour, _ in parts:
        flat = (points * FACTOR).ravel().tolist()
        on_rgb.polygon(flat, fill=colour)
        on_alpha.polygon(flat, fill=255)
    image = rgb.reduce(FACTOR)
    image.putalpha(alpha.reduce(FACTOR))
    return image


def _places(size: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """Points (MOST, 2) that keep apart and prefer the borders, where ads have room."""
    golden = 0.7548776662466927, 0.5698402909980532
    steps = np.arange(1, MOST + 1)[:, None] * golden + rng.random(2)
    spread = steps % 1 * 2 - 1
    outwards = np.sign(spread) * np.abs(spread) ** 0.6
    return (outwards * 0.5 + 0.5) * size


def _colours(ground: str, pick: int) -> tuple[RGB, RGB, RGB, RGB]:
    name = COMPANIONS[ground][pick]
    own = GROUNDS[ground][3] if ground in GROUNDS else (255, 255, 255)
    shades = PALETTE[name]
    return shades.base, shades.light, shades.dark, mix(own, (255, 255, 255), 0.7)


def _sticker() -> list[Part]:
    return [(star(0, 0, 6.6, 5.5, 14), 0), (oval(0, 0, 4.4), 1), (star(0, 0, 2.9, 1.3, 5), 0)]


def _burst() -> list[Part]:
    return [(star(0, 0, 5.8, 2.8, 9), 0), (star(0, 0, 3.2, 1.7, 9), 3)]


def _ribbon() -> list[Part]:
    line = curve((-9, 1), (-5, -4), (-1, 4), (3, -4), (9, 1))
    return [(limb(line, 1.7, 1.7), 0), (limb(moved(line, 0, -0.4), 0.5, 0.5), 1)]


def _leaf() -> list[Part]:
    half = blob((-6.5, 0), (-2, -3.8), (3, -2.6), (7, 0))
    vein = limb(curve((-7.5, 0), (0, 0.3), (6, 0)), 0.6, 0.2)
    return [(np.concatenate([half, half[::-1] * (1, -1)]), 0), (half, 1), (vein, 2)]


def _bubble() -> list[Part]:
    return [(oval(0, 0, 4.6), 0), (oval(0.5, 0.5, 3.7), 1), (oval(-1.6, -1.6, 1.1, 0.8, tilt=-40), 3)]


def _frame() -> list[Part]:
    ring = np.concatenate([box(-5, -6, 5, 6, 1), box(-5, -6, 5, 6, 1)[:1], box(-3.9, -4.9, 3.9, 4.9, 0.6)[::-1]])
    return [(ring, 0), (blob((-3, 3), (0, -3.5), (3, 3)), 2)]


def _tag() -> list[Part]:
    paper = shape((-6, -2.6, 0.6), (3, -2.6, 0.6), (6.2, 0, 0.8), (3, 2.6, 0.6), (-6, 2.6, 0.6))
    return [(paper, 0), (oval(3.4, 0, 0.8), 3), (box(-4.6, -0.5, 1.4, 0.5, 0.5), 3)]


def _heart() -> list[Part]:
    half = shape((0, 5.6), (-6, 0.2, 3), (-5.4, -5, 3), (-1, -5, 2.4), (0, -2.4))
    return [(np.concatenate([half, half[::-1] * (-1, 1)]), 0), (oval(-2.6, -2, 1.2, 0.8, tilt=-40), 1)]


def _sparkle() -> list[Part]:
    return [(star(0, 0, 5.6, 1.4, 4), 0), (star(4.2, -4.2, 2.2, 0.6, 4), 3)]


def _zigzag() -> list[Part]:
    xs = np.arange(9) * 1.7 - 6.8
    ys = np.where(np.arange(9) % 2 == 0, 1.5, -1.5)
    return [(limb(np.stack([xs, ys], axis=1), 1.2, 1.2), 0)]


def _scraps() -> list[Part]:
    scrap = box(-1.6, -0.7, 1.6, 0.7)
    at = ((-4.5, -3, 20), (0, 3.5, 70), (4.5, -1.5, 130), (-2.6, 0.6, 100), (3.4, 4.4, 10))
    return [(moved(scrap, x, y, turn=turn), i % 3) for i, (x, y, turn) in enumerate(at)]


def _rosette() -> list[Part]:
    petals = [(oval(3.2, 0, 2.4, 1.7) @ _rotation(a), 0) for a in range(0, 360, 60)]
    return [*petals, (oval(0, 0, 1.8), 3)]


def _rotation(degrees: float) -> np.ndarray:
    t = np.radians(degrees)
    return np.array([[np.cos(t), np.sin(t)], [-np.sin(t), np.cos(t)]])


THINGS: tuple[Callable[[], list[Part]], ...] = (
    _sticker, _burst, _ribbon, _leaf, _bubble, _frame, _tag, _heart, _sparkle, _zigzag, _scraps, _rosette,
)  # fmt: skip
