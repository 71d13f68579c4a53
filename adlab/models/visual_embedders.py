"""From pictures to regions: cells of a feature map, squares of pixels, or boxes of a detector (AdsCVLR, §4.2 and §V).

| embedder | a region is                                        | features              | class that MOC predicts     |
|----------|----------------------------------------------------|-----------------------|-----------------------------|
| `grid`   | a cell of the image network's last map, 7×7 at 224 | the cell's channels   | the network's classes there |
| `patch`  | a square of pixels, 7×7 of 32×32 at 224            | its pixels            | the image network's there   |
| `roi`    | a box of Faster R-CNN, the 20 most confident ones  | its box head's output | the detector's classes      |

The class of a square of pixels does not come with it: `adlab.features.region_embedders` asks the image network.
Projecting to the width of the states is the network's part (`AdsCVLR.region_projection`), so that features of grids and
boxes can be stored once and trained on many times. It is also the linear projection that makes squares of pixels words.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.detection import FasterRCNN
from torchvision.ops import clip_boxes_to_image, nms

from adlab.errors import ConfigError, InputError

TOP_REGIONS = 20
MAX_OVERLAP = 0.7  # of two kept boxes, intersection over union


class Regions(NamedTuple):
    """The regions of a batch of pictures.

    Attributes:
        features: (B, R, D).
        boxes: Left, top, right, bottom and area, each as a share of the picture, (B, R, 5).
        mask: (B, R) bool, True where a region is; a detector may find fewer than R.
        class_logits: (B, R, K), what the image network takes each region for; None where it does not say.
    """

    features: Tensor
    boxes: Tensor
    mask: Tensor
    class_logits: Tensor | None


def with_area(corners: Tensor) -> Tensor:
    """Left, top, right, bottom, (…, 4) as shares of the picture, and their area behind them: (…, 5)."""
    left, top, right, bottom = corners.unbind(-1)
    return torch.cat([corners, ((right - left) * (bottom - top)).unsqueeze(-1)], dim=-1)


def grid_boxes(rows: int, columns: int) -> Tensor:
    """Geometry of the cells of a grid over the picture, row by row: (rows·columns, 5)."""
    top, left = torch.arange(rows) / rows, torch.arange(columns) / columns
    y, x = torch.meshgrid(top, left, indexing="ij")
    return with_area(torch.stack([x, y, x + 1 / columns, y + 1 / rows], dim=-1).flatten(0, 1))


def grid_regions(feature_map: Tensor, classifier: nn.Module | None = None, *, side: int | None = None) -> Regions:
    """`grid`: the cells of a map.

    The classifier was trained on the mean over cells; applied to one cell it says what is seen there, as in class
    activation maps (Zhou et al. 2016): the logits of the picture are the mean of those of its cells.

    Args:
        feature_map: (B, C, H, W), an image network's last map.
        classifier: (…, C) -> (…, K), the network's own, for the regions' classes.
        side: Average the map to side × side cells first; fewer cells cost less. As it is, without.

    Raises:
        InputError: The map is not (B, C, H, W).
        ConfigError: `side` is below 1.
    """
    if feature_map.ndim != 4 or 0 in feature_map.shape[1:]:
        raise InputError(f"The feature map has shape {tuple(feature_map.shape)}; give (B, C, H, W).")
    if side is not None:
        if side < 1:
            raise ConfigError(f"side is {side}; give a whole number of 1 or more.")
        feature_map = F.adaptive_avg_pool2d(feature_map, side)
    cells = feature_map.flatten(2).transpose(1, 2)  # (B, H·W, C)
    return _full(cells, feature_map.shape[2:], None if classifier is None else classifier(cells))


def patch_regions(pixels: Tensor, size: int = 32) -> Regions:
    """`patch`: squares of pixels, row by row.

    Args:
        pixels: (B, 3, S, S'), both sides multiples of `size`.
        size: Side of a square in pixels.

    Returns:
        Regions of 3·size² features: all of the first channel, then of the second, then of the third.

    Raises:
        InputError: The pixels have another shape.
    """
    if pixels.ndim != 4 or pixels.shape[1] != 3 or any(not side or side % size for side in pixels.shape[2:]):
        raise InputError(f"pixels have shape {tuple(pixels.shape)}; give (B, 3, S, S), S a multiple of {size}.")
    squares = F.unfold(pixels, kernel_size=size, stride=size).transpose(1, 2)  # (B, R, 3·size²)
    return _full(squares, torch.Size([pixels.shape[2] // size, pixels.shape[3] // size]), None)


class RoiEmbedder(nn.Module):
    """`roi`: the most confident boxes of torchvision's Faster R-CNN, with what its box head makes of them.

    A box's confidence is the highest probability among the detector's classes, the background left out; of two boxes
    that overlap by more than 70 % the more confident one is kept, whatever their classes.

    Args:
        detector: A Faster R-CNN, held as it is, frozen and in eval mode.
        top: How many boxes to keep, at least 1; the paper's 20.

    Raises:
        ConfigError: `top` is below 1.
    """

    def __init__(self, detector: FasterRCNN, *, top: int = TOP_REGIONS) -> None:
        super().__init__()
        if top < 1:
            raise ConfigError(f"top is {top}; give a whole number of 1 or more.")
        self.detector, self.top = detector.eval().requires_grad_(False), top

    def train(self, mode: bool = True) -> RoiEmbedder:
        """Stay in eval mode; `mode` is not read."""
        super().train(False)
        return self

    @torch.no_grad()
    def forward(self, pixels: Tensor) -> Regions:
        """Find regions.

        Args:
            pixels: (B, 3, S, S'), 0–1; the detector scales them itself.

        Returns:
            `top` regions a picture, in order of confidence; classes are the detector's without background.
        """
        detector = self.detector
        images, _ = detector.transform(list(pixels))
        maps = detector.backbone(images.tensors)
        maps = {"0": maps} if isinstance(maps, Tensor) else maps
        proposals, _ = detector.rpn(images, maps)
        heads = detector.roi_heads
        found = heads.box_head(heads.box_roi_pool(maps, proposals, images.image_sizes))
        class_logits, _ = heads.box_predictor(found)
        counts = [len(boxes) for boxes in proposals]
        picked = [
            self._pick(boxes, rows, logits, size)
            for boxes, rows, logits, size in zip(
                proposals, found.split(counts), class_logits.split(counts), images.image_sizes, strict=True
            )
        ]
        return Regions(*(torch.stack(parts) for parts in zip(*picked, strict=True)))

    def _pick(self, boxes: Tensor, found: Tensor, logits: Tensor, size: tuple[int, int]) -> tuple[Tensor, ...]:
        """The best boxes of one picture, padded to `top`: features, geometry, mask, class logits."""
        confidence = logits.softmax(dim=1)[:, 1:].amax(dim=1)
        boxes = clip_boxes_to_image(boxes, size)
        kept = nms(boxes, confidence, MAX_OVERLAP)[: self.top]  # in order of confidence
        height, width = size
        corners = boxes[kept] / boxes.new_tensor([width, height, width, height])
        missing = (0, 0, 0, self.top - len(kept))
        mask = torch.arange(self.top, device=boxes.device) < len(kept)
        parts = (found[kept], with_area(corners), logits[kept, 1:])
        features, geometry, classes = (F.pad(part, missing) for part in parts)
        return features, geometry, mask, classes


def _full(features: Tensor, grid: torch.Size, class_logits: Tensor | None) -> Regions:
    """Regions of a grid that covers the picture: none is missing."""
    boxes = grid_boxes(*grid).to(features).expand(len(features), -1, -1)
    mask = torch.ones(features.shape[:2], dtype=torch.bool, device=features.device)
    return Regions(features, boxes, mask, class_logits)
