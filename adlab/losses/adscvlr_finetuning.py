"""The whole objective of AdsCVLR's fine-tuning (AdsCVLR, §4.2)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from adlab.errors import InputError
from adlab.losses.relevance_grade import RelevanceGradeLoss
from adlab.losses.shapes import check_ids, check_not_negative
from adlab.losses.three_mode_contrastive import TEMPERATURE, ThreeModeContrastiveLoss

GRADE_WEIGHT, CONTRAST_WEIGHT = 1.0, 0.4  # α1 and α2, AdsCVLR, §III


class ModeProjections(NamedTuple):
    """Projections of some pairs of a batch, seen in all three modes.

    Attributes:
        image_text: (M, D).
        image_only: (M, D).
        text_only: (M, D).
        rows: Which pair of the batch each is, (M,) whole numbers, each once. Pairs that lack picture or copy stay out:
            two of their modes are one.
    """

    image_text: Tensor
    image_only: Tensor
    text_only: Tensor
    rows: Tensor


class FinetuningOutput(NamedTuple):
    """The objective and its parts, scalars; parts are not weighted, and the contrast is 0 where it is absent."""

    total: Tensor
    grade: Tensor
    contrast: Tensor


class AdsCVLRFinetuningLoss(nn.Module):
    """The weighted sum of both tasks.

        L_fine = α1 L_MLC + α2 L_CL                                        (AdsCVLR, §4.2)

    Args:
        grade_weight: α1, 0 or more.
        contrast_weight: α2, 0 or more; 0 switches the contrast off.
        temperature: First value of the contrast's learned temperature, above 0.

    Raises:
        ConfigError: A number is outside its range.
    """

    def __init__(
        self,
        *,
        grade_weight: float = GRADE_WEIGHT,
        contrast_weight: float = CONTRAST_WEIGHT,
        temperature: float = TEMPERATURE,
    ) -> None:
        super().__init__()
        check_not_negative("grade_weight", grade_weight)
        check_not_negative("contrast_weight", contrast_weight)
        self.grade_weight, self.contrast_weight = grade_weight, contrast_weight
        self.grade = RelevanceGradeLoss()
        self.contrast = ThreeModeContrastiveLoss(temperature)

    def forward(
        self,
        grade_logits: Tensor,
        grades: Tensor,
        queries: Tensor,
        confidence: Tensor | None = None,
        modes: ModeProjections | None = None,
    ) -> FinetuningOutput:
        """Compute the objective of one batch.

        Args:
            grade_logits: (B, K).
            grades: (B,) whole numbers, 0 is Bad.
            queries: Query ids, whole numbers (B,).
            confidence: w, (B,), 0 or more; 1 without.
            modes: Projections of the pairs to contrast; those graded Bad take no part. Without, there is no contrast.

        Returns:
            Total and parts.

        Raises:
            InputError: A shape, type or row does not fit.
        """
        check_ids("queries", queries, len(grades))
        grade = self.grade(grade_logits, grades, confidence)
        contrast = torch.zeros((), device=grade.device)
        if modes is not None and len(modes.rows):
            rows = modes.rows
            check_ids("rows of the modes", rows, len(modes.image_text))
            if not 0 <= int(rows.min()) <= int(rows.max()) < len(grades) or len(rows.unique()) < len(rows):
                raise InputError(f"rows of the modes are {rows.tolist()}; give rows of {len(grades)} pairs, each once.")
            weights = None if confidence is None else confidence[rows]
            contrast = self.contrast(*modes[:3], queries[rows], grades[rows] > 0, weights)
        return FinetuningOutput(self.grade_weight * grade + self.contrast_weight * contrast, grade, contrast)
