"""Masked object classification: what a hidden region shows is told from the rest (AdsCVLR, Eq. 2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.losses.shapes import check_classes, check_distributions, check_same_leading, check_same_shape, check_share

MASKED_SHARE = 0.15
ZEROED_SHARE = 0.9


class MaskedRegions(NamedTuple):
    """Pictures with some regions hidden.

    Attributes:
        regions: (B, R, D).
        masked: (B, R) bool, the regions to classify, whether hidden or left as they were.
    """

    regions: Tensor
    masked: Tensor


def mask_regions(
    regions: Tensor,
    maskable: Tensor,
    generator: torch.Generator,
    *,
    share: float = MASKED_SHARE,
    zeroed: float = ZEROED_SHARE,
    fill: Tensor | None = None,
) -> MaskedRegions:
    """Choose regions, each with the same chance; nine in ten are replaced by zeros, the others stay (§4.2).

    Args:
        regions: (B, R, D).
        maskable: (B, R) bool: the regions of matched pairs.
        generator: Seeded, on the CPU: the same regions are chosen wherever they are.
        share: Chance of a region, 0–1.
        zeroed: Chance of a chosen region to be replaced, 0–1.
        fill: What replaces it, (D,), where the network standardises features: their mean is its zero. Zeros without.

    Raises:
        ConfigError: A share is outside its range.
        InputError: The shapes differ.
    """
    check_share("share", share)
    check_share("zeroed", zeroed)
    check_same_leading(regions=regions[..., 0], maskable=maskable)
    chosen, replaced = torch.rand((2, *maskable.shape), generator=generator).to(maskable.device)
    masked = (chosen < share) & maskable
    hidden = (masked & (replaced < zeroed)).unsqueeze(2)
    if fill is None:
        return MaskedRegions(regions.masked_fill(hidden, 0.0), masked)
    return MaskedRegions(torch.where(hidden, fill.to(regions), regions), masked)


class MaskedObjectLoss(nn.Module):
    """Cross entropy of what the image network takes a region for, mean over the chosen regions.

        L_MOC = −E Σ_i CE(c(v_i), g(v_i))                                  (AdsCVLR, Eq. 2)

    Eq. 2 prints a minus sign before a sum of cross entropies, which would be maximised; we minimise them. It sums over
    regions where we take the mean, for the reason of `MaskedLanguageLoss`. The paper's c is the detector's best class;
    its whole distribution is taken too: a cell of a map seldom shows one thing alone.
    """

    def forward(self, logits: Tensor, classes: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (M, K), of the M chosen regions of the batch.
            classes: The best classes, (M,) whole numbers, or distributions over classes, (M, K).

        Returns:
            Scalar, 0 or more; 0 where no region is chosen.

        Raises:
            InputError: The shapes do not fit, a class is outside its range, or a row is no distribution.
        """
        if not classes.is_floating_point():
            check_classes("classes", classes, logits)
        elif not len(logits):
            if classes.shape != logits.shape:
                raise InputError(f"classes have shape {tuple(classes.shape)}; give {tuple(logits.shape)}.")
        else:
            check_same_shape(logits=logits, classes=classes)
            check_distributions("classes", classes)
        return F.cross_entropy(logits.float(), classes, reduction="sum") / max(len(logits), 1)
