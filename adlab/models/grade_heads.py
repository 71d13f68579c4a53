"""Further grade heads on the one AdsCVLR: their spread is the interval of its expected grade.

Five full networks would not fit into a checkpoint. So the encoder is shared, and each head is a softmax regression on
what the network's own head reads, learned from another resample of the queries:

    logits_m = W_m·evidence + b_m,   m = 1 … M
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError, InputError
from adlab.models.adscvlr_config import GRADES


class GradeHeads(nn.Module):
    """M heads, all evaluated at once.

    Args:
        members: M, 1 or more.
        width: E, width of what grades are read from.

    Raises:
        ConfigError: A number is below 1.
    """

    def __init__(self, members: int, width: int) -> None:
        super().__init__()
        if members < 1 or width < 1:
            raise ConfigError(f"members is {members}, width {width}; give 1 or more for both.")
        self.weight = nn.Parameter(torch.zeros(members, GRADES, width))
        self.bias = nn.Parameter(torch.zeros(members, GRADES))

    @property
    def members(self) -> int:
        """M."""
        return len(self.weight)

    def forward(self, evidence: Tensor) -> Tensor:
        """Evidence (B, E) -> logits of the grades (M, B, 4).

        Raises:
            InputError: It has another width.
        """
        if evidence.ndim != 2 or evidence.shape[1] != self.weight.shape[2]:
            raise InputError(f"The evidence has shape {tuple(evidence.shape)}; give (pairs, {self.weight.shape[2]}).")
        return torch.einsum("mgd,bd->mbg", self.weight, evidence) + self.bias[:, None]

    @torch.no_grad()
    def start_from(self, head: nn.Linear) -> None:
        """Let every head begin as the network's own.

        Raises:
            InputError: It has another shape.
        """
        if head.weight.shape != self.weight.shape[1:]:
            wanted = tuple(self.weight.shape[1:])
            raise InputError(f"The head's weights have shape {tuple(head.weight.shape)}; give {wanted}.")
        self.weight.copy_(head.weight.expand_as(self.weight))
        self.bias.copy_(head.bias.expand_as(self.bias))
