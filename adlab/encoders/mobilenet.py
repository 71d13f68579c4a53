"""The shipped image network: torchvision's MobileNetV2 with batch norm folded away, and a head into the text space.

MobileNetV2: Sandler et al. 2018. What we changed:
- Batch norm is folded into the convolutions, as in the weights the training starts from: there are no running
  statistics to disturb, and a pass is about twice as fast on a CPU.
- The input is padded by one pixel at the top and left, and the first row and column of the map are dropped. The
  teacher was trained with TensorFlow's SAME padding, which looks one pixel further right and down at every
  stride-2 convolution; this shift makes torchvision's symmetric padding see nearly the same windows.
- Beside the last map the means and deviations of three inner maps come out: how busy a picture is, and how strongly
  its parts stand out, is lost on the way to classes.
- Beside the classes there is a projection into the space of the text encoder, pooled by attention over the map:
  averaging over cells loses what is where, and which part of a picture a caption speaks of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models import MobileNetV2, mobilenet_v2

from adlab.errors import ConfigError

MAP_CHANNELS = 1280
LEVELS = (7, 11, 14)  # stages whose channel statistics are read: strides 16, 16 and 32
LEVEL_DIM = 2 * (64 + 96 + 160)


@dataclass(frozen=True, kw_only=True)
class VisionConfig:
    """Shape of the shipped image network.

    Attributes:
        image_size: Side of the input square in pixels, a multiple of 32.
        classes: Number of classes of the classifier (ImageNet).
        text_dim: Width of the text space that pictures are projected into.
        pool_heads: Attention heads that pool the map.
        pool_dim: Width of the pooled value over all heads, a multiple of `pool_heads`.
        dropout: Share of pooled features set to zero while training, 0 ≤ dropout < 1.

    Raises:
        ConfigError: A field is outside its range.
    """

    image_size: int = 224
    classes: int = 1000
    text_dim: int = 384
    pool_heads: int = 8
    pool_dim: int = 1024
    dropout: float = 0.3

    def __post_init__(self) -> None:
        if self.image_size < 32 or self.image_size % 32:
            raise ConfigError(f"image_size is {self.image_size}; give a multiple of 32.")
        if self.pool_dim % self.pool_heads:
            raise ConfigError(f"pool_dim is {self.pool_dim}; give a multiple of pool_heads ({self.pool_heads}).")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout}; give a share from 0 up to, but not including, 1.")


class VisionOutput(NamedTuple):
    """What the network makes of a batch of pictures.

    Attributes:
        feature_map: (B, 1280, H/32, W/32), after the last activation.
        pooled: (B, 1280), the mean over the map.
        class_logits: (B, classes).
        aligned: (B, text_dim), in the joint space of pictures and texts, not normalised; `TextSpaceHead.project_text`
            brings text embeddings there.
        levels: (B, 640), mean and standard deviation of every channel after each stage of `LEVELS` (the statistics
            that carry a picture's style: Huang and Belongie 2017); None where the pass began behind them.
    """

    feature_map: Tensor
    pooled: Tensor
    class_logits: Tensor
    aligned: Tensor
    levels: Tensor | None = None


class TextSpaceHead(nn.Module):
    """Linear projection of the mean plus attention-pooled cells through one hidden layer, into the text space."""

    mean: Tensor
    std: Tensor

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.heads = config.pool_heads
        self.dropout = nn.Dropout(config.dropout)
        self.register_buffer("mean", torch.zeros(MAP_CHANNELS))
        self.register_buffer("std", torch.ones(MAP_CHANNELS))
        self.linear = nn.Linear(MAP_CHANNELS, config.text_dim)
        self.key = nn.Linear(MAP_CHANNELS, config.pool_heads)
        self.value = nn.Parameter(torch.empty(config.pool_heads, config.pool_dim // config.pool_heads, MAP_CHANNELS))
        self.value_bias = nn.Parameter(torch.zeros(config.pool_heads, config.pool_dim // config.pool_heads))
        self.out = nn.Linear(config.pool_dim, config.text_dim)
        self.text = nn.Linear(config.text_dim, config.text_dim)
        nn.init.zeros_(self.key.weight)  # attention starts as the plain mean
        nn.init.normal_(self.value, std=MAP_CHANNELS**-0.5)
        nn.init.eye_(self.text.weight)  # the joint space starts as the text encoder's own
        nn.init.zeros_(self.text.bias)

    def project_text(self, embeddings: Tensor) -> Tensor:
        """Text embeddings (B, text_dim) -> the joint space (B, text_dim), not normalised."""
        return self.text(embeddings)

    def as_text(self, aligned: Tensor) -> Tensor:
        """Pictures of the joint space in the text encoder's own, of length 1: ⟨T·t, i⟩ = ⟨t, Tᵀ·i⟩, (B, text_dim)."""
        return F.normalize(aligned @ self.text.weight, dim=1)

    def forward(self, feature_map: Tensor) -> Tensor:
        """(B, 1280, H, W) -> (B, text_dim)."""
        cells = feature_map.flatten(2).transpose(1, 2)  # (B, H·W, C)
        cells = (cells - self.mean) / self.std
        attention = self.key(cells).softmax(dim=1)  # (B, H·W, heads)
        pooled = self.dropout(torch.einsum("bth,btc->bhc", attention, cells))
        value = torch.einsum("bhc,hvc->bhv", pooled, self.value) + self.value_bias
        hidden = self.dropout(F.gelu(value.flatten(1)))
        return self.linear(self.dropout(cells.mean(dim=1))) + self.out(hidden)


class VisionNet(nn.Module):
    """The shipped image network; input (B, 3, H, W) scaled to −1 … 1."""

    def __init__(self, config: VisionConfig) -> None:
        super().__init__()
        self.config = config
        folded = folded_mobilenet_v2(config.classes)
        self.features, self.classifier = folded.features, folded.classifier[1]
        self.text_head = TextSpaceHead(config)

    def forward_stem(self, pixels: Tensor, upto: int) -> Tensor:
        """The first `upto` of the 19 stages; its output still carries the extra first row and column."""
        return self.features[:upto](F.pad(pixels, (1, 0, 1, 0)))

    def forward_stages(self, stem: Tensor, start: int) -> Tensor:
        """The stages from `start` on; gives the map (B, 1280, H/32, W/32) without the extra row and column."""
        return self.features[start:](stem)[:, :, 1:, 1:]

    def forward_head(self, feature_map: Tensor) -> VisionOutput:
        """Everything that is read off the map."""
        pooled = feature_map.mean(dim=(2, 3))
        return VisionOutput(feature_map, pooled, self.classifier(pooled), self.text_head(feature_map))

    def forward(self, pixels: Tensor) -> VisionOutput:
        """(B, 3, H, W) in −1 … 1 -> all outputs."""
        x, levels = self.forward_stem(pixels, 0), []
        for index, stage in enumerate(self.features):
            x = stage(x)
            if index in LEVELS:
                deviation, mean = torch.std_mean(x[:, :, 1:, 1:].float(), dim=(2, 3), correction=0)
                levels += [mean, deviation]
        return self.forward_head(x[:, :, 1:, 1:])._replace(levels=torch.cat(levels, dim=1))


def scale_pixels(squares: Tensor) -> Tensor:
    """(B, H, W, 3) uint8 -> (B, 3, H, W) float32 in −1 … 1, channels last in memory."""
    return squares.permute(0, 3, 1, 2).float().div(127.5).sub(1.0).contiguous(memory_format=torch.channels_last)


def folded_mobilenet_v2(classes: int, state: dict[str, Tensor] | None = None) -> MobileNetV2:
    """Torchvision's MobileNetV2 with each batch norm folded into the convolution before it.

    Args:
        classes: Number of classes.
        state: Weights under torchvision's own key names to start from; random ones without.

    Raises:
        RuntimeError: The keys or shapes of `state` are not those of torchvision's `mobilenet_v2`.
    """
    network = mobilenet_v2(weights=None, num_classes=classes).eval()
    if state is not None:
        counters = {k: v for k, v in network.state_dict().items() if k.endswith("num_batches_tracked")}
        network.load_state_dict(counters | {k: v.float() if v.is_floating_point() else v for k, v in state.items()})
    for module in list(network.modules()):
        if isinstance(module, nn.Sequential):
            _fold_pairs(module)
    return network.requires_grad_(True)  # folding makes the biases, and leaves them fixed


def _fold_pairs(block: nn.Sequential) -> None:
    for index in range(len(block) - 1):
        convolution, norm = block[index], block[index + 1]
        if isinstance(convolution, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            block[index], block[index + 1] = fuse_conv_bn_eval(convolution, norm), nn.Identity()
