"""Draws any product of the catalogue in any of the nine colours."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image

from adlab.errors import InputError, UnknownNameError
from adlab.simulator.drawing.accessories import ACCESSORIES
from adlab.simulator.drawing.clothing import CLOTHING
from adlab.simulator.drawing.electronics import ELECTRONICS
from adlab.simulator.drawing.food import FOOD
from adlab.simulator.drawing.furniture import FURNITURE
from adlab.simulator.drawing.household import HOUSEHOLD
from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.palette import PALETTE, STEPS
from adlab.simulator.drawing.raster import rasterise
from adlab.simulator.drawing.shoes import SHOES
from adlab.simulator.drawing.sketch import Sketch
from adlab.simulator.drawing.sport import SPORT
from adlab.simulator.drawing.toys import TOYS

DRAWN: dict[str, Kind] = {
    **SHOES, **CLOTHING, **ACCESSORIES, **ELECTRONICS, **FURNITURE, **HOUSEHOLD, **FOOD, **SPORT, **TOYS,
}  # fmt: skip
MIN_SIZE, MAX_SIZE = 16, 2048


def draw_product(
    kind: str, colour: str, size: int, *, finish: float = 0.7, variant: int = 0, view: int = 0
) -> Image.Image:
    """Draw a product on a transparent ground, tightly framed.

    Args:
        kind: Name in the catalogue.
        colour: Name in `palette.PALETTE`.
        size: Longer side of the result in pixels, 16–2048; the shorter one follows from kind and pose.
        finish: Visible quality, from 0 (flat, dull, worn) to 1 (crisp, glossy, rich in detail).
        variant: Seed of the shape and the shade: another number is another model of the same kind.
        view: Seed of the pose: mirrored or not, tilt, foreshortening; 0 is upright and not mirrored.

    Returns:
        RGBA picture, the same for equal arguments.

    Raises:
        UnknownNameError: Kind or colour is none of the known ones.
        InputError: Size or finish is out of range.
    """
    if kind not in DRAWN:
        raise UnknownNameError("product kind", kind, DRAWN)
    if colour not in PALETTE:
        raise UnknownNameError("colour", colour, PALETTE)
    if not MIN_SIZE <= size <= MAX_SIZE:
        raise InputError(f"size is {size}; give {MIN_SIZE} to {MAX_SIZE} pixels.")
    if not 0 <= finish <= 1:
        raise InputError(f"finish is {finish}; give a number from 0 to 1.")
    finish = round(finish * (STEPS - 1)) / (STEPS - 1)
    rng = np.random.default_rng([variant, sorted(DRAWN).index(kind)])
    tint = round(rng.uniform(-0.3, 0.3) * 8) / 8
    sketch = Sketch(colour, finish, tint)
    drawn = DRAWN[kind]
    drawn.draw(sketch, rng)
    return rasterise(sketch, size, _pose(drawn, view), PALETTE[colour].outline)


def _pose(kind: Kind, view: int) -> np.ndarray:
    """The linear map of a pose, (2, 2)."""
    if view == 0:
        return np.eye(2)
    rng = np.random.default_rng(view)
    turn = math.radians(rng.uniform(-kind.tilt, kind.tilt))
    flip = -1.0 if kind.mirror and rng.random() < 0.5 else 1.0
    narrow = 1 - rng.uniform(0, kind.squeeze)
    rotation = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)]])
    return rotation @ np.diag([flip * narrow, 1.0])
