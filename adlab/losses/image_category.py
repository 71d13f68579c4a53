"""Image classification: an ad's category is told from its picture alone (AdsCVLR, §4.2, IC)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_classes

UNKNOWN = -1


class ImageCategoryLoss(nn.Module):
    """Cross entropy of the ad's category, mean over the ads whose category is known.

        L_IC = −1/N · Σ_n log p(category_n | picture_n)

    The paper names the loss and prints no equation.
    """

    def forward(self, logits: Tensor, categories: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (B, K).
            categories: (B,) whole numbers, −1 where unknown.

        Returns:
            Scalar, 0 or more; 0 where no category is known.

        Raises:
            InputError: The shapes do not fit, or a category is outside its range.
        """
        known = categories != UNKNOWN
        check_classes("categories", categories, logits, unknown=UNKNOWN)
        total = F.cross_entropy(logits.float(), categories, ignore_index=UNKNOWN, reduction="sum")
        return total / known.sum().clamp_min(1)
