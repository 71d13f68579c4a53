"""Experts shared by clicks and conversions, mixed for each by a gate of its own (MMoE, Ma et al., KDD 2018, Eq. 6).

f_k(x) = Σ_j g_k(x)_j · expert_j(x),   g_k = softmax(W_k x),   logit_k = tower_k(f_k)
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.layers.head import Head
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork


class MMoE(FunnelNetwork):
    """One embedding, experts of one layer, two gates, two towers.

    Args:
        config: Its shape; the first of `tower_dims` is the width of an expert.
    """

    def __init__(self, config: ESMMConfig) -> None:
        super().__init__(config)
        width, (shared, *own) = self.embedding.output_dim, config.tower_dims
        self.experts = nn.Linear(width, config.experts * shared)  # all experts in one product
        self.ctr_gate, self.cvr_gate = nn.Linear(width, config.experts), nn.Linear(width, config.experts)
        self.ctr_tower = Head(shared, 0, own, 1, dropout=config.dropout)
        self.cvr_tower = Head(shared, 0, own, 1, dropout=config.dropout)

    def task_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """As `FunnelNetwork`."""
        opinions = F.relu(self.experts(features)).unflatten(1, (self.config.experts, -1))  # (B, experts, width)
        ctr, cvr = (
            tower((gate(features).softmax(dim=1).to(opinions.dtype)[:, None] @ opinions)[:, 0])[:, 0]
            for gate, tower in ((self.ctr_gate, self.ctr_tower), (self.cvr_gate, self.cvr_tower))
        )
        return ctr, cvr
