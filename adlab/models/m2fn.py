"""M2FN: what an ad's picture and its attributes say together about its appeal (Park et al., Applied Soft Computing).

Attributes (audience, time, position, category, colour, texts) meet the picture at three steps:

    conditioned = CBN(conv(x_img); x_aux)                       low-level fusion, §5.1
    x'_img      = the rest of the backbone
    x''_img     = x'_img ⊙ α(x'_img, x_aux)                     spatial attention, §5.2
    fused       = tanh(W_v x''_img) ⊙ tanh(W_a x_aux)           high-level fusion, §5.3
    logits      = head(fused)

Each step gives a map on the way to the logits, so that Grad-CAM takes its gradients from one pass and without hooks:

| map               | what it is                                                                                    |
|-------------------|-----------------------------------------------------------------------------------------------|
| `conditioned_map` | first conditional batch norm's output (none: the first convolution's), before its activation     |
| `backbone_map`    | the backbone's last map, x'_img                                                                 |
| `attention_map`   | the attended features x''_img                                                                   |
| `fused_map`       | what the fusion sums over cells: each cell's part of W_v x''_img, its embedding, or its moments |

A step that is switched off passes on the map before it. The attention's hidden layer would be no map to explain: a
softmax ignores what is added to all logits, so its gradients, averaged over cells, cancel to zero. Of a fusion linear
in the cells' mean the map would equal that of the attended features; see `pooling` for why ours does not.

What we changed:
- `compact`, for small data and the shipped encoder: x'_img is standardised by channel, cells are embedded by
  ReLU(E x''_cell) and averaged before W_v, and the head is small. E has no bias: scaling a cell by its attention then
  scales its embedding alike, and the average remains weighted by attention.
- `ratings`, for a few hundred ads: the backbone ends after its fourth stage, whose channels still tell how a picture is
  made, on a grid of 14×14; mean and deviation over attended cells (`adlab.layers.moment_pooling`) replace the flattened
  map; the head reads both gates beside their product.
- Attention is scaled to a mean of 1 over cells (`adlab.layers.spatial_attention`).
- A switched-off modality is really absent; the paper's "without image" feeds zeros through the whole network.
- With high-level fusion off, attributes are concatenated at the last hidden layer. By its 139 M parameters (Table 5,
  VGG19-cat) the paper's join at the output; there they would add a term of their own and never meet the picture.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError
from adlab.layers.conditional_batch_norm import ChannelStatistics, ConditionalBatchNorm
from adlab.layers.gated_fusion import GatedFusion
from adlab.layers.head import Head
from adlab.layers.moment_pooling import MomentPooling
from adlab.layers.spatial_attention import Attended, FlatAttention, SpatialAttention
from adlab.models.backbones import STAGES, STRIDE, StagedBackbone, through_inner
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.trainable_state import check_state

# A channel that hardly varies on the training pictures is divided by at least this share of the mean deviation:
# otherwise its noise would be blown up, and so would a new picture on which it does vary.
MIN_STD_SHARE = 0.05


class HeadOutput(NamedTuple):
    """What follows the backbone; fields as in `M2FNOutput`."""

    logits: Tensor
    attention_map: Tensor
    fused_map: Tensor
    attention: Tensor


class M2FNOutput(NamedTuple):
    """Logits, and the maps on the way to them. Without the picture, maps have no channels and no cells.

    Attributes:
        logits: (B, outputs); a regression's value, or before the softmax over buckets.
        conditioned_map: (B, C, h, w), after the first conditional batch norm.
        backbone_map: (B, C, H, W), after the backbone.
        attention_map: (B, C, H, W), after attention.
        fused_map: (B, D, H, W), on its way into the fusion.
        attention: (B, H, W), 0 or more, adding up to 1; equal weights where attention is off.
    """

    logits: Tensor
    conditioned_map: Tensor
    backbone_map: Tensor
    attention_map: Tensor
    fused_map: Tensor
    attention: Tensor


class M2FN(nn.Module):
    """The network. A part whose switch is off is not built.

    The four `*_layer` modules pass on the four maps as they are: places where tools that need a module can attach.

    Args:
        config: Its shape.
        backbone: The image network, held as it is (not copied), its stages frozen or not as the config says; not
            needed without the picture.

    Raises:
        ConfigError: The picture is used and there is no backbone.
    """

    map_mean: Tensor
    map_std: Tensor

    def __init__(self, config: M2FNConfig, backbone: StagedBackbone | None = None) -> None:
        super().__init__()
        self.config = config
        self.backbone: StagedBackbone | None = None
        joined = config.aux_dim if config.aux and config.image and not config.high else 0
        if config.image:
            if backbone is None:
                raise ConfigError(f"image is on and there is no backbone; give the network of {config.backbone!r}.")
            if backbone.stride != config.stride:
                raise ConfigError(
                    f"depth is {config.depth}, the backbone's stride {backbone.stride}; build it as deep."
                )
            self.backbone = backbone
            backbone.train_stages(config.trained_blocks)
            width = self._build_image_parts(backbone)
        elif config.high:
            self.aux_gate = nn.Linear(config.aux_dim, config.fusion_dim)
            nn.init.uniform_(self.aux_gate.bias, -1, 1)  # as in GatedFusion
            width = config.fusion_dim
        else:
            width = config.aux_dim
        self.head = Head(width, joined, config.head_dims, config.outputs, dropout=config.dropout)

    def _build_image_parts(self, backbone: StagedBackbone) -> int:
        """Build what lies between backbone and head; gives the width of the head's input."""
        config, channels = self.config, backbone.output_channels
        cells = (config.image_size // config.stride) ** 2
        self.conditioned_layer, self.backbone_layer = nn.Identity(), nn.Identity()
        self.attention_layer, self.fusion_layer = nn.Identity(), nn.Identity()
        if config.low:
            self.cbn = nn.ModuleDict(
                {
                    str(number): ConditionalBatchNorm(
                        backbone.entry_channels[number - 1],
                        config.aux_dim,
                        config.cbn_dim,
                        batch_statistics=config.batch_statistics,
                    )
                    for number in sorted(config.cbn_blocks)
                }
            )
        if config.standardise_map:
            self.register_buffer("map_mean", torch.zeros(channels))
            self.register_buffer("map_std", torch.ones(channels))
        if config.attention and config.attention_kind == "spatial":
            self.attention: nn.Module = SpatialAttention(channels, config.aux_dim, config.attention_dim)
        elif config.attention:
            self.attention = FlatAttention(channels, cells, config.aux_dim, config.attention_dim)
        if config.pooling == "moments":
            self.moments = MomentPooling(channels)
        flat = channels * {"flatten": cells, "moments": 2, "mean": 1}[config.pooling]
        if not config.high:
            return flat
        if config.pooling == "mean":
            self.embed = nn.Conv2d(channels, config.fusion_dim, kernel_size=1, bias=False)
            flat = config.fusion_dim
        self.fusion = GatedFusion(
            flat, config.aux_dim, config.fusion_dim, branches=config.branches, dropout=config.input_dropout
        )
        return self.fusion.width

    def forward(self, pixels: Tensor | None, aux: Tensor | None = None) -> M2FNOutput:
        """Predict, with the maps on the way.

        Where every parameter is frozen, maps have a gradient only if `pixels` requires one: set it for Grad-CAM.

        Args:
            pixels: (B, 3, S, S) as the backbone's `scale` gives them; not read without the picture.
            aux: (B, aux_dim); not read without attributes.

        Returns:
            Logits, maps and attention.

        Raises:
            InputError: A shape does not fit.
        """
        if not self.config.image:
            head = self.forward_head(None, aux)
            return M2FNOutput(head.logits, head.attention_map, head.attention_map, *head[1:])
        conditioned, backbone_map = self.forward_features(pixels, aux)
        head = self.forward_head(backbone_map, aux)
        return M2FNOutput(head.logits, conditioned, backbone_map, *head[1:])

    def forward_features(self, pixels: Tensor | None, aux: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The conditioned map and the backbone's map; arguments as in `forward`.

        Raises:
            InputError: A shape does not fit, or this network does not use the picture.
        """
        backbone = self._backbone()
        if (
            pixels is None
            or pixels.ndim != 4
            or pixels.shape[1] != 3
            or any(side % STRIDE for side in pixels.shape[2:])
        ):
            shape = None if pixels is None else tuple(pixels.shape)
            raise InputError(f"pixels have shape {shape}; give (B, 3, S, S), S a multiple of {STRIDE}.")
        if self.config.low:
            aux = self._checked_aux(aux, len(pixels))
        first = min(self.config.cbn_blocks) if self.config.low else 1
        conditioned: list[Tensor] = []

        def tap(entered: Tensor) -> Tensor:
            conditioned.append(self.conditioned_layer(entered))
            return conditioned[0]

        def between(number: int, entered: Tensor) -> Tensor:
            if self.config.low and str(number) in self.cbn:
                entered = self.cbn[str(number)](entered, aux)
            return through_inner(entered, backbone.margin, tap) if number == first else entered

        feature_map = backbone(pixels, between)
        return conditioned[0], self.backbone_layer(feature_map)

    def forward_head(self, feature_map: Tensor | None, aux: Tensor | None = None) -> HeadOutput:
        """Everything behind the backbone; trains on cached maps where low-level fusion is off.

        Args:
            feature_map: The backbone's map, (B, C, H, W); not read without the picture.
            aux: (B, aux_dim); not read without attributes.

        Returns:
            Logits, the last two maps and attention, as `forward` gives them.

        Raises:
            InputError: A shape does not fit.
        """
        if not self.config.image:
            return self._attributes_only(self._checked_aux(aux, None))
        features = self.standardised(feature_map)
        if self.config.aux:
            aux = self._checked_aux(aux, len(features))
        attended = self._attend(features, aux)
        attention_map = self.attention_layer(attended.features)
        if self.config.pooling == "moments":
            fused_map = self.fusion_layer(self.moments.by_cell(attention_map, features))
            vector = self.moments(fused_map)
            joined = aux if self.config.aux else None
            logits = self.head(self.fusion(vector, aux)) if self.config.high else self.head(vector, joined)
        elif not self.config.high or aux is None:
            fused_map = self.fusion_layer(attention_map)
            vector = fused_map.flatten(1) if self.config.pooling == "flatten" else fused_map.mean(dim=(2, 3))
            logits = self.head(vector, aux if self.config.aux else None)
        elif self.config.pooling == "flatten":
            fused_map = self.fusion_layer(self.fusion.by_cell(attention_map))
            logits = self.head(self.fusion.from_cells(fused_map, aux))
        else:
            fused_map = self.fusion_layer(F.relu(self.embed(attention_map)))
            logits = self.head(self.fusion(fused_map.mean(dim=(2, 3)), aux))
        return HeadOutput(logits, attention_map, fused_map, attended.weights)

    def standardised(self, feature_map: Tensor | None) -> Tensor:
        """The backbone's map as what follows it reads it, (B, C, H, W).

        Raises:
            InputError: Its shape does not fit.
        """
        features = self._checked_map(feature_map)
        if self.config.standardise_map:
            features = (features - self.map_mean[:, None, None]) / self.map_std[:, None, None]
        return features

    @torch.no_grad()
    def calibrate(self, batches: Iterable[Tensor]) -> None:
        """Start from a trained backbone: every conditional batch norm as the identity, the map standardised.

        Args:
            batches: Pixels of training pictures, (B, 3, S, S) each; what was learned in these parts is lost.

        Raises:
            InputError: There are none, or a map holds a value that is not finite.
        """
        backbone = self._backbone()
        blocks = self.config.cbn_blocks if self.config.low else ()
        entered = {number: ChannelStatistics(backbone.entry_channels[number - 1]) for number in blocks}
        left = ChannelStatistics(backbone.output_channels)

        def between(number: int, map_: Tensor) -> Tensor:
            if number in entered:
                entered[number].add(map_)
            return map_

        for pixels in batches:
            left.add(self._noted(backbone(pixels, between)))
        for number, statistics in entered.items():
            block = self.cbn[str(number)]
            assert isinstance(block, ConditionalBatchNorm)
            block.start_from(*statistics.result())
        self._standardise(left)

    def calibrate_map(self, maps: Iterable[Tensor]) -> None:
        """Standardise cached maps of training pictures, (B, C, H, W) each.

        Raises:
            InputError: There are none, or one holds a value that is not finite.
        """
        statistics = ChannelStatistics(self._backbone().output_channels)
        for feature_map in maps:
            statistics.add(self._noted(self._checked_map(feature_map)))
        self._standardise(statistics)

    def _noted(self, feature_map: Tensor) -> Tensor:
        if self.config.pooling == "moments":
            self.moments.note(feature_map)
        return feature_map

    def trainable_state(self) -> dict[str, Tensor]:
        """What a checkpoint holds: everything but the frozen stages, which come from the image encoder."""
        return {name: t for name, t in self.state_dict().items() if not name.startswith(self._frozen_names())}

    def load_trainable_state(self, state: dict[str, Tensor]) -> None:
        """Take over what `trainable_state` gave.

        Raises:
            CheckpointError: A tensor is missing, superfluous or of another shape; the first ones are named.
        """
        check_state("M2FN", self.trainable_state(), state)
        self.load_state_dict(state, strict=False)

    def _frozen_names(self) -> tuple[str, ...]:
        trained = self.config.trained_blocks
        return tuple(f"backbone.stages.{number - 1}." for number in STAGES if number not in trained)

    def _attend(self, features: Tensor, aux: Tensor | None) -> Attended:
        if self.config.attention:
            attended: Attended = self.attention(features, aux)
            return attended
        batch, _, height, width = features.shape
        return Attended(features, features.new_full((batch, height, width), 1 / (height * width)))

    def _attributes_only(self, aux: Tensor) -> HeadOutput:
        vector = self.aux_gate(aux).tanh() if self.config.high else aux
        no_map = aux.new_zeros(len(aux), 0, 0, 0)
        return HeadOutput(self.head(vector), no_map, no_map, aux.new_zeros(len(aux), 0, 0))

    def _standardise(self, statistics: ChannelStatistics) -> None:
        mean, variance = statistics.result()
        if self.config.standardise_map:
            std = variance.sqrt()
            least = MIN_STD_SHARE * std.mean() if std.any() else 1.0
            self.map_mean.copy_(mean)
            self.map_std.copy_(std.clamp_min(least))
        if self.config.pooling == "moments":
            own = (self.map_mean, self.map_std) if self.config.standardise_map else (0.0, 1.0)
            self.moments.standardise(*own)

    def _backbone(self) -> StagedBackbone:
        if self.backbone is None:
            raise InputError("This M2FN does not use the picture; build it with image on.")
        return self.backbone

    def _checked_aux(self, aux: Tensor | None, batch: int | None) -> Tensor:
        width = self.config.aux_dim
        if aux is None or aux.ndim != 2 or aux.shape[1] != width or len(aux) != (len(aux) if batch is None else batch):
            shape, rows = None if aux is None else tuple(aux.shape), "B" if batch is None else batch
            raise InputError(f"aux has shape {shape}, this network takes ({rows}, {width}); use its attribute schema.")
        return aux

    def _checked_map(self, feature_map: Tensor | None) -> Tensor:
        channels, cells = self._backbone().output_channels, self.config.image_size // self.config.stride
        bound = self.config.pooling == "flatten" or (self.config.attention and self.config.attention_kind == "flat")
        if (
            feature_map is None
            or feature_map.ndim != 4
            or feature_map.shape[1] != channels
            or (bound and feature_map.shape[2:] != (cells, cells))
        ):
            shape = None if feature_map is None else tuple(feature_map.shape)
            wanted = f"{cells}, {cells}" if bound else "H, W"
            raise InputError(f"The feature map has shape {shape}, this network takes (B, {channels}, {wanted}).")
        return feature_map
