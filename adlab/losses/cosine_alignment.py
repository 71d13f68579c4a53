"""Alignment of shared embeddings by cosine distance (FOCAL Ad, Eq. 3)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_same_shape


class CosineAlignmentLoss(nn.Module):
    """L_sim = 1 − cos(s_A, s_B), batch mean, from 0 to 2 (FOCAL Ad, Eq. 3).

    There are no negatives: all embeddings being equal is an optimum too. `adlab.metrics.collapse` tells.
    """

    def forward(self, shared_image: Tensor, shared_text: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            shared_image: Shared image embeddings s_A, (B, D).
            shared_text: Shared text embeddings s_B of the same ads, (B, D).

        Returns:
            Scalar.

        Raises:
            InputError: The shapes differ or are not (B, D).
        """
        check_same_shape(shared_image=shared_image, shared_text=shared_text)
        return (1 - F.cosine_similarity(shared_image, shared_text, dim=1)).mean()
