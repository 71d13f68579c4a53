"""From a picture of any shape to the square a network reads, and back from the network's grid to the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image


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
        resize: Length of the shorter side before cropping, in pixels.
    """

    size: int = 224
    resize: int = 256

    @property
    def description(self) -> str:
        """One line for the encoder's identity."""
        return f"shorter side {self.resize} px, centre {self.size} px, bilinear"

    def __call__(self, image: Image.Image) -> np.ndarray:
        """The square as (size, size, 3) uint8."""
        image = image.convert("RGB")
        scale = self.resize / min(image.size)
        width, height = (max(self.size, round(side * scale)) for side in image.size)
        resized = image.resize((width, height), Image.Resampling.BILINEAR)
        left, top = (width - self.size) // 2, (height - self.size) // 2
        return np.asarray(resized.crop((left, top, left + self.size, top + self.size)))
