"""Masked language modelling: words of an ad are hidden and found again (AdsCVLR, Eq. 1)."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.losses.shapes import check_classes, check_same_leading, check_share

MASKED_SHARE = 0.15


class MaskedWords(NamedTuple):
    """Rows with some words hidden.

    Attributes:
        token_ids: (B, T), the mask's id where a word is hidden.
        masked: (B, T) bool, where that is; `token_ids[masked]` of the rows as they were are the words to find.
    """

    token_ids: Tensor
    masked: Tensor


def mask_words(
    token_ids: Tensor, maskable: Tensor, mask_id: int, generator: torch.Generator, *, share: float = MASKED_SHARE
) -> MaskedWords:
    """Hide words, each with the same chance; every hidden one becomes [MASK], as §4.2 says (BERT keeps one in five).

    Args:
        token_ids: (B, T).
        maskable: (B, T) bool: words of ads in matched pairs; neither padding nor [CLS], [SEP] and separators.
        mask_id: Id of [MASK].
        generator: Seeded, on the CPU: the same words are hidden wherever the rows are.
        share: Chance of a word, 0–1.

    Raises:
        ConfigError: The share is outside its range.
        InputError: The shapes differ.
    """
    check_share("share", share)
    check_same_leading(token_ids=token_ids, maskable=maskable)
    drawn = torch.rand(token_ids.shape, generator=generator) < share
    masked = drawn.to(maskable.device) & maskable
    return MaskedWords(token_ids.masked_fill(masked, mask_id), masked)


class MaskedLanguageLoss(nn.Module):
    """Negative log-likelihood of the hidden words, mean over them.

        L_MLM = −E log P(w_masked | the other words, the regions)          (AdsCVLR, Eq. 1)

    Words are hidden independently of each other, so the log-likelihood of a pair is the sum over its hidden words. We
    take their mean over the batch, as BERT does: a long description must not outweigh many titles.
    """

    def forward(self, logits: Tensor, words: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            logits: (M, V), of the M hidden words of the batch.
            words: The words themselves, (M,) ids.

        Returns:
            Scalar, 0 or more; 0 where no word is hidden.

        Raises:
            InputError: The shapes do not fit, or an id is outside the vocabulary.
        """
        check_classes("words", words, logits)
        return F.cross_entropy(logits.float(), words, reduction="sum") / max(len(words), 1)
