"""Cross entropy of relevance grades, weighted by the confidence in each label (AdsCVLR, Eq. 6)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_classes, check_weights


class RelevanceGradeLoss(nn.Module):
    """A label that its judges agreed on counts for more.

        L_MLC = −1/N · Σ_n w_n · log p(grade_n | picture_n, copy_n, query_n)     (AdsCVLR, Eq. 6)

    Eq. 6 lacks the minus sign. Its weights are ours: w_n is the confidence in the label, 1 where there is none. The sum
    is divided by the number of rows and not by that of the weights: a row's loss must not depend on its company.
    """

    def forward(self, logits: Tensor, grades: Tensor, confidence: Tensor | None = None) -> Tensor:
        """Compute the loss.

        Args:
            logits: (B, K), before the softmax over grades.
            grades: (B,) whole numbers from 0 (Bad) to K − 1 (Excellent).
            confidence: w, (B,), 0 or more; 1 without.

        Returns:
            Scalar, 0 or more.

        Raises:
            InputError: The shapes do not fit, or a grade or weight is outside its range.
        """
        check_classes("grades", grades, logits)
        losses = F.cross_entropy(logits.float(), grades, reduction="none")
        if confidence is not None:
            check_weights("confidence", confidence, len(grades))
            losses = losses * confidence
        return losses.sum() / max(len(grades), 1)
