"""Which words and regions a grade rests on: attention × gradient, rolled over the layers (Chefer et al. 2021).

    Ā = mean over heads of (∇A ⊙ A)⁺            Eq. 5: what of a layer's attention raises the target
    R ← R + Ā·R,   R = I at first               Eq. 6: rolled from the first layer to the last

Row i of R says how much of each input is in position i by the way that matters for the target; the row of [CLS], which
the grade is read from, is the explanation. Each rule is a pure function on tensors.

What we changed:
- Beside what raises the target, what lowers it is kept, apart: the same rules with (−∇A ⊙ A)⁺.
- The identity is taken off the result: it says only that every position is itself.
- The maps come from the model's output. Nothing is attached to the model and nothing is left on it: no hook, no
  gradient on a parameter, no mode.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from adlab.errors import InputError
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import GRADES
from adlab.models.pair_inputs import PairInputs

CLS = 0

Target = int | Tensor | Callable[[Tensor], Tensor] | None
"""One grade for all pairs, one a pair (B,), a function of the logits (B, 4) -> (B,), or None: the likeliest grade."""


class SignedRelevance(NamedTuple):
    """Relevance between all positions, by sign; both 0 or more, without the identity.

    Attributes:
        supports: (B, L, L), row i: how far each input raises the target through position i.
        opposes: (B, L, L), likewise how far it lowers it.
    """

    supports: Tensor
    opposes: Tensor

    @property
    def signed(self) -> Tensor:
        """Both in one, (B, L, L): what raises is positive."""
        return self.supports - self.opposes


class PairRelevance(NamedTuple):
    """What a grade rests on.

    Attributes:
        relevance: Between all positions, tokens first and then regions.
        tokens: T.
        target: The number explained, (B,).
        grade_logits: (B, 4).
        evidence: What these were read from, (B, E).
    """

    relevance: SignedRelevance
    tokens: int
    target: Tensor
    grade_logits: Tensor
    evidence: Tensor

    def of_tokens(self) -> Tensor:
        """How far each token raises the target (or lowers it: negative), (B, T); 0 where there is none."""
        return self.relevance.signed[:, CLS, : self.tokens]

    def of_regions(self) -> Tensor:
        """How far each region raises the target (or lowers it: negative), (B, R); 0 where there is none."""
        return self.relevance.signed[:, CLS, self.tokens :]


def averaged_heads(attention: Tensor, gradient: Tensor, *, against: bool = False) -> Tensor:
    """Ā = mean over heads of (∇A ⊙ A)⁺ (Chefer et al. 2021, Eq. 5).

    Args:
        attention: A, (B, H, L, L).
        gradient: ∇A, the target's gradient at it, of the same shape.
        against: Whether to keep what lowers the target instead.

    Returns:
        (B, L, L), 0 or more.
    """
    product = attention * gradient
    return (-product if against else product).clamp_min(0).mean(dim=1)


def rolled(relevance: Tensor, averaged: Tensor) -> Tensor:
    """R + Ā·R (Chefer et al. 2021, Eq. 6), all (B, L, L)."""
    return relevance + averaged @ relevance


def relevance_of_maps(target: Tensor, maps: Sequence[Tensor]) -> SignedRelevance:
    """The rules over all layers, both signs from one backward pass.

    Rows must not depend on one another (a model in eval mode). The graph behind the target is used up.

    Args:
        target: (B,), the number to explain.
        maps: Attention of each layer, (B, H, L, L), the first layer first, as the model returned them.

    Returns:
        Relevance without a graph, float32.

    Raises:
        InputError: A shape does not fit, or the target has no gradient at a map.
    """
    _check(target, maps)
    gradients = torch.autograd.grad(target.sum(), list(maps), allow_unused=True)
    identity = torch.eye(maps[0].shape[3], device=target.device)
    supports, opposes = identity, identity
    for number, (attention, gradient) in enumerate(zip(maps, gradients, strict=True)):
        if gradient is None:
            raise InputError(f"Map {number} is not on the way to the target; give the maps of the same output.")
        attention, gradient = attention.detach().float(), gradient.float()
        supports = rolled(supports, averaged_heads(attention, gradient))
        opposes = rolled(opposes, averaged_heads(attention, gradient, against=True))
    return SignedRelevance(supports - identity, opposes - identity)


def pair_relevance(model: AdsCVLR, inputs: PairInputs, target: Target = None) -> PairRelevance:
    """Explain the grades of pairs; parameters may be frozen, and inputs may come from inference mode.

    Args:
        model: In eval mode.
        inputs: B pairs.
        target: What to explain; the logit of the likeliest grade of each pair by default, as in the paper.

    Raises:
        InputError: The model is in train mode, the inputs do not fit it, or the target is no grade.
    """
    if model.training:
        raise InputError("The model is in train mode, where dropout changes every explanation; call eval() first.")
    with torch.inference_mode(False), torch.enable_grad():
        with torch.no_grad():
            embedded = model.embed(inputs)
        vectors = embedded.vectors.clone().requires_grad_()
        output = model.forward_head(model.encode(embedded._replace(vectors=vectors), maps=True))
        chosen = chosen_target(output.grade_logits.float(), target)
        relevance = relevance_of_maps(chosen, output.attention)
    logits, evidence = output.grade_logits.detach(), output.evidence.detach()
    return PairRelevance(relevance, embedded.tokens, chosen.detach(), logits, evidence)


def chosen_target(grade_logits: Tensor, target: Target) -> Tensor:
    """The number to explain, (B,), from logits (B, 4).

    Raises:
        InputError: A grade is none, or not one for each pair.
    """
    if callable(target):
        return target(grade_logits)
    grades = grade_logits.argmax(dim=1) if target is None else torch.as_tensor(target, device=grade_logits.device)
    if grades.ndim == 0:
        grades = grades.expand(len(grade_logits))
    if grades.shape != grade_logits.shape[:1] or grades.is_floating_point():
        raise InputError(f"target has shape {tuple(grades.shape)} and type {grades.dtype}; give one grade a pair.")
    if not bool(((grades >= 0) & (grades < GRADES)).all()):
        raise InputError(f"target goes from {int(grades.min())} to {int(grades.max())}; give grades from 0 to 3.")
    return grade_logits.gather(1, grades[:, None]).squeeze(1)


def _check(target: Tensor, maps: Sequence[Tensor]) -> None:
    if target.ndim != 1 or not target.requires_grad:
        raise InputError(
            f"target has shape {tuple(target.shape)} and {'a' if target.requires_grad else 'no'} gradient; "
            "give one number a pair, (B,), computed with gradients on."
        )
    if not maps:
        raise InputError("There are no maps; run the model with maps on.")
    length = maps[0].shape[-1]
    for number, attention in enumerate(maps):
        if attention.ndim != 4 or len(attention) != len(target) or attention.shape[2:] != (length, length):
            raise InputError(
                f"Map {number} has shape {tuple(attention.shape)}; give ({len(target)}, H, {length}, {length}), "
                "from a pass with all states."
            )
        if not attention.requires_grad:
            raise InputError(f"Map {number} has no gradient; give it as the model returned it, not detached.")
