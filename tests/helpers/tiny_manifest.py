"""What the tiny checkpoints share: names, sizes, a filled manifest, and random weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from adlab.checkpoints.manifest import Manifest, TrainingRecord
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER
from adlab.data.assessment import DataKind

VISION, FOCAL, REFERENCE = DEFAULT_IMAGE_ENCODER, "focal-tiny", "reference-tiny"
CONVERSION, SIMULATED = "focal-tiny-sim", "reference-tiny-sim"
APPEAL, RATED = "m2fn-tiny", "reference-tiny-rated"
CTR = "m2fn-tiny-ctr"
RELEVANCE, STUDENT = "adscvlr-tiny", "two-tower-tiny"
FUNNEL = "funnel-tiny"
IMAGE_SIZE, MEMBERS, PAIRS = 32, 5, 48


def manifest(name: str, kind: str, **fields: Any) -> Manifest:
    """A manifest with every field filled in."""
    values: dict[str, Any] = {
        "summary": f"Random weights of kind {kind}, for tests.",
        "heads": (),
        "network": {},
        "encoders": {},
        "preprocessing": "letterbox 32 px",
        "data_kind": DataKind.MATCHED_PAIRS.value,
        "trained_on": "nothing: random weights",
        "terms": "none",
        "licence": "Apache-2.0",
        "training": TrainingRecord(
            command=f"python -m adlab train {kind}",
            seed=0,
            data="none",
            minutes=0.0,
            machine="1 CPU core",
            config={"epochs": 0},
        ),
        "limits": ("Random weights: its numbers mean nothing.",),
    }
    return Manifest(name=name, kind=kind, **(values | fields))


def randomise(network: nn.Module, seed: int = 0) -> None:
    """Random weights that keep the signal's scale, so that different pictures give different outputs."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in network.parameters():
            fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
            scale = (2 / fan_in) ** 0.5 if parameter.ndim > 1 else 0.1
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
