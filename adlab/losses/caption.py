"""Image captioning: an ad's title is written from its picture, word by word (AdsCVLR, Eq. 3)."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_classes


class CaptionLoss(nn.Module):
    """Negative log-likelihood of the titles' words, each given those before it; mean over words.

        L_CAP = −Σ_t log p(y*_t | y*_1 … y*_{t−1})                         (AdsCVLR, Eq. 3)

    Eq. 3 sums over a title's words. We take the mean over all words of the batch, so that λ3 means the same for titles
    of any length.
    """

    def forward(self, logits: Tensor, words: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: Of the next word at each place that has one, (M, V), all titles together.
            words: The words there, (M,) ids, end tokens included, padding left out.

        Returns:
            Scalar, 0 or more; 0 without titles.

        Raises:
            InputError: The shapes do not fit, or an id is outside the vocabulary.
        """
        check_classes("words", words, logits)
        return F.cross_entropy(logits.float(), words, reduction="sum") / max(len(words), 1)
