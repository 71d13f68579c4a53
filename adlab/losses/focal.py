"""The whole FOCAL objective: the short form of FOCAL Ad, Eq. 5, and the full form of FOCAL Ad, §3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor, nn

from adlab.errors import InputError, UnknownNameError
from adlab.losses.contrastive import ContrastiveLoss
from adlab.losses.cosine_alignment import CosineAlignmentLoss
from adlab.losses.nt_xent import NTXentLoss
from adlab.losses.orthogonality import OrthogonalityLoss
from adlab.losses.shapes import check_not_negative, check_positive
from adlab.losses.temporal_hinge import TemporalHingeLoss

KINDS = ("paper", "full")


class FocalEmbeddings(Protocol):
    """What the loss reads from a network's output: four tensors (B, D), by name."""

    @property
    def shared_image(self) -> Tensor:
        """s_A."""

    @property
    def private_image(self) -> Tensor:
        """p_A."""

    @property
    def shared_text(self) -> Tensor:
        """s_B."""

    @property
    def private_text(self) -> Tensor:
        """p_B."""


@dataclass(frozen=True, kw_only=True)
class FocalLossConfig:
    """Which objective, and its weights.

    Attributes:
        kind: ``"paper"``: Eq. 5, cosine alignment and orthogonality within modalities; reads
            `weight_orthogonality` alone. ``"full"``: §3, contrast, private NT-Xent, orthogonality within and
            across modalities, temporal hinge.
        weight_orthogonality: λ of Eq. 5 and λ_o of §3, 0 or more.
        weight_private: λ_p, 0 or more; above 0 a second, augmented view is needed.
        weight_temporal: λ_t, 0 or more; above 0 sequence numbers are needed. Ads are no sequences: 0.
        temperature: τ of both contrastive terms, above 0.
        margin: μ of the temporal hinge, 0 or more.
        signed_orthogonality: Keep the sign of inner products, as §3 prints.
        normalised_orthogonality: Scale embeddings to length 1 in the orthogonality term; the paper does not.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The kind is not a known one.
    """

    kind: str = "full"
    weight_orthogonality: float = 0.05
    weight_private: float = 1.0
    weight_temporal: float = 0.0
    temperature: float = 0.1
    margin: float = 1.0
    signed_orthogonality: bool = False
    normalised_orthogonality: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("kind of FOCAL loss", self.kind, KINDS)
        for name in ("weight_orthogonality", "weight_private", "weight_temporal", "margin"):
            check_not_negative(name, getattr(self, name))
        check_positive("temperature", self.temperature)


class FocalLossOutput(NamedTuple):
    """The objective and its parts, scalars; parts are not weighted, and 0 where the objective lacks them."""

    total: Tensor
    shared: Tensor
    private: Tensor
    orthogonality: Tensor
    temporal: Tensor


class FocalLoss(nn.Module):
    """The objective that `config` names.

        L = L_sim + λ L_ortho                                              ``"paper"``, FOCAL Ad, Eq. 5
        L = L_shared + λ_p L_private + λ_o L_ortho + λ_t L_temporal        ``"full"``, FOCAL Ad, §3

    §3 sums over samples, modalities and directions. Here samples are averaged, and every sum over the two
    modalities or the two directions is halved: all terms alike, so the λ keep their meaning and λ_o is on the
    scale of Eq. 4.
    """

    def __init__(self, config: FocalLossConfig) -> None:
        super().__init__()
        full = config.kind == "full"
        self.config = config
        self.shared = ContrastiveLoss(config.temperature) if full else CosineAlignmentLoss()
        self.private = NTXentLoss(config.temperature)
        self.orthogonality = OrthogonalityLoss(
            across_modalities=full,
            signed=config.signed_orthogonality,
            normalised=config.normalised_orthogonality,
        )
        self.temporal = TemporalHingeLoss(config.margin)
        self.needs_augmented = full and config.weight_private > 0
        self.needs_sequences = full and config.weight_temporal > 0

    def forward(
        self,
        output: FocalEmbeddings,
        augmented: FocalEmbeddings | None = None,
        *,
        groups: Tensor | None = None,
        fitting: Tensor | None = None,
        sequences: Tensor | None = None,
    ) -> FocalLossOutput:
        """Compute the objective of one batch.

        Args:
            output: The four embeddings of the batch, each (B, D).
            augmented: Those of a second view of the same samples; needed where `needs_augmented`.
            groups: Image ids, whole numbers (B,): captions of one image are not each other's negatives.
            fitting: (B, B) bool: texts that suit an image as well as its own, no negatives of it either.
            sequences: Sequence numbers, whole numbers (B,); needed where `needs_sequences`.

        Returns:
            Total and parts.

        Raises:
            InputError: A shape does not fit, or a needed view or sequence number is missing.
        """
        config = self.config
        zero = output.shared_image.new_zeros(())
        private, temporal = zero, zero
        pair = (output.shared_image, output.shared_text)
        shared = self.shared(*pair, groups, fitting) if config.kind == "full" else self.shared(*pair)
        orthogonality = self.orthogonality(
            output.shared_image, output.private_image, output.shared_text, output.private_text
        )
        total = shared + config.weight_orthogonality * orthogonality
        if self.needs_augmented:
            private = self._private(output, augmented, groups)
            total = total + config.weight_private * private
        if self.needs_sequences:
            temporal = self._temporal(output, sequences)
            total = total + config.weight_temporal * temporal
        return FocalLossOutput(total, shared, private, orthogonality, temporal)

    def _private(self, output: FocalEmbeddings, augmented: FocalEmbeddings | None, groups: Tensor | None) -> Tensor:
        if augmented is None:
            raise InputError(
                f"weight_private is {self.config.weight_private}, but no second view was given; "
                "give `augmented`, or set weight_private to 0."
            )
        # Two captions of one image are two texts but one picture: only the picture would be its own negative.
        image: Tensor = self.private(output.private_image, augmented.private_image, groups)
        text: Tensor = self.private(output.private_text, augmented.private_text)
        return (image + text) / 2

    def _temporal(self, output: FocalEmbeddings, sequences: Tensor | None) -> Tensor:
        if sequences is None:
            raise InputError(
                f"weight_temporal is {self.config.weight_temporal}, but no sequence numbers were given; "
                "give `sequences`, or set weight_temporal to 0."
            )
        # The structure of time is asked of a modality's whole embedding, shared and private together.
        whole_image = torch.cat([output.shared_image, output.private_image], dim=1)  # (B, 2D)
        whole_text = torch.cat([output.shared_text, output.private_text], dim=1)
        image: Tensor = self.temporal(whole_image, sequences)
        text: Tensor = self.temporal(whole_text, sequences)
        return (image + text) / 2
