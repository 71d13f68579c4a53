"""Features with a mean of 0 and a deviation of 1 by channel, as the training rows have them."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from adlab.errors import InputError

MIN_STD = 1e-6  # a feature that varies less than this counts as constant


class Standardise(nn.Module):
    """(x − mean) / std, with both stored beside the weights; not fitted, it changes nothing.

    Args:
        width: D.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, width: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(width))
        self.register_buffer("std", torch.ones(width))

    @torch.no_grad()
    def fit(self, batches: Iterable[Tensor]) -> None:
        """Take mean and deviation over the training rows.

        Args:
            batches: (N, D) each; sums are kept in float64.

        Raises:
            InputError: There are no rows, the width differs, or a value is not finite.
        """
        count, total = 0, torch.zeros_like(self.mean, dtype=torch.float64)
        squares = total.clone()
        for rows in batches:
            if rows.ndim != 2 or rows.shape[1] != len(self.mean) or not bool(rows.isfinite().all()):
                raise InputError(
                    f"Rows have shape {tuple(rows.shape)} or a value that is not finite; give (N, {len(self.mean)})."
                )
            wide = rows.double()
            count, total, squares = count + len(rows), total + wide.sum(0), squares + wide.square().sum(0)
        if not count:
            raise InputError("There are no rows to standardise by; give the training rows.")
        mean = total / count
        deviation = (squares / count - mean.square()).clamp_min(0).sqrt()
        self.mean.copy_(mean)
        self.std.copy_(deviation.where(deviation > MIN_STD, 1.0))

    def forward(self, x: Tensor) -> Tensor:
        """(…, D) -> (…, D)."""
        return (x - self.mean) / self.std
