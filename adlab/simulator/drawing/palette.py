"""The nine named colours of products and grounds, and the tonal ramps that shading runs along."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

RGB = tuple[int, int, int]
STEPS = 65  # finish and tint are rounded to so many steps, so that ramps can be kept


@dataclass(frozen=True, kw_only=True)
class Shades:
    """One named colour in all its shades; every one of them is still called by that name.

    Attributes:
        light: Where light falls on it.
        base: The colour itself.
        dark: Where it lies in shade.
        accent: A neighbouring hue for small details.
        outline: What parts it from a ground of the same colour.
        wash: A pale or quiet version of it, for large grounds.
    """

    light: RGB
    base: RGB
    dark: RGB
    accent: RGB
    outline: RGB
    wash: RGB


PALETTE: dict[str, Shades] = {
    "black": Shades(
        light=(74, 76, 84), base=(36, 37, 43), dark=(14, 14, 18), accent=(70, 74, 92), outline=(104, 107, 118),
        wash=(33, 34, 40),
    ),
    "blue": Shades(
        light=(112, 170, 255), base=(36, 104, 232), dark=(16, 58, 160), accent=(22, 168, 222), outline=(10, 38, 110),
        wash=(122, 172, 246),
    ),
    "brown": Shades(
        light=(178, 122, 76), base=(129, 80, 44), dark=(82, 47, 24), accent=(156, 92, 40), outline=(56, 32, 16),
        wash=(150, 104, 66),
    ),
    "green": Shades(
        light=(112, 208, 122), base=(34, 158, 78), dark=(12, 102, 52), accent=(132, 190, 40), outline=(8, 66, 36),
        wash=(132, 205, 146),
    ),
    "grey": Shades(
        light=(172, 175, 181), base=(132, 135, 141), dark=(92, 95, 101), accent=(112, 122, 138), outline=(58, 60, 66),
        wash=(152, 155, 161),
    ),
    "pink": Shades(
        light=(255, 190, 216), base=(246, 126, 176), dark=(214, 78, 136), accent=(226, 120, 206),
        outline=(146, 40, 92), wash=(252, 190, 214),
    ),
    "red": Shades(
        light=(246, 96, 84), base=(220, 36, 42), dark=(150, 14, 26), accent=(236, 84, 40), outline=(96, 6, 18),
        wash=(226, 78, 74),
    ),
    "white": Shades(
        light=(255, 255, 255), base=(241, 242, 244), dark=(203, 207, 214), accent=(214, 220, 230),
        outline=(140, 146, 156), wash=(245, 245, 246),
    ),
    "yellow": Shades(
        light=(255, 226, 112), base=(252, 200, 34), dark=(222, 160, 12), accent=(246, 216, 60), outline=(136, 92, 6),
        wash=(252, 220, 108),
    ),
}  # fmt: skip

# Materials that keep their colour whatever the product's is: (light, base, dark).
MATERIALS: dict[str, tuple[RGB, RGB, RGB]] = {
    "ink": ((78, 82, 94), (40, 42, 50), (16, 17, 22)),
    "steel": ((246, 248, 251), (184, 190, 200), (104, 110, 122)),
    "paper": ((255, 255, 255), (245, 244, 240), (206, 206, 204)),
    "wood": ((226, 178, 122), (186, 132, 78), (128, 82, 44)),
    "gold": ((255, 232, 160), (222, 176, 84), (150, 104, 36)),
    "leaf": ((140, 206, 104), (74, 156, 74), (30, 98, 56)),
    "bun": ((248, 196, 116), (222, 150, 70), (168, 98, 38)),
    "cheese": ((255, 230, 130), (250, 196, 66), (224, 150, 34)),
    "meat": ((128, 74, 48), (92, 50, 34), (54, 28, 22)),
    "tomato": ((246, 110, 84), (216, 58, 46), (150, 28, 30)),
    "waffle": ((244, 200, 132), (216, 160, 88), (160, 106, 50)),
    "glass": ((232, 242, 248), (190, 210, 222), (128, 152, 168)),
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Tone:
    """A tonal ramp.

    Attributes:
        ramp: Colours from deepest shade (0) over the colour itself (128) to full light (255), (256, 3) uint8.
    """

    ramp: np.ndarray

    def at(self, light: float = 0.5) -> RGB:
        """The colour under an amount of light from 0 to 1."""
        r, g, b = self.ramp[int(min(max(light, 0.0), 1.0) * 255)]
        return int(r), int(g), int(b)


@lru_cache(maxsize=4096)
def tone(colour: str, finish: float, tint: float = 0.0, accent: bool = False) -> Tone:
    """The ramp of a named colour or material.

    Args:
        colour: Name in `PALETTE` or `MATERIALS`.
        finish: 0–1; a dull product's ramp is short and greyish.
        tint: Moves the middle of the ramp towards the dark (−1) or the light (1).
        accent: Whether the ramp is that of the neighbouring hue.
    """
    if colour in PALETTE:
        shades = PALETTE[colour]
        light, base, dark = (np.array(c, float) for c in (shades.light, shades.base, shades.dark))
        if accent:
            shift = np.array(shades.accent, float) - base
            light, base, dark = np.clip(light + shift, 0, 255), base + shift, np.clip(dark + shift * 0.7, 0, 255)
    else:
        light, base, dark = (np.array(c, float) for c in MATERIALS[colour])
    base = base + (light - base) * max(tint, 0.0) + (base - dark) * min(tint, 0.0)
    reach = 0.3 + 0.7 * finish
    light, dark = base + (light - base) * reach, base + (dark - base) * reach
    steps = np.linspace(0, 1, 256)[:, None]
    ramp = np.where(steps < 0.5, dark + (base - dark) * steps * 2, base + (light - base) * (steps * 2 - 1))
    grey = ramp @ np.array([0.299, 0.587, 0.114])
    ramp += (grey[:, None] * 0.96 - ramp) * 0.26 * (1 - finish)
    return Tone(ramp=np.clip(ramp, 0, 255).round().astype(np.uint8))


# Grounds are quieter than products: deep, middle, usual, pale. All four go by the colour's name.
GROUNDS: dict[str, tuple[RGB, RGB, RGB, RGB]] = {
    "black": ((12, 12, 16), (24, 25, 30), (38, 39, 46), (66, 68, 77)),
    "blue": ((30, 78, 168), (70, 134, 224), (120, 176, 244), (178, 212, 252)),
    "brown": ((78, 48, 28), (116, 76, 48), (146, 102, 68), (182, 136, 98)),
    "green": ((26, 104, 66), (74, 166, 102), (128, 204, 146), (184, 230, 190)),
    "grey": ((92, 95, 102), (126, 129, 136), (152, 155, 162), (180, 183, 189)),
    "pink": ((206, 84, 140), (236, 128, 174), (248, 172, 202), (252, 204, 222)),
    "red": ((124, 16, 28), (180, 30, 40), (216, 56, 58), (234, 92, 86)),
    "white": ((206, 209, 216), (226, 228, 233), (243, 244, 247), (255, 255, 255)),
    "yellow": ((226, 164, 22), (244, 192, 48), (252, 214, 92), (254, 230, 142)),
}


def mix(first: RGB, second: RGB, share: float) -> RGB:
    """The colour between two, at a share of the way from the first to the second."""
    r, g, b = (round(a + (c - a) * share) for a, c in zip(first, second, strict=True))
    return r, g, b
