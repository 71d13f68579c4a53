"""Samples of one sequence lie closer together than samples of two (FOCAL Ad, §3, item 4)."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.losses.shapes import check_ids, check_not_negative, check_same_shape


class TemporalHingeLoss(nn.Module):
    """Hinge on the mean distance within a sequence s against that between s and every other sequence s'.

        L_temporal = Σ_s Σ_{s' ≠ s} max(D̄_ss − D̄_ss' + μ, 0)

    D̄ is the mean Euclidean distance over pairs of distinct samples; it is 0 within a sequence of one sample.
    Instead of the sum the mean over the S (S − 1) ordered pairs is taken, so that this term's weight does not
    depend on how many sequences a batch holds; `mean_over_pairs=False` gives what is printed.

    Args:
        margin: μ, 0 or more, in units of embedding distance.
        mean_over_pairs: False for the sum that the paper prints.

    Raises:
        ConfigError: The margin is negative.
    """

    def __init__(self, margin: float = 1.0, *, mean_over_pairs: bool = True) -> None:
        super().__init__()
        check_not_negative("margin", margin)
        self.margin = margin
        self.mean_over_pairs = mean_over_pairs

    def forward(self, embeddings: Tensor, sequences: Tensor) -> Tensor:
        """Compute the loss.

        Args:
            embeddings: (B, D).
            sequences: Whole number of the sequence each row belongs to, (B,); at least two differ.

        Returns:
            Scalar, 0 or more.

        Raises:
            InputError: A shape does not fit, or there is only one sequence.
        """
        check_same_shape(embeddings=embeddings)
        check_ids("sequences", sequences, len(embeddings))
        names, index = sequences.unique(return_inverse=True)
        n = len(names)
        if n < 2:
            raise InputError(f"The batch holds {n} sequence; give samples of two or more.")
        # The exact mode: the matrix-product shortcut is off by 1e-3 for near points.
        distances = torch.cdist(embeddings, embeddings, compute_mode="donot_use_mm_for_euclid_dist")
        member = F.one_hot(index, n).to(distances.dtype)  # (B, S)
        counts = member.sum(dim=0)  # (S,)
        pairs = torch.outer(counts, counts) - counts.diag()  # distinct pairs, (S, S)
        mean_distance = member.T @ distances @ member / pairs.clamp(min=1)  # D̄, (S, S)
        hinge = (mean_distance.diagonal()[:, None] - mean_distance + self.margin).clamp(min=0)
        others = ~torch.eye(n, dtype=torch.bool, device=hinge.device)
        return hinge[others].mean() if self.mean_over_pairs else hinge[others].sum()
