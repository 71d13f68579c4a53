"""Small seeded pictures and captions that go with them."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

COLOURS = ("red", "green", "blue", "yellow", "white", "black", "orange", "purple")
THINGS = (
    "a dog",
    "a bicycle",
    "two shoes",
    "a cup of coffee",
    "the beach",
    "a mountain",
    "a city",
    "a child",
)


def picture(seed: int, width: int = 48, height: int = 40) -> Image.Image:
    """A rectangle and an ellipse on noise; equal seeds give equal pixels."""
    rng = np.random.default_rng(seed)
    image = Image.fromarray(rng.integers(0, 256, (height, width, 3), dtype=np.uint8))
    draw = ImageDraw.Draw(image)
    for shape in (draw.rectangle, draw.ellipse):
        left, top = rng.integers(0, width // 2), rng.integers(0, height // 2)
        box = (left, top, left + rng.integers(4, width // 2), top + rng.integers(4, height // 2))
        shape([int(edge) for edge in box], fill=COLOURS[rng.integers(len(COLOURS))])
    return image


def caption(seed: int) -> str:
    """An English sentence; equal seeds give equal sentences."""
    rng = np.random.default_rng(seed)
    colour, first, second = rng.choice(COLOURS), rng.choice(THINGS), rng.choice(THINGS)
    return f"The {colour} picture shows {first} and {second}, number {seed}."
