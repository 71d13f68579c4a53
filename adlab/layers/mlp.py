"""Multi-layer perceptron: linear layers, each followed by optional layer norm, activation and dropout."""

from __future__ import annotations

from torch import Tensor, nn

from adlab.errors import ConfigError, UnknownNameError

ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU}


class MLP(nn.Module):
    """`depth` times linear → [layer norm] → activation → dropout; the last layer is activated too.

    A network that ends in a linear map puts an `nn.Linear` of its own after it: what this block returns is a
    representation, not a prediction.

    Args:
        input_dim: Width of the input, at least 1.
        hidden_dim: Width of every layer and of the output, at least 1.
        depth: Number of layers, at least 1.
        activation: ``"relu"`` or ``"gelu"``.
        layer_norm: Whether each linear layer is followed by a layer norm.
        dropout: Share of activations set to zero while training, 0 ≤ dropout < 1.

    Attributes:
        output_dim: Width of the output.

    Raises:
        ConfigError: A width, the depth or the dropout is outside its range.
        UnknownNameError: The activation is not a known one.
    """

    def __init__(
        self,
        input_dim: int,
        hidden_dim: int,
        *,
        depth: int = 1,
        activation: str = "relu",
        layer_norm: bool = False,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        for name, value in (("input_dim", input_dim), ("hidden_dim", hidden_dim), ("depth", depth)):
            if value < 1:
                raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
        if not 0 <= dropout < 1:
            raise ConfigError(f"dropout is {dropout}; give a share of 0 or more, below 1.")
        if activation not in ACTIVATIONS:
            raise UnknownNameError("activation", activation, ACTIVATIONS)
        layers: list[nn.Module] = []
        for width in (input_dim, *[hidden_dim] * (depth - 1)):
            layers.append(nn.Linear(width, hidden_dim))
            if layer_norm:
                layers.append(nn.LayerNorm(hidden_dim))
            layers.append(ACTIVATIONS[activation]())
            if dropout > 0:
                layers.append(nn.Dropout(dropout))
        self.layers = nn.Sequential(*layers)
        self.output_dim = hidden_dim

    def forward(self, x: Tensor) -> Tensor:
        """Map (…, input_dim) to (…, output_dim)."""
        hidden: Tensor = self.layers(x)
        return hidden
