"""A small AdsCVLR whose every part has a say, and pairs for it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.pair_inputs import AD_TEXT, QUERY, PairInputs

CONFIG = AdsCVLRConfig(
    vocabulary=40,
    added_tokens=3,
    width=24,
    layers=3,
    heads=4,
    hidden=32,
    max_tokens=20,
    region_dim=10,
    projection_dim=8,
    dropout=0.0,
    attention_dropout=0.0,
)
REGIONS = 4


def token_vectors(config: AdsCVLRConfig = CONFIG, seed: int = 9) -> Tensor:
    """Of the base vocabulary, (V, D)."""
    return torch.randn(config.vocabulary, config.width, generator=torch.Generator().manual_seed(seed))


def learned_adscvlr(seed: int = 0, **fields: Any) -> AdsCVLR:
    """As after training, in eval mode: no parameter is zero, and attention is not uniform."""
    config = replace(CONFIG, **fields)
    torch.manual_seed(seed)
    model = AdsCVLR(config, token_vectors(config))
    generator = torch.Generator().manual_seed(seed + 100)
    with torch.no_grad():
        for parameter in model.parameters():
            scale = parameter.shape[-1] ** -0.5 if parameter.ndim > 1 else 0.2
            parameter.add_(scale * torch.randn(parameter.shape, generator=generator))
        model.region_scale.mean.fill_(0.3)
        model.region_scale.std.fill_(0.5)
    return model.eval()


def pairs(n: int = 3, tokens: int = 11, regions: int = REGIONS, *, padded: bool = True, seed: int = 4) -> PairInputs:
    """Pairs of four query tokens with [CLS]; unless told otherwise, row i lacks i tokens and, from row 1, a region."""
    generator = torch.Generator().manual_seed(seed)
    rows, places = torch.arange(n)[:, None], torch.arange(tokens)
    mask = places < tokens - rows if padded else torch.ones(n, tokens, dtype=torch.bool)
    boxes = torch.rand(n, regions, 5, generator=generator)
    seen = torch.ones(n, regions, dtype=torch.bool)
    if padded and regions:
        seen[1:, -1] = False
    return PairInputs(
        token_ids=torch.randint(0, CONFIG.vocabulary + CONFIG.added_tokens, (n, tokens), generator=generator),
        segment_ids=torch.where(places < 4, QUERY, AD_TEXT).expand(n, tokens).clone(),
        token_mask=mask,
        regions=torch.rand(n, regions, CONFIG.region_dim, generator=generator) if regions else None,
        region_boxes=boxes if regions else None,
        region_mask=seen if regions else None,
    )
