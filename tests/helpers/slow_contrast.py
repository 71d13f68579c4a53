"""CL4CVR's contrastive loss as the paper writes it, anchor by anchor in plain loops."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from torch import Tensor


def slow_contrast(
    first: Tensor,
    second: Tensor,
    conversion: Sequence[int],
    alike: Collection[tuple[int, int]],
    tau: float,
    supervised: bool,
) -> float:
    """The loss of one batch.

    Args:
        first: Projections of one view, (B, D).
        second: Of the other, (B, D).
        conversion: 0 or 1 of each row.
        alike: Pairs of rows that are no negatives of each other, in both orders.
        tau: τ.
        supervised: Whether conversions are positives of each other.
    """
    rows = len(conversion)
    z = [[x / (math.hypot(*row) or 1.0) for x in row] for row in [*first.tolist(), *second.tolist()]]
    total = 0.0
    for i in range(2 * rows):
        positives = [(i + rows) % (2 * rows)]
        if supervised and conversion[i % rows]:
            positives += [j for j in range(2 * rows) if conversion[j % rows] and j % rows != i % rows]
        candidates = []
        for j in range(2 * rows):
            false_negative = (i % rows, j % rows) in alike and j not in positives
            if j != i and not false_negative:
                candidates.append(j)
        similarity = {j: sum(x * y for x, y in zip(z[i], z[j], strict=True)) / tau for j in candidates}
        normaliser = math.log(sum(math.exp(s) for s in similarity.values()))
        total -= sum(similarity[p] - normaliser for p in positives) / len(positives)
    return total / rows
