"""Trains one variant and keeps what it predicts; and decides which trainings still fit into the time."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from adlab.data.funnel_batch import FunnelBatch
from adlab.evaluation.cl4cvr_variants import Variant
from adlab.evaluation.cl4cvr_world import DEV, NEW, TEST, FunnelWorld
from adlab.evaluation.kept import Arrays, KeptParts
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_loop import FunnelLoop, predict_funnel

MEASURED = (DEV, TEST, NEW)


class TimedParts:
    """Trainings that are kept, and begun only as far as the time allows.

    Args:
        kept: Where they are kept.
        budget_minutes: Time of this call; None for no limit.
    """

    def __init__(self, kept: KeptParts, budget_minutes: float | None) -> None:
        self.kept, self.missing = kept, list[str]()
        self._limit = None if budget_minutes is None else 60 * budget_minutes
        self._started, self._slowest = time.monotonic(), 0.0

    def get(self, name: str, rows: int, compute: Callable[[], Arrays]) -> Arrays | None:
        """A training, or None where it would not end in time; it is then named in `missing`.

        Args:
            name: Its name.
            rows: Rows it trains on, over all epochs: the time is judged by the slowest row so far.
            compute: Trains; gives "seconds" beside what it finds.
        """
        used = time.monotonic() - self._started
        if self._limit is not None and used + self._slowest * rows > self._limit and not self.kept.has(name):
            self.missing.append(name)
            return None
        part = self.kept.get(name, compute)
        self._slowest = max(self._slowest, float(part["seconds"]) / max(rows, 1))
        return part


def funnel_shape(world: FunnelWorld, variant: Variant) -> ESMMConfig:
    """The network of a variant: the paper's towers and widths."""
    sees = variant.creatives and world.creatives is not None
    return ESMMConfig(
        fields=world.schema.sizes,
        dense=len(world.schema.dense_names),
        creative_dim=world.creatives.shape[1] if sees and world.creatives is not None else 0,
        detach_ctr=variant.detach_ctr,
    )


def train_variant(
    variant: Variant, world: FunnelWorld, train: FunnelBatch, tuned: tuple[float, float], seed: int
) -> Arrays:
    """Train as the variant asks, and predict the rows that are measured.

    Args:
        variant: What to train.
        world: The log.
        train: Rows to train on.
        tuned: τ and α for a variant that has none of its own.
        seed: Of initial values, order and masks: variants of one seed share them.

    Returns:
        Log-odds of each measured part, (3, N) by its name; "seconds" and "cpu_seconds" of the training;
        "contrast_loss", its mean over the steps.
    """
    since = seconds_since()
    loop = loop_of(variant, world, train, tuned, seed)
    run = loop.run()
    taken, network = since(), loop.task.network
    found: Arrays = {name: scores_of(network, world.parts[name].batch, loop.creatives) for name in MEASURED}
    return found | taken | {"contrast_loss": np.array(run.losses["contrast"])}


def loop_of(
    variant: Variant, world: FunnelWorld, train: FunnelBatch, tuned: tuple[float, float], seed: int
) -> FunnelLoop:
    """The training that a variant asks for; arguments as in `train_variant`."""
    torch.manual_seed(seed)
    shape = funnel_shape(world, variant)
    creatives = world.creatives if shape.creative_dim else None
    return FunnelLoop(build_funnel(shape), variant.trained_as(*tuned), train, creatives, seed)


def seconds_since() -> Callable[[], Arrays]:
    """A clock; a call gives "seconds" and "cpu_seconds" of this process since it was made."""
    wall, cpu = time.monotonic(), time.process_time()
    return lambda: {
        "seconds": np.array(time.monotonic() - wall),
        "cpu_seconds": np.array(time.process_time() - cpu),
    }


def scores_of(
    network: FunnelNetwork, rows: FunnelBatch, creatives: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Log-odds of a click, of a conversion once there is one, and of both, (3, N)."""
    network.eval()
    output = predict_funnel(network, rows, creatives)
    return np.stack([part.float().numpy() for part in output])
