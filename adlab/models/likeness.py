"""How alike a query is to the copy and to the picture as wholes: what grades rest on beside the state of [CLS].

A query q, a copy c and a picture v are vectors of one space of texts, each of length 1, or zeros where there is none:

    likeness = [⟨q,c⟩, ⟨q,v⟩, has_c, has_v, ⟨q,c⟩·has_v, ⟨q,v⟩·has_c, √W·q⊙c, √W·q⊙v]

A softmax regression on it is a bilinear match with a weight for every direction of the space. The encoders behind
these vectors have read millions of sentences and pictures; the single stream has met a few thousand queries, and
learns here what they leave over.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from adlab.errors import InputError
from adlab.models.pair_inputs import AD_TEXT, IMAGE, QUERY, WHOLES

_NUMBERS = 6  # in front of the products


def likeness_width(whole_dim: int) -> int:
    """Width of `likeness` for vectors of width W; 0 without any."""
    return _NUMBERS + 2 * whole_dim if whole_dim else 0


def likeness(wholes: Tensor) -> Tensor:
    """Vectors of wholes (B, 4, W) -> (B, 6 + 2·W) float32; the colours play no part in it.

    Raises:
        InputError: The vectors have another shape.
    """
    if wholes.ndim != 3 or wholes.shape[1] != WHOLES:
        raise InputError(f"wholes have shape {tuple(wholes.shape)}; give (pairs, {WHOLES}, width).")
    wholes = wholes.float()
    ad = wholes[:, [AD_TEXT, IMAGE]]
    products = wholes[:, QUERY, None] * ad  # (B, 2, W)
    cosines, there = products.sum(dim=2), ad.ne(0).any(dim=2).float()
    scaled = math.sqrt(wholes.shape[2]) * products.flatten(1)
    return torch.cat([cosines, there, cosines * there.flip(1), scaled], dim=1)


def by_part(weighted: Tensor) -> Tensor:
    """What the copy and what the picture adds, of numbers in the places of `likeness`: (…, 6 + 2·W) -> (…, 2)."""
    numbers, products = weighted[..., :_NUMBERS], weighted[..., _NUMBERS:]
    return numbers.unflatten(-1, (3, 2)).sum(dim=-2) + products.unflatten(-1, (2, -1)).sum(dim=-1)
