"""Mean and standard deviation of every channel over the cells of a weighted map.

The deviation tells how strongly a pattern comes and goes over the picture, which no mean can; together they are what
carries a picture's style (Huang and Belongie 2017).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from adlab.errors import InputError

EPSILON = 1e-4  # added to the variance: the root's gradient is infinite at 0


class MomentPooling(nn.Module):
    """(B, C, H, W) with weights -> (B, 2·C), standardised over the pictures it was calibrated on.

    Args:
        channels: C.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(2 * channels))
        self.register_buffer("std", torch.ones(2 * channels))
        self._noted: list[Tensor] = []

    def by_cell(self, attended: Tensor, features: Tensor) -> Tensor:
        """What each cell adds to both moments.

        Args:
            attended: Features times weights of a mean of 1 over cells, (B, C, H, W).
            features: The same without weights.

        Returns:
            (B, 2·C, H, W); its mean over cells holds the first and the second moment about zero.
        """
        return torch.cat([attended, attended * features], dim=1)

    def forward(self, by_cell: Tensor) -> Tensor:
        """What `by_cell` gave -> mean and standard deviation, (B, 2·C), each standardised."""
        return self.standardised(by_cell.mean(dim=(2, 3)))

    def standardised(self, about_zero: Tensor) -> Tensor:
        """First and second moment about zero, (…, 2·C) -> mean and standard deviation, each standardised."""
        first, second = about_zero.chunk(2, dim=-1)
        deviation = ((second - first**2).clamp_min(0) + EPSILON).sqrt()
        return (torch.cat([first, deviation], dim=-1) - self.mean) / self.std

    @torch.no_grad()
    def note(self, feature_map: Tensor) -> None:
        """Take note of calibration pictures' maps, (B, C, H, W), before any standardisation."""
        deviation, mean = torch.std_mean(feature_map.float(), dim=(2, 3), correction=0)
        self._noted.append(torch.cat([mean, deviation], dim=1))

    @torch.no_grad()
    def standardise(self, map_mean: Tensor | float, map_std: Tensor | float) -> None:
        """End calibration: what was noted then has a mean of 0 and a deviation of 1, with equal weights.

        Args:
            map_mean: What is subtracted from each channel of a map before it comes here, (C,).
            map_std: What it is divided by.

        Raises:
            InputError: Fewer than two pictures were noted.
        """
        rows = torch.cat(self._noted) if self._noted else torch.zeros(0, len(self.mean))
        self._noted = []
        if len(rows) < 2:
            raise InputError(f"{len(rows)} pictures were given for calibration; give two or more.")
        mean, deviation = rows.chunk(2, dim=1)
        deviation = ((deviation / map_std) ** 2 + EPSILON).sqrt()
        moments = torch.cat([(mean - map_mean) / map_std, deviation], dim=1)
        spread, centre = torch.std_mean(moments, dim=0, correction=0)
        self.mean.copy_(centre)
        self.std.copy_(spread.clamp_min(1e-3))
