"""Names the colour of pixels by hue, saturation and brightness, with no knowledge of the simulator's palette."""

from __future__ import annotations

import numpy as np
from PIL import Image

NAMES = ("black", "blue", "brown", "green", "grey", "pink", "red", "white", "yellow")


def named(pixels: np.ndarray) -> np.ndarray:
    """The colour name of each pixel (N, 3) uint8, as its place in `NAMES`."""
    r, g, b = pixels.astype(float).T
    high, low = pixels.max(axis=1).astype(float), pixels.min(axis=1).astype(float)
    chroma = np.maximum(high - low, 1e-9)
    hue = (
        np.where(high == r, (g - b) / chroma % 6, np.where(high == g, (b - r) / chroma + 2, (r - g) / chroma + 4)) * 60
    )
    saturation = chroma / np.maximum(high, 1)
    names = np.full(len(pixels), NAMES.index("red"))
    names[(hue >= 14) & (hue < 70)] = NAMES.index("yellow")
    names[(hue >= 14) & (hue < 70) & ((high < 185) | (hue < 34))] = NAMES.index("brown")
    names[(hue >= 70) & (hue < 165)] = NAMES.index("green")
    names[(hue >= 165) & (hue < 262)] = NAMES.index("blue")
    names[(hue >= 262) & (hue < 346)] = NAMES.index("pink")
    names[(hue >= 340) & (saturation < 0.4) & (high > 180)] = NAMES.index("pink")
    plain = (chroma < 26) | (high < 34)
    names[plain] = NAMES.index("grey")
    names[plain & (high < 92)] = NAMES.index("black")
    names[plain & (high > 196)] = NAMES.index("white")
    return names


def shares(image: Image.Image) -> dict[str, float]:
    """Share of each colour name among the opaque pixels of a picture."""
    rgba = np.asarray(image.convert("RGBA")).reshape(-1, 4)
    counts = np.bincount(named(rgba[rgba[:, 3] > 200][:, :3]), minlength=len(NAMES))
    return dict(zip(NAMES, (counts / counts.sum()).tolist(), strict=True))


def dominant(image: Image.Image) -> str:
    """The commonest colour name of a picture."""
    found = shares(image)
    return max(found, key=found.__getitem__)
