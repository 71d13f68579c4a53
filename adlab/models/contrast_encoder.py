"""The encoder that both masked views of a row pass through in CL4CVR's contrastive task; training only."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from adlab.layers.embedding_masks import KINDS, TwoViews
from adlab.layers.head import Head

WIDTHS = (256, 128, 64)
MASKINGS = KINDS


class ContrastEncoder(nn.Module):
    """Linear → ReLU → linear → ReLU → linear. One encoder for both views; the loss brings its output to length 1.

    Args:
        input_dim: Width of the features.
        widths: Of its layers; the last is the output's.

    Raises:
        ConfigError: A width is below 1.
    """

    def __init__(self, input_dim: int, widths: Sequence[int] = WIDTHS) -> None:
        super().__init__()
        *hidden, output = widths
        self.layers = Head(input_dim, 0, hidden, output)

    def forward(self, view: Tensor) -> Tensor:
        """(B, E) -> (B, D)."""
        projected: Tensor = self.layers(view)
        return projected


def masked_views(masking: str, groups: Tensor, keep: float) -> TwoViews:
    """What makes two views of a network's features, as `TwoViews`; `groups` are the network's."""
    return TwoViews(masking, groups, keep=keep)
