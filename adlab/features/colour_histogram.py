"""The colours of what a picture shows: a joint histogram in CIELAB (Swain and Ballard 1991, "Color indexing").

Image networks are trained to recognise things in any colour, and their last layers keep little of it. A histogram
keeps nothing else. Bins are narrow about grey, where navy, black and brown lie close together, and wide outside.

What a picture shows is mostly in its middle and differs from its border: a pixel counts

    exp(−(x² + y²) / 2) · clip((ΔE − 5) / 15, 0, 1)      x, y from the middle, in 0.3 of width and height

with ΔE its distance in CIELAB from the median colour of the border. The square roots of the shares are given: their
product with those of another picture is the Bhattacharyya coefficient, and they are 1 long.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image

from adlab.errors import ConfigError, ImageError
from adlab.features.dominant_colour import to_lab
from adlab.metrics.arrays import FloatArray

SIDE = 48  # samples a side
_LIGHTNESS = (17.0, 33.0, 50.0, 67.0, 83.0)
_CHROMA = (-30.0, -14.0, -5.0, 5.0, 14.0, 30.0, 50.0)  # red and yellow reach further than green and blue
BINS = (len(_LIGHTNESS) + 1) * (len(_CHROMA) + 1) ** 2  # 384
_NEAR, _FAR = 5.0, 20.0  # ΔE at which a pixel begins to count, and counts fully
_FAINT = 1e-6  # so that a picture of one colour has that colour


def colour_histogram(image: Image.Image) -> FloatArray:
    """Square roots of the shares of the colours, (`BINS`,) float32, 1 long.

    Args:
        image: RGB, any size.

    Raises:
        ImageError: The picture has another mode or no pixels.
    """
    if image.mode != "RGB" or 0 in image.size:
        raise ImageError(f"The picture has mode {image.mode!r} and size {image.size}; give RGB pixels.")
    small = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float64)
    border = np.concatenate([small[0], small[-1], small[1:-1, 0], small[1:-1, -1]])
    lab = to_lab(small.reshape(-1, 3))
    distance = np.linalg.norm(lab - to_lab(np.median(border, axis=0)[None]), axis=1)
    weight = _middle() * (np.clip((distance - _NEAR) / (_FAR - _NEAR), 0, 1) + _FAINT)
    lightness = np.digitize(lab[:, 0], _LIGHTNESS)
    redness, yellowness = (np.digitize(lab[:, axis], _CHROMA) for axis in (1, 2))
    place = (lightness * (len(_CHROMA) + 1) + redness) * (len(_CHROMA) + 1) + yellowness
    found = np.bincount(place, weights=weight, minlength=BINS) / weight.sum()
    shares: FloatArray = np.sqrt(found).astype(np.float32)
    return shares


def beside_wholes(colours: FloatArray, width: int) -> FloatArray:
    """Histograms (N, `BINS`) filled up with zeros to the width of the vectors they stand beside, (N, width).

    Raises:
        ConfigError: They are wider than that.
    """
    if width < BINS:
        raise ConfigError(f"The space of texts has {width} dimensions, a histogram {BINS}; give a wider text encoder.")
    found: FloatArray = np.pad(colours, ((0, 0), (0, width - BINS)))
    return found


@cache
def _middle() -> FloatArray:
    """How much a sample counts by its place, (`SIDE`²,)."""
    place = ((np.arange(SIDE) + 0.5) / SIDE - 0.5) / 0.3
    found: FloatArray = np.exp(-(place[:, None] ** 2 + place**2) / 2).ravel()
    return found
