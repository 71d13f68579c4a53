"""Multi-head attention (Vaswani et al. 2017, §3.2) whose maps can be had as outputs.

    A_h = softmax(Q_h K_hᵀ / √d_h),   context = [A_1 V_1; …; A_H V_H] W_out

Two paths, one answer: the fused kernel of torch, and the explicit one, which returns the maps A. The maps lie on the
way to the output, so that a gradient can be taken at them with `torch.autograd.grad` and without hooks.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError


class Attended(NamedTuple):
    """What attention gives.

    Attributes:
        context: (B, Q, D).
        attention: (B, H, Q, L), 0 or more, adding up to 1 over the L keys; None where maps were not asked for.
    """

    context: Tensor
    attention: Tensor | None


class MultiHeadAttention(nn.Module):
    """Attention of queries to keys, which are the queries themselves unless a source is given.

    Args:
        width: D, a multiple of `heads`.
        heads: H, at least 1.
        dropout: Share of attention weights set to zero while training, 0 ≤ dropout < 1.

    Raises:
        ConfigError: A number is outside its range.
    """

    def __init__(self, width: int, heads: int, *, dropout: float = 0.0) -> None:
        super().__init__()
        if heads < 1 or width < 1 or width % heads:
            raise ConfigError(f"width is {width} with {heads} heads; give a multiple of the heads.")
        if not 0 <= dropout < 1:
            raise ConfigError(f"dropout is {dropout}; give a share of 0 or more, below 1.")
        self.width, self.heads, self.dropout = width, heads, dropout
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(
        self,
        x: Tensor,
        key_mask: Tensor | None = None,
        *,
        source: Tensor | None = None,
        causal: bool = False,
        maps: bool = False,
    ) -> Attended:
        """Attend.

        Args:
            x: Queries, (B, Q, D).
            key_mask: (B, L) bool, False where a key is not to be seen; at least one True a row.
            source: Keys and values, (B, L, D); `x` without.
            causal: Whether query i sees keys 0 … i only.
            maps: Whether to return the maps; the explicit path is then taken.

        Returns:
            Context, and the maps where asked for.
        """
        q, k, v = (self._split_heads(part) for part in self._project(x, source))  # (B, H, Q or L, D/H)
        mask = None if key_mask is None else key_mask[:, None, None]  # (B, 1, 1, L)
        if causal and (maps or mask is not None):
            seen = torch.ones(q.shape[2], k.shape[2], dtype=torch.bool, device=x.device).tril()
            mask = seen if mask is None else mask & seen
        dropout = self.dropout if self.training else 0.0
        attention = None
        if maps:
            logits = q @ k.transpose(2, 3) / math.sqrt(q.shape[3])
            if mask is not None:
                logits = logits.masked_fill(~mask, -math.inf)
            attention = logits.softmax(dim=3)
            context = F.dropout(attention, dropout) @ v
        else:
            context = F.scaled_dot_product_attention(q, k, v, mask, dropout, is_causal=causal and mask is None)
        return Attended(self.out(context.transpose(1, 2).flatten(2)), attention)

    def _project(self, x: Tensor, source: Tensor | None) -> tuple[Tensor, ...]:
        if source is None:
            return tuple(self.qkv(x).chunk(3, dim=2))
        weight, bias, width = self.qkv.weight, self.qkv.bias, self.width
        keys, values = F.linear(source, weight[width:], bias[width:]).chunk(2, dim=2)
        return F.linear(x, weight[:width], bias[:width]), keys, values

    def _split_heads(self, x: Tensor) -> Tensor:
        return x.unflatten(2, (self.heads, -1)).transpose(1, 2)
