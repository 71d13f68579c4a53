"""Funnel networks of one shape as an ensemble, with the FOCAL member that makes the vectors they read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from adlab.models.esmm_config import ESMMConfig
from adlab.models.focal import Focal, FocalConfig
from adlab.models.funnel import FunnelInputs, FunnelNetwork, FunnelOutput
from adlab.models.funnel_networks import build_funnel


class FunnelEnsemble(nn.Module):
    """M networks on the same inputs.

    Args:
        config: Shape of each.
        members: How many.
        focal: Shape of the FOCAL member behind the creative vectors, None where they need none.

    Attributes:
        members: The networks.
        focal: The member; a checkpoint carries its own copy, so that another FOCAL training cannot change a funnel.
        creative_mean: Subtracted from the vectors, (creative_dim,).
        creative_deviation: Divided by, (creative_dim,).
    """

    creative_mean: Tensor
    creative_deviation: Tensor

    def __init__(self, config: ESMMConfig, members: int, focal: FocalConfig | None = None) -> None:
        super().__init__()
        self.config = config
        self.members = nn.ModuleList([build_funnel(config) for _ in range(members)])
        self.focal = None if focal is None else Focal(focal)
        self.register_buffer("creative_mean", torch.zeros(config.creative_dim))
        self.register_buffer("creative_deviation", torch.ones(config.creative_dim))

    def networks(self) -> list[FunnelNetwork]:
        """The members, typed."""
        return [member for member in self.members if isinstance(member, FunnelNetwork)]

    def forward(self, inputs: FunnelInputs) -> FunnelOutput:
        """Log-odds of B rows by every member, (M, B) each."""
        outputs = [member(inputs) for member in self.networks()]
        return FunnelOutput(*(torch.stack(column) for column in zip(*outputs, strict=True)))

    def fields(self) -> dict[str, Any]:
        """For a manifest's `network`; `from_fields` reads it."""
        config = asdict(self.config)
        config |= {name: list(config[name]) for name in ("fields", "tower_dims")}
        config["bags"] = [list(bag) for bag in self.config.bags]
        focal = None if self.focal is None else asdict(self.focal.config)
        return {"config": config, "members": len(self.members), "focal": focal}

    @classmethod
    def from_fields(cls, config: Mapping[str, Any], members: int, focal: Mapping[str, Any] | None) -> FunnelEnsemble:
        """The ensemble that `fields` describes, with initial weights."""
        return cls(ESMMConfig(**config), members, None if focal is None else FocalConfig(**focal))
