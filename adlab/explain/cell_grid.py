"""Where the cells of a network's map look, so that a map can be laid over the picture in the right place.

Cell i of a map with a stride of s pixels is commonly drawn on the square from i·s to (i+1)·s. That is where it looks
only if no convolution is off-centre, and most are: with a padding of 1, a 3×3 convolution of stride 2 is centred half a
pixel up and left of its square, and the shipped network shifts its input by a pixel, which puts the middle of every
window half a cell down and right. How much a cell makes of each part of its window is learned, however, and the shipped
network has learned to look up and left. So the place is measured: the centre of gravity of what a cell responds to.

On the shipped encoder cells look 0.15 to 0.27 of a cell down and right of their squares at strides from 8 to 32 (0.22
at 32), and not the half cell of its geometry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError
from adlab.metrics.arrays import FloatArray

PROBE_SIZE = 320  # pixels; wide enough for the whole window of a cell in the middle
PROBES = 16
_AT_ONCE = 4  # memory
_SEED = 0


@dataclass(frozen=True, kw_only=True)
class CellGrid:
    """Cells along one side of the square.

    Attributes:
        cells: How many.
        size: Side of the square in pixels, a multiple of `cells`.
        shift: Pixels by which cells look down or right of the middle of their squares.

    Raises:
        ConfigError: A number is outside its range.
    """

    cells: int
    size: int
    shift: float = 0.0

    def __post_init__(self) -> None:
        if self.cells < 1 or self.size < 1 or self.size % self.cells:
            raise ConfigError(f"{self.cells} cells do not divide {self.size} pixels; give a multiple of the cells.")
        if abs(self.shift) > self.stride:
            raise ConfigError(f"shift is {self.shift:g} pixels, more than a cell of {self.stride}; measure it again.")

    @property
    def stride(self) -> int:
        """Pixels from cell to cell."""
        return self.size // self.cells

    @property
    def centres(self) -> FloatArray:
        """Where each cell looks, (cells,), in pixels from the square's edge."""
        centres: FloatArray = (np.arange(self.cells, dtype=np.float64) + 0.5) * self.stride + self.shift
        return centres

    def weights(self, positions: FloatArray) -> FloatArray:
        """Linear interpolation between the centres of cells; beyond the outer ones, the nearest cell's value.

        Args:
            positions: (P,), in pixels from the square's edge; the middle of the first pixel is 0.5.

        Returns:
            (P, cells), each row adding up to 1: `weights @ values` are the values at the positions.
        """
        place = np.clip((positions - self.centres[0]) / self.stride, 0, self.cells - 1)
        distance = np.abs(place[:, None] - np.arange(self.cells))
        return np.clip(1 - distance, 0, None)


def measure_shift(map_of: Callable[[Tensor], Tensor], pixels: Tensor) -> float:
    """How far cells look down and right of the middle of their squares, in pixels.

    The centre of gravity of the squared gradient of a cell at the pixels, over the cells around the middle of the map
    (others have their windows cut by the border) and random directions of the channels. Pictures count alike.

    Args:
        map_of: Pixels -> map, (N, 3, S, S) -> (N, C, H, H). The gradient must reach the pixels.
        pixels: (N, 3, S, S), of pictures without anything special in the middle; see `probes`.

    Returns:
        The mean of both directions.

    Raises:
        InputError: A cell does not respond to any pixel.
    """
    generator = torch.Generator().manual_seed(_SEED)
    offsets = []
    with torch.enable_grad():
        for batch in pixels.split(_AT_ONCE):
            batch = batch.detach().requires_grad_()
            feature_map = map_of(batch)
            count, channels, cells, _ = feature_map.shape
            stride = batch.shape[-1] / cells
            # Row k looks at one of the four cells in the middle.
            rows = torch.arange(count)
            y, x = cells // 2 - rows % 2, cells // 2 - rows // 2 % 2
            direction = torch.randn(count, channels, generator=generator).to(feature_map)
            (gradient,) = torch.autograd.grad((feature_map[rows, :, y, x] * direction).sum(), batch)
            energy = gradient.double().pow(2).sum(1).cpu()  # (N, S, S)
            if not (total := energy.sum((1, 2))).all():
                raise InputError("A cell in the middle of the map responds to no pixel; where it looks has no answer.")
            positions = torch.arange(energy.shape[-1], dtype=torch.float64) + 0.5
            for profile, cell in ((energy.sum(2), y), (energy.sum(1), x)):
                offsets.append(profile @ positions / total - (cell + 0.5) * stride)
    return float(torch.cat(offsets).mean())


def probes(count: int = PROBES, size: int = PROBE_SIZE) -> Tensor:
    """Seeded random pictures with as much detail at every scale, as photos have: (count, size, size, 3) uint8.

    Args:
        count: How many.
        size: Side in pixels, a multiple of 32.
    """
    generator = torch.Generator().manual_seed(_SEED)
    total = torch.zeros(count, 3, size, size)
    for side in (1, 2, 4, 8, 16, 32):
        noise = torch.rand(count, 3, size // side, size // side, generator=generator)
        total += F.interpolate(noise, size=size, mode="bilinear") * side**0.5
    total = (total - total.mean((1, 2, 3), keepdim=True)) / total.std((1, 2, 3), keepdim=True)
    return (128 + 50 * total).clamp(0, 255).to(torch.uint8).permute(0, 2, 3, 1)
