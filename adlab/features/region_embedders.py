"""From a picture to the regions that AdsCVLR reads: cells of a map, squares of pixels, or boxes of a detector.

| embedder | the picture is                     | regions        | its classes, for masked object classification      |
|----------|------------------------------------|----------------|----------------------------------------------------|
| `grid`   | letterboxed, as the encoder has it | side² cells    | the encoder's classifier on the stored features    |
| `patch`  | letterboxed to side · 32 pixels    | side² squares  | the encoder's best class in the cell of that place |
| `roi`    | whole, as it is                    | up to 20 boxes | the detector's best class, as in the paper         |

A square of pixels says of itself only what it looks like, and has no class. What it shows is learned from the image
encoder, which looks at the same place of the picture while regions are stored; grading a picture needs no encoder.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.transforms.functional import pil_to_tensor

from adlab.checkpoints.relevance import RelevanceSettings
from adlab.encoders.detector import Detector, load_detector
from adlab.encoders.image import ImageEncoder, ShippedNetwork
from adlab.encoders.mobilenet import scale_pixels
from adlab.encoders.preprocessing import Letterbox
from adlab.errors import ConfigError, UnknownNameError
from adlab.features.region_rows import MOST_CLASSES
from adlab.models.adscvlr_config import VISUALS
from adlab.models.visual_embedders import TOP_REGIONS, Regions, RoiEmbedder, grid_regions, patch_regions

SIDE = 4  # cells a side: 16 regions cost half of what 49 do
SQUARE = 32  # pixels a side of a square: its features are 3 · 32² numbers


class RegionEmbedder(Protocol):
    """What makes regions of pictures; equal identities give equal regions.

    Attributes:
        visual: One of `VISUALS`.
        identity: Under which regions are kept.
        shape: Most regions of a picture, and the width of their features.
        classes: How many classes regions are labelled with; 0 where classes follow from the features.
    """

    visual: str
    identity: str
    shape: tuple[int, int]
    classes: int

    def look(self, pictures: Sequence[Image.Image], *, labels: bool = False) -> Regions:
        """Regions of pictures on the CPU, in float32.

        Args:
            pictures: One or more.
            labels: Whether logits of the `classes` are wanted.
        """


class GridCells:
    """`grid`: cells of the image encoder's last map.

    Args:
        encoder: Frozen.
        side: Cells a side, 1 or more; the map is averaged to side × side.

    Raises:
        ConfigError: `side` is below 1.
    """

    visual, classes = "grid", 0

    def __init__(self, encoder: ImageEncoder, side: int = SIDE) -> None:
        self._encoder, self._side = encoder, _checked(side)
        self.identity = f"{encoder.spec.encoder_id}-grid-{side}"
        network = encoder.network
        width = network.net.classifier.in_features if isinstance(network, ShippedNetwork) else None
        if width is None:
            width = self.look([Image.new("RGB", (encoder.preprocess.size,) * 2)]).features.shape[2]
        self.shape = (side**2, int(width))

    def look(self, pictures: Sequence[Image.Image], *, labels: bool = False) -> Regions:
        """Regions without classes, which follow from their features."""
        with torch.inference_mode():
            seen = self._encoder.forward(self._encoder.prepare(pictures)).feature_map.float()
            return _on_cpu(grid_regions(seen, side=self._side))


class PixelSquares:
    """`patch`: squares of the picture's own pixels, scaled to −1 … 1.

    Args:
        encoder: Says what is seen in each square, where that is asked for.
        side: Squares a side, 1 or more.

    Raises:
        ConfigError: `side` is below 1, or the encoder says nothing of places.
    """

    visual = "patch"

    def __init__(self, encoder: ImageEncoder, side: int = SIDE) -> None:
        self._encoder, self._side = encoder, _checked(side)
        self._letterbox, self._classifier = Letterbox(size=side * SQUARE), cell_classifier(encoder)
        self.identity = f"patch-{side}x{SQUARE}-classes-{encoder.spec.encoder_id}"
        self.shape, self.classes = (side**2, 3 * SQUARE**2), self._classifier.out_features

    def look(self, pictures: Sequence[Image.Image], *, labels: bool = False) -> Regions:
        """Regions, with the encoder's classes where asked for."""
        squares = torch.from_numpy(np.stack([self._letterbox(picture) for picture in pictures]))
        found = patch_regions(scale_pixels(squares), SQUARE)
        if not labels:
            return found
        with torch.inference_mode():
            seen = self._encoder.forward(self._encoder.prepare(pictures)).feature_map.float().cpu()
            return found._replace(class_logits=grid_regions(seen, self._classifier, side=self._side).class_logits)


