"""Temperature-scaled cross entropy of two views (SimCLR, Chen et al. 2020; FOCAL Ad, §3, item 2)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_ids, check_positive, check_same_shape


class NTXentLoss(nn.Module):
    """Each view has to find the other view of its sample among both views of the batch, itself excluded.

        ℓ(i, j) = −log( exp(cos(z_i, z_j)/τ) / Σ_{k ≠ i} exp(cos(z_i, z_k)/τ) ),   mean over the 2B anchors

    FOCAL Ad, §3, prints one direction, anchor h and positive h̃, and leaves the negatives open; both
    directions and SimCLR's negatives are used, as the name NT-Xent says.

    Args:
        temperature: τ, above 0.

    Raises:
        ConfigError: The temperature is not above 0.
    """

    def __init__(self, temperature: float = 0.1) -> None:
        super().__init__()
        check_positive("temperature", temperature)
        self.temperature = temperature

    def forward(self, first_view: Tensor, second_view: Tensor, groups: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            first_view: Embeddings of one view, (B, D), of any length.
            second_view: Embeddings of the other view of the same samples, (B, D).
            groups: Whole numbers (B,): samples of one group, for example the same image twice in a batch, are
                not each other's negatives.

        Returns:
            Scalar, 0 or more; 0 where no anchor has a negative.

        Raises:
            InputError: The shapes differ or are not (B, D), or `groups` is not (B,) whole numbers.
        """
        check_same_shape(first_view=first_view, second_view=second_view)
        n = len(first_view)
        z = F.normalize(torch.cat([first_view, second_view]), dim=1)  # (2B, D)
        logits = z @ z.T / self.temperature  # (2B, 2B)
        anchor = torch.arange(2 * n, device=z.device)
        positive = (anchor + n) % (2 * n)
        excluded = torch.eye(2 * n, dtype=torch.bool, device=z.device)
        if groups is not None:
            check_ids("groups", groups, n)
            both = groups.repeat(2)
            excluded = both[:, None] == both[None, :]
            excluded[anchor, positive] = False
        return F.cross_entropy(logits.masked_fill(excluded, -math.inf), positive)
