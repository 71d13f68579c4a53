"""Visual-linguistic matching: do picture and copy belong to one ad (AdsCVLR, Eq. 4)?"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_binary, check_vectors


class MatchingLoss(nn.Module):
    """Binary cross entropy of matched and mismatched pairs, batch mean.

    L_VLM = −E [ y log s + (1 − y) log(1 − s) ],   s = sigmoid(logit)      (AdsCVLR, Eq. 4)
    """

    def forward(self, logits: Tensor, matched: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (B,), before the sigmoid.
            matched: y, (B,), 1 or True where picture and copy belong together, 0 or False elsewhere.

        Returns:
            Scalar, 0 or more.

        Raises:
            InputError: The shapes differ, or a label is neither 0 nor 1.
        """
        check_vectors(logits=logits, matched=matched)
        check_binary("matched", matched)
        return F.binary_cross_entropy_with_logits(logits.float(), matched.float())
