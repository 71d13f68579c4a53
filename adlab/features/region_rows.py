"""Regions as rows of 16-bit numbers, as they are kept: features, and behind them where each region lies and its class.

Training and the product read regions through the same rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from adlab.models.visual_embedders import Regions, with_area

DETAILS = 6  # left, top, right, bottom, whether there is a region, and its class
NO_CLASS = -1
MOST_CLASSES = 2048  # 16 bits hold whole numbers up to there


class Details(NamedTuple):
    """What is kept of regions beside their features.

    Attributes:
        boxes: Left, top, right, bottom and area, (B, R, 5).
        mask: (B, R) bool, True where a region is.
        labels: The best class of each, (B, R) int64; `NO_CLASS` where there is no region or no class.
    """

    boxes: Tensor
    mask: Tensor
    labels: Tensor


def as_rows(regions: Regions) -> np.ndarray:
    """(B, R, D + 6) float16: classes are exact, places good to half a thousandth of the picture."""
    there = regions.mask.unsqueeze(2)
    labels = torch.full(regions.mask.shape, float(NO_CLASS))
    if regions.class_logits is not None:
        labels = regions.class_logits.argmax(dim=2).float().where(regions.mask, NO_CLASS)
    found: np.ndarray = (
        torch.cat([regions.features, regions.boxes[..., :4], there.float(), labels.unsqueeze(2)], dim=2).half().numpy()
    )
    return found


def details_of(rows: np.ndarray) -> Details:
    """What stands behind the features, (…, 6)."""
    found = torch.from_numpy(np.asarray(rows, dtype=np.float32))
    mask = found[..., 4] > 0
    return Details(with_area(found[..., :4]), mask, found[..., 5].long())


def from_rows(rows: np.ndarray) -> Regions:
    """Regions of rows (B, R, D + 6), without logits."""
    details = details_of(rows[..., -DETAILS:])
    features = torch.from_numpy(np.asarray(rows[..., :-DETAILS], dtype=np.float32))
    return Regions(features, details.boxes, details.mask, None)
