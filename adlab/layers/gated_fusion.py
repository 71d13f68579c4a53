"""Fusion of two vectors by an elementwise product, each the other's gate (M2FN, §5.3)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError, InputError


class GatedFusion(nn.Module):
    """tanh(W_v x_img + b_v) ⊙ tanh(W_a x_aux + b_a).

    Both biases are drawn from −1 to 1 and not from the narrow range of a linear layer. The gradient of one factor is
    the size of the other: with two factors near zero almost none would pass, and neither modality could speak unless
    the other did.

    Args:
        image_dim: Width of x_img, at least 1.
        aux_dim: Width of x_aux, at least 1.
        output_dim: Width of the product, at least 1.
        branches: Whether both factors stand before their product in the result. A product alone says little where
            either modality tells something for itself.
        dropout: Share of both inputs set to zero while training, 0 ≤ dropout < 1.

    Attributes:
        width: Of the result.

    Raises:
        ConfigError: A width is below 1, or the dropout is outside its range.
    """

    def __init__(
        self, image_dim: int, aux_dim: int, output_dim: int, *, branches: bool = False, dropout: float = 0.0
    ) -> None:
        super().__init__()
        if not 0 <= dropout < 1:
            raise ConfigError(f"dropout is {dropout}; give a share of 0 or more, below 1.")
        self.branches, self.width = branches, output_dim * (3 if branches else 1)
        self.dropout = nn.Dropout(dropout)
        for name, value in (("image_dim", image_dim), ("aux_dim", aux_dim), ("output_dim", output_dim)):
            if value < 1:
                raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
        self.image = nn.Linear(image_dim, output_dim)
        self.aux = nn.Linear(aux_dim, output_dim)
        nn.init.uniform_(self.image.bias, -1, 1)
        nn.init.uniform_(self.aux.bias, -1, 1)

    def forward(self, image: Tensor, aux: Tensor) -> Tensor:
        """Fuse (B, image_dim) with (B, aux_dim): (B, width), each value from −1 to 1."""
        return self._fuse(self.image(self.dropout(image)), aux)

    def by_cell(self, feature_map: Tensor) -> Tensor:
        """What each cell of a map adds to W_v x_img, where x_img is the map flattened.

        Args:
            feature_map: (B, C, H, W) with C·H·W = image_dim.

        Returns:
            (B, output_dim, H, W); its sum over cells is W_v x_img, see `from_cells`.

        Raises:
            InputError: The map has another size.
        """
        size = feature_map.shape[1:]
        if size.numel() != self.image.in_features:
            raise InputError(
                f"The map is {tuple(size)}, {size.numel()} numbers; this fusion takes {self.image.in_features}. "
                "Use the image size it was built for."
            )
        weight = self.image.weight.unflatten(1, size)  # (D, C, H, W)
        return torch.einsum("bchw,dchw->bdhw", feature_map, weight)

    def from_cells(self, by_cell: Tensor, aux: Tensor) -> Tensor:
        """`forward` on the flattened map, from what `by_cell` gives: (B, width). Without dropout of the picture."""
        return self._fuse(by_cell.sum(dim=(2, 3)) + self.image.bias, aux)

    def _fuse(self, image: Tensor, aux: Tensor) -> Tensor:
        image, aux = image.tanh(), self.aux(self.dropout(aux)).tanh()
        product = image * aux
        return torch.cat([image, aux, product], dim=1) if self.branches else product
