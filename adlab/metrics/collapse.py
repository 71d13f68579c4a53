"""Whether embeddings have collapsed: all alike, or confined to few directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from adlab.errors import InputError
from adlab.metrics.arrays import matrix


def mean_pairwise_cosine(embeddings: ArrayLike) -> float:
    """Mean cosine over all pairs of distinct rows; 1 means that all embeddings point the same way.

    Args:
        embeddings: (N, D), N at least 2.

    Returns:
        −1/(N − 1) to 1; about 0 where directions are spread evenly.

    Raises:
        InputError: The shape does not fit, or a row is zero and has no direction.
    """
    z = matrix("embeddings", embeddings, at_least=2)
    norms = np.linalg.norm(z, axis=1)
    if (norms == 0).any():
        raise InputError(f"Row {int(np.argmin(norms))} of embeddings is zero: no direction; leave it out.")
    total = (z / norms[:, None]).sum(axis=0)
    n = len(z)
    # |Σ z|² is the sum over all ordered pairs, the n pairs of a row with itself included.
    return float((total @ total - n) / (n * (n - 1)))


def effective_rank(embeddings: ArrayLike, *, centre: bool = False) -> float:
    """Exponential of the entropy of the singular values' shares (Roy & Vetterli 2007).

        erank(Z) = exp(−Σ_k p_k log p_k),   p_k = σ_k / Σ σ

    Args:
        embeddings: (N, D).
        centre: Whether the mean row is subtracted first; without it, as in the source, a large common offset
            counts as one dominant direction.

    Returns:
        1 to min(N, D): the number of directions in even use.

    Raises:
        InputError: The shape does not fit, or there is nothing but zeros (after centring: all rows are
            equal).
    """
    z = matrix("embeddings", embeddings)
    rounding = np.finfo(np.float64).eps * np.abs(z).max() * len(z)
    if centre:
        z = z - z.mean(axis=0)
    singular = np.linalg.svd(z, compute_uv=False)
    if singular[0] <= rounding:
        state = "all equal" if centre else "all zero"
        raise InputError(f"The {len(z)} embeddings are {state}; their effective rank is not defined.")
    share = singular / singular.sum()
    share = share[share > 0]
    return float(np.exp(-(share * np.log(share)).sum()))
