"""Hidden layers and an output layer, with a second input that may join before the last hidden layer."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError


class Head(nn.Module):
    """Linear → ReLU → dropout for each hidden width, then a linear output.

    A joined input is concatenated to what the last hidden layer takes in, so that both are seen together by one
    nonlinear layer; without hidden layers it is concatenated to what the output takes in. Without hidden layers the
    dropout is on the input.

    Args:
        input_dim: Width of the input, at least 1.
        joined_dim: Width of the joined input; 0 for none.
        hidden_dims: Widths of the hidden layers, in order; may be empty.
        outputs: Width of the output, at least 1.
        dropout: Share of hidden activations set to zero while training, 0 ≤ dropout < 1.

    Raises:
        ConfigError: A width or the dropout is outside its range.
    """

    def __init__(
        self, input_dim: int, joined_dim: int, hidden_dims: Sequence[int], outputs: int, *, dropout: float = 0.0
    ) -> None:
        super().__init__()
        for name, value in (("input_dim", input_dim), ("outputs", outputs), *(("hidden_dims", d) for d in hidden_dims)):
            if value < 1:
                raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
        if not 0 <= dropout < 1:
            raise ConfigError(f"dropout is {dropout}; give a share of 0 or more, below 1.")
        widths = [input_dim, *hidden_dims]
        early = [_hidden(a, b, dropout) for a, b in pairwise(widths[:-1])]
        self.early = nn.Sequential(*early)
        if hidden_dims:
            self.late, last = _hidden(widths[-2] + joined_dim, widths[-1], dropout), widths[-1]
        else:
            self.late, last = nn.Sequential(nn.Dropout(dropout)), input_dim + joined_dim
        self.out = nn.Linear(last, outputs)

    def forward(self, x: Tensor, joined: Tensor | None = None) -> Tensor:
        """(B, input_dim) and, where there is one, (B, joined_dim) -> (B, outputs)."""
        hidden = self.early(x)
        if joined is not None:
            hidden = torch.cat([hidden, joined], dim=1)
        output: Tensor = self.out(self.late(hidden))
        return output


def _hidden(input_dim: int, output_dim: int, dropout: float) -> nn.Sequential:
    return nn.Sequential(nn.Linear(input_dim, output_dim), nn.ReLU(), nn.Dropout(dropout))
