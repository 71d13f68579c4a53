"""How a grade's logit adds up: the stream of words and regions, likeness, and match. Exact, not estimated.

The head is linear in what it reads, so its logit is a sum. Only differences between grades matter to the softmax:
each part is measured against its mean over the four grades.

    part_g = Σ_j (W_gj − mean_h W_hj) · evidence_j       over the j of the part; the bias goes with words and regions
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from adlab.errors import InputError
from adlab.models.adscvlr import AdsCVLR
from adlab.models.likeness import by_part, likeness_width


class GradeParts(NamedTuple):
    """What adds up to one grade's logit above the mean of the four.

    Attributes:
        stream: By words and regions read together.
        copy: By the likeness of the whole query to the whole copy; 0 where no copy was read.
        picture: By that to the whole picture; 0 where no picture was read.
        colours: By the match of query and colours; 0 where no picture was read, or the model reads no match.
    """

    stream: float
    copy: float
    picture: float
    colours: float = 0.0


def grade_parts(model: AdsCVLR, evidence: Tensor, grade: int) -> GradeParts:
    """Split the logit of one grade of one pair.

    Args:
        model: That graded it, one that reads the likeness of wholes.
        evidence: What it read, (1, E).
        grade: 0–3.

    Raises:
        InputError: The model reads no likeness, or the evidence is not of one pair.
    """
    config = model.config
    if not config.whole_dim or tuple(evidence.shape) != (1, config.evidence):
        raise InputError(
            f"The evidence has shape {tuple(evidence.shape)}; give (1, {config.evidence}) of a model that reads the "
            "likeness of wholes."
        )
    with torch.no_grad():
        weight = model.grade.weight[grade] - model.grade.weight.mean(dim=0)
        weighted = (weight * evidence[0]).double()
        bias = float(model.grade.bias[grade] - model.grade.bias.mean())
        copy, picture = by_part(weighted[config.width : config.width + likeness_width(config.whole_dim)]).tolist()
        colours = float(weighted[-1]) if config.match_rank else 0.0
    return GradeParts(float(weighted[: config.width].sum()) + bias, copy, picture, colours)
