"""AdsCVLR's CLIP baselines as dual encoders on frozen vectors: CLIP, CLIPⓐ and CLIP-MH (AdsCVLR, §5.2 and §III).

| kind        | trained on                                                         | score                     |
|-------------|--------------------------------------------------------------------|---------------------------|
| ``clip``    | contrast of query and image, relevant pairs                        | ⟨q, i⟩                    |
| ``clip_a``  | contrast of query and image, and of copy and image, relevant pairs | mean of ⟨q, i⟩ and ⟨q, t⟩ |
| ``clip_mh`` | the same, and binary cross entropy of a second head on all pairs   | the second head           |

What we changed:
- The paper trains CLIP's own encoders; here a residual MLP on each frozen encoder's vector takes their place. Where
  vectors already live in a joint space it starts as the identity: before training it *is* the zero-shot baseline.
- CLIP-MH's second head is "a linear layer after the output features". It reads the products of features, component by
  component: a linear layer on the features themselves could not compare a query with an ad.
- Where an ad lacks its picture or its copy, the score is the other similarity; without a picture ``clip`` scores 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, UnknownNameError
from adlab.layers.mlp import MLP
from adlab.models.two_tower import AdVectors

KINDS = ("clip", "clip_a", "clip_mh")


@dataclass(frozen=True, kw_only=True)
class ClipBaselineConfig:
    """Shape of a baseline.

    Attributes:
        kind: ``"clip"``, ``"clip_a"`` or ``"clip_mh"``.
        text_dim: Width of the vectors of queries and copy, which come from one text encoder.
        image_dim: Width of image vectors; equal to `text_dim` where both live in a joint space.
        hidden_dim: Width of the MLPs.
        dropout: Share of hidden activations set to zero while training, 0 ≤ dropout < 1.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The kind is not a known one.
    """

    kind: str = "clip_a"
    text_dim: int = 384
    image_dim: int = 384
    hidden_dim: int = 512
    dropout: float = 0.1

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UnknownNameError("kind of CLIP baseline", self.kind, KINDS)
        for name in ("text_dim", "image_dim", "hidden_dim"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise ConfigError(f"{name} is {value!r}; give a whole number of 1 or more.")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout!r}; give a share of 0 or more, below 1.")


class ClipOutput(NamedTuple):
    """Embeddings of a batch of pairs, and its score.

    Attributes:
        query: (B, D), of length 1, as the other two.
        image: (B, D).
        copy: (B, D).
        score: (B,): cosines, −1 to 1, or the second head's logits.
    """

    query: Tensor
    image: Tensor
    copy: Tensor
    score: Tensor


class ResidualTower(nn.Module):
    """A linear map (the identity at first, where widths allow) plus an MLP that starts at zero; length 1.

    Args:
        input_dim: Width of the input.
        output_dim: Width of the output.
        hidden_dim: Width of the MLP.
        dropout: Of the MLP.
    """

    def __init__(self, input_dim: int, output_dim: int, hidden_dim: int, dropout: float) -> None:
        super().__init__()
        self.skip = nn.Linear(input_dim, output_dim, bias=False)
        self.hidden = MLP(input_dim, hidden_dim, activation="gelu", dropout=dropout)
        self.out = nn.Linear(hidden_dim, output_dim)
        if input_dim == output_dim:
            nn.init.eye_(self.skip.weight)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        """(N, input_dim) -> (N, output_dim)."""
        return F.normalize(self.skip(x) + self.out(self.hidden(x)), dim=1)


class ClipBaseline(nn.Module):
    """The network; one tower reads queries and copy, as CLIP has one text encoder."""

    def __init__(self, config: ClipBaselineConfig) -> None:
        super().__init__()
        self.config = config
        width = config.text_dim
        self.text_tower = ResidualTower(width, width, config.hidden_dim, config.dropout)
        self.image_tower = ResidualTower(config.image_dim, width, config.hidden_dim, config.dropout)
        self.match = nn.Linear(2 * width, 1) if config.kind == "clip_mh" else None

    def forward(self, query: Tensor, ad: AdVectors) -> ClipOutput:
        """Embed and score pairs.

        Args:
            query: Vectors of queries, (B, text_dim).
            ad: Of the ads, image vectors (B, image_dim) and copy vectors (B, text_dim).
        """
        has_image, has_copy = ad.has_image[:, None], ad.has_copy[:, None]
        q = self.text_tower(query)
        image = self.image_tower(torch.where(has_image, ad.image, 0.0)) * has_image
        copy = self.text_tower(torch.where(has_copy, ad.copy, 0.0)) * has_copy
        return ClipOutput(q, image, copy, self._score(q, image, copy, ad))

    def _score(self, q: Tensor, image: Tensor, copy: Tensor, ad: AdVectors) -> Tensor:
        if self.match is not None:
            score: Tensor = self.match(torch.cat([q * image, q * copy], dim=1)).squeeze(1)
            return score
        by_image = (q * image).sum(dim=1)
        if self.config.kind == "clip":
            return by_image
        parts = ad.has_image.to(q) + ad.has_copy.to(q)
        return (by_image + (q * copy).sum(dim=1)) / parts.clamp_min(1)
