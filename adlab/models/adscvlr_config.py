"""The shape of an AdsCVLR and its presets (AdsCVLR, §4.2 and §III)."""

from __future__ import annotations

from dataclasses import dataclass

from adlab.errors import ConfigError, UnknownNameError
from adlab.layers.transformer import NORMS
from adlab.models.likeness import likeness_width
from adlab.models.pair_inputs import MAX_TOKENS

VISUALS = ("grid", "patch", "roi")
ROBERTA_VOCABULARY = 50265
MINILM_VOCABULARY = 30522
GRID_DIM, PATCH_DIM, ROI_DIM = 1280, 3 * 32 * 32, 1024  # MobileNetV2's map; 32×32 pixels; torchvision's Faster R-CNN
GRADES = 4  # Bad 0, Fair 1, Good 2, Excellent 3


@dataclass(frozen=True, kw_only=True)
class AdsCVLRConfig:
    """Shape of the network. The defaults are the compact network on the shipped encoders.

    Attributes:
        vocabulary: V, tokens of the base vocabulary.
        added_tokens: Tokens appended to it: the separator ``##!`` and words of ads.
        frozen_tokens: Whether the base tokens' vectors are fixed and come from the text encoder, not the checkpoint.
        width: D, width of all states, a multiple of `heads`.
        layers: Blocks of the encoder.
        heads: Attention heads of a block.
        hidden: Width inside a block's feed-forward network.
        max_tokens: Longest row of tokens, at most 152.
        visual: What regions are: ``"grid"``, cells of an image network's map; ``"patch"``, squares of pixels; or
            ``"roi"``, boxes of a detector. The network is the same; a checkpoint says here what it was trained on.
        region_dim: Width of a region's features.
        whole_dim: W, width of the vectors of whole query, copy and picture whose likeness the grades also rest on; 0,
            as in the paper, for grades from [CLS] alone.
        match_rank: R, rank of the match of query and colours that the grades rest on beside the likeness; 0 for none.
        projection_dim: Width of the projection that the contrast of the three modes compares.
        dropout: Share of activations set to zero while training, 0 ≤ dropout < 1.
        attention_dropout: Likewise of attention weights.
        norm: ``"post"``, as the text layers of BERT, RoBERTa and MiniLM need, or ``"pre"``.
        norm_eps: Of every layer norm, above 0.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: A name is not a known one.
    """

    vocabulary: int = MINILM_VOCABULARY
    added_tokens: int = 1
    frozen_tokens: bool = True
    width: int = 384
    layers: int = 6
    heads: int = 12
    hidden: int = 1536
    max_tokens: int = MAX_TOKENS
    visual: str = "grid"
    region_dim: int = GRID_DIM
    whole_dim: int = 0
    match_rank: int = 0
    projection_dim: int = 128
    dropout: float = 0.1
    attention_dropout: float = 0.1
    norm: str = "post"
    norm_eps: float = 1e-12

    def __post_init__(self) -> None:
        least = {"added_tokens": 0, "whole_dim": 0, "match_rank": 0}
        sizes = ("vocabulary", "added_tokens", "width", "layers", "heads", "hidden", "max_tokens", "region_dim")
        for name in (*sizes, "whole_dim", "match_rank", "projection_dim"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least.get(name, 1):
                raise ConfigError(f"{name} is {value!r}; give a whole number of {least.get(name, 1)} or more.")
        if self.width % self.heads:
            raise ConfigError(f"width is {self.width} with {self.heads} heads; give a multiple of the heads.")
        if self.max_tokens > MAX_TOKENS:
            raise ConfigError(f"max_tokens is {self.max_tokens}; give at most {MAX_TOKENS}.")
        for name in ("dropout", "attention_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give a share of 0 or more, below 1.")
        if not 0 < self.norm_eps < 1:
            raise ConfigError(f"norm_eps is {self.norm_eps!r}; give a small number above 0.")
        if self.match_rank and not self.whole_dim:
            raise ConfigError(f"match_rank is {self.match_rank} without whole_dim; give the width of the wholes, too.")
        if self.visual not in VISUALS:
            raise UnknownNameError("visual embedder", self.visual, VISUALS)
        if self.norm not in NORMS:
            raise UnknownNameError("norm", self.norm, NORMS)

    @property
    def evidence(self) -> int:
        """E, width of what grades are read from: the state of [CLS] and, where there are any, likeness and match."""
        return self.width + likeness_width(self.whole_dim) + bool(self.match_rank)

    @classmethod
    def compact(cls, *, added_tokens: int = 1, visual: str = "grid", region_dim: int = GRID_DIM) -> AdsCVLRConfig:
        """The network for the shipped encoders: text layers of the shape of all-MiniLM-L6-v2, its tokens frozen."""
        return cls(added_tokens=added_tokens, visual=visual, region_dim=region_dim)

    @classmethod
    def paper(cls, *, added_tokens: int = 1, visual: str = "roi", region_dim: int = ROI_DIM) -> AdsCVLRConfig:
        """The paper's network: 12 layers, 768 wide, 12 heads, RoBERTa's vocabulary, everything trained.

        The width of its detector's features is unpublished; torchvision's Faster R-CNN gives 1,024.
        """
        return cls(
            vocabulary=ROBERTA_VOCABULARY,
            added_tokens=added_tokens,
            frozen_tokens=False,
            width=768,
            layers=12,
            hidden=3072,
            visual=visual,
            region_dim=region_dim,
            norm_eps=1e-5,
        )
