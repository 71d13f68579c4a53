"""Training of a funnel network on a log in memory or on disk, on the CPU: a plain loop, as a step takes milliseconds.

The order of an epoch follows from seed and epoch, the masks of a step from seed and step. A run that was stopped after
any step and goes on from its state is therefore the run that was never stopped, bit by bit.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_stream import Batching, FunnelRows, FunnelSource, Position
from adlab.errors import CheckpointError, ConfigError, InputError
from adlab.models.funnel import FunnelNetwork, FunnelOutput, funnel_inputs
from adlab.training.funnel_config import FunnelTraining
from adlab.training.funnel_task import FunnelLosses, FunnelTask, Labels
from adlab.training.memory import keep_freed_memory
from adlab.training.row_groups import row_groups
from adlab.training.sparse_rows import SparseRows

Progress = Callable[[int, int], None]
PREDICTION_ROWS = 8192
_STEP = 2  # stream of chance; those of the order are `adlab.data.funnel_stream`'s


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
        data: The log: rows in memory, or a source that cuts batches of the configured size.
        creatives: Vectors of all ads, (A, V), where the network reads them.
        seed: Of masks, dropout, and the contrastive encoder's initial values; of rows in memory also of their order.

    Attributes:
        data: The source of batches.
        steps: Taken so far.
        position: Behind the last batch that was trained on.

    Raises:
        InputError: The log has no row.
        ConfigError: The source cuts batches of another size.
        TableError: A source on disk has labels that cannot be used.
    """

    def __init__(
        self,
        network: FunnelNetwork,
        config: FunnelTraining,
        data: FunnelBatch | FunnelSource,
        creatives: NDArray[np.float32] | None = None,
        seed: int = 0,
    ) -> None:
        self.config, self.creatives, self.seed = config, creatives, seed
        self.data = in_batches(data, config.batch_size, seed)
        if not self.data.extent.rows:
            raise InputError("The log has no row; give one or more.")
        if self.data.batching.batch_rows != config.batch_size:
            raise ConfigError(
                f"The source cuts batches of {self.data.batching.batch_rows} rows, batch_size is {config.batch_size}; "
                "give both the same."
            )
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
        self._wants_groups = config.contrast is not None and config.contrast.false_negatives == "identical"
        self._mean_weight = np.float32(self.data.extent.weight / self.data.extent.rows)
        self._precision = config.resolved_precision()
        self.steps, self.position = 0, Position(0, 0, 0)
        self._rest: Iterator[tuple[FunnelBatch, Position]] = iter(())
        self._next: tuple[FunnelBatch, Position] | None = None

    @property
    def steps_an_epoch(self) -> int:
        """Steps of one pass over the log; about so many where a source cannot tell before it has read all of it."""
        return self.data.steps

    @property
    def all_steps(self) -> int:
        """Steps of the whole training."""
        return self.steps_an_epoch * self.config.epochs

    def run(
        self,
        *,
        budget_minutes: float | None = None,
        max_steps: int | None = None,
        epochs: int | None = None,
        progress: Progress = lambda done, total: None,
    ) -> FunnelRun:
        """Train until the last epoch is done, or a limit is met.

        Args:
            budget_minutes: No step is begun after this time; the first always is. None for no limit.
            max_steps: Most steps of this call; None for no limit.
            epochs: Most epochs that this call brings to their end; None for all.
            progress: Called after each step with (steps done, all steps).
        """
        keep_freed_memory()
        started, rows, taken = time.monotonic(), 0, 0
        sums = torch.zeros(len(FunnelLosses._fields))
        end = self.config.epochs if epochs is None else min(self.position.epoch + epochs, self.config.epochs)
        self.task.train()
        with torch.random.fork_rng(devices=[]):
            while self.position.epoch < end and (max_steps is None or taken < max_steps):
                late = budget_minutes is not None and time.monotonic() - started > 60 * budget_minutes
                if late and taken:
                    break
                size, losses = self._step()
                sums += torch.stack(losses).detach()
                rows, taken = rows + size, taken + 1
                progress(self.steps, max(self.steps, self.all_steps))
        self.task.eval()
        means = dict(zip(FunnelLosses._fields, (sums / max(taken, 1)).tolist(), strict=True))
        return FunnelRun(rows, time.monotonic() - started, means, self.position.epoch >= self.config.epochs)

    def state_dict(self) -> dict[str, Any]:
        """Everything that a fresh loop of the same arguments needs to go on; tensors, numbers and names only."""
        return {
            "steps": self.steps,
            "position": list(self.position),
            "rows": self.data.extent.rows,
            "task": self.task.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self._optimisers],
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where `state` was taken.

        Raises:
            CheckpointError: It was taken on another log.
        """
        rows = self.data.extent.rows
        if state["rows"] != rows:
            raise CheckpointError(
                f"The state was taken on a log of {state['rows']} rows, this one has {rows}; give the same."
            )
        self.task.load_state_dict(state["task"])
        for optimiser, own in zip(self._optimisers, state["optimisers"], strict=True):
            optimiser.load_state_dict(own)
        self.steps, self.position = state["steps"], Position(*state["position"])
        self._rest, self._next = iter(()), None

    def _step(self) -> tuple[int, FunnelLosses]:
        if self._next is None:
            self._rest = self.data.batches(self.position.epoch, after=self.position)
            self._next = next(self._rest)
        batch, position = self._next
        group = row_groups(batch) if self._wants_groups else np.zeros(batch.rows, dtype=np.int64)
        known = (batch.click, batch.conversion, batch.weight / self._mean_weight, group)
        labels = Labels(*(torch.from_numpy(part) for part in known))
        chance = int(np.random.SeedSequence([self.seed, _STEP, self.steps]).generate_state(1, np.uint64)[0] >> 1)
        # Of dropout, which cannot be given a generator. `torch.manual_seed` also seeds devices that play no part here,
        # and formats the stack for each: a twentieth of a step.
        torch.default_generator.manual_seed(chance)
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
        # Looked for at once, so that the last step of an epoch is known as such.
        self._next = next(self._rest, None)
        self.position = position if self._next is not None else Position(position.epoch + 1, 0, 0)
        return batch.rows, losses


def in_batches(data: FunnelBatch | FunnelSource, batch_size: int, seed: int) -> FunnelSource:
    """Rows in memory as a source; a source as it is."""
    if not isinstance(data, FunnelBatch):
        return data
    return FunnelRows(data, Batching(batch_rows=batch_size, block_rows=batch_size, seed=seed))


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
