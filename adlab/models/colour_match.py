"""How well the colours of a picture match a query: a bilinear form of low rank (Kim et al. 2017, Eq. 4).

    match = √W · ⟨A·q, B·[v, h]⟩        A (R, W), B (R, 2W)

with q the whole query and v the whole picture in one space of texts, and h the histogram of the picture's colours
(`adlab.models.pair_inputs.PairInputs.wholes`). v says what is shown, so that skin or a floor need not count as the
colour of a shirt. It is learned to be the log-odds that a picture in the colour asked for was drawn rather than one in
another colour (`adlab.training.adscvlr_colours`), and 0 where there is no picture.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from adlab.errors import ConfigError
from adlab.models.pair_inputs import COLOURS, IMAGE, QUERY


class ColourMatch(nn.Module):
    """The form.

    Args:
        width: W, 1 or more.
        rank: R, 1 or more.

    Raises:
        ConfigError: A number is below 1.
    """

    def __init__(self, width: int, rank: int) -> None:
        super().__init__()
        if width < 1 or rank < 1:
            raise ConfigError(f"width is {width}, rank {rank}; give 1 or more for both.")
        self.rank = rank
        self.query = nn.Linear(width, rank, bias=False)
        self.picture = nn.Linear(2 * width, rank, bias=False)
        nn.init.normal_(self.query.weight)
        nn.init.normal_(self.picture.weight, std=0.01)

    def forward(self, wholes: Tensor) -> Tensor:
        """Vectors of wholes (B, 4, W) -> (B, 1) float32."""
        wholes = wholes.float()
        return self.score(wholes[:, QUERY], wholes[:, [IMAGE, COLOURS]].flatten(1))[:, None]

    def score(self, queries: Tensor, pictures: Tensor) -> Tensor:
        """Queries (…, W) and pictures [v, h] (…, 2W) -> (…)."""
        with torch.autocast(queries.device.type, enabled=False):
            found: Tensor = math.sqrt(queries.shape[-1]) * (self.query(queries) * self.picture(pictures)).sum(dim=-1)
        return found
