"""What M2FN makes of cached maps before anything that it learns: computed once, it makes training several times faster.

With moment pooling the picture enters what is learned as cells, for attention, and as sums over cells of x and x².
Without attention the sums are fixed, and of the whole map one vector remains. The logits are those of
`M2FN.forward_head` up to rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from adlab.errors import InputError
from adlab.layers.spatial_attention import SpatialAttention
from adlab.models.m2fn import M2FN


class PreparedMaps(NamedTuple):
    """N pictures as the learned part reads them; None where a network does not.

    Attributes:
        cells: Standardised map, (N, H, W, C) in memory's order.
        by_cell: What each cell adds to both moments about zero, (N, H·W, 2·C).
        vectors: Standardised moments with equal weights, (N, 2·C).
    """

    cells: Tensor | None = None
    by_cell: Tensor | None = None
    vectors: Tensor | None = None

    def at(self, rows: Tensor) -> PreparedMaps:
        """Some of the pictures."""
        return PreparedMaps(*(None if part is None else part[rows] for part in self))


@torch.no_grad()
def prepare(network: M2FN, maps: Tensor) -> PreparedMaps:
    """Do once what no training step changes.

    Args:
        network: Calibrated; without the picture, or with moment pooling and attention ``"spatial"`` or off.
        maps: The frozen backbone's, (N, C, H, W); not read without the picture.

    Raises:
        InputError: The network is of another shape, or the maps do not fit.
    """
    config = network.config
    if not config.image:
        return PreparedMaps()
    if config.pooling != "moments" or (config.attention and config.attention_kind != "spatial"):
        raise InputError(
            f"pooling is {config.pooling!r}, attention_kind {config.attention_kind!r}; maps are prepared for 'moments' "
            "and 'spatial' attention or none."
        )
    features = network.standardised(maps)
    by_cell = network.moments.by_cell(features, features)
    if not config.attention:
        return PreparedMaps(vectors=network.moments(by_cell))
    sums = by_cell.flatten(2).transpose(1, 2).contiguous()
    return PreparedMaps(cells=features.permute(0, 2, 3, 1).contiguous(), by_cell=sums)


def forward_prepared(network: M2FN, maps: PreparedMaps, aux: Tensor | None) -> Tensor:
    """Logits (B, outputs) of prepared maps and attributes (B, aux_dim); the latter are not read without attributes."""
    config = network.config
    if not config.image:
        return network.forward_head(None, aux).logits
    vectors = maps.vectors
    if vectors is None:
        assert maps.cells is not None
        assert maps.by_cell is not None
        assert aux is not None
        assert isinstance(network.attention, SpatialAttention)
        weights = network.attention.weights(maps.cells.permute(0, 3, 1, 2), aux[:, None])  # (B, 1, H·W)
        vectors = network.moments.standardised((weights @ maps.by_cell).squeeze(1))
    if config.high:
        return network.head(network.fusion(vectors, aux))
    return network.head(vectors, aux if config.aux else None)


def forward_without_picture(network: M2FN, aux: Tensor) -> Tensor:
    """Logits of attributes beside the average picture: what the network says where it knows nothing of the picture.

    The picture's moments stand at their mean over the training pictures. A map of average cells would not do: all its
    cells are alike, which those of no picture are.

    Args:
        network: With the picture and moment pooling.
        aux: (B, aux_dim).

    Returns:
        (B, outputs).

    Raises:
        InputError: The network is of another shape.
    """
    if not network.config.image or network.config.pooling != "moments":
        raise InputError(
            f"image is {network.config.image}, pooling {network.config.pooling!r}; the average picture is known to "
            "networks with the picture and 'moments'."
        )
    average = torch.zeros_like(network.moments.mean)  # moments are standardised
    return forward_prepared(network, PreparedMaps(vectors=average.expand(len(aux), -1)), aux)
