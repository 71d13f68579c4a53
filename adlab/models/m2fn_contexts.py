"""One picture in many contexts: what M2FN says of an ad for every audience and hour, from one look at it.

Behind the backbone a context enters at three places, and at each of them the picture's part does not depend on it:
attention adds both parts in its hidden layer, pooling is a weighted sum over cells, and fusion multiplies. So the map
is read once, and a context costs a vector, not a map:

    hidden_k = ReLU(W_x x + W_a a_k)          the first term once a picture
    m_k      = Σ_cells α_k · (x, x²)          one matrix product for all contexts

The answers are those of `M2FN.forward_head` row by row, up to rounding. Low-level fusion changes the map itself and
leaves no such short cut.
"""

from __future__ import annotations

import torch
from torch import Tensor

from adlab.errors import InputError
from adlab.layers.spatial_attention import SpatialAttention
from adlab.models.m2fn import M2FN


def forward_contexts(network: M2FN, feature_map: Tensor, aux: Tensor) -> Tensor:
    """Logits of B pictures in K contexts each.

    Args:
        network: With moment pooling; attention of the kind ``"spatial"`` or off; low-level fusion does not matter here,
            but the map then belongs to one context.
        feature_map: The backbone's map, (B, C, H, W).
        aux: (B, K, aux_dim).

    Returns:
        (B, K, outputs).

    Raises:
        InputError: The network is of another shape, or a tensor's shape does not fit.
    """
    config = network.config
    if config.pooling != "moments" or not config.aux or (config.attention and config.attention_kind != "spatial"):
        raise InputError(
            f"pooling is {config.pooling!r}, aux {config.aux}, attention_kind {config.attention_kind!r}; many contexts "
            "at once need 'moments', attributes, and 'spatial' attention or none."
        )
    batch = len(feature_map)
    if aux.ndim != 3 or len(aux) != batch or aux.shape[2] != config.aux_dim:
        raise InputError(f"aux has shape {tuple(aux.shape)}; give ({batch}, K, {config.aux_dim}).")
    features = network.standardised(feature_map)
    if config.attention:
        assert isinstance(network.attention, SpatialAttention)
        weights = network.attention.weights(features, aux)  # (B, K, H·W)
    else:
        cells = features.shape[2] * features.shape[3]
        weights = features.new_full((batch, aux.shape[1], cells), 1 / cells)
    by_cell = network.moments.by_cell(features, features).flatten(2)  # (B, 2·C, H·W)
    vectors = network.moments.standardised(weights @ by_cell.transpose(1, 2)).flatten(0, 1)
    rows = aux.flatten(0, 1)
    logits = network.head(network.fusion(vectors, rows)) if config.high else network.head(vectors, rows)
    return torch.unflatten(logits, 0, (batch, aux.shape[1]))
