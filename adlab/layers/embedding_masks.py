"""Two partial views of an embedded row: what CL4CVR's contrastive task compares (Ouyang et al. 2023).

| kind            | what a view keeps                                                                               |
|-----------------|-------------------------------------------------------------------------------------------------|
| `independent`   | each element with the keep rate, drawn for each view (embedding masking, the paper)              |
| `complementary` | each element with the keep rate; the other view keeps the rest (embedding masking, public code)  |
| `feature`       | whole fields: half of them, the other view the others (Yao et al. 2021, random feature masking)  |
| `dropout`       | each element of each row with the keep rate, for each view, enlarged by 1/rate (SimCSE)          |

The masks of the first three are drawn once for a batch: all its rows lose the same elements. That is what the public
code does; the paper leaves it open.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError, InputError, UnknownNameError

KINDS = ("independent", "complementary", "feature", "dropout")


class TwoViews(nn.Module):
    """Draws two masked views of a batch.

    Args:
        kind: One of `KINDS`.
        groups: Number of each element's field, (E,), as `FeatureEmbedding.groups`; only `feature` reads it.
        keep: Chance that an element is kept, between 0 and 1; `feature` always keeps half of the fields.

    Raises:
        UnknownNameError: The kind is not a known one.
        ConfigError: The chance is outside its range, or there are fewer than two fields to divide.
    """

    groups: Tensor

    def __init__(self, kind: str, groups: Tensor, *, keep: float = 0.5) -> None:
        super().__init__()
        if kind not in KINDS:
            raise UnknownNameError("masking", kind, KINDS)
        if not 0 < keep < 1:
            raise ConfigError(f"keep is {keep!r}; give a chance between 0 and 1.")
        self.fields = int(groups.max()) + 1 if len(groups) else 0
        if kind == "feature" and self.fields < 2:
            raise ConfigError(f"There is {self.fields} field; masking by field needs two or more.")
        self.kind, self.keep = kind, keep
        self.register_buffer("groups", groups.clone(), persistent=False)

    def forward(self, features: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Two views (B, E) of features (B, E).

        Args:
            features: Embedded rows, (B, E).
            generator: Decides the masks, and nothing else does; on the CPU.

        Raises:
            InputError: The width is not that of `groups`.
        """
        if features.ndim != 2 or features.shape[1] != len(self.groups):
            raise InputError(f"features have shape {tuple(features.shape)}; these masks take (B, {len(self.groups)}).")
        first, second = (mask.to(features) for mask in self._masks(features, generator))
        return features * first, features * second

    def _masks(self, features: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Two masks that broadcast over (B, E)."""

        def drawn(shape: torch.Size | tuple[int, ...]) -> Tensor:
            return torch.rand(shape, generator=generator) < self.keep

        width = (features.shape[1],)
        if self.kind == "independent":
            return drawn(width), drawn(width)
        if self.kind == "complementary":
            mask = drawn(width)
            return mask, ~mask
        if self.kind == "feature":
            kept = torch.randperm(self.fields, generator=generator) < self.fields // 2
            mask = kept.to(self.groups.device)[self.groups]
            return mask, ~mask
        return drawn(features.shape) / self.keep, drawn(features.shape) / self.keep
