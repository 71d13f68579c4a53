"""What AdsCVLR's CLIP baselines are trained on: contrasts on relevant pairs, and matching on all (AdsCVLR, §III)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from adlab.errors import InputError
from adlab.losses.contrastive import ContrastiveLoss
from adlab.losses.matching import MatchingLoss
from adlab.losses.shapes import check_ids

TEMPERATURE = 0.07


class ClipObjectiveOutput(NamedTuple):
    """The objective and its parts, scalars; a part is 0 where it is absent."""

    total: Tensor
    query_image: Tensor
    copy_image: Tensor
    matching: Tensor


class ClipObjectiveLoss(nn.Module):
    """The sum of the contrasts and, for CLIP-MH, of the second head's binary cross entropy.

        L = L(q, i) + [CLIPⓐ, CLIP-MH] L(t, i) + [CLIP-MH] L_BCE           (AdsCVLR, §III)

    Contrasts are CLIP's, both directions, among relevant pairs with a picture; BCE is on all pairs. The paper prints
    no weights: all are 1. Pairs of one query are no negatives of each other, as in `ThreeModeContrastiveLoss`.

    Args:
        temperature: First value of the learned temperature, above 0.

    Raises:
        ConfigError: The temperature is not above 0.
    """

    def __init__(self, temperature: float = TEMPERATURE) -> None:
        super().__init__()
        self.contrast, self.matching = ContrastiveLoss(temperature, learnable=True), MatchingLoss()

    def forward(
        self,
        query: Tensor,
        image: Tensor,
        queries: Tensor,
        relevant: Tensor,
        has_image: Tensor,
        *,
        copy: Tensor | None = None,
        has_copy: Tensor | None = None,
        match_logits: Tensor | None = None,
    ) -> ClipObjectiveOutput:
        """Compute the objective of one batch.

        Args:
            query: Embeddings, (B, D).
            image: Embeddings, (B, D).
            queries: Query ids, whole numbers (B,).
            relevant: (B,) bool, grade 1 or more.
            has_image: (B,) bool.
            copy: Embeddings, (B, D), for CLIPⓐ and CLIP-MH.
            has_copy: (B,) bool, given with `copy`.
            match_logits: The second head's, (B,), for CLIP-MH.

        Returns:
            Total and parts.

        Raises:
            InputError: A shape does not fit, or `copy` came without `has_copy`.
        """
        check_ids("queries", queries, len(query))
        pictured = relevant & has_image
        query_image = self._contrast(query, image, queries, pictured)
        copy_image, matching = torch.zeros_like(query_image), torch.zeros_like(query_image)
        if copy is not None:
            if has_copy is None:
                raise InputError("copy came without has_copy; say which pairs have copy.")
            copy_image = self._contrast(copy, image, queries, pictured & has_copy)
        if match_logits is not None:
            matching = self.matching(match_logits, relevant)
        return ClipObjectiveOutput(query_image + copy_image + matching, query_image, copy_image, matching)

    def _contrast(self, first: Tensor, second: Tensor, queries: Tensor, rows: Tensor) -> Tensor:
        if not bool(rows.any()):
            return first.sum() * 0.0  # on the graph
        loss: Tensor = self.contrast(first[rows], second[rows], queries[rows])
        return loss
