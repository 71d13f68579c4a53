"""AdsCVLR's optimiser: Adam with a linear warm-up and a linear decay to 0 (AdsCVLR, §III)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from adlab.errors import ConfigError


def linear_factor(step: int, steps: int, warm_up: float) -> float:
    """Share of the full learning rate at a step, 0–1.

    Args:
        step: From 0.
        steps: All steps, 1 or more; behind the last the share is 0.
        warm_up: Share of the steps over which it rises, 0 ≤ warm_up < 1.
    """
    rising = warm_up * steps
    if step + 1 <= rising:
        return (step + 1) / rising
    return max(0.0, (steps - step) / max(steps - rising, 1.0)) if step < steps else 0.0


def adam_with_warm_up(
    parameters: Iterable[nn.Parameter], learning_rate: float, steps: int, warm_up: float
) -> dict[str, Any]:
    """Optimiser and schedule, step by step, as Lightning takes them.

    Args:
        parameters: Frozen ones are left out.
        learning_rate: The highest, above 0.
        steps: Of the whole training.
        warm_up: As in `linear_factor`.

    Raises:
        ConfigError: A number is outside its range.
    """
    if not learning_rate > 0 or not 0 <= warm_up < 1 or steps < 1:
        raise ConfigError(
            f"learning_rate is {learning_rate}, warm_up {warm_up}, steps {steps}; give a rate above 0, a share of 0 "
            "or more and below 1, and 1 step or more."
        )
    own = [parameter for parameter in parameters if parameter.requires_grad]
    optimiser = torch.optim.Adam(own, lr=learning_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: linear_factor(step, steps, warm_up))
    return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}
