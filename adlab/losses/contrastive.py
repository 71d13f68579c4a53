"""Symmetric contrast of matched embeddings (FOCAL Ad, §3, item 1; CLIP, Radford et al. 2021, Fig. 3)."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.losses.shapes import check_ids, check_positive, check_same_shape

MAX_SCALE = 100.0  # CLIP holds 1/τ at or below 100 to keep training stable


def capped_scale(log_scale: Tensor) -> Tensor:
    """A learned factor 1/τ, held at or below 100; given and returned as a scalar tensor."""
    # Subtracting a detached excess caps the value but lets the gradient pass: τ can come back.
    return (log_scale - F.relu(log_scale - math.log(MAX_SCALE)).detach()).exp()


class ContrastiveLoss(nn.Module):
    """Each embedding has to find its partner among the batch, in both directions.

        φ(u, v) = exp(⟨u, v⟩ / τ),   C(u, v; Z) = −log(φ(u, v) / Σ_{z ∈ Z} φ(u, z))

    with embeddings of length 1; Z holds the partner itself and the negatives, which are the other rows of the
    other side, less those of the same group. The mean over the batch and over the two directions is taken, as
    in CLIP; it is half of the batch mean of what FOCAL Ad, §3, prints (`FocalLoss` halves every term alike).

    Args:
        temperature: τ, above 0; the first value if learnable.
        learnable: Whether τ is trained, as in CLIP; 1/τ is then held at or below 100.

    Raises:
        ConfigError: The temperature is not above 0.
    """

    log_scale: Tensor

    def __init__(self, temperature: float = 0.1, *, learnable: bool = False) -> None:
        super().__init__()
        check_positive("temperature", temperature)
        log_scale = torch.tensor(-math.log(temperature))
        if learnable:
            self.log_scale = nn.Parameter(log_scale)
        else:
            # A constant of the configuration, not a result of training: it stays out of the state dict.
            self.register_buffer("log_scale", log_scale, persistent=False)
        self.learnable = learnable

    def scale(self) -> Tensor:
        """The factor 1/τ on cosines, a scalar tensor above 0."""
        return capped_scale(self.log_scale) if self.learnable else self.log_scale.exp()

    def forward(
        self, first: Tensor, second: Tensor, groups: Tensor | None = None, fitting: Tensor | None = None
    ) -> Tensor:
        """Compute the loss.

        Args:
            first: Embeddings of one side, (B, D), of any length.
            second: Embeddings of the other side, (B, D); row i is the partner of row i.
            groups: Whole numbers (B,), for example image ids: rows of one group are not each other's
                negatives.
            fitting: (B, B) bool: where row j of `second` suits row i of `first` as well as its partner does, so that
                neither is a negative of the other; the diagonal is not read.

        Returns:
            Scalar, 0 or more; 0 where no row has a negative.

        Raises:
            InputError: The shapes differ or are not (B, D), `groups` is not (B,) whole numbers, or `fitting` is not
                (B, B) bool.
        """
        check_same_shape(first=first, second=second)
        cosines = F.normalize(first, dim=1) @ F.normalize(second, dim=1).T  # (B, B)
        logits = cosines * self.scale()
        if groups is not None:
            check_ids("groups", groups, len(first))
            logits = _without(logits, groups[:, None] == groups[None, :])
        if fitting is not None:
            if fitting.shape != logits.shape or fitting.dtype != torch.bool:
                raise InputError(
                    f"fitting has shape {tuple(fitting.shape)} and dtype {fitting.dtype}; "
                    f"give {tuple(logits.shape)} bool, one value for each two rows of the batch."
                )
            logits = _without(logits, fitting)
        partner = torch.arange(len(first), device=first.device)
        return (F.cross_entropy(logits, partner) + F.cross_entropy(logits.T, partner)) / 2


def _without(logits: Tensor, excluded: Tensor) -> Tensor:
    """Logits with excluded pairs left out of every sum; the partner itself stays."""
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    return logits.masked_fill(excluded & ~own, -math.inf)
