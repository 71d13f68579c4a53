"""Contrastive loss of CL4CVR (Ouyang et al., SIGIR 2023): two views of a row find each other, conversions one another.

    L = (1/B) Σ_i −1/|P(i)| Σ_{p ∈ P(i)} log( exp(cos(z_i, z_p)/τ) / Σ_{a ∈ A(i)} exp(cos(z_i, z_a)/τ) )

i runs over the 2B anchors, both views of B rows: "both directions summed, batch mean". A(i) is all of both views but i
itself and its false negatives; P(i) is the anchor's own other view and, if the row converted, both views of all other
rows that did (supervised positive inclusion, SPI).

The paper does not say what two converted rows with the same features are. Here they are positives: false negative
elimination takes away negatives only, so P(i) is always part of A(i).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError
from adlab.losses.shapes import check_same_shape

# Similarities enter exp(·) without a maximum taken off: cosines end at 1, and below this τ float32 would overflow.
MIN_TEMPERATURE = 0.0125


class EmbeddingContrastLoss(nn.Module):
    """The loss above.

    Args:
        temperature: τ, 0.0125 or more.
        supervised: Whether a converted anchor takes all other conversions of the batch as positives (SPI).

    Raises:
        ConfigError: The temperature is outside its range.
    """

    def __init__(self, temperature: float = 0.1, *, supervised: bool = True) -> None:
        super().__init__()
        if not MIN_TEMPERATURE <= temperature < float("inf"):
            raise ConfigError(f"temperature is {temperature!r}; give a finite number of {MIN_TEMPERATURE} or more.")
        self.temperature, self.supervised = temperature, supervised

    def forward(
        self, first: Tensor, second: Tensor, conversion: Tensor, false_negatives: Tensor | None = None
    ) -> Tensor:
        """Compute the loss.

        Args:
            first: Projections of one view, (B, D), of any length.
            second: Projections of the other view of the same rows, (B, D).
            conversion: 0 or 1, (B,).
            false_negatives: Pairs of different rows that are no negatives of each other, (P, 2), each in both orders
                (`adlab.losses.false_negatives`); None where there are none.

        Returns:
            Scalar, 0 or more, of float32 or better; the similarities are as exact as the projections' type.

        Raises:
            InputError: A shape does not fit.
        """
        check_same_shape(first=first, second=second)
        rows = len(first)
        if conversion.shape != (rows,):
            raise InputError(f"conversion has shape {tuple(conversion.shape)}; give ({rows},).")
        pairs = torch.empty((0, 2), dtype=torch.int64, device=first.device)
        if false_negatives is not None:
            pairs = false_negatives
        if pairs.ndim != 2 or pairs.shape[1] != 2 or pairs.dtype != torch.int64:
            raise InputError(f"false_negatives are {pairs.dtype}, {tuple(pairs.shape)}; give row numbers, (P, 2).")
        kind = first.dtype
        exact = kind if kind == torch.float64 else torch.float32
        both = F.normalize(torch.cat([first, second]).to(exact), dim=1)  # (2B, D)
        converted = conversion > 0
        if self.supervised:
            pairs = pairs[~converted[pairs].all(dim=1)]
        attraction = (both * self._positives(both, converted)).sum(dim=1) / self.temperature
        partition: Tensor = _LogPartition.apply(both, pairs, self.temperature, kind)
        return (partition - attraction).sum() / rows

    def _positives(self, both: Tensor, converted: Tensor) -> Tensor:
        """Mean of each anchor's positives, (2B, D): the loss is linear in their similarities, so the mean suffices."""
        other = both.roll(len(converted), dims=0)
        if not self.supervised:
            return other
        anchors = converted.repeat(2)[:, None]
        members = both * anchors
        others = (members.sum(dim=0) - members) / (2 * converted.sum() - 1).clamp_min(1)
        return torch.where(anchors, others, other)


class _LogPartition(torch.autograd.Function):
    """log Σ_{a ∈ A(i)} exp(z_i·z_a / τ) of each of 2B anchors.

    The matrix of 2B × 2B is by far the largest thing in a training step: it is written once and used twice. It is
    symmetric, so one product with [r z, z] gives both halves of its gradient.
    """

    @staticmethod
    def forward(ctx: Any, both: Tensor, pairs: Tensor, temperature: float, kind: torch.dtype) -> Tensor:
        rows = len(both) // 2
        scaled = (both / math.sqrt(temperature)).to(kind)  # both factors alike: the product is symmetric to the bit
        terms = (scaled @ scaled.T).exp_()  # (2B, 2B)
        if len(pairs):
            terms.view(2, rows, 2, rows)[:, pairs[:, 0], :, pairs[:, 1]] = 0
        terms.fill_diagonal_(0)
        sums = terms.sum(dim=1).to(both.dtype)
        ctx.save_for_backward(scaled, terms, sums)
        ctx.temperature = temperature
        return sums.log()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None, None]:
        scaled, terms, sums = ctx.saved_tensors
        share = (gradients[0] / sums)[:, None]
        width = scaled.shape[1]
        product = (terms @ torch.cat([scaled * share.to(scaled.dtype), scaled], dim=1)).to(sums.dtype)
        gradient = product[:, :width] + share * product[:, width:]
        return gradient / math.sqrt(ctx.temperature), None, None, None
