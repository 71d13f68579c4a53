"""The teacher of the shipped image encoder: an ImageNet MobileNetV2 with TensorFlow's SAME padding.

Its weights are not shipped. They come as safetensors under torchvision's key names, with 1,001 classes of which
index 0 is background, for inputs scaled to −1 … 1.
"""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from adlab.encoders.mobilenet import VisionNet, folded_mobilenet_v2
from adlab.errors import DataUnavailableError

TEACHER_CLASSES = 1001


class TeacherOutput(NamedTuple):
    """Pooled features (B, 1280) and logits (B, 1000) over the classes without background."""

    pooled: Tensor
    class_logits: Tensor


class Teacher(nn.Module):
    """The frozen teacher.

    Args:
        weights: The safetensors file.

    Raises:
        DataUnavailableError: The file is absent or holds other tensors.
    """

    def __init__(self, weights: Path) -> None:
        super().__init__()
        if not weights.is_file():
            raise DataUnavailableError(f"There are no teacher weights at {weights}; give their path with --teacher.")
        try:
            folded = folded_mobilenet_v2(TEACHER_CLASSES, load_file(weights))
        except (SafetensorError, RuntimeError) as error:
            raise DataUnavailableError(
                f"{weights} does not hold a torchvision mobilenet_v2 with {TEACHER_CLASSES} classes: "
                f"{shorten(str(error), 300)}. Give the file of the published teacher with --teacher."
            ) from error
        self.features, self.classifier = folded.features, folded.classifier[1]
        self.requires_grad_(False).eval()
        self._initial_state = {name: value.clone() for name, value in self.state_dict().items()}
        for block in list(self.features.modules()):
            if isinstance(block, nn.Sequential):
                _pad_like_tensorflow(block)

    def forward(self, pixels: Tensor) -> TeacherOutput:
        """(B, 3, H, W) in −1 … 1, H and W even at every stride-2 convolution."""
        pooled = self.features(pixels).mean(dim=(2, 3))
        return TeacherOutput(pooled, self.classifier(pooled)[:, 1:])

    def initialise(self, student: VisionNet) -> None:
        """Copy features and classes into the student, background dropped; the text head keeps its values."""
        state = student.state_dict()
        for name, value in self._initial_state.items():
            state[name] = value[1:] if name.startswith("classifier.") else value
        student.load_state_dict(state)


def _pad_like_tensorflow(block: nn.Sequential) -> None:
    # SAME padding of a 3×3 convolution with stride 2 on an even side: one pixel right and bottom, none left and top.
    for index, child in enumerate(block):
        if isinstance(child, nn.Conv2d) and child.stride == (2, 2):
            child.padding = (0, 0)
            block[index] = nn.Sequential(nn.ZeroPad2d((0, 1, 0, 1)), child)


def self_agreement_after_shift(teacher: Teacher, pixels: Tensor) -> Tensor:
    """Whether the teacher's arg-max class stays the same when the picture moves right and down by one pixel, (B,) bool.

    The border pixel is repeated. It is the ceiling against which a student's agreement is to be read.
    """
    shifted = torch.nn.functional.pad(pixels, (1, 0, 1, 0), mode="replicate")[:, :, :-1, :-1]
    with torch.inference_mode():
        return teacher(pixels).class_logits.argmax(1) == teacher(shifted).class_logits.argmax(1)
