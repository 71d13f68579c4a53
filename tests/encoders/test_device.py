"""Mixed precision and pinned batches on a GPU, neither on a CPU; the GPU is played by fakes."""

from __future__ import annotations

import pytest
import torch

from adlab.encoders import device as device_module
from adlab.encoders.device import mixed_precision, move, precision_of

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


class Batch:
    """Writes down what is asked of it."""

    def __init__(self) -> None:
        self.calls: list[object] = []

    def pin_memory(self) -> Batch:
        self.calls.append("pinned")
        return self

    def to(self, device: torch.device, non_blocking: bool = False) -> Batch:
        self.calls.append((device.type, non_blocking))
        return self


@pytest.mark.parametrize(("device", "calls"), [(CPU, [("cpu", False)]), (CUDA, ["pinned", ("cuda", True)])])
def test_a_batch_goes_through_pinned_memory_on_its_way_to_a_gpu_only(device, calls):
    batch = Batch()
    move(batch, device)
    assert batch.calls == calls


def test_on_a_cpu_everything_stays_in_full_precision():
    product = torch.ones(2, 2) @ torch.ones(2, 2)
    with mixed_precision(CPU):
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == product.dtype == torch.float32
    assert precision_of(CPU) == "float32"


def test_on_a_gpu_float16_is_mixed_in(monkeypatch):
    asked = []
    monkeypatch.setattr(device_module.torch, "autocast", lambda *arguments: asked.append(arguments))
    mixed_precision(CUDA)
    assert asked == [("cuda", torch.float16)]
    assert precision_of(CUDA) == "mixed float16"
