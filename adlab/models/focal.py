"""FOCAL Ad: what image and copy of an ad share, and what each says alone (Rajesh et al.; Liu et al. 2023).

An encoder per modality maps frozen features h_m to a shared embedding s_m and a private embedding p_m:

    h'_m = MLP(h_m)                                             (FOCAL Ad, Eq. 1)
    s_m = Head_shared(h'_m),   p_m = Head_private(h'_m)         (FOCAL Ad, Eq. 2)

The cosine of s_image and s_text is the agreement of image and copy.

What we changed:
- Features of any width are taken, not only ResNet-18's 512 and BERT's 768.
- Features are standardised first, with means and deviations stored beside the weights: encoders differ in
  scale by orders of magnitude, and one learning rate should fit all. Not fitted, this step changes nothing.
- The paper prints neither depth, width nor activation of the MLP; the defaults of `FocalConfig` are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.layers.mlp import ACTIVATIONS, MLP

MIN_STD = 1e-6  # a feature that varies less than this counts as constant


@dataclass(frozen=True, kw_only=True)
class FocalConfig:
    """Shape of the network.

    Attributes:
        image_dim: Width of the image features h_A, at least 1; 512 for ResNet-18.
        text_dim: Width of the text features h_B, at least 1; 768 for BERT-base.
        hidden_dim: Width of each MLP layer, at least 1.
        latent_dim: Width of each of the four embeddings, at least 1; the paper's d = 128.
        depth: Layers of each MLP, at least 1.
        dropout: Share of hidden activations set to zero while training, 0 ≤ dropout < 1.
        activation: ``"relu"`` or ``"gelu"``.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The activation is not a known one.
    """

    image_dim: int
    text_dim: int
    hidden_dim: int = 256
    latent_dim: int = 128
    depth: int = 1
    dropout: float = 0.0
    activation: str = "relu"

    def __post_init__(self) -> None:
        for name in ("image_dim", "text_dim", "hidden_dim", "latent_dim", "depth"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} is {value!r}; give a whole number of 1 or more.")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout!r}; give a share of 0 or more, below 1.")
        if self.activation not in ACTIVATIONS:
            raise UnknownNameError("activation", self.activation, ACTIVATIONS)


class FocalOutput(NamedTuple):
    """The four embeddings of a batch of pairs, not normalised: each (B, D), or (M, B, D) from an ensemble."""

    shared_image: Tensor
    private_image: Tensor
    shared_text: Tensor
    private_text: Tensor


class ModalityEmbedding(NamedTuple):
    """The two embeddings of one modality, not normalised: each (B, D), or (M, B, D) from an ensemble."""

    shared: Tensor
    private: Tensor


def agreement(output: FocalOutput) -> Tensor:
    """Cosine of the shared image and text embedding, from −1 to 1: (B,), or (M, B) from an ensemble."""
    return F.cosine_similarity(output.shared_image, output.shared_text, dim=-1)


class ModalityEncoder(nn.Module):
    """FOCAL Ad, Eq. 1–2, for one modality: an MLP and two linear heads."""

    def __init__(self, input_dim: int, config: FocalConfig) -> None:
        super().__init__()
        self.mlp = MLP(
            input_dim,
            config.hidden_dim,
            depth=config.depth,
            activation=config.activation,
            dropout=config.dropout,
        )
        self.shared_head = nn.Linear(config.hidden_dim, config.latent_dim)
        self.private_head = nn.Linear(config.hidden_dim, config.latent_dim)

    def forward(self, features: Tensor) -> ModalityEmbedding:
        """Map standardised features (B, input_dim) to the shared and the private embedding, each (B, D)."""
        hidden = self.mlp(features)  # (B, H), Eq. 1
        return ModalityEmbedding(self.shared_head(hidden), self.private_head(hidden))  # Eq. 2


class Focal(nn.Module):
    """The FOCAL Ad network on frozen features of an image and of its copy.

    Args:
        config: Shape of the network.
    """

    image_mean: Tensor
    image_std: Tensor
    text_mean: Tensor
    text_std: Tensor

    def __init__(self, config: FocalConfig) -> None:
        super().__init__()
        self.config = config
        for modality, width in (("image", config.image_dim), ("text", config.text_dim)):
            self.register_buffer(f"{modality}_mean", torch.zeros(width))
            self.register_buffer(f"{modality}_std", torch.ones(width))
        self.image_encoder = ModalityEncoder(config.image_dim, config)
        self.text_encoder = ModalityEncoder(config.text_dim, config)

    @torch.no_grad()
    def fit_standardisation(self, image: Tensor, text: Tensor) -> None:
        """Take means and deviations from training features; constant features are centred and left unscaled.

        Args:
            image: Image features of the training split, (N, image_dim), N at least 2.
            text: Text features of the training split, (N', text_dim), N' at least 2; rows need not be paired.

        Raises:
            InputError: A shape does not fit, there are fewer than two rows, or a value is not finite.
        """
        for modality, features in (("image", image), ("text", text)):
            mean, std = getattr(self, f"{modality}_mean"), getattr(self, f"{modality}_std")
            _check_features(modality, features, len(mean))
            if len(features) < 2 or not features.isfinite().all():
                finite = bool(features.isfinite().all())
                raise InputError(
                    f"{modality} features have {len(features)} row(s), all finite: {finite}; "
                    "give two or more rows of finite numbers."
                )
            double = features.double()  # sums of many float32 rows lose digits
            spread = double.std(dim=0, unbiased=False)
            mean.copy_(double.mean(dim=0))
            std.copy_(torch.where(spread < MIN_STD, torch.ones_like(spread), spread))

    def encode_image(self, features: Tensor) -> ModalityEmbedding:
        """Embed image features alone.

        Args:
            features: (B, image_dim).

        Returns:
            The shared and the private image embedding, each (B, D).

        Raises:
            InputError: The shape is not (B, image_dim).
        """
        _check_features("image", features, self.config.image_dim)
        embedding: ModalityEmbedding = self.image_encoder((features - self.image_mean) / self.image_std)
        return embedding

    def encode_text(self, features: Tensor) -> ModalityEmbedding:
        """Embed text features alone.

        Args:
            features: (B, text_dim).

        Returns:
            The shared and the private text embedding, each (B, D).

        Raises:
            InputError: The shape is not (B, text_dim).
        """
        _check_features("text", features, self.config.text_dim)
        embedding: ModalityEmbedding = self.text_encoder((features - self.text_mean) / self.text_std)
        return embedding

    def forward(self, image: Tensor, text: Tensor) -> FocalOutput:
        """Embed pairs of image and text features.

        Args:
            image: (B, image_dim).
            text: (B, text_dim).

        Returns:
            Four embeddings, each (B, D).

        Raises:
            InputError: A shape does not fit, or there are not as many images as texts.
        """
        _check_pairs(image, text)
        return FocalOutput(*self.encode_image(image), *self.encode_text(text))


class FocalEnsemble(nn.Module):
    """Independently trained networks of one shape, evaluated in one go; their spread is the score's interval.

    Args:
        members: One or more networks of equal config, held as they are (not copied).

    Raises:
        ConfigError: There are no members, or their configs differ.
    """

    def __init__(self, members: Sequence[Focal]) -> None:
        super().__init__()
        if not members or any(member.config != members[0].config for member in members):
            n_configs = len({member.config for member in members})
            raise ConfigError(
                f"An ensemble was given {len(members)} member(s) of {n_configs} config(s); "
                "give one or more members of one config."
            )
        self.config = members[0].config
        self.members = nn.ModuleList(members)

    @classmethod
    def from_config(cls, config: FocalConfig, n_members: int) -> FocalEnsemble:
        """Build fresh members, each initialised with its own draw from the global generator.

        Raises:
            ConfigError: `n_members` is below 1.
        """
        return cls([Focal(config) for _ in range(n_members)])

    def encode_image(self, features: Tensor) -> ModalityEmbedding:
        """Embed image features (B, image_dim) alone; each embedding is (M, B, D). Raises as `Focal` does."""
        return ModalityEmbedding(*_stack([member.encode_image(features) for member in self._members()]))

    def encode_text(self, features: Tensor) -> ModalityEmbedding:
        """Embed text features (B, text_dim) alone; each embedding is (M, B, D). Raises as `Focal` does."""
        return ModalityEmbedding(*_stack([member.encode_text(features) for member in self._members()]))

    def forward(self, image: Tensor, text: Tensor) -> FocalOutput:
        """Embed pairs (B, image_dim), (B, text_dim); each embedding is (M, B, D). Raises as `Focal` does."""
        return FocalOutput(*_stack([member(image, text) for member in self._members()]))

    def _members(self) -> list[Focal]:
        return [member for member in self.members if isinstance(member, Focal)]


def _stack(outputs: Sequence[tuple[Tensor, ...]]) -> list[Tensor]:
    return [torch.stack(tensors) for tensors in zip(*outputs, strict=True)]


def _check_features(modality: str, features: Tensor, width: int) -> None:
    if features.ndim != 2 or features.shape[1] != width:
        raise InputError(
            f"{modality} features have shape {tuple(features.shape)}, this network takes (B, {width}); "
            f"use the {modality} encoder it was trained with."
        )


def _check_pairs(image: Tensor, text: Tensor) -> None:
    if len(image) != len(text):
        raise InputError(f"There are {len(image)} images and {len(text)} texts; give one text per image.")
