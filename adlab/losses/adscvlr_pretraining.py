"""The whole objective of AdsCVLR's pre-training (AdsCVLR, Eq. 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn

from adlab.errors import InputError
from adlab.losses.caption import CaptionLoss
from adlab.losses.image_category import ImageCategoryLoss
from adlab.losses.masked_language import MaskedLanguageLoss
from adlab.losses.masked_object import MaskedObjectLoss
from adlab.losses.matching import MatchingLoss
from adlab.losses.shapes import check_binary, check_ids, check_not_negative


@dataclass(frozen=True, kw_only=True)
class PretrainingWeights:
    """λ1 … λ5 (AdsCVLR, §III), each 0 or more; 0 switches a task off.

    Attributes:
        masked_language: λ1, of both MLMs: with the picture and without.
        masked_object: λ2.
        caption: λ3.
        image_category: λ4.
        matching: λ5.

    Raises:
        ConfigError: A weight is outside its range.
    """

    masked_language: float = 2.0
    masked_object: float = 1.0
    caption: float = 0.4
    image_category: float = 0.7
    matching: float = 1.5

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            check_not_negative(name, getattr(self, name))


class Predictions(NamedTuple):
    """What one task says of a batch.

    Attributes:
        logits: (M, K); (M,) of matching.
        targets: (M,), or distributions (M, K) of masked objects.
        rows: For masked words and objects, the pair that each belongs to, (M,) whole numbers; not read elsewhere.
    """

    logits: Tensor
    targets: Tensor
    rows: Tensor | None = None


class PretrainingOutput(NamedTuple):
    """The objective and its parts, scalars; parts are not weighted, and 0 where a task is absent."""

    total: Tensor
    masked_language: Tensor
    text_masked_language: Tensor
    masked_object: Tensor
    caption: Tensor
    image_category: Tensor
    matching: Tensor


class AdsCVLRPretrainingLoss(nn.Module):
    """The weighted sum of the tasks.

        L_pre = (λ1 L_MLM + λ2 L_MOC) · I[y = 1] + λ3 L_CAP + λ4 L_IC + λ5 L_VLM      (AdsCVLR, Eq. 5)

    The indicator acts on each pair: in a mismatched one, words tell nothing about the picture, nor it about them. Eq. 5
    has one weight for MLM; the text-only one of Table 3 uses it too, and no indicator: a text alone cannot mismatch.
    """

    def __init__(self, weights: PretrainingWeights | None = None) -> None:
        super().__init__()
        self.weights = weights or PretrainingWeights()
        self.words, self.objects, self.captions = MaskedLanguageLoss(), MaskedObjectLoss(), CaptionLoss()
        self.categories, self.matches = ImageCategoryLoss(), MatchingLoss()

    def forward(
        self,
        matched: Tensor,
        *,
        words: Predictions | None = None,
        text_words: Predictions | None = None,
        objects: Predictions | None = None,
        caption: Predictions | None = None,
        category: Predictions | None = None,
        match_logits: Tensor | None = None,
    ) -> PretrainingOutput:
        """Compute the objective of one batch; a task that is not given is absent.

        Args:
            matched: y, (B,), 1 or True where picture and copy belong together.
            words: Masked words seen with the picture; with `rows`.
            text_words: Masked words of texts alone.
            objects: Masked regions; with `rows`.
            caption: Words of titles.
            category: Categories of ads.
            match_logits: (B,), before the sigmoid.

        Returns:
            Total and parts.

        Raises:
            InputError: A shape, row or label does not fit.
        """
        check_binary("matched", matched)
        zero = torch.zeros((), device=matched.device)
        parts = {
            "masked_language": zero if words is None else self.words(*_of_matched("words", words, matched)),
            "text_masked_language": zero if text_words is None else self.words(text_words.logits, text_words.targets),
            "masked_object": zero if objects is None else self.objects(*_of_matched("objects", objects, matched)),
            "caption": zero if caption is None else self.captions(caption.logits, caption.targets),
            "image_category": zero if category is None else self.categories(category.logits, category.targets),
            "matching": zero if match_logits is None else self.matches(match_logits, matched),
        }
        weights = self.weights
        total = (
            weights.masked_language * (parts["masked_language"] + parts["text_masked_language"])
            + weights.masked_object * parts["masked_object"]
            + weights.caption * parts["caption"]
            + weights.image_category * parts["image_category"]
            + weights.matching * parts["matching"]
        )
        return PretrainingOutput(total, **parts)


def _of_matched(name: str, predictions: Predictions, matched: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and targets of matched pairs only: the indicator of Eq. 5."""
    if predictions.rows is None:
        raise InputError(f"{name} have no rows; say which pair each belongs to.")
    check_ids(f"rows of {name}", predictions.rows, len(predictions.logits))
    keep = matched.bool()[predictions.rows]
    return predictions.logits[keep], predictions.targets[keep]
