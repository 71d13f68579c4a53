"""Divergence of a predicted distribution of ratings from the observed one (M2FN, Eq. 2)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_distributions, check_same_shape


class KLDLoss(nn.Module):
    """Kullback–Leibler divergence, batch mean.

        L = 1/N · Σ_n Σ_k p(y_n)_k · log( p(y_n)_k / p(ŷ_n)_k ),   p(ŷ) = softmax(logits)      (M2FN, Eq. 2)

    The paper leaves the sum over buckets unwritten. An empty bucket of the observed distribution adds 0.
    """

    def forward(self, logits: Tensor, observed: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (B, K), before the softmax.
            observed: Shares of the K buckets, (B, K), each row adding up to 1.

        Returns:
            Scalar, 0 or more.

        Raises:
            InputError: The shapes differ or are not (B, K), or a row of `observed` is no distribution.
        """
        check_same_shape(logits=logits, observed=observed)
        check_distributions("observed", observed)
        return F.kl_div(F.log_softmax(logits, dim=1), observed, reduction="batchmean")
