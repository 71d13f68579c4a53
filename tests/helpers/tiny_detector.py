"""A detector with random weights that knows six classes, on disk as a user would bring one."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import nn
from torchvision.models.detection import FasterRCNN

from adlab.encoders.detector import untrained_detector

NAME = "fasterrcnn_mobilenet_v3_large_320_fpn"  # torchvision's smallest
CLASSES = 6


@cache
def tiny_detector(seed: int = 0) -> FasterRCNN:
    """Its boxes spread over all confidences; treat it as read-only."""
    torch.manual_seed(seed)
    made = untrained_detector(NAME, CLASSES + 1)
    nn.init.normal_(made.roi_heads.box_predictor.cls_score.weight, std=0.5)
    nn.init.normal_(made.rpn.head.bbox_pred.weight, std=0.05)
    return made.eval()


def save_detector(folder: Path, seed: int = 0, name: str = "own-320.pth") -> Path:
    """The file of its state."""
    torch.save(tiny_detector(seed).state_dict(), folder / name)
    return folder / name
