"""Time of an M2FN's four heat maps: ours, captum's LayerGradCam and the package grad-cam; same network, same layers.

    pip install grad-cam    # needed by this run only
    python -m benchmarks.fusion_maps [--size 160] [--batch 1] [--repeats 15]

Ours takes all four from one forward and one backward pass. The others attach to one layer at a time: captum by four
calls, grad-cam by one CAM a layer. grad-cam can also be given all layers at once; it then runs one pass, but gives back
only the mean of the maps, each scaled to 0–1 and enlarged. Its time is listed too. All use the shipped encoder as
backbone, a fresh head, and the same target. They run in turn within each repeat, so that other work on the machine
hits all alike; a ratio is the median over repeats. CPU time is of the process. The maps are compared with captum's.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from captum.attr import LayerGradCam
from pytorch_grad_cam import GradCAM
from torch import Tensor, nn

from adlab.checkpoints.networks import load_image_encoder
from adlab.explain.cell_grid import probes
from adlab.explain.fusion_maps import logit, signed_cells
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig

AUX = 120
OURS = "adlab, one pass"


class Logits(nn.Module):
    """An M2FN with its attributes held, as tools expect a network: pixels in, logits out."""

    def __init__(self, network: M2FN, aux: Tensor) -> None:
        super().__init__()
        self.network, self.aux = network, aux

    def forward(self, pixels: Tensor) -> Tensor:
        """(B, 3, S, S) -> (B, outputs)."""
        logits: Tensor = self.network(pixels, self.aux).logits
        return logits


def build(size: int, batch: int) -> tuple[Logits, Tensor]:
    """The compact network on the shipped encoder, no part of its head at zero, and a batch of pixels."""
    torch.manual_seed(0)
    backbone = StagedBackbone(load_image_encoder().network)
    network = M2FN(M2FNConfig.compact(aux_dim=AUX, image_size=size), backbone)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if not name.startswith("backbone."):
                parameter.add_(0.1 * torch.randn(parameter.shape))
    return Logits(network, torch.randn(batch, AUX)).eval(), backbone.scale(probes(batch, size))


def first_output(logits: Tensor) -> Tensor:
    """What grad-cam explains in each row."""
    return logits[0]


def ways(model: Logits, pixels: Tensor) -> dict[str, Callable[[], Sequence[np.ndarray]]]:
    """Each way to four maps."""
    network = model.network
    layers = [network.conditioned_layer, network.backbone_layer, network.attention_layer, network.fusion_layer]
    targets = [first_output] * len(pixels)

    def ours() -> Sequence[np.ndarray]:
        return [cells.numpy() for cells in signed_cells(network, pixels, model.aux, logit())]

    def captum() -> Sequence[np.ndarray]:
        held = pixels.clone().requires_grad_()
        found = (LayerGradCam(model, layer).attribute(held, target=0) for layer in layers)
        return [cam.detach()[:, 0].numpy() for cam in found]

    def by_layer() -> Sequence[np.ndarray]:
        found = []
        for layer in layers:
            with GradCAM(model=model, target_layers=[layer]) as cam:
                found.append(cam(input_tensor=pixels.clone(), targets=targets))
        return found

    def at_once() -> Sequence[np.ndarray]:
        with GradCAM(model=model, target_layers=layers) as cam:
            return [cam(input_tensor=pixels.clone(), targets=targets)]

    return {
        OURS: ours,
        "captum, four calls": captum,
        "grad-cam, four calls": by_layer,
        "grad-cam, mean of four": at_once,
    }


def largest_difference(ours: Sequence[np.ndarray], captum: Sequence[np.ndarray]) -> float:
    """Relative to the largest value of each map."""
    pairs = zip(ours, captum, strict=True)
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in pairs)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=160)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=15)
    arguments = parser.parse_args()
    model, pixels = build(arguments.size, arguments.batch)
    runs = ways(model, pixels)
    first = {name: run() for name, run in runs.items()}  # warms up too
    difference = largest_difference(first[OURS], first["captum, four calls"])
    print(
        f"{arguments.size} px, batch {arguments.batch}, {torch.get_num_threads()} thread, {arguments.repeats} repeats"
    )
    print(f"largest difference to captum, relative to the map's largest value: {difference:.1e}\n")
    wall: dict[str, list[float]] = {name: [] for name in runs}
    cpu: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(arguments.repeats):
        for name, run in runs.items():
            started, used = time.perf_counter(), time.process_time()
            run()
            wall[name].append(time.perf_counter() - started)
            cpu[name].append(time.process_time() - used)
    print(f"{'':26}{'wall ms':>10}{'CPU ms':>10}{'wall ratio':>12}{'CPU ratio':>12}")
    for name in runs:
        ratios = (
            statistics.median(other / own for other, own in zip(times[name], times[OURS], strict=True))
            for times in (wall, cpu)
        )
        medians = (1000 * statistics.median(times[name]) for times in (wall, cpu))
        print(f"{name:26}" + "".join(f"{m:10.1f}" for m in medians) + "".join(f"{r:12.2f}" for r in ratios))


if __name__ == "__main__":
    main()
