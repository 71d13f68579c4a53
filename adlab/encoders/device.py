"""How encoders compute on each kind of device: in full precision on a CPU, in mixed precision on a GPU."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor


def precision_of(device: torch.device) -> str:
    """The floating-point format that encoders compute in, as a provenance states it."""
    return "mixed float16" if device.type == "cuda" else "float32"


def mixed_precision(device: torch.device) -> AbstractContextManager[object]:
    """Half precision where it is safe and a GPU gains from it; float16, whose digits are three more than bfloat16's."""
    return torch.autocast("cuda", torch.float16) if device.type == "cuda" else nullcontext()


def move(batch: Tensor, device: torch.device) -> Tensor:
    """A batch on the device; on its way to a GPU through pinned memory, which copies while the GPU computes."""
    return batch.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else batch.to(device)
