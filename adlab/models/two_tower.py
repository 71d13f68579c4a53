"""The student of AdsCVLR: a tower for queries and one for ads, so that ads are read once (AdsCVLR, §5.6).

    q = tower_q(query vector),   a = tower_a(image vector, copy vector)
    logit = s·⟨q, a⟩ + b,   score = sigmoid(logit), learned from the teacher's P(grade ≥ 1)

The paper distils into "a two-tower structure DNN" and prints no shape; the towers here are small MLPs on vectors of
frozen encoders. A part that an ad lacks is replaced by zeros, and two flags say which parts there are. With `skip`, a
linear map runs past each MLP; `start_from` lets the student begin as a similarity of the encoders' own vectors, which a
few thousand queries could not teach it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.layers.mlp import MLP
from adlab.layers.standardise import Standardise

SCORES = ("cosine", "dot")
FLAGS = 2  # has a picture, has copy
FIRST_SCALE = {"cosine": 5.0, "dot": 1.0}


@dataclass(frozen=True, kw_only=True)
class TwoTowerConfig:
    """Shape of the student.

    Attributes:
        query_dim: Width of query vectors.
        image_dim: Width of image vectors, 0 for a student that does not see pictures.
        copy_dim: Width of the vectors of an ad's copy, 0 for a student that does not read it.
        hidden_dim: Width of the towers' hidden layers.
        depth: Hidden layers of a tower.
        latent_dim: Width of what the towers give, and what is stored of an ad.
        score: ``"cosine"`` or ``"dot"``; with the latter, long vectors can be more certain.
        dropout: Share of hidden activations set to zero while training, 0 ≤ dropout < 1.
        skip: Whether a linear map of the vectors is added to each tower's MLP.

    Raises:
        ConfigError: A number is outside its range, or ads have neither picture nor copy.
        UnknownNameError: The score is not a known one.
    """

    query_dim: int = 384
    image_dim: int = 1664
    copy_dim: int = 384
    hidden_dim: int = 256
    depth: int = 1
    latent_dim: int = 128
    score: str = "cosine"
    dropout: float = 0.1
    skip: bool = False

    def __post_init__(self) -> None:
        for name in ("query_dim", "image_dim", "copy_dim", "hidden_dim", "depth", "latent_dim"):
            value, least = getattr(self, name), 0 if name in ("image_dim", "copy_dim") else 1
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{name} is {value!r}; give a whole number of {least} or more.")
        if not (self.image_dim or self.copy_dim):
            raise ConfigError("image_dim and copy_dim are both 0; an ad needs a picture or copy.")
        if not 0 <= self.dropout < 1:
            raise ConfigError(f"dropout is {self.dropout!r}; give a share of 0 or more, below 1.")
        if self.score not in SCORES:
            raise UnknownNameError("score", self.score, SCORES)


class AdVectors(NamedTuple):
    """Ads as the frozen encoders see them; what stands in a row whose flag is off does not matter.

    Attributes:
        image: (N, image_dim).
        copy: (N, copy_dim).
        has_image: (N,) bool.
        has_copy: (N,) bool.
    """

    image: Tensor
    copy: Tensor
    has_image: Tensor
    has_copy: Tensor


class TwoTower(nn.Module):
    """The network; not fitted, its standardisation changes nothing."""

    def __init__(self, config: TwoTowerConfig) -> None:
        super().__init__()
        self.config = config
        self.query_scale, self.image_scale = Standardise(config.query_dim), Standardise(config.image_dim)
        self.copy_scale = Standardise(config.copy_dim)
        self.query_tower = self._tower(config.query_dim)
        self.ad_tower = self._tower(config.image_dim + config.copy_dim + FLAGS)
        if config.skip:
            self.query_skip = nn.Linear(config.query_dim, config.latent_dim, bias=False)
            self.ad_skip = nn.Linear(config.image_dim + config.copy_dim, config.latent_dim, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(math.log(FIRST_SCALE[config.score])))
        self.bias = nn.Parameter(torch.zeros(()))

    def _tower(self, width: int) -> nn.Sequential:
        config = self.config
        hidden = MLP(width, config.hidden_dim, depth=config.depth, activation="gelu", dropout=config.dropout)
        return nn.Sequential(hidden, nn.Linear(config.hidden_dim, config.latent_dim))

    def maps(self) -> Iterator[Tensor]:
        """The linear maps beside the MLPs; none without `skip`."""
        if self.config.skip:
            yield from (self.query_skip.weight, self.ad_skip.weight)

    @torch.no_grad()
    def start_from(self, query: Tensor, image: Tensor, copy: Tensor, *, scale: float, bias: float) -> None:
        """Let score = scale·⟨Q·query, I·image + C·copy⟩ + bias, up to length; the MLPs start at 0.

        Args:
            query: Q, (latent_dim, query_dim).
            image: I, (latent_dim, image_dim).
            copy: C, (latent_dim, copy_dim).
            scale: Of the similarity, above 0.
            bias: Of the logit.

        Raises:
            ConfigError: The student has no linear maps, a map has another shape, or the scale is not above 0.
        """
        config = self.config
        if not config.skip or scale <= 0:
            raise ConfigError(
                f"skip is {config.skip}, scale is {scale:g}; to start from maps give skip and a scale > 0."
            )
        for name, given, width in (
            ("query", query, config.query_dim),
            ("image", image, config.image_dim),
            ("copy", copy, config.copy_dim),
        ):
            if given.shape != (config.latent_dim, width):
                raise ConfigError(f"{name} has shape {tuple(given.shape)}; give {(config.latent_dim, width)}.")
        self.query_skip.weight.copy_(query)
        self.ad_skip.weight.copy_(torch.cat([image, copy], dim=1))
        for tower in (self.query_tower, self.ad_tower):
            for parameter in tower[1].parameters():
                nn.init.zeros_(parameter)
        self.log_scale.fill_(math.log(scale))
        self.bias.fill_(bias)

    def fit_standardisation(self, queries: Iterable[Tensor], ads: Iterable[AdVectors]) -> None:
        """Standardise by the training rows; parts that ads lack are left out.

        Raises:
            InputError: There are none of a kind the student uses, or a value is not finite.
        """
        self.query_scale.fit(queries)
        batches = list(ads)
        if self.config.image_dim:
            self.image_scale.fit(ad.image[ad.has_image] for ad in batches)
        if self.config.copy_dim:
            self.copy_scale.fit(ad.copy[ad.has_copy] for ad in batches)

    def embed_query(self, query: Tensor) -> Tensor:
        """Query vectors (N, query_dim) -> (N, latent_dim); of length 1 where the score is a cosine.

        Raises:
            InputError: The width differs.
        """
        _check_width("query", query, self.config.query_dim)
        found: Tensor = self.query_tower(self.query_scale(query))
        return self._finish(found + self.query_skip(query) if self.config.skip else found)

    def embed_ad(self, ad: AdVectors) -> Tensor:
        """Ads -> (N, latent_dim), which can be stored; of length 1 where the score is a cosine.

        Raises:
            InputError: A width differs.
        """
        _check_width("image", ad.image, self.config.image_dim)
        _check_width("copy", ad.copy, self.config.copy_dim)
        present = torch.stack([ad.has_image, ad.has_copy], dim=1)
        # `where` and not a product: what stands in an absent row may be anything, NaN included.
        image = torch.where(present[:, :1], self.image_scale(ad.image), 0.0)
        copy = torch.where(present[:, 1:], self.copy_scale(ad.copy), 0.0)
        found: Tensor = self.ad_tower(torch.cat([image, copy, present.to(image)], dim=1))
        if self.config.skip:
            raw = (torch.where(present[:, :1], ad.image, 0.0), torch.where(present[:, 1:], ad.copy, 0.0))
            found = found + self.ad_skip(torch.cat(raw, dim=1))
        return self._finish(found)

    def score(self, query: Tensor, ad: Tensor) -> Tensor:
        """Logits of pairs, (N, latent_dim) each -> (N,)."""
        return self.log_scale.exp() * (query * ad).sum(dim=-1) + self.bias

    def score_all(self, query: Tensor, ad: Tensor) -> Tensor:
        """Logits of every query with every ad, (Q, latent_dim) and (N, latent_dim) -> (Q, N): one product."""
        return self.log_scale.exp() * (query @ ad.T) + self.bias

    def forward(self, query: Tensor, ad: AdVectors) -> Tensor:
        """Logits of pairs, (N,): the sigmoid is the student's P(grade ≥ 1).

        Raises:
            InputError: A width differs.
        """
        return self.score(self.embed_query(query), self.embed_ad(ad))

    def _finish(self, vectors: Tensor) -> Tensor:
        return F.normalize(vectors, dim=1) if self.config.score == "cosine" else vectors


def _check_width(name: str, vectors: Tensor, width: int) -> None:
    if vectors.ndim != 2 or vectors.shape[1] != width:
        raise InputError(f"{name} vectors have shape {tuple(vectors.shape)}, this student takes (N, {width}).")
