"""Image encoders: from pictures to a spatial map, one vector each, and class scores.

The shipped encoder is a `VisionNet` out of `models/`; `adlab.checkpoints` loads it. Published networks come through
torchvision's weights API, from `$ADLAB_WEIGHTS`, torch's cache or the network.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
import torchvision
from PIL import Image
from torch import Tensor, nn

from adlab.encoders.device import mixed_precision, move
from adlab.encoders.mobilenet import VisionNet, scale_pixels
from adlab.encoders.preprocessing import CentreCrop, Letterbox
from adlab.encoders.published_weights import published_file
from adlab.encoders.spec import EncoderSpec
from adlab.errors import ConfigError, UnknownNameError

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
PUBLISHED = ("resnet18", "resnet50", "vgg16", "vgg19", "mobilenet_v2", "efficientnet_b0")


class ImageEncoding(NamedTuple):
    """What an image encoder says about a batch of pictures.

    Attributes:
        feature_map: (B, C, H, W), the last spatial map.
        pooled: (B, C), the mean over the map.
        class_logits: (B, 1000), ImageNet classes.
        aligned: (B, D) in the joint space of pictures and texts, or None for encoders without one.
        levels: (B, L), channel statistics of inner maps, or None for encoders without them.
    """

    feature_map: Tensor
    pooled: Tensor
    class_logits: Tensor
    aligned: Tensor | None
    levels: Tensor | None = None


class ImageEncoder:
    """A network, its preprocessing and its identity; read-only after construction, hence thread-safe.

    Args:
        network: Maps prepared pixels to an `ImageEncoding`; in eval mode.
        preprocess: Makes the square.
        spec: The identity card; its `output_dim` is the width of `represent`.
        device: Where to compute.
        level_dim: Width of the channel statistics that the network gives, 0 for none.
    """

    def __init__(
        self,
        network: nn.Module,
        preprocess: Letterbox | CentreCrop,
        spec: EncoderSpec,
        device: str = "cpu",
        *,
        level_dim: int = 0,
    ) -> None:
        self.device = torch.device(device)
        self.network = network.eval().requires_grad_(False).to(self.device).to(memory_format=torch.channels_last)
        self.preprocess, self.spec, self.level_dim = preprocess, spec, level_dim

    @property
    def output_dim(self) -> int:
        """Width of the representation."""
        return self.spec.output_dim

    @property
    def detailed_dim(self) -> int:
        """Width of the detailed representation."""
        return self.output_dim + self.level_dim

    def to(self, device: str) -> None:
        """Move to another device, for example after running out of memory."""
        self.device = torch.device(device)
        self.network.to(self.device)

    def prepare(self, images: Sequence[Image.Image]) -> Tensor:
        """Pictures of any size -> squares, (B, S, S, 3) uint8."""
        return torch.from_numpy(np.stack([self.preprocess(image) for image in images]))

    def forward(self, squares: Tensor) -> ImageEncoding:
        """(B, S, S, 3) uint8 -> map, pooled features, class logits and, where there is one, the joint space."""
        with mixed_precision(self.device):
            output: ImageEncoding = self.network(move(squares, self.device))
        return output

    def represent(self, encoding: ImageEncoding, *, detailed: bool = False) -> Tensor:
        """The vector other models take in: pooled features, then the joint space if there is one.

        Args:
            encoding: Of B pictures.
            detailed: Whether the channel statistics of inner maps follow, where there are any.

        Returns:
            (B, output_dim), or (B, detailed_dim): the plain vector is the beginning of the detailed one.
        """
        parts = [encoding.pooled, encoding.aligned, encoding.levels if detailed else None]
        return torch.cat([part for part in parts if part is not None], dim=1)

    def encode(self, images: Sequence[Image.Image], batch_size: int = 32, *, detailed: bool = False) -> np.ndarray:
        """Representations, (N, output_dim) or (N, detailed_dim) float32."""
        rows = []
        with torch.inference_mode():
            for start in range(0, len(images), batch_size):
                squares = self.prepare(images[start : start + batch_size])
                rows.append(self.represent(self.forward(squares), detailed=detailed).float().cpu().numpy())
        width = self.detailed_dim if detailed else self.output_dim
        return np.concatenate(rows) if rows else np.zeros((0, width), dtype=np.float32)

    @property
    def text_dim(self) -> int:
        """Width of the space of texts that pictures can be brought to; 0 where there is none."""
        return self.network.net.config.text_dim if isinstance(self.network, ShippedNetwork) else 0

    def as_text(self, vectors: np.ndarray) -> np.ndarray:
        """Pictures as vectors of the text encoder's space, where their cosine with a text says how alike they are.

        Args:
            vectors: Representations, (N, output_dim) or wider.

        Returns:
            (N, text_dim) float32, each of length 1.

        Raises:
            ConfigError: The encoder has no joint space of pictures and texts.
        """
        if not isinstance(self.network, ShippedNetwork):
            raise ConfigError(f"{self.spec.name} has no joint space of pictures and texts; give a shipped encoder.")
        aligned = torch.from_numpy(vectors[:, self.output_dim - self.text_dim : self.output_dim]).float()
        with torch.inference_mode():
            found: np.ndarray = self.network.net.text_head.as_text(aligned.to(self.device)).float().cpu().numpy()
        return found

    def encode_with_maps(self, images: Sequence[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
        """Detailed representations and last maps of one pass, (N, detailed_dim) and (N, C, H, W) float32.

        Args:
            images: N pictures, one or more.
        """
        with torch.inference_mode():
            encoding = self.forward(self.prepare(images))
            vectors = self.represent(encoding, detailed=True).float().cpu().numpy()
            return vectors, encoding.feature_map.float().cpu().contiguous().numpy()


class ShippedNetwork(nn.Module):
    """A `VisionNet` that takes uint8 squares."""

    def __init__(self, net: VisionNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, squares: Tensor) -> ImageEncoding:
        """(B, S, S, 3) uint8 -> encoding."""
        return ImageEncoding(*self.net(scale_pixels(squares)))


class PublishedNetwork(nn.Module):
    """A torchvision classifier, split into its map and its head."""

    mean: Tensor
    std: Tensor

    def __init__(self, classifier: nn.Module) -> None:
        super().__init__()
        parts = dict(classifier.named_children())
        if "features" in parts:
            self.body, self.head = parts["features"], parts["classifier"]
        else:  # the ResNet family: everything before pooling and classes
            self.body, self.head = nn.Sequential(*list(parts.values())[:-2]), parts["fc"]
        self.pool = parts["avgpool"] if "avgpool" in parts else nn.AdaptiveAvgPool2d(1)
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)

    def forward(self, squares: Tensor) -> ImageEncoding:
        """(B, S, S, 3) uint8 -> encoding without a joint space."""
        pixels = (squares.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std
        feature_map = self.body(pixels)
        class_logits = self.head(self.pool(feature_map).flatten(1))
        return ImageEncoding(feature_map, feature_map.mean(dim=(2, 3)), class_logits, None)


def load_published(name: str, *, folder: Path | None = None, device: str = "cpu") -> ImageEncoder:
    """A published ImageNet network through torchvision.

    Its weights are looked for in `folder`, `$ADLAB_WEIGHTS` and torch's cache, then asked for over the network. A
    file counts only if its sha256 begins as the publisher's file name says.

    Raises:
        UnknownNameError: The name is not one of `PUBLISHED`.
        WeightsUnavailableError: The weights can be had nowhere, or the file is not the published one.
    """
    if name not in PUBLISHED:
        raise UnknownNameError("image encoder", name, PUBLISHED)
    weights = torchvision.models.get_model_weights(name)["IMAGENET1K_V1"]
    state, digest = _published_state(name, weights.url, folder)
    classifier = torchvision.models.get_model(name, weights=None)
    classifier.load_state_dict(state)
    output_dim = _map_channels(classifier)
    published = weights.transforms()
    preprocess = CentreCrop(
        size=published.crop_size[0],
        resize=published.resize_size[0],
        interpolation=published.interpolation.value,
    )
    spec = EncoderSpec(
        name=name,
        modality="image",
        output_dim=output_dim,
        weights_sha256=digest,
        preprocessing=preprocess.description,
        licence="BSD-3-Clause (torchvision)",
        data_terms="ImageNet: non-commercial research",
    )
    return ImageEncoder(PublishedNetwork(classifier), preprocess, spec, device)


def _map_channels(classifier: nn.Module) -> int:
    with torch.inference_mode():
        return int(PublishedNetwork(classifier).eval()(torch.zeros(1, 64, 64, 3, dtype=torch.uint8)).pooled.shape[1])


def _published_state(name: str, url: str, folder: Path | None) -> tuple[dict[str, Tensor], str]:
    file, digest = published_file(name, url, folder)
    # The restricted loader: tensors only, no code is run.
    return torch.load(file, map_location="cpu", weights_only=True), digest
