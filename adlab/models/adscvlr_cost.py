"""What a pair costs: floating-point operations of an AdsCVLR, counted from its shape.

Products of matrices alone, two operations a multiplication with its addition, as torch's `FlopCounterMode` counts;
norms, activations and softmax add less than 1 %. The image network or detector is not part of it.
"""

from __future__ import annotations

from adlab.models.adscvlr_config import GRADES, AdsCVLRConfig
from adlab.models.pair_inputs import BOX_FEATURES


def flops_per_pair(config: AdsCVLRConfig, *, tokens: int, regions: int, states: bool = True) -> int:
    """Operations of one forward pass of one pair.

    Args:
        config: Of the network.
        tokens: T, padding included.
        regions: R, padding included.
        states: Whether the last states of all positions are computed, as in `AdsCVLR.forward`.
    """
    length, width = tokens + regions, config.width
    total = regions * width * (config.region_dim + BOX_FEATURES)
    for layer in range(1, config.layers + 1):
        queries = length if states or layer < config.layers else 1
        total += (2 * length + 2 * queries) * width * width  # keys and values; queries and output
        total += 2 * queries * length * width  # logits and weighted values, all heads together
        total += 2 * queries * width * config.hidden
    total += width * (GRADES + config.projection_dim)
    return 2 * total
