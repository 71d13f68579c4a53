"""Earth mover's distance of two distributions over ordered buckets (NIMA, Talebi and Milanfar 2018, Eq. 1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError
from adlab.losses.shapes import check_distributions, check_same_shape


class EMDLoss(nn.Module):
    """Distance of the cumulative sums, batch mean.

        EMD(p, p̂) = ( 1/K · Σ_k |CDF_p(k) − CDF_p̂(k)|^r )^(1/r),   p̂ = softmax(logits)      (NIMA, Eq. 1)

    The cumulative sums make it matter how far off a rating is; without them all wrong buckets are alike.

    Args:
        exponent: r, 1 or more; NIMA trains with 2 and reports with 1.

    Raises:
        ConfigError: The exponent is below 1.
    """

    def __init__(self, exponent: float = 2.0) -> None:
        super().__init__()
        if not 1 <= exponent < float("inf"):
            raise ConfigError(f"exponent is {exponent!r}; give a finite number of 1 or more.")
        self.exponent = exponent

    def forward(self, logits: Tensor, observed: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (B, K), before the softmax, buckets in order.
            observed: Shares of the K buckets, (B, K), each row adding up to 1.

        Returns:
            Scalar, from 0 to 1.

        Raises:
            InputError: The shapes differ or are not (B, K), or a row of `observed` is no distribution.
        """
        check_same_shape(logits=logits, observed=observed)
        check_distributions("observed", observed)
        difference = (logits.softmax(dim=1) - observed).cumsum(dim=1).abs()
        powered = difference.pow(self.exponent).mean(dim=1)
        # A root has an infinite slope at 0; below the smallest normal number the distance counts as constant.
        return powered.clamp_min(torch.finfo(powered.dtype).tiny).pow(1 / self.exponent).mean()
