"""Trains the networks of a funnel checkpoint, and those that it is compared with; what is trained is kept."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from adlab.checkpoints.ctr import Platt
from adlab.checkpoints.funnel import STEPS, WHOLE, ChainCalibration
from adlab.data.feature_schema import FeatureSchema
from adlab.data.funnel_batch import FunnelBatch
from adlab.data.funnel_stream import Batching, FunnelSource
from adlab.errors import ConfigError
from adlab.features.stored import Progress
from adlab.models.esmm_config import ESMMConfig
from adlab.paths import cache_dir, models_dir
from adlab.training.funnel_ads import AdLog
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_fit import Fitted, Stopping, fit_funnel
from adlab.training.funnel_measures import Card
from adlab.training.funnel_on_disk import StreamedAds
from adlab.training.funnel_stated import Speaker, stated_rows
from adlab.training.run import run_name

NAME, OWN, REFERENCE = "funnel-cl4cvr", "funnel-own", "reference-simulated"
# The temperature of CL4CVR's public code: at 0.1 the contrast lowers the CVR AUC on simulated logs (docs/reproduction).
TRAINING = FunnelTraining(epochs=8, contrast=Contrast(temperature=12.0), precision="float32")
CL4CVR, ESMM, REGRESSION, FIELDS = "cl4cvr", "esmm", "regression", "fields"
RIVALS = 3  # beside the members
LEAST_STEPS, LEAST_BATCH = 64, 64  # of an epoch and of a step: with a few steps a small log would teach nothing
UNCALIBRATED = ChainCalibration(
    ctr=Platt(slope=1.0, intercept=0.0), cvr=Platt(slope=1.0, intercept=0.0), half_widths=dict.fromkeys(STEPS, 0.0)
)


@dataclass(frozen=True, kw_only=True)
class FunnelTrain:
    """One training of the product's funnel.

    Attributes:
        out: Checkpoint folder to write.
        reference: Reference set of simulated ads beside it, into which quantiles of the scores are written; empty for
            none.
        training: How each network is trained; `contrast` is the task that is tried, None to leave it out.
        tower_dims: Hidden widths of the towers; half the paper's, for ten thousands of rows instead of millions.
        dropout: Of the towers.
        members: Networks in the ensemble, 1 or more, each with its own beginning and order.
        seed: Of everything drawn while training.
        budget_minutes: Time for all networks together, None for no limit; drawing comes on top.
        run: Folder that keeps trained networks; in the cache if not given.

    Raises:
        ConfigError: There is no member.
    """

    out: Path = field(default_factory=lambda: models_dir() / NAME)
    reference: str = REFERENCE
    training: FunnelTraining = TRAINING
    tower_dims: tuple[int, ...] = (256, 128, 64)
    dropout: float = 0.1
    members: int = 5
    seed: int = 0
    budget_minutes: float | None = None
    run: Path | None = None

    def __post_init__(self) -> None:
        if self.members < 1:
            raise ConfigError(f"members is {self.members}; give 1 or more.")


class TrainedFunnels(NamedTuple):
    """The ensemble's networks and those that it is compared with, each alone.

    Attributes:
        members: What ships.
        rivals: By name.
        minutes: Of all trainings.
    """

    members: list[Fitted]
    rivals: dict[str, Fitted]
    minutes: float


class FunnelTrainer:
    """Trains all networks of a run; what is trained is kept."""

    def __init__(self, run: FunnelTrain, log: AdLog, schema: FeatureSchema, progress: Progress) -> None:
        self.run, self.log, self.schema, self._progress = run, log, schema, progress
        own = (run.training, run.tower_dims, run.dropout, log.digest, run.seed)
        self._folder = run.run or cache_dir() / "runs" / run_name(run.out.name, *own)
        self.spent = 0.0

    def shape(
        self, *, creative: bool = True, sharing: str = "esmm", towers: tuple[int, ...] | None = None
    ) -> ESMMConfig:
        """The networks' shape, or a rival's."""
        vectors = self.log.vectors
        return ESMMConfig(
            fields=self.schema.sizes,
            bags=tuple(self.schema.bag_sizes.items()),
            dense=len(self.schema.dense_names),
            creative_dim=0 if vectors is None or not creative else vectors.shape[1],
            sharing=sharing,
            tower_dims=self.run.tower_dims if towers is None else towers,
            dropout=self.run.dropout,
        )

    def all(self, card: Card) -> tuple[TrainedFunnels, Contrast | None, str]:
        """Train everything; gives the contrastive task that ships, and why."""
        task, plain = self.run.training, replace(self.run.training, contrast=None)
        rivals = {ESMM: self._fit(ESMM, plain, self.shape())}
        contrast, decision, first = None, "not asked for", rivals[ESMM]
        if task.contrast is not None:
            own = self._fit(f"{CL4CVR}-0", task, self.shape())
            contrast, decision = self._decide(card, own, rivals[ESMM], task.contrast)
            first = own if contrast is not None else first
            rivals |= {CL4CVR: own}
        chosen = replace(task, contrast=contrast)
        name = CL4CVR if contrast is not None else ESMM
        others = [self._fit(f"{name}-{member}", chosen, self.shape(), member) for member in range(1, self.run.members)]
        rivals[REGRESSION] = self._fit(REGRESSION, plain, self.shape(sharing="single-task", towers=()))
        if self.log.vectors is not None:
            rivals[FIELDS] = self._fit(FIELDS, chosen, self.shape(creative=False))
        members = [first, *others]
        unique = {id(fitted): fitted.minutes for fitted in [*members, *rivals.values()]}
        return TrainedFunnels(members, rivals, sum(unique.values())), contrast, decision

    def _fit(self, name: str, training: FunnelTraining, shape: ESMMConfig, member: int = 0) -> Fitted:
        creative, seed = bool(shape.creative_dim), self.run.seed * 1000 + member
        creatives = self.log.creatives if creative else None
        stop = self.log.rows_of(self.log.parts.stop)
        speaker = Speaker([], self.log, self.schema, creative)
        rows = speaker.batch(self.log.table.take(stop), self.log.ad[stop], WHOLE)
        started = time.monotonic()
        steps, training_rows = self._rows(training, creative, seed)
        fitted = fit_funnel(
            shape,
            steps,
            training_rows,
            creatives,
            Stopping(rows=rows, counts=self.log.counts.take(stop)),
            seed=seed,
            keep=self._folder / f"{name}.safetensors",
            budget_minutes=None
            if self.run.budget_minutes is None
            else self.run.budget_minutes / (self.run.members + RIVALS),
            progress=self._progress,
        )
        self.spent += (time.monotonic() - started) / 60
        return fitted

    def _rows(
        self, training: FunnelTraining, creative: bool, seed: int
    ) -> tuple[FunnelTraining, FunnelBatch | FunnelSource]:
        """The rows to train on, and the training in steps that suit their number."""
        large = self.log.large
        if large is None:
            batch = self.log.training(self.schema, creative=creative, seed=seed)
            return in_small_steps(training, batch.rows), batch
        steps = in_small_steps(training, large.train_rows)
        batching = Batching(batch_rows=steps.batch_size, seed=seed)
        return steps, StreamedAds(self.log, large, self.schema, batching, creative=creative, seed=seed)

    def _decide(self, card: Card, own: Fitted, alone: Fitted, contrast: Contrast) -> tuple[Contrast | None, str]:
        """Keep the contrastive task unless it harms, told by ads that train nothing."""
        calibration = UNCALIBRATED
        with_task, without = (
            stated_rows(Speaker([fitted.network], self.log, self.schema), self.log.parts.stop, calibration, WHOLE)
            for fitted in (own, alone)
        )
        gain = card.gain(
            "pcvr",
            "gain by the contrastive task, ads that decide on it",
            with_task,
            without,
            "one network with it against one without; it is left out where the interval lies below 0",
        )
        if gain.high is not None and gain.high < 0:
            return None, "no: it lowered the CVR AUC of the ads that decide"
        return contrast, "yes: it did not lower the CVR AUC of the ads that decide"


def in_small_steps(training: FunnelTraining, rows: int) -> FunnelTraining:
    """The training with batches small enough for an epoch of `LEAST_STEPS` steps, but of no less than `LEAST_BATCH`."""
    return replace(training, batch_size=min(training.batch_size, max(rows // LEAST_STEPS, LEAST_BATCH)))
