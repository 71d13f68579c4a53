"""Image networks in five stages that can be entered after the first convolution of each (M2FN, §5.1 and Table 5).

Conditional batch norm sits after the first convolution of a stage, before its activation. A stage is therefore two
steps, `enter` (the first convolution, with its own batch norm if it has one) and `leave` (everything else); whoever
runs the network may change the map in between. There are no hooks. A new stage begins where the resolution halves:

| network         | b1       | b2           | b3     | b4      | b5           |
|-----------------|----------|--------------|--------|---------|--------------|
| VGG             | conv1_*  | conv2_*      | …      |         | conv5_*      |
| ResNet          | stem     | layer1       | layer2 | layer3  | layer4       |
| MobileNetV2     | 0–1      | 2–3          | 4–6    | 7–13    | 14–18        |
| EfficientNet-B0 | 0–1      | 2            | 3      | 4–5     | 6–8          |

In a residual block the first convolution is that of the branch; the shortcut passes it by.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torchvision.models.efficientnet import MBConv
from torchvision.models.mobilenetv2 import InvertedResidual
from torchvision.models.resnet import BasicBlock, Bottleneck
from torchvision.ops.misc import Conv2dNormActivation

from adlab.encoders.image import IMAGENET_MEAN, IMAGENET_STD, PUBLISHED, PublishedNetwork, ShippedNetwork
from adlab.encoders.mobilenet import VisionNet, scale_pixels
from adlab.errors import ConfigError, InputError

STAGES = (1, 2, 3, 4, 5)
STRIDE = 32  # pixels a cell of the fifth stage stands for, in every network here


class Stage(nn.Module):
    """One stage: `leave(x, enter(x))` is what the original network computes.

    Args:
        first: The first convolution, with its batch norm if it has one.
        rest: What follows it, up to the end of its residual branch if there is one.
        shortcut: What is added to the branch, or None.
        after: The remaining layers and blocks.
    """

    def __init__(
        self,
        first: Sequence[nn.Module],
        rest: Sequence[nn.Module],
        shortcut: nn.Module | None,
        after: Iterable[nn.Module],
    ) -> None:
        super().__init__()
        self.first, self.rest, self.after = nn.Sequential(*first), nn.Sequential(*rest), nn.Sequential(*after)
        self.shortcut = shortcut

    @property
    def entry_channels(self) -> int:
        """Channels after the first convolution."""
        convolution = self.first[0]
        assert isinstance(convolution, nn.Conv2d)
        return convolution.out_channels

    def enter(self, x: Tensor) -> Tensor:
        """The map after the first convolution, before its activation."""
        entered: Tensor = self.first(x)
        return entered

    def leave(self, x: Tensor, entered: Tensor) -> Tensor:
        """The stage's output, from its input and the map that `enter` gave, changed or not."""
        y = self.rest(entered)
        if self.shortcut is not None:
            y = y + self.shortcut(x)
        left: Tensor = self.after(y)
        return left


def unchanged(stage: int, entered: Tensor) -> Tensor:
    """The step between `enter` and `leave` that leaves the network as it is."""
    return entered


