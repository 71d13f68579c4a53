"""Transformer blocks, pre-norm or post-norm (Vaswani et al. 2017; Xiong et al. 2020, Fig. 1).

- post: y = norm(x + sublayer(x)); BERT, RoBERTa and MiniLM were trained so.
- pre: y = x + sublayer(norm(x)); trains from scratch without warm-up.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn

from adlab.errors import ConfigError, UnknownNameError
from adlab.layers.attention import MultiHeadAttention

NORMS = ("post", "pre")


class BlockOutput(NamedTuple):
    """What a block gives.

    Attributes:
        states: (B, Q, D).
        attention: (B, H, Q, L) of its self-attention, or None where maps were not asked for.
    """

    states: Tensor
    attention: Tensor | None


class Residual(nn.Module):
    """Where the norm of a sublayer sits: `leave(x, sublayer(enter(x)))`.

    Args:
        width: D.
        norm: ``"post"`` or ``"pre"``.
        dropout: Share of the sublayer's output set to zero while training.
        eps: Of the layer norm, above 0.

    Raises:
        UnknownNameError: The norm is not a known one.
    """

    def __init__(self, width: int, norm: str, dropout: float, eps: float) -> None:
        super().__init__()
        if norm not in NORMS:
            raise UnknownNameError("norm", norm, NORMS)
        self.pre = norm == "pre"
        self.norm = nn.LayerNorm(width, eps=eps)
        self.dropout = nn.Dropout(dropout)

    def enter(self, x: Tensor) -> Tensor:
        """What the sublayer reads."""
        return self.norm(x) if self.pre else x

    def leave(self, x: Tensor, y: Tensor) -> Tensor:
        """What the block goes on with, from its input and the sublayer's output."""
        total = x + self.dropout(y)
        return total if self.pre else self.norm(total)


class EncoderBlock(nn.Module):
    """Self-attention, then a feed-forward network with GELU.

    Args:
        width: D, a multiple of `heads`.
        heads: At least 1.
        hidden: Width inside the feed-forward network, at least 1.
        norm: ``"post"`` or ``"pre"``.
        dropout: Share of each sublayer's output set to zero while training, 0 ≤ dropout < 1.
        attention_dropout: Likewise of attention weights.
        eps: Of the layer norms.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The norm is not a known one.
    """

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        *,
        norm: str = "post",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        if hidden < 1:
            raise ConfigError(f"hidden is {hidden}; give a whole number of 1 or more.")
        self.attention = MultiHeadAttention(width, heads, dropout=attention_dropout)
        self.attention_residual = Residual(width, norm, dropout, eps)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.feed_residual = Residual(width, norm, dropout, eps)

    def forward(
        self, x: Tensor, key_mask: Tensor | None = None, *, first: int | None = None, maps: bool = False
    ) -> BlockOutput:
        """Transform (B, L, D).

        Args:
            x: (B, L, D).
            key_mask: (B, L) bool, False where a position is not to be seen.
            first: Compute the first so many positions only. They still see all others: a classifier on [CLS] needs
                no more of the last block.
            maps: Whether to return the attention maps.

        Returns:
            States, (B, L, D) or (B, first, D), and the maps where asked for.
        """
        entered = self.attention_residual.enter(x)
        if first is None:
            context, attention = self.attention(entered, key_mask, maps=maps)
        else:
            context, attention = self.attention(entered[:, :first], key_mask, source=entered, maps=maps)
            x = x[:, :first]
        x = self.attention_residual.leave(x, context)
        return BlockOutput(_feed_forward(self, x), attention)


class DecoderBlock(nn.Module):
    """Causal self-attention, attention to a memory, then a feed-forward network; arguments as of `EncoderBlock`."""

    def __init__(
        self,
        width: int,
        heads: int,
        hidden: int,
        *,
        norm: str = "post",
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        eps: float = 1e-12,
    ) -> None:
        super().__init__()
        if hidden < 1:
            raise ConfigError(f"hidden is {hidden}; give a whole number of 1 or more.")
        self.attention = MultiHeadAttention(width, heads, dropout=attention_dropout)
        self.attention_residual = Residual(width, norm, dropout, eps)
        self.memory_attention = MultiHeadAttention(width, heads, dropout=attention_dropout)
        self.memory_residual = Residual(width, norm, dropout, eps)
        self.feed_forward = nn.Sequential(nn.Linear(width, hidden), nn.GELU(), nn.Linear(hidden, width))
        self.feed_residual = Residual(width, norm, dropout, eps)

    def forward(self, x: Tensor, memory: Tensor, memory_mask: Tensor | None = None) -> Tensor:
        """Transform (B, T, D) given a memory.

        Args:
            x: (B, T, D); position t sees 0 … t.
            memory: (B, L, D), seen whole by every position.
            memory_mask: (B, L) bool, False where the memory is not to be seen.
        """
        x = self.attention_residual.leave(x, self.attention(self.attention_residual.enter(x), causal=True).context)
        entered = self.memory_residual.enter(x)
        x = self.memory_residual.leave(x, self.memory_attention(entered, memory_mask, source=memory).context)
        return _feed_forward(self, x)


def _feed_forward(block: EncoderBlock | DecoderBlock, x: Tensor) -> Tensor:
    return block.feed_residual.leave(x, block.feed_forward(block.feed_residual.enter(x)))
