"""A small log of known causes, and funnel networks small enough for tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from adlab.data.funnel_batch import Bag, FunnelBatch
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork
from adlab.models.funnel_networks import build_funnel

FIELDS, BAGS, DENSE, CREATIVE, ADS = (7, 5, 3), (("tags", 6), ("cats", 4)), 2, 3, 5


def tiny_config(**changes: Any) -> ESMMConfig:
    """Every kind of input, narrow towers."""
    shape: dict[str, Any] = {
        "fields": FIELDS,
        "bags": BAGS,
        "dense": DENSE,
        "creative_dim": CREATIVE,
        "embedding_dim": 4,
        "projected_dim": 3,
        "tower_dims": (16, 8),
        "experts": 3,
    }
    return ESMMConfig(**shape | changes)


def tiny_network(seed: int = 0, **changes: Any) -> FunnelNetwork:
    """With embeddings as large as after training, so that every part has a say."""
    torch.manual_seed(seed)
    network = build_funnel(tiny_config(**changes))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.3 * torch.randn(parameter.shape))
    return network.eval()


def creatives(seed: int = 0) -> np.ndarray:
    """Vectors of the ads."""
    return np.random.default_rng([seed, 1]).normal(size=(ADS, CREATIVE)).astype(np.float32)


def tiny_log(rows: int = 64, seed: int = 0, click: float = 0.5, convert: float = 0.5) -> FunnelBatch:
    """Rows with every kind of input; the first field tells clicks, the second conversions."""
    rng = np.random.default_rng(seed)
    sparse = np.stack([rng.integers(size, size=rows) for size in FIELDS], axis=1)
    clicks = rng.random(rows) < click * (0.4 + 1.2 * (sparse[:, 0] > 3))
    conversions = clicks & (rng.random(rows) < convert * (0.4 + 1.2 * (sparse[:, 1] > 2)))
    bags = {}
    for name, size in BAGS:
        counts = rng.integers(0, 4, size=rows)
        bags[name] = Bag(rng.integers(size, size=counts.sum()), np.concatenate([[0], np.cumsum(counts)]))
    return FunnelBatch(
        sparse=sparse,
        dense=rng.normal(size=(rows, DENSE)).astype(np.float32),
        bags=bags,
        ad=rng.integers(-1, ADS, size=rows),
        click=clicks.astype(np.float32),
        conversion=conversions.astype(np.float32),
        weight=rng.integers(1, 4, size=rows).astype(np.float32),
    )
