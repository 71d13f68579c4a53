"""What AdsCVLR's pre-training needs beside the network: heads that no checkpoint carries (AdsCVLR, §4.2, Figure 5).

| task | reads                               | predicts                                |
|------|-------------------------------------|-----------------------------------------|
| MLM  | states of masked words              | the words                               |
| MOC  | states of masked regions            | what the image network took them for    |
| VLM  | the state of [CLS]                  | whether picture and copy belong together|
| IC   | the state of [CLS], picture only    | the ad's category                       |
| CAP  | all states, picture only            | the title, through `CaptionDecoder`     |
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError
from adlab.layers.token_embedding import TokenEmbedding
from adlab.models.adscvlr import initialise
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.caption_decoder import CaptionDecoder, CaptionDecoderConfig


class PretrainingHeads(nn.Module):
    """Heads of the five tasks. A task without classes is not built.

    Args:
        config: Of the network.
        object_classes: Classes of the image network or detector that MOC predicts, 0 for no MOC.
        categories: Categories of ads that IC predicts, 0 for no IC.
        decoder: Shape of the caption decoder, None for no CAP.

    Raises:
        ConfigError: A number of classes is below 0.
    """

    def __init__(
        self,
        config: AdsCVLRConfig,
        *,
        object_classes: int = 0,
        categories: int = 0,
        decoder: CaptionDecoderConfig | None = None,
    ) -> None:
        super().__init__()
        for name, value in (("object_classes", object_classes), ("categories", categories)):
            if value < 0:
                raise ConfigError(f"{name} is {value}; give a whole number of 0 or more.")
        width = config.width
        self.word_transform = nn.Sequential(
            nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width, eps=config.norm_eps)
        )  # BERT's: states become vectors of words
        self.word_bias = nn.Parameter(torch.zeros(config.vocabulary + config.added_tokens))
        self.match = nn.Linear(width, 1)
        self.objects = nn.Linear(width, object_classes) if object_classes else None
        self.category = nn.Linear(width, categories) if categories else None
        self.apply(initialise)
        self.decoder = CaptionDecoder(decoder, config) if decoder else None

    def word_logits(self, states: Tensor, tokens: TokenEmbedding) -> Tensor:
        """MLM: states of masked words (M, D) -> (M, V + A). Give masked ones only: the vocabulary is large."""
        return tokens.logits(self.word_transform(states)) + self.word_bias

    def object_logits(self, states: Tensor) -> Tensor:
        """MOC: states of masked regions (M, D) -> (M, K).

        Raises:
            ConfigError: There is no such head.
        """
        return _built(self.objects, "object_classes")(states)

    def category_logits(self, cls: Tensor) -> Tensor:
        """IC: states of [CLS] in the image-only mode (B, D) -> (B, K).

        Raises:
            ConfigError: There is no such head.
        """
        return _built(self.category, "categories")(cls)

    def match_logits(self, cls: Tensor) -> Tensor:
        """VLM: states of [CLS] (B, D) -> (B,), before the sigmoid."""
        return self.match(cls).squeeze(1)


def _built(head: nn.Linear | None, field: str) -> nn.Linear:
    if head is None:
        raise ConfigError(f"{field} is 0, so there is no such head; give their number when building the heads.")
    return head