class DetectorBoxes:
    """`roi`: the most confident boxes of a detector; each picture has a pass of its own, at its own size.

    Args:
        detector: Frozen.
        top: Most boxes of a picture, 1 or more.

    Raises:
        ConfigError: `top` is below 1, or the detector tells more classes apart than can be kept.
    """

    visual = "roi"

    def __init__(self, detector: Detector, top: int = TOP_REGIONS) -> None:
        self._find, self.spec = RoiEmbedder(detector.network, top=top), detector.spec
        self.identity = f"{detector.spec.encoder_id}-roi-{top}"
        self.shape, self.classes = (top, detector.spec.output_dim), detector.classes
        if self.classes > MOST_CLASSES:
            raise ConfigError(f"{self.spec.name} has {self.classes:,} classes; give one with up to {MOST_CLASSES:,}.")

    def look(self, pictures: Sequence[Image.Image], *, labels: bool = False) -> Regions:
        """Regions, always with the detector's classes."""
        device = next(self._find.parameters()).device
        alone = [self._find(_pixels(picture).to(device)) for picture in pictures]
        return _on_cpu(Regions(*(torch.cat(parts) for parts in zip(*alone, strict=True))))


def embedder(
    visual: str,
    encoder: ImageEncoder,
    *,
    side: int = SIDE,
    detector_weights: Path | None = None,
    device: str = "cpu",
) -> RegionEmbedder:
    """An embedder to train with.

    Args:
        visual: One of `VISUALS`.
        encoder: For `grid`, and for the classes of `patch`.
        side: Cells or squares a side; `roi` does not read it.
        detector_weights: File of the detector of `roi`; searched for without.
        device: Where the detector computes.

    Raises:
        ConfigError: `side` is below 1, or weights of a detector are given that nothing would read.
        UnknownNameError: There is no such embedder.
        WeightsUnavailableError: The detector's weights cannot be had.
    """
    if visual not in VISUALS:
        raise UnknownNameError("visual embedder", visual, VISUALS)
    if detector_weights is not None and visual != "roi":
        raise ConfigError(f"The visual embedder {visual!r} has no detector; leave its weights out, or give roi.")
    if visual == "roi":
        return DetectorBoxes(load_detector(detector_weights, device=device))
    return GridCells(encoder, side) if visual == "grid" else PixelSquares(encoder, side)


def embedder_of(settings: RelevanceSettings, encoder: ImageEncoder, *, device: str = "cpu") -> RegionEmbedder:
    """The embedder that a checkpoint was trained with.

    Raises:
        WeightsUnavailableError: Its detector's weights are not at hand.
    """
    if settings.visual == "roi":
        detector = load_detector(name=settings.detector, sha256=settings.detector_sha256, device=device)
        return DetectorBoxes(detector, settings.top)
    return embedder(settings.visual, encoder, side=settings.side)


def cell_classifier(encoder: ImageEncoder) -> nn.Linear:
    """A frozen copy of the encoder's classifier, (…, D) -> (…, 1000): what it takes a region for.

    Raises:
        ConfigError: The encoder is not a shipped one; others have classifiers that are not linear.
    """
    network = encoder.network
    if not isinstance(network, ShippedNetwork) or not isinstance(network.net.classifier, nn.Linear):
        raise ConfigError(f"{encoder.spec.name} has no linear classifier over cells; give a shipped image encoder.")
    return copy.deepcopy(network.net.classifier).cpu().float().requires_grad_(False)


def _on_cpu(regions: Regions) -> Regions:
    features, boxes, mask, logits = regions
    return Regions(features.cpu(), boxes.cpu(), mask.cpu(), None if logits is None else logits.cpu())


def _pixels(picture: Image.Image) -> Tensor:
    """(1, 3, H, W), 0–1."""
    pixels: Tensor = pil_to_tensor(picture.convert("RGB")).float().div(255.0).unsqueeze(0)
    return pixels


def _checked(side: int) -> int:
    if side < 1:
        raise ConfigError(f"side is {side}; give a whole number of 1 or more.")
    return side
