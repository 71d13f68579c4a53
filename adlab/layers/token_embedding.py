"""A vocabulary in two parts: a base that keeps its indices, and tokens added behind it (AdaLM, Yao et al. 2021).

The base can be frozen and left out of the state: it is then handed in by whoever has it, and a checkpoint carries only
the vectors of the added tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import ConfigError, InputError

INIT_STD = 0.02  # BERT


class TokenEmbedding(nn.Module):
    """Vectors of tokens: ids below V are of the base, ids from V to V + A − 1 are added.

    Args:
        base: Vectors of the base, (V, D); held as they are where frozen, copied where trained.
        added: A, the number of added tokens, 0 or more.
        frozen: Whether the base is fixed and stays out of the state dict.

    Raises:
        ConfigError: A number is outside its range.
    """

    base: Tensor

    def __init__(self, base: Tensor, added: int = 0, *, frozen: bool = False) -> None:
        super().__init__()
        if base.ndim != 2 or 0 in base.shape:
            raise ConfigError(f"The base vectors have shape {tuple(base.shape)}; give (V, D), neither of them 0.")
        if added < 0:
            raise ConfigError(f"added is {added}; give a whole number of 0 or more.")
        if frozen:
            self.register_buffer("base", base.detach(), persistent=False)
        else:
            self.base = nn.Parameter(base.detach().clone())
        self.added = nn.Parameter(INIT_STD * torch.randn(added, base.shape[1]))

    @property
    def vocabulary(self) -> int:
        """V + A."""
        return len(self.base) + len(self.added)

    def forward(self, ids: Tensor) -> Tensor:
        """Whole numbers (…) -> vectors (…, D).

        Raises:
            InputError: An id is outside the vocabulary.
        """
        if ids.numel() and not 0 <= int(ids.min()) <= int(ids.max()) < self.vocabulary:
            raise InputError(
                f"Token ids go from {int(ids.min())} to {int(ids.max())}; this vocabulary has 0 to "
                f"{self.vocabulary - 1}. Use its own tokenizer."
            )
        if not len(self.added):
            return F.embedding(ids, self.base)
        new = ids >= len(self.base)
        old = F.embedding(ids.masked_fill(new, 0), self.base)
        return torch.where(new.unsqueeze(-1), F.embedding((ids - len(self.base)).clamp_min(0), self.added), old)

    def logits(self, states: Tensor) -> Tensor:
        """How well states fit each token, (…, D) -> (…, V + A): their product with the tokens' vectors."""
        fits = F.linear(states, self.base)
        return torch.cat([fits, F.linear(states, self.added)], dim=-1) if len(self.added) else fits

    @torch.no_grad()
    def start_from_pieces(self, pieces: Sequence[Sequence[int]]) -> None:
        """Start each added token as the mean of the base tokens that spelled it until now.

        Args:
            pieces: For each added token its base ids, at least one.

        Raises:
            InputError: Their number is not A, one is empty, or an id is outside the base.
        """
        if len(pieces) != len(self.added):
            raise InputError(f"{len(pieces)} spellings for {len(self.added)} added tokens; give one for each.")
        for number, ids in enumerate(pieces):
            if not ids or not 0 <= min(ids) <= max(ids) < len(self.base):
                raise InputError(f"Added token {number} is spelled {list(ids)}; give ids of the base, at least one.")
            self.added[number] = self.base[list(ids)].mean(dim=0)
