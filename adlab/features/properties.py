"""Simple measurable properties of pictures and texts: what the private spaces of FOCAL are probed for.

Each property has a name and two words a marketer understands for its low and its high end.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import numpy as np
from PIL import Image


class Property(NamedTuple):
    """A property and the words for its ends."""

    name: str
    low_word: str
    high_word: str


IMAGE_PROPERTIES = (
    Property("brightness", "dark", "bright"),
    Property("contrast", "soft contrast", "strong contrast"),
    Property("colourfulness", "muted colours", "vivid colours"),
    Property("warmth", "cool tones", "warm tones"),
    Property("busyness", "plain", "busy"),
)
TEXT_PROPERTIES = (
    Property("length", "short", "long"),
    Property("word length", "short words", "long words"),
    Property("descriptive colour", "names no colour", "names colours"),
    Property("count", "names no number", "names numbers"),
)
COLOURS = frozenset(
    {
        "red",
        "orange",
        "yellow",
        "green",
        "blue",
        "purple",
        "pink",
        "brown",
        "black",
        "white",
        "grey",
        "gray",
        "tan",
        "beige",
        "gold",
        "silver",
    }
)
NUMBERS = frozenset(
    {
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "several",
        "many",
        "group",
        "crowd",
        "couple",
    }
)


def image_properties(image: Image.Image) -> np.ndarray:
    """One number per entry of `IMAGE_PROPERTIES`, (5,).

    Brightness: mean luminance, 0–1. Contrast: its standard deviation. Colourfulness: Hasler and Süsstrunk 2003.
    Warmth: mean of red minus blue, −1 … 1. Busyness: mean absolute difference of neighbouring luminances.
    """
    rgb = np.asarray(image.convert("RGB").resize((96, 96), Image.Resampling.BILINEAR), dtype=np.float64) / 255
    red, green, blue = rgb[..., 0], rgb[..., 1], rgb[..., 2]
    luminance = 0.299 * red + 0.587 * green + 0.114 * blue
    opponent = red - green, (red + green) / 2 - blue
    spread = np.hypot(opponent[0].std(), opponent[1].std())
    distance = np.hypot(opponent[0].mean(), opponent[1].mean())
    edges = np.abs(np.diff(luminance, axis=0)).mean() + np.abs(np.diff(luminance, axis=1)).mean()
    return np.array([luminance.mean(), luminance.std(), spread + 0.3 * distance, (red - blue).mean(), edges])


def text_properties(text: str) -> np.ndarray:
    """One number per entry of `TEXT_PROPERTIES`, (4,).

    Length: words. Word length: mean letters a word. Descriptive colour and count: words that name one.
    """
    words = re.findall(r"[^\W\d_]+|\d+", text.lower())
    letters = float(np.mean([len(word) for word in words])) if words else 0.0
    colours = sum(word in COLOURS for word in words)
    numbers = sum(word in NUMBERS or word.isdigit() for word in words)
    return np.array([len(words), letters, colours, numbers], dtype=np.float64)
