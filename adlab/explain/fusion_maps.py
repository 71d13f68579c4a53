"""What an M2FN's number rests on, at each of its four fusion steps, laid over the original picture (M2FN, Fig. 7).

All four maps are Grad-CAMs of one forward and one backward pass. After the backbone a map has few cells, 5×5 to 14×14,
and each sees a good part of the picture: between the places where cells look (`adlab.explain.cell_grid`) values are
interpolated linearly, beyond the outer ones the nearest is kept. The letterbox is undone: what a map says of the
padding is left out of the picture, and its share of the whole is reported. Where it is large, the network goes by the
shape of the ad or by an artefact, and the map on the picture tells only part of the story.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from adlab.errors import ConfigError, InputError
from adlab.explain.cell_grid import PROBES, CellGrid, measure_shift, probes
from adlab.explain.grad_cam import grad_cam
from adlab.metrics.arrays import FloatArray
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_ensemble import M2FNEnsemble

STEPS = ("conditioned", "backbone", "attention", "fusion")
LONGEST = 512  # pixels; finer than any map

Target = Callable[[Tensor], Tensor]
"""Logits (B, outputs) of one network -> the number to explain, (B,)."""


@dataclass(frozen=True, kw_only=True)
class Framing:
    """Where a picture lies in the square that a network reads.

    Attributes:
        picture: Width and height of the original in pixels.
        box: Left, top, width and height of the picture inside the square, in pixels: `Letterbox.box`.
        size: Side of the square in pixels.

    Raises:
        ConfigError: The box does not lie inside the square, or a side is below 1.
    """

    picture: tuple[int, int]
    box: tuple[int, int, int, int]
    size: int

    def __post_init__(self) -> None:
        left, top, width, height = self.box
        inside = min(left, top) >= 0 and left + width <= self.size and top + height <= self.size
        if min(*self.picture, width, height) < 1 or not inside:
            raise ConfigError(
                f"A picture of {self.picture} lies at {self.box} in a square of {self.size} pixels; "
                "give what Letterbox.box gives for its size."
            )


class Shifts(NamedTuple):
    """How far cells look down and right of the middle of their squares, in pixels of the network's square.

    Attributes:
        conditioned: Cells of the conditioned map.
        backbone: Cells of the other three maps, which share the backbone's grid.
    """

    conditioned: float
    backbone: float


@dataclass(frozen=True, kw_only=True)
class FusionMap:
    """One step's map of one picture, in units of the target; positive raises it, negative lowers it.

    Attributes:
        step: One of `STEPS`.
        cells: (H, W), as Grad-CAM gives them.
        x: (W,), where each column of cells looks, in pixels of the original picture; outside it on the padding.
        y: (H,), where each row looks.
        values: (h, w), interpolated; the picture's proportions and a longest side of at most `LONGEST`.
        padding_share: Share of the map's mass, raising and lowering taken together, that falls on padding, 0–1; 0
            where the map is zero everywhere.
    """

    step: str
    cells: NDArray[np.float32] = field(repr=False)
    x: FloatArray = field(repr=False)
    y: FloatArray = field(repr=False)
    values: NDArray[np.float32] = field(repr=False)
    padding_share: float


def mean_rating(values: Sequence[float], temperature: float = 1.0) -> Target:
    """The mean of a distribution.

    Args:
        values: What each bucket stands for, for example 1 to 7.
        temperature: What logits are divided by, above 0, as the head's calibration has it.
    """
    return lambda logits: (logits / temperature).softmax(dim=1) @ logits.new_tensor(values)


def logit(output: int = 0) -> Target:
    """One output as it is, such as a regression's logit of the click rate."""
    return lambda logits: logits[:, output]


def measure_shifts(model: M2FN | M2FNEnsemble) -> Shifts:
    """Where the cells of a network look, measured on its backbone; about a second, once a network.

    Raises:
        InputError: The network does not use the picture.
    """
    network = _networks(model)[0]
    if network.backbone is None:
        raise InputError("This M2FN does not use the picture: it has no maps.")
    pixels = network.backbone.scale(probes().to(network.backbone.mean.device))
    aux = pixels.new_zeros(PROBES, model.config.aux_dim)

    def features(batch: Tensor) -> tuple[Tensor, Tensor]:
        return network.forward_features(batch, aux[: len(batch)])

    conditioned = measure_shift(lambda batch: features(batch)[0], pixels)
    return Shifts(conditioned, measure_shift(lambda batch: features(batch)[1], pixels))


