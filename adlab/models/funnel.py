"""What every funnel network takes in and gives out, and what they have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from adlab.data.funnel_batch import FunnelBatch
from adlab.errors import InputError
from adlab.layers.feature_embedding import FeatureEmbedding
from adlab.layers.joint_logit import joint_logit
from adlab.models.esmm_config import ESMMConfig


class FunnelInputs(NamedTuple):
    """B rows of a log as tensors.

    Attributes:
        sparse: Codes, (B, F) int64.
        dense: Numbers, (B, D).
        bags: By name, codes of all rows (V,) and where each row begins, and last V, (B + 1,).
        creative: Frozen vector of the row's ad, (B, V); zeros where it has none.
    """

    sparse: Tensor
    dense: Tensor
    bags: Mapping[str, tuple[Tensor, Tensor]]
    creative: Tensor


class FunnelOutput(NamedTuple):
    """Log-odds, (B,) each.

    Attributes:
        ctr: Of a click.
        cvr: Of a conversion once there is a click.
        ctcvr: Of a click that converts: σ(ctcvr) = σ(ctr)·σ(cvr).
    """

    ctr: Tensor
    cvr: Tensor
    ctcvr: Tensor


class FunnelNetwork(nn.Module, ABC):
    """Embedding of a row, and what its click and its conversion are told from.

    Args:
        config: Its shape.

    Attributes:
        config: As given.
        embedding: What all tasks share.
        entire_space: Whether conversions are learned from all impressions, through pCTCVR, or from clicked ones.
    """

    entire_space = False

    def __init__(self, config: ESMMConfig) -> None:
        super().__init__()
        self.config = config
        self.embedding = feature_embedding(config)

    @property
    def groups(self) -> Tensor:
        """Number of the field that each column of the features belongs to, (E,)."""
        return self.embedding.groups

    def tables(self) -> list[nn.Parameter]:
        """Embedding tables: the parameters whose gradients are sparse."""
        return [part.table for part in self.modules() if isinstance(part, FeatureEmbedding)]

    def forward_features(self, inputs: FunnelInputs) -> Tensor:
        """What the towers read, (B, E)."""
        return embed(self.embedding, inputs)

    @abstractmethod
    def task_logits(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Log-odds of a click and of a conversion given one, (B,) each, from features (B, E)."""

    def forward_head(self, features: Tensor) -> FunnelOutput:
        """From features (B, E)."""
        # A product of chances near 1 is told from 1 only in float32.
        ctr, cvr = (logit.float() if logit.dtype == torch.bfloat16 else logit for logit in self.task_logits(features))
        held = ctr.detach() if self.config.detach_ctr else ctr
        return FunnelOutput(ctr, cvr, joint_logit(held, cvr))

    def forward(self, inputs: FunnelInputs) -> FunnelOutput:
        """Log-odds of B rows.

        Raises:
            InputError: A shape or a code does not fit the configuration.
        """
        return self.forward_head(self.forward_features(inputs))


def feature_embedding(config: ESMMConfig) -> FeatureEmbedding:
    """The embedding that a configuration asks for."""
    return FeatureEmbedding(
        config.fields,
        config.embedding_dim,
        bags=dict(config.bags),
        numbers=config.dense,
        vector_dim=config.creative_dim,
        projected_dim=config.projected_dim,
    )


def funnel_inputs(batch: FunnelBatch, creatives: NDArray[np.float32] | None = None) -> FunnelInputs:
    """A batch as tensors, sharing memory with it where it can.

    Args:
        batch: Of B rows.
        creatives: Vectors of all ads, (A, V); None for a network that does not read them.

    Raises:
        InputError: An ad is not among them.
    """
    bags = {
        name: (torch.from_numpy(bag.values), torch.from_numpy(np.ascontiguousarray(bag.offsets)))
        for name, bag in batch.bags.items()
    }
    return FunnelInputs(
        torch.from_numpy(batch.sparse), torch.from_numpy(batch.dense), bags, _creative(batch.ad, creatives)
    )


def embed(part: FeatureEmbedding, inputs: FunnelInputs) -> Tensor:
    """What an embedding makes of a row, (B, E)."""
    features: Tensor = part(inputs.sparse, inputs.dense, inputs.bags, inputs.creative)
    return features


def _creative(ad: NDArray[np.int64], creatives: NDArray[np.float32] | None) -> Tensor:
    if creatives is None:
        return torch.empty(len(ad), 0)
    if len(ad) and int(ad.max()) >= len(creatives):
        raise InputError(f"A row names ad {int(ad.max())}; there are vectors of {len(creatives)} ads only.")
    vectors = creatives[ad]
    vectors[ad < 0] = 0
    return torch.from_numpy(vectors)
