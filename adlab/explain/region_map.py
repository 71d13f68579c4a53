"""Weights of the regions that AdsCVLR reads, laid over the picture.

Cells of the grid see a good part of the picture, and between their middles a map of them is interpolated. A square of
pixels says nothing of its surroundings, and a detector's box ends where it ends: these are painted as they lie, and
where boxes overlap their weights add up. The strongest boxes are outlined, so that it can be told what was boxed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from adlab.data.image_intake import AdImage
from adlab.explain.fusion_maps import LONGEST, Framing, place
from adlab.explain.heat import Outline, common_scale, outlined, overlay
from adlab.inference.relevance import RelevanceHead
from adlab.metrics.arrays import FloatArray

OUTLINED = 5  # boxes at most
NOTABLE = 0.25  # of the strongest one's weight


@dataclass(frozen=True, kw_only=True)
class RegionMap:
    """A map of one picture; positive raises the grade, negative lowers it.

    Attributes:
        name: What to call it.
        values: (h, w); the picture's proportions and a longest side of at most `LONGEST`.
        padding_share: Share of the map's mass, of either sign, that falls beside the picture, 0–1.
        outlines: The boxes to be outlined, the strongest first; none where regions divide the picture evenly.
    """

    name: str
    values: NDArray[np.float32] = field(repr=False)
    padding_share: float
    outlines: tuple[Outline, ...] = ()


def region_map(head: RelevanceHead, image: AdImage, cells: FloatArray, name: str) -> RegionMap:
    """Weights of regions laid over the picture.

    Args:
        head: That was explained.
        image: The ad's picture.
        cells: Weight of each region, (side, side) or (R,) as `PairExplanation` has it.
        name: What to call the map.
    """
    box, size = head.letterbox.box(image.width, image.height), head.letterbox.size
    framing = Framing(picture=(image.width, image.height), box=box, size=size)
    if head.settings.visual == "grid":
        drawn = place(name, cells.astype(np.float32), framing, shift=0.0)
        return RegionMap(name=name, values=drawn.values, padding_share=drawn.padding_share)
    regions = head.regions(image)
    there, weights = regions.mask[0].numpy(), cells.ravel()
    corners, weights = regions.boxes[0, :, :4].double().numpy()[there], weights[there]
    if head.settings.visual == "patch":
        values, beside = painted(weights, on_picture(corners, framing), framing.picture)
        return RegionMap(name=name, values=values, padding_share=beside)
    values, beside = painted(weights, corners, framing.picture)
    return RegionMap(name=name, values=values, padding_share=beside, outlines=strongest(weights, corners))


def over_picture(picture: Image.Image, drawn: RegionMap) -> Image.Image:
    """The map over its picture, full colour at its own largest value, with the outlines."""
    return outlined(overlay(picture, drawn.values, common_scale([drawn.values])), drawn.outlines)


def on_picture(corners: FloatArray, framing: Framing) -> FloatArray:
    """Boxes as shares of the letterboxed square, (N, 4), as shares of the picture: beyond 0–1 on the padding."""
    left, top, width, height = framing.box
    start, scale = np.array([left, top, left, top]), np.array([width, height, width, height])
    found: FloatArray = (corners * framing.size - start) / scale
    return found


def painted(weights: FloatArray, corners: FloatArray, picture: tuple[int, int]) -> tuple[NDArray[np.float32], float]:
    """`values` and `padding_share` of a `RegionMap`: every pixel has the sum of the weights of the boxes over it.

    Args:
        weights: (N,).
        corners: Left, top, right and bottom as shares of the picture, (N, 4), each box with an area.
        picture: Its width and height in pixels.
    """
    scale = min(1.0, LONGEST / max(picture))
    wide, high = (max(1, round(side * scale)) for side in picture)
    values, inside = np.zeros((high, wide), dtype=np.float32), np.clip(corners, 0, 1)
    for weight, (left, top, right, bottom) in zip(weights, inside, strict=True):
        if left < right and top < bottom:
            x, y = min(round(left * wide), wide - 1), min(round(top * high), high - 1)
            values[y : max(round(bottom * high), y + 1), x : max(round(right * wide), x + 1)] += weight
    mass = np.abs(weights)
    total, seen = float(mass.sum()), float((mass * _areas(inside) / _areas(corners)).sum())
    return values, max(0.0, 1 - seen / total) if total else 0.0


def strongest(weights: FloatArray, corners: FloatArray) -> tuple[Outline, ...]:
    """The boxes whose weights, of either sign, come near the largest one; the strongest first."""
    least = NOTABLE * np.abs(weights).max(initial=0.0)
    order = [number for number in np.argsort(-np.abs(weights), kind="stable") if abs(weights[number]) >= least > 0]
    return tuple(Outline._make([*corners[number].tolist(), float(weights[number])]) for number in order[:OUTLINED])


def _areas(corners: FloatArray) -> FloatArray:
    found: FloatArray = (corners[:, 2] - corners[:, 0]) * (corners[:, 3] - corners[:, 1])
    return found
