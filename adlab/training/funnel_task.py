"""One training step of a funnel network: its losses, with CL4CVR's contrastive task where it is asked for."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from adlab.losses.embedding_contrast import EmbeddingContrastLoss
from adlab.losses.entire_space import ClickSpaceLoss, EntireSpaceLoss
from adlab.losses.false_negatives import identical_pairs, similar_pairs
from adlab.models.contrast_encoder import ContrastEncoder, masked_views
from adlab.models.funnel import FunnelInputs, FunnelNetwork
from adlab.training.funnel_config import Contrast


class Labels(NamedTuple):
    """What came of B rows, (B,) each.

    Attributes:
        click: 0 or 1.
        conversion: 0 or 1.
        weight: Impressions that the row stands for, 1 on average over the log.
        group: Equal where all features are, int64.
    """

    click: Tensor
    conversion: Tensor
    weight: Tensor
    group: Tensor


class FunnelLosses(NamedTuple):
    """Scalars.

    Attributes:
        total: ctr + conversion + α·contrast.
        ctr: Of clicks.
        conversion: Of conversions.
        contrast: Of the contrastive task, 0 where there is none.
    """

    total: Tensor
    ctr: Tensor
    conversion: Tensor
    contrast: Tensor


class FunnelTask(nn.Module):
    """Joins network and losses.

    Args:
        network: What is trained.
        contrast: The contrastive task, None for none.
    """

    def __init__(self, network: FunnelNetwork, contrast: Contrast | None = None) -> None:
        super().__init__()
        self.network, self.contrast = network, contrast
        self.entire_space, self.click_space = EntireSpaceLoss(), ClickSpaceLoss()
        if contrast is not None:
            groups = network.groups
            self.views = masked_views(contrast.masking, groups, contrast.keep)
            self.encoder = ContrastEncoder(len(groups))
            self.contrast_loss = EmbeddingContrastLoss(contrast.temperature, supervised=contrast.supervised)

    def forward(self, inputs: FunnelInputs, labels: Labels, generator: torch.Generator) -> FunnelLosses:
        """Losses of B rows.

        Args:
            inputs: The rows.
            labels: What came of them.
            generator: Decides the masks.
        """
        features = self.network.forward_features(inputs)
        output = self.network.forward_head(features)
        known = (labels.click, labels.conversion, labels.weight)
        if self.network.entire_space:
            losses = self.entire_space(output.ctr, output.ctcvr, *known)
        else:
            losses = self.click_space(output.ctr, output.cvr, *known)
        if self.contrast is None:
            return FunnelLosses(losses.total, losses.ctr, losses.conversion, torch.zeros(()))
        first, second = (self.encoder(view) for view in self.views(features, generator))
        contrast = self.contrast_loss(first, second, labels.conversion, self._false_negatives(features, labels.group))
        total = losses.total + self.contrast.weight * contrast
        return FunnelLosses(total, losses.ctr, losses.conversion, contrast)

    def _false_negatives(self, features: Tensor, group: Tensor) -> Tensor | None:
        kind = self.contrast.false_negatives if self.contrast is not None else "none"
        if kind == "identical":
            return identical_pairs(group)
        return similar_pairs(features) if kind == "cosine" else None
