"""Fitting further grade heads of an AdsCVLR: each on a bootstrap of the queries, near the network's own head.

    L_m = Σ_q n_mq Σ_{i ∈ q} w_i · CE(W_m·e_i + b_m, grade_i) / Σ_i w_i  +  λ·|W_m − W|² / 2

with n_mq how often query q came up in the draw of member m, w_i the confidence in a label, and W the network's head.
The pull towards W keeps what the network learned where a resample says nothing against it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy import special
from torch import Tensor, nn
from torch.nn import functional as F

from adlab.errors import InputError
from adlab.models.grade_heads import GradeHeads
from adlab.training.conversion import covered, fit_interval_scale

STRENGTH = 0.1  # λ; with less, heads on 1,158 numbers predict unseen dev pairs worse than the network's own
STEPS = 100  # most iterations of L-BFGS


class LabelledEvidence(NamedTuple):
    """What heads learn from.

    Attributes:
        evidence: What grades are read from, (N, E).
        grades: (N,).
        confidences: (N,), 0 or more.
        units: What is resampled, the query or image of each pair, (N,).
    """

    evidence: np.ndarray
    grades: np.ndarray
    confidences: np.ndarray
    units: np.ndarray


def resample_counts(units: np.ndarray, members: int, seed: int) -> np.ndarray:
    """How often each row comes in the draw of each member, (M, N); all rows of a unit come together.

    Args:
        units: (N,).
        members: M.
        seed: Of the draw; a member's draw does not depend on how many there are.

    Raises:
        InputError: There are fewer than two units.
    """
    names, own = np.unique(units, return_inverse=True)
    if len(names) < 2:
        raise InputError(f"There is {len(names)} query or image; resampling needs two or more.")
    draws = (np.random.default_rng([seed, member]).integers(len(names), size=len(names)) for member in range(members))
    return np.stack([np.bincount(draw, minlength=len(names))[own] for draw in draws])


def fit_heads(head: nn.Linear, known: LabelledEvidence, members: int, *, seed: int = 0) -> GradeHeads:
    """Heads on resamples of the units.

    Args:
        head: The network's own.
        known: Of graded pairs.
        members: M.
        seed: Of the draws.

    Raises:
        InputError: There are fewer than two units, or no label has weight.
    """
    counts = resample_counts(known.units, members, seed) * known.confidences
    heads = GradeHeads(members, head.in_features)
    heads.start_from(head)
    learn(heads, known.evidence, known.grades, counts, strength=STRENGTH)
    return heads.eval().requires_grad_(False)


def learn(heads: GradeHeads, evidence: np.ndarray, grades: np.ndarray, weights: np.ndarray, *, strength: float) -> None:
    """Softmax regressions, pulled towards where they begin; changed in place.

    Args:
        heads: M of them.
        evidence: (N, E).
        grades: (N,).
        weights: Of each pair for each head, 0 or more, (M, N).
        strength: λ, above 0.

    Raises:
        InputError: For one of the heads no label has weight.
    """
    if not bool((weights.sum(axis=1) > 0).all()):
        raise InputError("A resample has no label of any weight; give more pairs, or pairs with confidence above 0.")
    first, known = heads.weight.detach().clone(), torch.from_numpy(evidence).float()
    shares = torch.from_numpy(weights / weights.sum(axis=1, keepdims=True)).float()
    labels = torch.from_numpy(grades).expand(heads.members, -1)
    optimiser = torch.optim.LBFGS(heads.parameters(), max_iter=STEPS, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimiser.zero_grad()
        logits = heads(known).transpose(1, 2)  # (M, 4, N)
        losses = F.cross_entropy(logits, labels, reduction="none")
        loss = (shares * losses).sum() + strength / 2 * (heads.weight - first).square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)


def fit_stretch(shipped: np.ndarray, held_out: np.ndarray) -> float:
    """The stretch at which the interval holds what heads from other resamples say as often as its level.

    Args:
        shipped: Log-odds of the shipped heads, (M, N).
        held_out: Of heads that do not ship, (H, N).
    """
    return fit_interval_scale(np.tile(shipped, len(held_out)), special.expit(held_out).ravel())


def inside(shipped: np.ndarray, held_out: np.ndarray, stretch: float) -> np.ndarray:
    """Share of the held-out heads inside the interval of each pair, (N,)."""
    found: np.ndarray = covered(np.tile(shipped, len(held_out)), special.expit(held_out).ravel(), stretch)
    return found.reshape(len(held_out), -1).mean(axis=0)