def fusion_maps(
    model: M2FN | M2FNEnsemble,
    pixels: Tensor,
    aux: Tensor | None,
    target: Target,
    framings: Sequence[Framing],
    shifts: Shifts,
) -> list[tuple[FusionMap, ...]]:
    """The maps of a batch at all four steps.

    What explains an ensemble is the mean target of its members: its maps are the means of theirs.

    Args:
        model: In eval mode; it is not changed.
        pixels: (B, 3, S, S) as the backbone's `scale` gives them.
        aux: (B, aux_dim), or None without attributes.
        target: What to explain, see `mean_rating` and `logit`.
        framings: Where each picture lies in its square, B of them.
        shifts: What `measure_shifts` gave for this model.

    Returns:
        For each picture its maps in the order of `STEPS`.

    Raises:
        InputError: The model trains or does not use the picture, or framings do not fit the pixels.
    """
    if model.training:
        raise InputError("The model is in training mode, where pictures of a batch mix; call eval() first.")
    if not model.config.image:
        raise InputError("This M2FN does not use the picture: it has no maps.")
    wrong = [f.size for f in framings if f.size != pixels.shape[-1]]
    if len(framings) != len(pixels) or wrong:
        raise InputError(
            f"{len(framings)} framings of {wrong or 'right'} size for pixels {tuple(pixels.shape)}; give one a picture."
        )
    by_step = [cells.cpu().numpy() for cells in signed_cells(model, pixels, aux, target)]
    return [
        tuple(
            place(step, cells[row], framing, shifts.conditioned if step == "conditioned" else shifts.backbone)
            for step, cells in zip(STEPS, by_step, strict=True)
        )
        for row, framing in enumerate(framings)
    ]


def signed_cells(
    model: M2FN | M2FNEnsemble, pixels: Tensor, aux: Tensor | None, target: Target
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The four maps as they are, (B, H, W) each, in the order of `STEPS`; arguments as in `fusion_maps`."""
    networks = _networks(model)
    with torch.enable_grad():
        conditioned, backbone = networks[0].forward_features(pixels.detach().requires_grad_(), aux)
        heads = [network.forward_head(backbone, aux) for network in networks]
        explained = torch.stack([target(head.logits) for head in heads]).mean(dim=0)
        own = [head.attention_map for head in heads] + [head.fused_map for head in heads]
        cams = [cam.signed for cam in grad_cam(explained, [conditioned, backbone, *own])]
    # A member's own map explains its part of the mean: the sum over members is the mean of their maps.
    attention, fusion = (torch.stack(part).sum(dim=0) for part in (cams[2 : 2 + len(heads)], cams[2 + len(heads) :]))
    return cams[0], cams[1], attention, fusion


def place(step: str, cells: NDArray[np.float32], framing: Framing, shift: float) -> FusionMap:
    """Lay a map over its picture.

    Args:
        step: What to call it.
        cells: (H, W), values over the whole square.
        framing: Where the picture lies in the square.
        shift: Pixels by which cells look down and right of the middle of their squares.
    """
    left, top, width, height = framing.box
    rows = CellGrid(cells=cells.shape[0], size=framing.size, shift=shift)
    columns = CellGrid(cells=cells.shape[1], size=framing.size, shift=shift)
    scale = min(1.0, LONGEST / max(framing.picture))
    out_w, out_h = (max(1, round(side * scale)) for side in framing.picture)
    down = rows.weights(top + (np.arange(out_h, dtype=np.float64) + 0.5) * height / out_h)
    across = columns.weights(left + (np.arange(out_w, dtype=np.float64) + 0.5) * width / out_w)
    return FusionMap(
        step=step,
        cells=cells,
        x=(columns.centres - left) * framing.picture[0] / width,
        y=(rows.centres - top) * framing.picture[1] / height,
        values=(down @ cells @ across.T).astype(np.float32),
        padding_share=_padding_share(np.abs(cells), rows, columns, framing),
    )


def _padding_share(mass: NDArray[np.float32], rows: CellGrid, columns: CellGrid, framing: Framing) -> float:
    """Over the pixels of the square, with the same interpolation."""
    left, top, width, height = framing.box
    pixels = np.arange(framing.size, dtype=np.float64) + 0.5
    down, across = rows.weights(pixels), columns.weights(pixels)
    total = float(down.sum(0) @ mass @ across.sum(0))
    seen = float(down[top : top + height].sum(0) @ mass @ across[left : left + width].sum(0))
    return max(0.0, 1 - seen / total) if total else 0.0


def _networks(model: M2FN | M2FNEnsemble) -> list[M2FN]:
    return model.networks() if isinstance(model, M2FNEnsemble) else [model]