class StagedBackbone(nn.Module):
    """A trained image network without its head, in five stages.

    It holds a copy of the network: training a stage must not change the encoder that others use. It stays in eval mode
    whatever is asked of it: batch norms keep the statistics they were trained with, and no block is dropped.

    Args:
        network: A `VisionNet`, the network of an `ImageEncoder`, or a classifier of torchvision's from `PUBLISHED`.
        depth: How many of its stages to keep, 1 to 5. What is drawn and how is told by earlier stages than what it
            shows, on a finer grid, and for less.

    Attributes:
        stride: Pixels a cell of the last map stands for, along each side.
        entry_channels: Channels after the first convolution of each stage.
        output_channels: Channels of the last map.
        margin: Rows at the top and columns at the left that maps carry beyond the picture's own, until the last one
            (see `VisionNet`).

    Raises:
        ConfigError: The depth is outside its range.
        InputError: The network is none of these.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, depth: int = STAGES[-1]) -> None:
        super().__init__()
        if depth not in STAGES:
            raise ConfigError(f"depth is {depth!r}; give a number of stages from 1 to 5.")
        body, self.margin = _body(network)
        self.stages = nn.ModuleList(_stages(copy.deepcopy(list(body)))[:depth])
        self.stride = 2**depth
        for module in self.stages.modules():
            if isinstance(module, nn.ReLU | nn.ReLU6 | nn.SiLU):
                module.inplace = False  # an activation must not overwrite the map that is read before it
        self.entry_channels = tuple(stage.entry_channels for stage in self.staged())
        self.output_channels = [m for m in self.modules() if isinstance(m, nn.Conv2d)][-1].out_channels
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(IMAGENET_STD).view(1, 3, 1, 1), persistent=False)
        self.train(False)

    def staged(self) -> list[Stage]:
        """The stages that are kept."""
        return [stage for stage in self.stages if isinstance(stage, Stage)]

    def train(self, mode: bool = True) -> StagedBackbone:
        """Stay in eval mode; `mode` is not read."""
        super().train(False)
        return self

    def train_stages(self, numbers: Iterable[int]) -> None:
        """Let these stages, 1 to 5, be trained, and freeze all others."""
        wanted = set(numbers)
        for number, stage in enumerate(self.stages, start=1):
            stage.requires_grad_(number in wanted)

    def scale(self, squares: Tensor) -> Tensor:
        """Pictures (B, H, W, 3) uint8 -> pixels (B, 3, H, W) as the network was trained on."""
        if self.margin:
            return scale_pixels(squares)
        return (squares.permute(0, 3, 1, 2).float() / 255 - self.mean) / self.std

    def forward(self, pixels: Tensor, between: Callable[[int, Tensor], Tensor] = unchanged) -> Tensor:
        """Run all stages.

        Args:
            pixels: (B, 3, H, W) as `scale` gives them, H and W multiples of 32.
            between: Given a stage's number and the map after its first convolution, the map to go on with.

        Returns:
            The last map, (B, output_channels, H/stride, W/stride).
        """
        x = F.pad(pixels, (self.margin, 0, self.margin, 0)) if self.margin else pixels
        for number, stage in enumerate(self.staged(), start=1):
            x = stage.leave(x, between(number, stage.enter(x)))
        return x[:, :, self.margin :, self.margin :]


def through_inner(entered: Tensor, margin: int, tap: Callable[[Tensor], Tensor]) -> Tensor:
    """Pass a map through `tap` without its margin, and put the margin back.

    What `tap` is given lies on the way to the output and covers exactly the picture: a gradient can be taken at it.
    """
    if not margin:
        return tap(entered)
    inner = tap(entered[:, :, margin:, margin:])
    lower = torch.cat([entered[:, :, margin:, :margin], inner], dim=3)
    return torch.cat([entered[:, :, :margin], lower], dim=2)


def _body(network: nn.Module) -> tuple[Sequence[nn.Module], int]:
    """Layers and blocks of the network in order, and its margin."""
    if isinstance(network, ShippedNetwork):
        network = network.net
    if isinstance(network, VisionNet):
        return list(network.features), 1
    if not isinstance(network, PublishedNetwork):
        if not dict(network.named_children()).keys() & {"features", "fc"}:
            raise InputError(
                f"{type(network).__name__} has no known body; give an image encoder's network or one of torchvision's: "
                f"{', '.join(PUBLISHED)}."
            )
        network = PublishedNetwork(network)
    return list(network.body.children()), 0


def _stages(modules: Sequence[nn.Module]) -> list[Stage]:
    if isinstance(modules[1], nn.BatchNorm2d):  # ResNet: its stem lies open, its other stages are blocks
        stem = Stage(modules[:2], modules[2:4], None, [])
        return [stem, *(_split(list(layer.children())) for layer in modules[4:])]
    if isinstance(modules[0], nn.Conv2d):  # VGG: each stage ends with a pool
        ends = [i + 1 for i, module in enumerate(modules) if isinstance(module, nn.MaxPool2d)]
        return [
            Stage(modules[start : start + 1], modules[start + 1 : end], None, [])
            for start, end in zip([0, *ends[:-1]], ends, strict=True)
        ]
    starts = [i for i, module in enumerate(modules) if _halves(module)]
    return [_split(modules[a:b]) for a, b in zip(starts, [*starts[1:], len(modules)], strict=True)]


def _halves(module: nn.Module) -> bool:
    return any(isinstance(m, nn.Conv2d) and m.stride[0] > 1 for m in module.modules())


def _split(blocks: Sequence[nn.Module]) -> Stage:
    """A stage out of blocks, split inside the first one."""
    block, after = blocks[0], list(blocks[1:])
    if isinstance(block, Conv2dNormActivation):
        layers = list(block)
        return Stage(layers[:2], layers[2:], None, after)
    if isinstance(block, InvertedResidual | MBConv):
        units = list(block.conv if isinstance(block, InvertedResidual) else block.block)
        layers = list(units[0])
        # A block that halves the map has no shortcut.
        return Stage(layers[:2], layers[2:] + units[1:], None, after)
    if isinstance(block, BasicBlock | Bottleneck):
        rest: list[nn.Module] = [block.relu, block.conv2, block.bn2]
        if isinstance(block, Bottleneck):
            rest += [block.relu, block.conv3, block.bn3]
        shortcut = block.downsample if block.downsample is not None else nn.Identity()
        return Stage([block.conv1, block.bn1], rest, shortcut, [block.relu, *after])
    if isinstance(block, nn.Sequential):  # EfficientNet: a stage of its own inside the list
        return _split([*block.children(), *after])
    raise InputError(f"A stage begins with {type(block).__name__}; its first convolution is not known.")
