"""What came before ESMM: clicks and conversions apart, and on a shared first layer; conversions from clicked rows."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from adlab.layers.head import Head
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelInputs, FunnelNetwork, embed, feature_embedding


class SingleTask(FunnelNetwork):
    """Two networks that know nothing of each other: one of clicks, one of conversions on clicks.

    Args:
        config: Shape of each.

    Attributes:
        embedding: What clicks are told from.
        cvr_embedding: What conversions are told from.
    """

    def __init__(self, config: ESMMConfig) -> None:
        super().__init__(config)
        self.cvr_embedding = feature_embedding(config)
        width = self.embedding.output_dim
        self.ctr_tower = Head(width, 0, config.tower_dims, 1, dropout=config.dropout)
        self.cvr_tower = Head(width, 0, config.tower_dims, 1, dropout=config.dropout)

    @property
    def groups(self) -> Tensor:
        """As `FunnelNetwork`; both embeddings of a field count as one."""
        return self.embedding.groups.repeat(2)

    def forward_features(self, inputs: FunnelInputs) -> Tensor:
        """Both embeddings, one beside the other, (B, 2E)."""
        return torch.cat([embed(self.embedding, inputs), embed(self.cvr_embedding, inputs)], dim=1)

    def task_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """As `FunnelNetwork`."""
        ctr, cvr = features.chunk(2, dim=1)
        return self.ctr_tower(ctr)[:, 0], self.cvr_tower(cvr)[:, 0]


class SharedBottom(FunnelNetwork):
    """One embedding and one first layer; above it a tower each.

    Args:
        config: Its shape; the first of `tower_dims` is the shared layer.
    """

    def __init__(self, config: ESMMConfig) -> None:
        super().__init__(config)
        shared, *own = config.tower_dims
        first = nn.Linear(self.embedding.output_dim, shared)
        self.bottom = nn.Sequential(first, nn.ReLU(), nn.Dropout(config.dropout))
        self.ctr_tower = Head(shared, 0, own, 1, dropout=config.dropout)
        self.cvr_tower = Head(shared, 0, own, 1, dropout=config.dropout)

    def task_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """As `FunnelNetwork`."""
        hidden = self.bottom(features)
        return self.ctr_tower(hidden)[:, 0], self.cvr_tower(hidden)[:, 0]
