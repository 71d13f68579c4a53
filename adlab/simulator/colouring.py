"""Luminance and contrast after WCAG 2, and colours of a wanted luminance."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

RGB = tuple[int, int, int]
# Contrast ratio of drawn words against what is behind them at contrast 0 and 1.
LOW_RATIO, HIGH_RATIO = 1.5, 15.0
_WEIGHTS = np.array([0.2126, 0.7152, 0.0722])


@lru_cache(maxsize=1)
def _to_linear() -> np.ndarray:
    values = np.arange(256) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def linear(rgb: np.ndarray) -> np.ndarray:
    """Linear light of sRGB values, (..., 3) uint8 to (..., 3) in 0–1."""
    return _to_linear()[rgb]


def luminance(rgb: np.ndarray | RGB) -> np.ndarray:
    """Relative luminance, 0–1, of sRGB values (..., 3)."""
    return linear(np.asarray(rgb, np.uint8)) @ _WEIGHTS


def contrast_ratio(first: float, second: float) -> float:
    """WCAG contrast ratio of two luminances, 1–21."""
    high, low = max(first, second), min(first, second)
    return (high + 0.05) / (low + 0.05)


def wanted_ratio(contrast: float) -> float:
    """Contrast ratio of words for the cause `contrast`, 0–1: from 1.5 to 15, in equal steps of the logarithm."""
    return LOW_RATIO * (HIGH_RATIO / LOW_RATIO) ** contrast


def shade(tint: RGB, target: float) -> RGB:
    """The colour of a tint's hue, darkened or lightened to a luminance of 0–1."""
    r, g, b = (float(v) for v in _to_linear()[list(tint)])
    own = 0.2126 * r + 0.7152 * g + 0.0722 * b
    target = min(max(target, 0.0), 1.0)
    if target <= own:
        scale = target / max(own, 1e-6)
        mixed = (r * scale, g * scale, b * scale)
    else:
        keep = (1 - target) / max(1 - own, 1e-6)
        mixed = (1 - (1 - r) * keep, 1 - (1 - g) * keep, 1 - (1 - b) * keep)
    return _srgb(mixed[0]), _srgb(mixed[1]), _srgb(mixed[2])


def _srgb(value: float) -> int:
    value = min(max(value, 0.0), 1.0)
    encoded = value * 12.92 if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055
    return round(encoded * 255)


def opposed(behind: float, ratio: float, prefer_light: bool) -> tuple[float, bool]:
    """A luminance that stands in a contrast ratio to the one behind it.

    Args:
        behind: Luminance behind, 0–1.
        ratio: Wanted contrast ratio, 1 or more.
        prefer_light: Whether it shall be the lighter of the two, where both can be.

    Returns:
        The luminance, and whether the ratio can be reached; if not, it is as near as can be.
    """
    lighter, darker = (behind + 0.05) * ratio - 0.05, (behind + 0.05) / ratio - 0.05
    can_light, can_dark = lighter <= 1, darker >= 0.002
    if can_light and (prefer_light or not can_dark):
        return lighter, True
    if can_dark:
        return darker, True
    light_is_nearer = 1.05 / (behind + 0.05) > (behind + 0.05) / 0.052
    return (1.0, False) if light_is_nearer else (0.002, False)


def made_room_for(behind: float, ratio: float, light_words: bool) -> float:
    """The luminance nearest to one behind words at which words of that kind reach a contrast ratio."""
    if light_words:
        return min(behind, 1.05 / ratio - 0.05)
    return max(behind, 0.054 * ratio - 0.05)
