"""Attention over the cells of a feature map, steered by attributes (M2FN, §5.2).

The paper multiplies the features with a softmax over the cells. Its weights add up to 1, so the features shrink by the
number of cells, 49 in the paper, and by another factor at another image size. We multiply by the number of cells too:
the weights have a mean of 1, equal weights leave the features as they are, and the mean of the attended map over cells
is the weighted mean Σ α·x. The last layer starts at zero, that is, with equal weights.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError


class Attended(NamedTuple):
    """What attention makes of a map.

    Attributes:
        features: (B, C, H, W), the map times weights times H·W.
        weights: (B, H, W), 0 or more, adding up to 1 in each row.
    """

    features: Tensor
    weights: Tensor


class SpatialAttention(nn.Module):
    """One logit a cell, from the cell's features and the attributes, by one MLP for all cells (M2FN, §5.2).

    The attributes are tiled over the grid and concatenated on the channels. The first layer is linear in both parts,
    so the attributes' part is computed once a picture and added to every cell.

    Args:
        channels: C, at least 1.
        aux_dim: Width of the attributes, at least 1.
        hidden_dim: Width of the hidden layer, at least 1.

    Raises:
        ConfigError: A width is below 1.
    """

    def __init__(self, channels: int, aux_dim: int, hidden_dim: int) -> None:
        super().__init__()
        _check(channels=channels, aux_dim=aux_dim, hidden_dim=hidden_dim)
        self.channels = channels
        self.hidden = nn.Linear(channels + aux_dim, hidden_dim)
        self.logit = nn.Linear(hidden_dim, 1, bias=False)  # a softmax over cells would not see a bias
        nn.init.zeros_(self.logit.weight)

    def forward(self, feature_map: Tensor, aux: Tensor) -> Attended:
        """Weight the cells of (B, C, H, W) given attributes (B, aux_dim)."""
        return _weigh(feature_map, self._logits(feature_map, aux[:, None]).squeeze(1))

    def weights(self, feature_map: Tensor, aux: Tensor) -> Tensor:
        """Weights of the cells of (B, C, H, W) for K attribute vectors each, (B, K, aux_dim): (B, K, H·W)."""
        return self._logits(feature_map, aux).softmax(dim=2)

    def _logits(self, feature_map: Tensor, aux: Tensor) -> Tensor:
        cells = feature_map.flatten(2).transpose(1, 2)  # (B, H·W, C)
        from_cells = F.linear(cells, self.hidden.weight[:, : self.channels])
        from_aux = F.linear(aux, self.hidden.weight[:, self.channels :], self.hidden.bias)
        hidden = F.relu(from_cells[:, None] + from_aux[:, :, None])  # (B, K, H·W, hidden)
        logits: Tensor = self.logit(hidden).squeeze(3)
        return logits


class FlatAttention(nn.Module):
    """All logits at once, from the flattened map and the attributes (M2FN, Table 3).

    The table prints 27473×512 + 512×1. One output cannot weigh 7×7 cells: there are as many outputs as cells here.

    Args:
        channels: C, at least 1.
        cells: H·W, at least 1; maps of another size do not fit.
        aux_dim: Width of the attributes, at least 1.
        hidden_dim: Width of the hidden layer, at least 1.

    Raises:
        ConfigError: A number is below 1.
    """

    def __init__(self, channels: int, cells: int, aux_dim: int, hidden_dim: int) -> None:
        super().__init__()
        _check(channels=channels, cells=cells, aux_dim=aux_dim, hidden_dim=hidden_dim)
        self.channels = channels
        self.hidden = nn.Linear(channels * cells + aux_dim, hidden_dim)
        self.logits = nn.Linear(hidden_dim, cells)
        nn.init.zeros_(self.logits.weight)
        nn.init.zeros_(self.logits.bias)

    def forward(self, feature_map: Tensor, aux: Tensor) -> Attended:
        """Weight the cells of (B, C, H, W) given attributes (B, aux_dim)."""
        flat = feature_map.flatten(1)  # (B, C·H·W)
        from_cells = F.linear(flat, self.hidden.weight[:, : flat.shape[1]])
        from_aux = F.linear(aux, self.hidden.weight[:, flat.shape[1] :], self.hidden.bias)
        return _weigh(feature_map, self.logits(F.relu(from_cells + from_aux)))


def _weigh(feature_map: Tensor, logits: Tensor) -> Attended:
    weights = logits.softmax(dim=1).unflatten(1, feature_map.shape[2:])  # (B, H, W)
    return Attended(feature_map * (weights * logits.shape[1])[:, None], weights)


def _check(**numbers: int) -> None:
    for name, value in numbers.items():
        if value < 1:
            raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
