"""The shape of an M2FN: which parts there are, how wide, and the presets (M2FN, §7.1 and Table 3)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from adlab.errors import ConfigError, UnknownNameError
from adlab.models.backbones import STAGES, STRIDE

ATTENTION_KINDS = ("spatial", "flat")
POOLINGS = ("mean", "moments", "flatten")


@dataclass(frozen=True, kw_only=True)
class M2FNConfig:
    """Shape of the network and which of its parts there are. The defaults are the compact network.

    Attributes:
        aux_dim: Width of the attribute vector, the schema's `width`; 0 is allowed without attributes.
        outputs: 1 for a regression, otherwise the number of buckets of a distribution.
        image_size: Side of the picture in pixels, a multiple of 32. Only `flat` and `flatten` are bound to it.
        backbone: Name of the image encoder whose network the backbone is.
        depth: How many of the backbone's five stages there are.
        aux: Whether attributes are used at all.
        image: Whether the picture is used at all; without it, `low` and `attention` must be off.
        low: Low-level fusion: conditional batch norm in `cbn_blocks`.
        attention: Spatial attention.
        high: High-level fusion; off, attributes are concatenated in the head.
        cbn_blocks: Stages 1 to 5 of the backbone with conditional batch norm, Table 5's {b1, …, b5}.
        attention_kind: ``"spatial"``: one MLP for all cells (§5.2); ``"flat"``: the flattened map (Table 3).
        pooling: How the map becomes a vector: ``"mean"`` over cells, ``"moments"``, mean and standard deviation over
            cells, or ``"flatten"`` (Table 3). High-level fusion embeds cells before the mean, see `adlab.models.m2fn`.
        branches: Whether the head reads tanh(W_v x) and tanh(W_a a) beside their product.
        cbn_dim: Hidden width of the networks that give Δγ and Δβ.
        attention_dim: Hidden width of the attention.
        fusion_dim: Width of the fused vector.
        head_dims: Hidden widths of the head; may be empty.
        dropout: Share of the head's activations set to zero while training, 0 ≤ dropout < 1.
        input_dropout: Likewise of what high-level fusion takes in.
        batch_statistics: Whether conditional batch norm trains with the statistics of the batch.
        standardise_map: Whether the backbone's map is standardised by channel, as `calibrate` finds it.
        trained_blocks: Stages 1 to 5 of the backbone that are trained; the others are frozen and not saved.

    Raises:
        ConfigError: A number is outside its range, or a part is switched on whose input is switched off.
        UnknownNameError: The attention or the pooling is not a known one.
    """

    aux_dim: int
    outputs: int = 1
    image_size: int = 160
    backbone: str = "vision-mobilenetv2"
    depth: int = STAGES[-1]
    aux: bool = True
    image: bool = True
    low: bool = True
    attention: bool = True
    high: bool = True
    cbn_blocks: tuple[int, ...] = (1,)
    attention_kind: str = "spatial"
    pooling: str = "mean"
    branches: bool = False
    cbn_dim: int = 64
    attention_dim: int = 64
    fusion_dim: int = 64
    head_dims: tuple[int, ...] = (64,)
    dropout: float = 0.0
    input_dropout: float = 0.0
    batch_statistics: bool = False
    standardise_map: bool = True
    trained_blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        for name in ("cbn_blocks", "head_dims", "trained_blocks"):
            object.__setattr__(self, name, tuple(getattr(self, name)))  # a JSON file has lists
        for name in ("outputs", "cbn_dim", "attention_dim", "fusion_dim", "image_size"):
            _check_whole(name, getattr(self, name), 1)
        _check_whole("aux_dim", self.aux_dim, 1 if self.aux else 0)
        for width in self.head_dims:
            _check_whole("head_dims", width, 1)
        if self.depth not in STAGES:
            raise ConfigError(f"depth is {self.depth!r}; give a number of stages from 1 to 5.")
        if self.image_size % STRIDE:
            raise ConfigError(f"image_size is {self.image_size}; give a multiple of {STRIDE}.")
        for name in ("cbn_blocks", "trained_blocks"):
            blocks = getattr(self, name)
            if not set(blocks) <= set(STAGES[: self.depth]) or len(set(blocks)) < len(blocks):
                raise ConfigError(f"{name} is {blocks}; give numbers from 1 to {self.depth}, each once.")
        for name in ("dropout", "input_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give a share of 0 or more, below 1.")
        if self.attention_kind not in ATTENTION_KINDS:
            raise UnknownNameError("attention_kind", self.attention_kind, ATTENTION_KINDS)
        if self.pooling not in POOLINGS:
            raise UnknownNameError("pooling", self.pooling, POOLINGS)
        self._check_switches()

    def _check_switches(self) -> None:
        if not (self.aux or self.image):
            raise ConfigError("aux and image are both off; switch on one of them.")
        needs = {"low": ("aux", "image"), "attention": ("aux", "image"), "high": ("aux",)}
        for part, inputs in needs.items():
            for name in inputs:
                if getattr(self, part) and not getattr(self, name):
                    raise ConfigError(f"{part} is on and {name} is off; switch {part} off too.")
        if self.branches and not self.high:
            raise ConfigError("branches is on and high is off; switch branches off too.")
        if self.low and not self.cbn_blocks:
            raise ConfigError("low is on and cbn_blocks is empty; name a stage, or switch low off.")

    @classmethod
    def compact(cls, *, aux_dim: int, outputs: int = 1, image_size: int = 160) -> M2FNConfig:
        """The network for the shipped encoder: frozen backbone, small fusion, small head."""
        return cls(aux_dim=aux_dim, outputs=outputs, image_size=image_size)

    @classmethod
    def ratings(cls, *, aux_dim: int, outputs: int) -> M2FNConfig:
        """The network for a few hundred rated ads: nothing but fusion and output is learned.

        Four stages of the backbone: on 375 web ads a ridge on mean and deviation of inner channels told ratings better
        than one on the last map, see `adlab.training.appeal`. No conditional batch norm: it would train a pass through
        the whole backbone on three hundred pictures.
        """
        return cls(
            aux_dim=aux_dim,
            outputs=outputs,
            image_size=224,
            depth=4,
            low=False,
            pooling="moments",
            branches=True,
            attention_dim=16,
            fusion_dim=256,
            head_dims=(),
            dropout=0.5,
            input_dropout=0.3,
        )

    @classmethod
    def clicks(cls, *, aux_dim: int) -> M2FNConfig:
        """The network for a log of clicks: that for ratings with one output, the log-odds of a click.

        A log of thousands of ads can feed a hidden layer. Of six shapes and rates tried on 1,000 simulated ads, half
        of those that the checkpoint is measured on, it ranked ads best: AUC 0.634 against 0.631 without.
        """
        return replace(cls.ratings(aux_dim=aux_dim, outputs=1), head_dims=(64,), dropout=0.3, input_dropout=0.2)

    @property
    def stride(self) -> int:
        """Pixels a cell of the backbone's map stands for, along each side."""
        return int(2**self.depth)

    @classmethod
    def paper(cls, *, aux_dim: int, outputs: int = 1) -> M2FNConfig:
        """The network of Table 3 on VGG-19, all of it trained.

        The table contradicts itself and the text in four places; the consistent reading is built:
        - It prints 14.7 M for VGG-19, which is VGG-16's; VGG-19's convolutions have 20.0 M.
        - Its γ and β networks end in 256 outputs; after the first convolution there are 64 channels, hence 64.
        - Its attention ends in one logit for 7×7 cells; there are 49.
        - It has 2385 attributes, the text 2383; the levels of Table 1 add up to 2385. `aux_dim` is as given.
        """
        return cls(
            aux_dim=aux_dim,
            outputs=outputs,
            image_size=224,
            backbone="vgg19",
            attention_kind="flat",
            pooling="flatten",
            cbn_dim=512,
            attention_dim=512,
            fusion_dim=512,
            head_dims=(4096, 4096),
            batch_statistics=True,
            standardise_map=False,
            trained_blocks=STAGES,
        )


def _check_whole(name: str, value: int, least: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigError(f"{name} is {value!r}; give a whole number of {least} or more.")
