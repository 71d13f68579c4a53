"""Detectors of things in pictures: torchvision's Faster R-CNN, with published weights or with those of a file.

The weights are looked for in the file given, in `$ADLAB_DETECTOR`, and among published ones in `$ADLAB_WEIGHTS` and
torch's cache; then they are asked for over the network. A file of one's own may know other classes than COCO's 90.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

import torch
import torchvision
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torchvision.models.detection import FasterRCNN
from torchvision.ops import FrozenBatchNorm2d

from adlab.encoders.published_weights import published_file
from adlab.encoders.spec import EncoderSpec, sha256_of_file
from adlab.errors import UnknownNameError, WeightsUnavailableError

DEFAULT_DETECTOR = "fasterrcnn_resnet50_fpn"
DETECTORS = (
    DEFAULT_DETECTOR,
    "fasterrcnn_resnet50_fpn_v2",
    "fasterrcnn_mobilenet_v3_large_fpn",
    "fasterrcnn_mobilenet_v3_large_320_fpn",
)
VARIABLE = "ADLAB_DETECTOR"  # environment variable that names a file of weights
_SCORES = "roi_heads.box_predictor.cls_score.weight"
_BROKEN = (  # what the two loaders raise on other files
    SafetensorError,
    torch.serialization.pickle.UnpicklingError,
    struct.error,
    OSError,
    EOFError,
    LookupError,
    RuntimeError,
    ValueError,
)
_EXACT = ("fasterrcnn_resnet50_fpn",)  # published with batch norms that add nothing to the variance


@dataclass(frozen=True)
class Detector:
    """A detector and its identity.

    Attributes:
        network: In eval mode, frozen.
        spec: Its `output_dim` is the width of what the box head says of a box.
    """

    network: FasterRCNN
    spec: EncoderSpec

    @property
    def classes(self) -> int:
        """How many classes it tells apart, the background left out."""
        scores: nn.Linear = self.network.roi_heads.box_predictor.cls_score
        return scores.out_features - 1


def load_detector(
    file: Path | None = None, *, name: str | None = None, sha256: str | None = None, device: str = "cpu"
) -> Detector:
    """A detector with its weights.

    Args:
        file: Its state, of torch (`.pth`) or safetensors; where not given, places are searched.
        name: One of `DETECTORS`. Without, that of the file, or the default where weights are searched.
        sha256: Digest that the weights must have, as a checkpoint keeps it; any without.
        device: Where to compute.

    Raises:
        UnknownNameError: There is no such detector.
        WeightsUnavailableError: The weights can be had nowhere, are others, or fit no detector.
    """
    if name is not None and name not in DETECTORS:
        raise UnknownNameError("detector", name, DETECTORS)
    found, digest = _found(file, name or DEFAULT_DETECTOR, sha256)
    state = _state(found)
    name = name or architecture_of(state, found)
    network = untrained_detector(name, len(state[_SCORES]) if _SCORES in state else 0)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise _unfit(found, f"the tensors do not fit {name}: {shorten(str(error), 200)}") from error
    return detector_of(network.to(device), name, digest)


def untrained_detector(name: str = DEFAULT_DETECTOR, classes: int = 91) -> FasterRCNN:
    """A detector with random weights, as it reads published ones.

    Args:
        name: One of `DETECTORS`.
        classes: Classes with the background, 2 or more.
    """
    network: FasterRCNN = torchvision.models.get_model(
        name, weights=None, weights_backbone=None, num_classes=max(2, classes)
    )
    _freeze_norms(network, 0.0 if name in _EXACT else None)
    return network


def detector_of(network: FasterRCNN, name: str, sha256: str) -> Detector:
    """A network with the identity that its weights have; it is frozen, in eval mode."""
    scale = network.transform
    spec = EncoderSpec(
        name=name,
        modality="image",
        output_dim=network.roi_heads.box_predictor.cls_score.in_features,
        weights_sha256=sha256,
        preprocessing=f"shorter side {min(scale.min_size)} px, longer at most {scale.max_size} px",
        licence="BSD-3-Clause (torchvision), or as the weights' own provider says",
        data_terms="COCO (annotations CC BY 4.0, photos under their Flickr terms), or as the weights' provider says",
    )
    return Detector(network.eval().requires_grad_(False), spec)


def architecture_of(state: dict[str, Tensor], file: Path) -> str:
    """Which detector's tensors these are; the two MobileNets have the same ones and differ by the file's name.

    Raises:
        WeightsUnavailableError: They are no detector's.
    """
    if _SCORES not in state:
        raise _unfit(file, f"it lacks {_SCORES}")
    if "backbone.body.layer1.0.conv1.weight" in state:
        return DETECTORS[1] if "roi_heads.box_head.0.0.weight" in state else DETECTORS[0]
    return DETECTORS[3] if "320" in file.name else DETECTORS[2]


def _found(file: Path | None, name: str, sha256: str | None) -> tuple[Path, str]:
    """The file of the weights and its digest: the one named, or the published one where none is or another is wanted.

    Raises:
        WeightsUnavailableError: There is none, or none with the digest that is wanted.
    """
    given = os.environ.get(VARIABLE)
    own, seen = file or (Path(given) if given else None), f"${VARIABLE} (not set)"
    if own is not None:
        digest = sha256_of_file(own) if own.is_file() else ""
        if digest and sha256 in (None, digest):
            return own, digest
        seen = f"{own} ({f'others, sha256 {digest[:16]}…' if digest else 'no such file'})"
    remedy = f"Set {VARIABLE} to the file of the weights{f' whose sha256 is {sha256}' if sha256 else ''}."
    if sha256 is None:
        remedy = f"{remedy[:-1]}, or train with --detector-weights FILE."
    url = torchvision.models.get_model_weights(name)["COCO_V1"].url
    promised = Path(url).stem.rsplit("-", 1)[-1]  # the beginning of the published file's digest
    free = own is None or (file is None and sha256 is not None)  # what a caller names is meant, and nothing else
    if free and (sha256 is None or sha256.startswith(promised)):
        return published_file(name, url, remedies=[remedy])
    raise WeightsUnavailableError(name, [seen], [remedy])


def _state(file: Path) -> dict[str, Tensor]:
    try:
        if file.suffix == ".safetensors":
            return load_file(file)
        # The restricted loader: tensors only, no code is run.
        found = torch.load(file, map_location="cpu", weights_only=True)
    except _BROKEN as error:
        raise _unfit(file, f"{type(error).__name__} while reading it as tensors by name") from error
    if not isinstance(found, dict):
        raise _unfit(file, f"it holds a {type(found).__name__}, not tensors by name")
    return found


def _freeze_norms(module: nn.Module, eps: float | None) -> None:
    """Published weights are for batch norms that do not learn; they lack the counters of those that do."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            setattr(module, name, FrozenBatchNorm2d(child.num_features, eps=child.eps if eps is None else eps))
        else:
            _freeze_norms(child, eps)


def _unfit(file: Path, reason: str) -> WeightsUnavailableError:
    remedy = f"Give the state of one of {', '.join(DETECTORS)}, as torch.save or safetensors writes it."
    return WeightsUnavailableError(file.name, [str(file)], [remedy], reason=reason)
