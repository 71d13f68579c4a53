"""The downstream task of FOCAL Ad: will an ad convert? Logistic regression on its embeddings (FOCAL Ad, §4.6).

    ŷ = σ(wᵀ [S_A, S_B] + b)                       shared only
    ŷ = σ(wᵀ [S_A, P_A, S_B, P_B] + b)             full

What we changed:
- Embeddings are scaled to length 1 first, as the contrast that trains them does.
- On request the elementwise product S_A ⊙ S_B is a further block. A sum of separate terms in S_A and S_B cannot say
  whether the two agree; their product can (its sum is their cosine).
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.models.focal import FocalOutput

SPACES: dict[str, tuple[str, ...]] = {
    "shared": ("shared_image", "shared_text"),
    "private": ("private_image", "private_text"),
    "image": ("shared_image", "private_image"),
    "text": ("shared_text", "private_text"),
    "full": ("shared_image", "private_image", "shared_text", "private_text"),
}


@dataclass(frozen=True, kw_only=True)
class ConversionConfig:
    """What the regression reads.

    Attributes:
        members: Networks in the ensemble, each with a regression of its own.
        latent_dim: Width of one embedding.
        spaces: A key of `SPACES`.
        product: Whether S_A ⊙ S_B is read too.

    Raises:
        ConfigError: A number is below 1.
        UnknownNameError: The spaces are not known ones.
    """

    members: int
    latent_dim: int
    spaces: str = "full"
    product: bool = True

    def __post_init__(self) -> None:
        if self.members < 1 or self.latent_dim < 1:
            raise ConfigError(f"members is {self.members}, latent_dim {self.latent_dim}; give 1 or more for both.")
        if self.spaces not in SPACES:
            raise UnknownNameError("spaces", self.spaces, SPACES)

    @property
    def input_dim(self) -> int:
        """Width of what is read."""
        return self.latent_dim * (len(SPACES[self.spaces]) + self.product)


def joined(output: FocalOutput, config: ConversionConfig) -> Tensor:
    """What the regression reads: embeddings (…, D) of length 1 side by side, (…, input_dim)."""
    unit = FocalOutput(*(F.normalize(part, dim=-1) for part in output))
    blocks = [getattr(unit, name) for name in SPACES[config.spaces]]
    return torch.cat([*blocks, unit.shared_image * unit.shared_text] if config.product else blocks, dim=-1)


class ConversionRegression(nn.Module):
    """One logistic regression a member, all evaluated at once.

    Args:
        config: What it reads.
    """

    def __init__(self, config: ConversionConfig) -> None:
        super().__init__()
        self.config = config
        self.weight = nn.Parameter(torch.zeros(config.members, config.input_dim))
        self.bias = nn.Parameter(torch.zeros(config.members))

    def forward(self, output: FocalOutput) -> Tensor:
        """Embeddings of an ensemble, each (M, B, D) -> log-odds of a conversion, (M, B).

        Raises:
            InputError: The embeddings are not those of `members` networks.
        """
        if output.shared_image.ndim != 3 or len(output.shared_image) != self.config.members:
            raise InputError(
                f"The embeddings have shape {tuple(output.shared_image.shape)}; give (members, rows, width) with "
                f"{self.config.members} members."
            )
        return torch.einsum("mf,mbf->mb", self.weight, joined(output, self.config)) + self.bias[:, None]
