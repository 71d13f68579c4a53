"""Training of a funnel network on a log in memory, on the CPU: a plain loop, because a step takes milliseconds.

The order of an epoch follows from seed and epoch, the masks of a step from seed, epoch and step. A run that was stopped
after any step and goes on from its state is therefore the run that was never stopped, bit by bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from adlab.data.funnel_batch import FunnelBatch
from adlab.errors import CheckpointError, InputError
from adlab.models.funnel import FunnelNetwork, FunnelOutput, funnel_inputs
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_task import FunnelLosses, FunnelTask, Labels
from adlab.training.memory import keep_freed_memory
from adlab.training.row_groups import row_groups
from adlab.training.sparse_rows import SparseRows

Progress = Callable[[int, int], None]
PREDICTION_ROWS = 8192
_ORDER, _STEP = 1, 2  # streams of chance


@dataclass(frozen=True)
class FunnelRun:
    """What a call of `run` did.

    Attributes:
        rows: Rows trained on.
        seconds: Wall-clock time.
        losses: Mean over its steps of total, ctr, conversion and contrast.
        finished: Whether the last epoch is done.
    """

    rows: int
    seconds: float
    losses: dict[str, float]
    finished: bool


class FunnelLoop:
    """A training that can be stopped after any step.

    Args:
        network: Trained in place.
        config: How.
        data: The log.
        creatives: Vectors of all ads, (A, V), where the network reads them.
        seed: Of order, masks, dropout, and the contrastive encoder's initial values.

    Raises:
        InputError: The log has no row.
    """

    def __init__(
        self,
        network: FunnelNetwork,
        config: FunnelTraining,
        data: FunnelBatch,
        creatives: NDArray[np.float32] | None = None,
        seed: int = 0,
    ) -> None:
        if not data.rows:
            raise InputError("The log has no row; give one or more.")
        self.config, self.data, self.creatives, self.seed = config, data, creatives, seed
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.task = FunnelTask(network, config.contrast)
        tables = network.tables()
        held = {id(table) for table in tables}
        dense = [p for p in self.task.parameters() if id(p) not in held]
        rate, start = config.learning_rate, config.accumulator
        self._optimisers: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.Adam(dense, lr=rate, fused=True)
            if config.optimiser == "adam"
            else torch.optim.Adagrad(dense, lr=rate, initial_accumulator_value=start, fused=True),
            SparseRows(tables, config.optimiser, rate, initial=start),
        )
        wants_groups = config.contrast is not None and config.contrast.false_negatives == "identical"
        self._groups = row_groups(data) if wants_groups else np.zeros(data.rows, dtype=np.int64)
        self._weights = data.weight / np.float32(data.weight.mean())
        self._precision = config.resolved_precision()
        self._order: tuple[int, NDArray[np.int64]] | None = None
        self.steps = 0

    @property
    def steps_an_epoch(self) -> int:
        """Steps of one pass over the log; the last may be shorter."""
        return -(-self.data.rows // self.config.batch_size)

    @property
    def all_steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_an_epoch * self.config.epochs

    def run(
        self,
        *,
        budget_minutes: float | None = None,
        max_steps: int | None = None,
        progress: Progress = lambda done, total: None,
    ) -> FunnelRun:
        """Train until the last epoch is done, or a limit is met.

        Args:
            budget_minutes: No step is begun after this time; the first always is. None for no limit.
            max_steps: Most steps of this call; None for no limit.
            progress: Called after each step with (steps done, all steps).
        """
        keep_freed_memory()
        started, rows, taken = time.monotonic(), 0, 0
        sums = torch.zeros(len(FunnelLosses._fields))
        self.task.train()
        with torch.random.fork_rng(devices=[]):
            while self.steps < self.all_steps and (max_steps is None or taken < max_steps):
                late = budget_minutes is not None and time.monotonic() - started > 60 * budget_minutes
                if late and taken:
                    break
                size, losses = self._step()
                sums += torch.stack(losses).detach()
                rows, taken = rows + size, taken + 1
                progress(self.steps, self.all_steps)
        self.task.eval()
        means = dict(zip(FunnelLosses._fields, (sums / max(taken, 1)).tolist(), strict=True))
        return FunnelRun(rows, time.monotonic() - started, means, self.steps >= self.all_steps)

    def state_dict(self) -> dict[str, Any]:
        """Everything that a fresh loop of the same arguments needs to go on; tensors, numbers and names only."""
        optimisers = [optimiser.state_dict() for optimiser in self._optimisers]
        return {"steps": self.steps, "rows": self.data.rows, "task": self.task.state_dict(), "optimisers": optimisers}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            CheckpointError: It was taken on another log.
        """
        if state["rows"] != self.data.rows:
            raise CheckpointError(
                f"The state was taken on a log of {state['rows']} rows, this one has {self.data.rows}; give the same."
            )
        self.task.load_state_dict(state["task"])
        for optimiser, own in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(own)
        self.steps = state["steps"]

    def _step(self) -> tuple[int, FunnelLosses]:
        epoch, place = divmod(self.steps, self.steps_an_epoch)
        size = self.config.batch_size
        rows = self._epoch_order(epoch)[place * size : (place + 1) * size]
        batch = self.data.take(rows)
        known = (batch.click, batch.conversion, self._weights[rows], self._groups[rows])
        labels = Labels(*(torch.from_numpy(part) for part in known))
        chance = int(np.random.SeedSequence([self.seed, _STEP, self.steps]).generate_state(1, np.uint64)[0] >> 1)
        torch.manual_seed(chance)  # of dropout, which cannot be given a generator
        for optimiser in self._optimisers:
            optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._precision == torch.bfloat16):
            losses: FunnelLosses = self.task(
                funnel_inputs(batch, self.creatives), labels, torch.Generator().manual_seed(chance)
            )
        losses.total.backward()
        for optimiser in self._optimisers:
            optimiser.step()
        self.steps += 1
        return len(rows), losses

    def _epoch_order(self, epoch: int) -> NDArray[np.int64]:
        if self._order is None or self._order[0] != epoch:
            self._order = epoch, np.random.default_rng([self.seed, _ORDER, epoch]).permutation(self.data.rows)
        return self._order[1]


@torch.inference_mode()
def predict_funnel(
    network: FunnelNetwork, data: FunnelBatch, creatives: NDArray[np.float32] | None = None
) -> FunnelOutput:
    """Log-odds of all rows, float32, (N,) each; the network is left as it was.

    Args:
        network: Used as it is: put it into eval mode first.
        data: The rows.
        creatives: As in `FunnelLoop`.
    """
    starts = range(0, data.rows, PREDICTION_ROWS)
    parts = [network(funnel_inputs(data.slice(s, s + PREDICTION_ROWS), creatives)) for s in starts]
    return FunnelOutput(*(torch.cat(column) for column in zip(*parts, strict=True)))
