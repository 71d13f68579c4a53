"""Grad-CAM (Selvaraju et al. 2017) on maps that a model returned, all of them from one backward pass.

    weight_c  = mean over cells of ∂target / ∂map_c         Eq. 1
    cam       = Σ_c weight_c · map_c                        Eq. 2, before its ReLU

What we changed:
- The paper keeps what raises the target and drops the rest. Here both are kept, apart: to a marketer, what holds an ad
  back is half of the answer.
- The maps come from the model's output. Nothing is attached to the model and nothing is left on it: no hook, no
  gradient on a parameter, no mode.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from adlab.errors import InputError


class SignedMap(NamedTuple):
    """What a Grad-CAM says, by sign; in units of the target, where one of both is 0 in every cell.

    Attributes:
        raises: (B, H, W), 0 or more: how far a cell raises the target.
        lowers: (B, H, W), 0 or more: how far it lowers it.
    """

    raises: Tensor
    lowers: Tensor

    @property
    def signed(self) -> Tensor:
        """Both in one, (B, H, W): what raises is positive."""
        return self.raises - self.lowers


def grad_cam(target: Tensor, maps: Sequence[Tensor]) -> list[SignedMap]:
    """Explain one number a picture on several maps at once.

    Rows must not depend on one another (a model in eval mode). The graph behind the target is used up.

    Args:
        target: (B,), the number to explain, such as a logit or a mean rating. "Raises" means: makes it larger.
        maps: What the model computed the target from, (B, C, H, W) each, taken from its output as they are.

    Returns:
        One signed map for each map, without a graph.

    Raises:
        InputError: A shape does not fit, or the target has no gradient at a map.
    """
    _check(target, maps)
    if not maps:
        return []
    gradients = torch.autograd.grad(target.sum(), list(maps), allow_unused=True)
    cams = []
    for number, (gradient, feature_map) in enumerate(zip(gradients, maps, strict=True)):
        if gradient is None:
            raise InputError(
                f"Map {number} is not on the way to the target; give maps out of the output that the target is from."
            )
        weights = gradient.float().mean(dim=(2, 3))  # (B, C)
        cam = torch.einsum("bc,bchw->bhw", weights, feature_map.detach().float())
        cams.append(SignedMap(cam.clamp_min(0), (-cam).clamp_min(0)))
    return cams


def _check(target: Tensor, maps: Sequence[Tensor]) -> None:
    if target.ndim != 1:
        raise InputError(f"target has shape {tuple(target.shape)}; give one number a picture, (B,).")
    if not target.requires_grad:
        raise InputError("target has no gradient; run the model with gradients on and with pixels that require one.")
    for number, feature_map in enumerate(maps):
        if feature_map.ndim != 4 or len(feature_map) != len(target) or not feature_map.numel():
            raise InputError(
                f"Map {number} has shape {tuple(feature_map.shape)}; give ({len(target)}, C, H, W), none of them 0."
            )
        if not feature_map.requires_grad:
            raise InputError(f"Map {number} has no gradient; give it as the model returned it, not detached.")
