"""ESMM: conversion rates learned over all impressions (Ma et al., SIGIR 2018), the base of CL4CVR.

    x        = [field embeddings, list embeddings, projected creative vector, numbers]     shared
    pCTR     = σ(ctr tower(x))
    pCVR     = σ(cvr tower(x))
    pCTCVR   = pCTR · pCVR

Only pCTR and pCTCVR have losses (`adlab.losses.entire_space`). A conversion rate learned from clicked rows alone is
asked about impressions that nobody clicked; here the tower hears of these too, as rows with click and conversion 0.

What we changed: the product is taken on log-odds (`adlab.layers.joint_logit`), and the ad's picture and copy join the
ids as a frozen vector. `detach_ctr` is CL4CVR's public code, which keeps pCTCVR's gradient from pCTR; with ESMM's own
joint gradient, the default, a conversion also teaches the click tower.

The baselines share this file's inputs, output and training:

| `sharing`       | click and conversion share     | conversions are learned from |
|-----------------|--------------------------------|------------------------------|
| `esmm`          | embeddings                     | all impressions              |
| `single-task`   | nothing                        | clicked rows                 |
| `shared-bottom` | embeddings and the first layer | clicked rows                 |
| `mmoe`          | embeddings and experts         | clicked rows                 |
"""

from __future__ import annotations

from torch import Tensor

from adlab.layers.head import Head
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork


class ESMM(FunnelNetwork):
    """Two towers on one embedding.

    Args:
        config: Its shape.
    """

    entire_space = True

    def __init__(self, config: ESMMConfig) -> None:
        super().__init__(config)
        width = self.embedding.output_dim
        self.ctr_tower = Head(width, 0, config.tower_dims, 1, dropout=config.dropout)
        self.cvr_tower = Head(width, 0, config.tower_dims, 1, dropout=config.dropout)

    def task_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """As `FunnelNetwork`."""
        return self.ctr_tower(features)[:, 0], self.cvr_tower(features)[:, 0]
