"""Negative log-likelihood of counts: how often something happened in so many tries."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError


class BinomialLoss(nn.Module):
    """−Σ [k log σ(x) + (n − k) log σ(−x)] / (r Σ n), for n tries with k successes at log-odds x.

    The scale r is the share of successes one expects: dividing by it makes the loss about 1 + log(1/r) at the base
    rate, whether successes are common or one in a thousand, so that one weight fits beside other objectives.

    Args:
        base_rate: r, 0 < r < 1.

    Raises:
        ConfigError: The rate is outside its range.
    """

    def __init__(self, base_rate: float) -> None:
        super().__init__()
        if not 0 < base_rate < 1:
            raise ConfigError(f"base_rate is {base_rate}; give a share between 0 and 1.")
        self.base_rate = base_rate

    def forward(self, logits: Tensor, tries: Tensor, successes: Tensor) -> Tensor:
        """Loss of B cases.

        Args:
            logits: Log-odds of a success, (B,).
            tries: (B,), at least one of them above 0.
            successes: At most as many, (B,).

        Raises:
            InputError: The shapes differ.
        """
        if not logits.shape == tries.shape == successes.shape or logits.ndim != 1:
            shapes = ", ".join(str(tuple(part.shape)) for part in (logits, tries, successes))
            raise InputError(f"logits, tries and successes have shapes {shapes}; give three rows of one length.")
        total = successes * F.softplus(-logits) + (tries - successes) * F.softplus(logits)
        return total.sum() / (self.base_rate * tries.sum())
