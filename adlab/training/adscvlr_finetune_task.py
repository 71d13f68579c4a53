"""Fine-tuning of AdsCVLR: relevance grades in three input modes, and their contrast (AdsCVLR, §4.2, Eq. 6–7).

Sources differ in size by ten: each has a stated share of an epoch. After each epoch the dev pairs are read, each with
all it has, and the mean over sources of the rank correlation with the judges decides which epoch is best.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from adlab.data.relevance import OWN_PAIRS as OWN
from adlab.errors import ConfigError, InputError
from adlab.losses.adscvlr_finetuning import CONTRAST_WEIGHT, AdsCVLRFinetuningLoss, FinetuningOutput, ModeProjections
from adlab.models.adscvlr import AdsCVLR
from adlab.models.pair_inputs import InputMode
from adlab.training.adscvlr_finetune_data import GradedBatch, GradedBatches, GradedSet, drawn_rows
from adlab.training.adscvlr_readings import scores_by_source
from adlab.training.warm_up import adam_with_warm_up

SHARES = {
    "crowdflower": 0.03,
    "homedepot": 0.42,
    "flickr8k-experts": 0.05,
    "flickr8k-crowd": 0.05,
    "fashion": 0.35,
    "simulated": 0.1,
    OWN: 0.5,  # one's own table: a third of an epoch beside all the others
}
SCORE = "val_score"


def with_own_share(share: float, names: Collection[str]) -> dict[str, float]:
    """`SHARES` in which one's own table has a stated share of an epoch.

    Args:
        share: Above 0, below 1.
        names: The public data sets beside it; without any, all of an epoch is the table's.

    Raises:
        ConfigError: The share is outside its range.
    """
    if not 0 < share < 1:
        raise ConfigError(f"The share of the own table is {share}; give a number above 0, below 1.")
    beside = sum(value for source, value in SHARES.items() if source.split("-")[0] in names)
    return {**SHARES, OWN: (beside or 1.0) * share / (1 - share)}


@dataclass(frozen=True, kw_only=True)
class FinetuneTraining:
    """How AdsCVLR is fine-tuned.

    Attributes:
        epochs: Most epochs.
        pairs: Pairs of an epoch, all sources together.
        shares: Of each source in an epoch, above 0; those of absent sources go to the others.
        batch_size: Pairs a step; the paper's 64.
        learning_rate: Of Adam, at its highest; the paper's is unpublished.
        warm_up: Share of the steps over which it rises; then it falls to 0.
        three_modes: Share of the pairs with picture and copy that are read in all three modes, 0–1.
        contrast_weight: α2; 0 for no contrast of the modes.
        patience: Epochs without a better score before it stops; None never stops early.

    Raises:
        ConfigError: A number is outside its range.
    """

    epochs: int = 6
    pairs: int = 40_000
    shares: Mapping[str, float] = field(default_factory=lambda: dict(SHARES))
    batch_size: int = 64
    learning_rate: float = 5e-5
    warm_up: float = 0.1
    three_modes: float = 0.5
    contrast_weight: float = CONTRAST_WEIGHT
    patience: int | None = None

    def __post_init__(self) -> None:
        for name in ("epochs", "pairs", "batch_size", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
        if not self.learning_rate > 0:
            raise ConfigError(f"learning_rate is {self.learning_rate}; give a number above 0.")
        if not 0 <= self.warm_up < 1 or not 0 <= self.three_modes <= 1:
            raise ConfigError(
                f"warm_up is {self.warm_up}, three_modes {self.three_modes}; give a share below 1, and one up to 1."
            )


class AdsCVLRFinetuneTask(lightning.LightningModule):
    """Joins network, loss and graded pairs.

    Args:
        config: How to train.
        net: Trained in place; its region scale is fitted.
        train: Pairs to train on.
        dev: Pairs that decide which epoch is best.
        seed: Of the order.

    Raises:
        ConfigError: A source has no share.
        InputError: No source of the dev pairs has two different grades.
    """

    def __init__(
        self, config: FinetuneTraining, net: AdsCVLR, train: GradedSet, dev: GradedSet, *, seed: int = 0
    ) -> None:
        super().__init__()
        self.config, self.net, self.train_pairs, self.dev_pairs, self.seed = config, net, train, dev, seed
        self.loss = AdsCVLRFinetuningLoss(contrast_weight=config.contrast_weight)
        self._steps = config.epochs * math.ceil(len(self._rows(0)) / config.batch_size)
        fine = dev.data.mean_grades
        if not any(np.ptp(fine[dev.sources == name]) > 0 for name in set(dev.sources.tolist())):
            raise InputError("The dev pairs of every source have one grade; give pairs of several to choose epochs by.")
        self._read: list[tuple[Tensor, Tensor]] = []

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's batches; they depend on seed and epoch only."""
        epoch = self.current_epoch
        batches = GradedBatches(
            self.train_pairs,
            self._rows(epoch),
            self.config.batch_size,
            three_modes=self.config.three_modes,
            seed=self.seed,
            epoch=epoch,
        )
        return DataLoader(batches, batch_size=None)

    def val_dataloader(self) -> DataLoader[Any]:
        """The dev pairs, each with all it has."""
        rows = np.arange(len(self.dev_pairs))
        return DataLoader(GradedBatches(self.dev_pairs, rows, self.config.batch_size), batch_size=None)

    def training_step(self, batch: GradedBatch, _: int) -> Tensor:
        """The loss of a batch."""
        found = self.objective(batch)
        self.log("loss", found.total, prog_bar=True, batch_size=len(batch.grades))
        self.log("contrast", found.contrast, prog_bar=True, batch_size=len(batch.grades))
        return found.total

    def objective(self, batch: GradedBatch) -> FinetuningOutput:
        """Grades in all modes, and their contrast (AdsCVLR, Eq. 6 and 7)."""
        outputs = [self.net(part, states=False) for part in batch.parts if part is not None]
        logits, rows, modes = [output.grade_logits for output in outputs], [torch.arange(len(batch.grades))], None
        whole = batch.parts[0]
        if whole is not None and len(batch.thrice):
            some = whole.rows(batch.thrice)
            image = self.net(some.in_mode(InputMode.IMAGE_ONLY), states=False)
            text = self.net(some.in_mode(InputMode.TEXT_ONLY), states=False)
            logits += [image.grade_logits, text.grade_logits]
            rows += [batch.thrice, batch.thrice]
            if self.config.contrast_weight > 0:
                together = outputs[0].projected[batch.thrice]
                modes = ModeProjections(together, image.projected, text.projected, batch.thrice)
        read = torch.cat([part.to(self.device) for part in rows])
        found: FinetuningOutput = self.loss(
            torch.cat(logits), batch.grades[read], batch.queries[read], batch.confidences[read], modes
        )
        return found

    def validation_step(self, batch: GradedBatch, _: int) -> None:
        """Read dev pairs."""
        evidence = [self.net(part, states=False).evidence.float() for part in batch.parts if part is not None]
        with torch.autocast(evidence[0].device.type, enabled=False):  # half a byte of digits would tie many scores
            logits = self.net.grade(torch.cat(evidence))
        self._read.append((batch.numbers.cpu(), logits.double().cpu()))

    def on_validation_epoch_end(self) -> None:
        """Measure what was read."""
        numbers, logits = (torch.cat(parts).numpy() for parts in zip(*self._read, strict=True))
        self._read.clear()
        found = scores_by_source(self.dev_pairs, numbers, logits)
        for source, measures in found.items():
            for name, value in measures.items():
                self.log(f"val_{name}_{source}", value)
        correlations = [measures["correlation"] for measures in found.values() if "correlation" in measures]
        self.log(SCORE, float(np.mean(correlations)) if correlations else -1.0, prog_bar=True)

    def configure_optimizers(self) -> Any:
        """Adam with warm-up on the network and the contrast's temperature."""
        return adam_with_warm_up(self.parameters(), self.config.learning_rate, self._steps, self.config.warm_up)

    def _rows(self, epoch: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, epoch])
        return drawn_rows(self.train_pairs.sources, self.config.shares, self.config.pairs, rng)
