"""Log-odds of two things happening one after the other, from the log-odds of each (ESMM, Ma et al. 2018, Eq. 2)."""

from __future__ import annotations

import torch
from torch import Tensor


def joint_logit(first: Tensor, second: Tensor) -> Tensor:
    """Log-odds whose probability is the product σ(a) σ(b).

        p = σ(a) σ(b),   1 − p = σ(a) σ(b) (e^−a + e^−b + e^−a−b),   log p − log(1 − p) = −log(e^−a + e^−b + e^−a−b)

    Worked out on the logarithms: both log p and log(1 − p) and their gradients stay finite where p itself would round
    to 0 or 1, and where log1mexp(log σ(a) + log σ(b)) has lost a + b to rounding (a = b = 110 in float32).

    Args:
        first: a, the log-odds of the first, any shape.
        second: b, those of the second once the first has happened, the same shape.
    """
    return -torch.logsumexp(torch.stack([-first, -second, -first - second]), dim=0)
