"""Trains one funnel network until further ads are predicted no better; a trained one is kept on disk."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from adlab.checkpoints.store import as_stored
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_stream import FunnelSource
from adlab.errors import ConfigError
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork
from adlab.models.funnel_networks import build_funnel
from adlab.training.funnel_ads import Counts
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_loop import FunnelLoop, Progress, predict_funnel

_MINUTES = "minutes"


@dataclass(frozen=True, kw_only=True)
class Stopping:
    """When a training ends.

    Attributes:
        rows: Of further ads, without labels.
        counts: What came of them.
        patience: Epochs without a lower loss after which it ends, 1 or more.

    Raises:
        ConfigError: The patience is below 1.
    """

    rows: FunnelBatch
    counts: Counts
    patience: int = 2

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ConfigError(f"patience is {self.patience}; give 1 or more.")

    def loss(self, network: FunnelNetwork, creatives: NDArray[np.float32] | None) -> float:
        """Mean over impressions of the loss of clicks and of clicks that convert."""
        network.eval()
        output = predict_funnel(network, self.rows, creatives)
        ctr, ctcvr = output.ctr.double().numpy(), output.ctcvr.double().numpy()
        shown, clicks, conversions = self.counts
        total = 0.0
        for logits, hits in ((ctr, clicks), (ctcvr, conversions)):
            total += float((shown * np.logaddexp(0, logits) - hits * logits).sum())
        return total / float(shown.sum())


@dataclass(frozen=True)
class Fitted:
    """A trained network.

    Attributes:
        network: As it is stored, in eval mode.
        minutes: That its training took.
    """

    network: FunnelNetwork
    minutes: float


def fit_funnel(
    shape: ESMMConfig,
    training: FunnelTraining,
    rows: FunnelBatch | FunnelSource,
    creatives: NDArray[np.float32] | None,
    stopping: Stopping,
    *,
    seed: int,
    keep: Path | None = None,
    budget_minutes: float | None = None,
    progress: Progress = lambda done, total: None,
) -> Fitted:
    """Train, and keep the epoch that predicts further ads best.

    Args:
        shape: Of the network.
        training: How, `epochs` at most.
        rows: To train on, in memory or as a source of batches.
        creatives: Vectors of all ads, where the network reads them.
        stopping: Decides on the epoch.
        seed: Of initial values, order and masks.
        keep: File of the trained network; where it is there nothing is trained.
        budget_minutes: No epoch is begun after this time.
        progress: Called with (steps done, most steps).
    """
    started = time.monotonic()
    torch.manual_seed(seed)
    network = build_funnel(shape)
    if keep is not None and keep.is_file():
        state = load_file(keep)
        minutes = float(state.pop(_MINUTES))
        network.load_state_dict(state)
        return Fitted(network.eval().requires_grad_(False), minutes)
    loop = FunnelLoop(network, training, rows, creatives, seed)
    best, lowest, waited = as_stored(network.state_dict()), float("inf"), 0
    for _ in range(training.epochs):
        loop.run(epochs=1, budget_minutes=budget_minutes, progress=progress)
        loss = stopping.loss(network, creatives)
        if loss < lowest:
            best, lowest, waited = as_stored(network.state_dict()), loss, 0
        else:
            waited += 1
        late = budget_minutes is not None and time.monotonic() - started > 60 * budget_minutes
        if waited >= stopping.patience or late:
            break
    network.load_state_dict(best)  # measured is what ships, rounding included
    minutes = (time.monotonic() - started) / 60
    if keep is not None:
        keep.parent.mkdir(parents=True, exist_ok=True)
        draft = keep.with_name(f".{keep.name}")
        save_file({**best, _MINUTES: torch.tensor(minutes)}, draft)
        draft.replace(keep)
    return Fitted(network.eval().requires_grad_(False), minutes)
