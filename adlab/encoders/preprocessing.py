"""From a picture of any shape to the square a network reads, and back from the network's grid to the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from adlab.errors import ConfigError, UnknownNameError

_RESAMPLING = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}


@dataclass(frozen=True, kw_only=True)
class Letterbox:
    """Fits the whole picture into a square and fills the rest with the colour of its border.

    Ads come as 9:16 stories and 728×90 banners: a centre crop would cut the offer off, squeezing would distort it.

    Attributes:
        size: Side of the square in pixels.
    """

    size: int = 224

    @property
    def description(self) -> str:
        """One line for the encoder's identity."""
        return f"letterbox {self.size} px, border median, bicubic"

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Where the picture lies inside the square: left, top, width and height in pixels."""
        scale = self.size / max(width, height)
        inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
        return (self.size - inner_w) // 2, (self.size - inner_h) // 2, inner_w, inner_h

    def __call__(self, image: Image.Image) -> np.ndarray:
        """The square as (size, size, 3) uint8."""
        image = image.convert("RGB")
        left, top, width, height = self.box(*image.size)
        resized = image if image.size == (width, height) else image.resize((width, height), Image.Resampling.BICUBIC)
        pixels = np.asarray(resized)
        if (width, height) == (self.size, self.size):
            return pixels
        border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
        square = np.empty((self.size, self.size, 3), dtype=np.uint8)
        square[:] = np.median(border, axis=0).astype(np.uint8)
        square[top : top + height, left : left + width] = pixels
        return square


@dataclass(frozen=True, kw_only=True)
class CentreCrop:
    """torchvision's published preprocessing: shorter side to `resize`, centre square of `size`.

    Attributes:
        size: Side of the square in pixels.
        resize: Length of the shorter side before cropping, in pixels; at least `size`.
        interpolation: ``"bilinear"`` or ``"bicubic"``, as the weights were published with.

    Raises:
        ConfigError: A field is outside its range.
    """

    size: int = 224
    resize: int = 256
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        if not 1 <= self.size <= self.resize:
            raise ConfigError(f"size is {self.size} and resize {self.resize}; give 1 ≤ size ≤ resize.")
        if self.interpolation not in _RESAMPLING:
            raise UnknownNameError("interpolation", self.interpolation, _RESAMPLING)

    @property
    def description(self) -> str:
        """One line for the encoder's identity."""
        return f"shorter side {self.resize} px, centre {self.size} px, {self.interpolation}"

    def __call__(self, image: Image.Image) -> np.ndarray:
        """The square as (size, size, 3) uint8."""
        image = image.convert("RGB")
        # Rounded as torchvision rounds: the longer side down, the crop's corner to the nearest even pixel.
        width, height = (int(self.resize * side / min(image.size)) for side in image.size)
        resized = image.resize((width, height), _RESAMPLING[self.interpolation])
        left, top = round((width - self.size) / 2), round((height - self.size) / 2)
        return np.asarray(resized.crop((left, top, left + self.size, top + self.size)))
