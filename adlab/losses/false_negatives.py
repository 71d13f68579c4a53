"""Which rows of a batch are no negatives of each other (CL4CVR, false negative elimination)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError
from adlab.losses.shapes import check_ids


def identical_pairs(groups: Tensor) -> Tensor:
    """Pairs of different rows with the same features: the paper's false negatives.

    Args:
        groups: A whole number a row, equal where all features are, (B,).

    Returns:
        Row numbers, (P, 2), each pair in both orders; usually few, so no matrix of B × B is made.

    Raises:
        InputError: The numbers are not whole or not one a row.
    """
    check_ids("groups", groups, groups.numel())
    order = torch.argsort(groups)
    _, counts = torch.unique_consecutive(groups[order], return_counts=True)
    partners = counts.repeat_interleave(counts)  # how many rows, itself included, are like the row at this place
    begins = (counts.cumsum(0) - counts).repeat_interleave(counts)
    within = torch.arange(int(partners.sum()), device=groups.device)
    within -= (partners.cumsum(0) - partners).repeat_interleave(partners)
    pairs = torch.stack([order.repeat_interleave(partners), order[begins.repeat_interleave(partners) + within]], dim=1)
    return pairs[pairs[:, 0] != pairs[:, 1]]


def similar_pairs(embeddings: Tensor, threshold: float = 0.9) -> Tensor:
    """Pairs of different rows whose embeddings have a cosine above a threshold, as in the public code.

    Args:
        embeddings: Of the whole rows, before masking, (B, E).
        threshold: 0 or more, below 1.

    Returns:
        As `identical_pairs`.

    Raises:
        InputError: `embeddings` is not (B, E).
        ConfigError: The threshold is outside its range.
    """
    if embeddings.ndim != 2:
        raise InputError(f"embeddings have shape {tuple(embeddings.shape)}; give one a row, (B, E).")
    if not 0 <= threshold < 1:
        raise ConfigError(f"threshold is {threshold!r}; give a cosine of 0 or more, below 1.")
    directions = F.normalize(embeddings.detach(), dim=1)
    # One triangle only, turned round: a product may round its two halves differently.
    one_way = torch.triu(directions @ directions.T, diagonal=1).gt(threshold).nonzero()
    return torch.cat([one_way, one_way.flip(1)])
