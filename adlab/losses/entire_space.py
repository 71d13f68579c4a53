"""Losses of clicks and conversions on a funnel's log-odds (ESMM, Ma et al. 2018, Eq. 3)."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_vectors


class FunnelLossParts(NamedTuple):
    """Scalars.

    Attributes:
        total: The sum of the others.
        ctr: Of clicks, over all impressions.
        conversion: Of conversions: over all impressions (`EntireSpaceLoss`) or over clicked ones (`ClickSpaceLoss`).
    """

    total: Tensor
    ctr: Tensor
    conversion: Tensor


class EntireSpaceLoss(nn.Module):
    """L = mean(w·BCE(ctr, click)) + mean(w·BCE(ctcvr, conversion)), both over all impressions.

    There is no loss on pCVR: its tower learns through pCTCVR = pCTR·pCVR alone, from unclicked rows too, and does not
    suffer from being trained on clicks and asked about impressions.

    Means are over rows: with weights that average 1 over the whole log, the loss of a batch has that of the log as its
    expectation.
    """

    def forward(self, ctr: Tensor, ctcvr: Tensor, click: Tensor, conversion: Tensor, weight: Tensor) -> FunnelLossParts:
        """Loss of B rows.

        Args:
            ctr: Log-odds of a click, (B,).
            ctcvr: Log-odds of a click that converts, (B,).
            click: 0 or 1, (B,).
            conversion: 0 or 1, 1 only where there is a click, (B,).
            weight: How many impressions a row stands for, (B,).

        Raises:
            InputError: A shape differs.
        """
        check_vectors(ctr=ctr, ctcvr=ctcvr, click=click, conversion=conversion, weight=weight)
        clicks = F.binary_cross_entropy_with_logits(ctr, click, weight)
        conversions = F.binary_cross_entropy_with_logits(ctcvr, conversion, weight)
        return FunnelLossParts(clicks + conversions, clicks, conversions)


class ClickSpaceLoss(nn.Module):
    """L = mean(w·BCE(ctr, click)) + Σ_clicked w·BCE(cvr, conversion) / Σ_clicked w: what came before ESMM.

    The second mean is over the batch's clicked rows; a batch without any has none of it.
    """

    def forward(self, ctr: Tensor, cvr: Tensor, click: Tensor, conversion: Tensor, weight: Tensor) -> FunnelLossParts:
        """Loss of B rows.

        Args:
            ctr: Log-odds of a click, (B,).
            cvr: Log-odds of a conversion given a click, (B,).
            click: As `EntireSpaceLoss`.
            conversion: As `EntireSpaceLoss`.
            weight: As `EntireSpaceLoss`.

        Raises:
            InputError: A shape differs.
        """
        check_vectors(ctr=ctr, cvr=cvr, click=click, conversion=conversion, weight=weight)
        clicks = F.binary_cross_entropy_with_logits(ctr, click, weight)
        clicked = weight * click
        each = F.binary_cross_entropy_with_logits(cvr, conversion, reduction="none")
        conversions = (clicked * each).sum() / clicked.sum().clamp_min(1e-6)
        return FunnelLossParts(clicks + conversions, clicks, conversions)
