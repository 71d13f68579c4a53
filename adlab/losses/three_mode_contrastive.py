"""Contrast of the three input modes: what an ad says with and without its picture is one thing (AdsCVLR, Eq. 7)."""

from __future__ import annotations

import math
from itertools import permutations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.losses.contrastive import capped_scale
from adlab.losses.shapes import check_ids, check_positive, check_same_shape, check_weights

TEMPERATURE = 0.07  # AdsCVLR, §III


class ThreeModeContrastiveLoss(nn.Module):
    """Each mode of a relevant pair has to find the same pair in each other mode among the batch.

        L_CL = 1/(6·M) · Σ_{a ≠ b} Σ_i −w_i · log( φ(z_i^a, z_i^b) / Σ_{j ∈ C(i)} φ(z_i^a, z_j^b) )     (AdsCVLR, Eq. 7)

    with φ(u, v) = exp(⟨u, v⟩/τ), z of length 1, a and b two of the modes image-text, image-only and text-only (six
    ordered pairs), i one of the M relevant pairs of the batch and C(i) the pair itself and the relevant pairs of other
    queries.

    What the paper leaves open:
    - Eq. 7 sums over pairs; we take the mean over pairs and mode pairs, so that α2 means the same for any batch.
    - Its denominator prints k_i for k_j.
    - Pairs of the same query are no negatives: another relevant ad for it is no opposite of this one.
    - Pairs that are not relevant take no part, neither as anchors nor as negatives.
    - w_i is the confidence in the label, 1 where there is none.

    Args:
        temperature: τ, above 0; the first value if learnable.
        learnable: Whether τ is trained; 1/τ is then held at or below 100, as in CLIP.

    Raises:
        ConfigError: The temperature is not above 0.
    """

    log_scale: Tensor

    def __init__(self, temperature: float = TEMPERATURE, *, learnable: bool = True) -> None:
        super().__init__()
        check_positive("temperature", temperature)
        log_scale = torch.tensor(-math.log(temperature))
        if learnable:
            self.log_scale = nn.Parameter(log_scale)
        else:
            self.register_buffer("log_scale", log_scale, persistent=False)

    def scale(self) -> Tensor:
        """The factor 1/τ on cosines, a scalar tensor above 0."""
        return capped_scale(self.log_scale)

    def forward(
        self,
        image_text: Tensor,
        image_only: Tensor,
        text_only: Tensor,
        queries: Tensor,
        relevant: Tensor,
        confidence: Tensor | None = None,
    ) -> Tensor:
        """Compute the loss.

        Args:
            image_text: Projections of the pairs with picture and copy, (B, D), of any length.
            image_only: The same pairs without their copy.
            text_only: The same pairs without their picture.
            queries: Query ids, whole numbers (B,).
            relevant: (B,) bool, grade 1 or more; and with a picture and copy, without which two modes are one.
            confidence: w, (B,), 0 or more; 1 without.

        Returns:
            Scalar, 0 or more; 0 where no pair is relevant, or all relevant ones have one query.

        Raises:
            InputError: A shape or type does not fit, or a weight is outside its range.
        """
        check_same_shape(image_text=image_text, image_only=image_only, text_only=text_only)
        check_ids("queries", queries, len(image_text))
        if relevant.shape != queries.shape or relevant.dtype != torch.bool:
            raise InputError(
                f"relevant has shape {tuple(relevant.shape)} and type {relevant.dtype}; give bool, ({len(queries)},)."
            )
        weights = image_text.new_ones(len(queries), dtype=torch.float32) if confidence is None else confidence
        check_weights("confidence", weights, len(queries))
        weights, queries = weights[relevant], queries[relevant]
        excluded = queries[:, None] == queries[None, :]
        excluded.fill_diagonal_(False)  # the pair itself stays
        itself = torch.arange(len(queries), device=queries.device)
        scale = self.scale()
        total = scale * 0.0  # on the graph, for a batch without relevant pairs
        modes = [F.normalize(z[relevant].float(), dim=1) for z in (image_text, image_only, text_only)]
        for anchor, other in permutations(modes, 2):
            logits = (anchor @ other.T * scale).masked_fill(excluded, -math.inf)  # (M, M)
            total = total + (weights * F.cross_entropy(logits, itself, reduction="none")).sum()
        return total / (6 * max(len(queries), 1))
