"""Training of the two-tower student: squared error to the teacher's soft score (AdsCVLR, §5.6).

After each epoch the dev pairs are scored, and the mean over sources of the rank correlation with the teacher decides
which epoch is best: pairs are ranked within a source, and what the teacher says of them is known without a judge.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset, TensorDataset

from adlab.errors import ConfigError
from adlab.losses.distillation import ScoreDistillationLoss
from adlab.metrics.correlation import sprc
from adlab.models.two_tower import TwoTower
from adlab.training.student_vectors import PairVectors
from adlab.training.warm_up import linear_factor

SCORE = "val_correlation"
_WIDE = 2048  # pairs at once without gradients


@dataclass(frozen=True, kw_only=True)
class StudentTraining:
    """How the student is trained.

    Attributes:
        epochs: Most epochs.
        batch_size: Pairs a step.
        learning_rate: Of the towers' MLPs by AdamW, at its highest.
        start_rate: Of the linear maps beside them; at 1e-4 these forget some of the likeness that they start as.
        weight_decay: Decoupled decay of the MLPs; the maps are not drawn to 0.
        warm_up: Share of the steps over which the rate rises; then it falls to 0.
        hidden_dim: Width of the towers' hidden layers.
        dropout: In them.
        patience: Epochs without a better score before it stops; None never stops early.

    Raises:
        ConfigError: A number is outside its range.
    """

    epochs: int = 6
    batch_size: int = 256
    learning_rate: float = 1e-4
    start_rate: float = 1e-5
    weight_decay: float = 1e-2
    warm_up: float = 0.1
    hidden_dim: int = 256
    dropout: float = 0.2
    patience: int | None = 3

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "hidden_dim", "patience"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
        if not self.learning_rate > 0 or min(self.start_rate, self.weight_decay) < 0 or not 0 <= self.warm_up < 1:
            raise ConfigError(
                f"learning_rate is {self.learning_rate}, start_rate {self.start_rate}, weight_decay "
                f"{self.weight_decay}, warm_up {self.warm_up}; give a number above 0, two of 0 or more, and a share "
                "below 1."
            )


class ScoredPairs(NamedTuple):
    """Pairs with what the teacher says of them.

    Attributes:
        vectors: Of N pairs.
        soft: P(grade ≥ Fair), (N,) float32.
        sources: Of each pair, (N,).
    """

    vectors: PairVectors
    soft: Tensor
    sources: np.ndarray


class Batches(IterableDataset[Tensor]):
    """Every pair once, as row numbers, in an order that seed and epoch decide."""

    def __init__(self, count: int, batch_size: int, seed: int) -> None:
        self.count, self.batch_size, self.seed = count, batch_size, seed

    def __len__(self) -> int:
        return math.ceil(self.count / self.batch_size)

    def __iter__(self) -> Iterator[Tensor]:
        order = torch.randperm(self.count, generator=torch.Generator().manual_seed(self.seed))
        yield from order.split(self.batch_size)


class StudentTask(lightning.LightningModule):
    """Joins the student, its loss and pairs that the teacher has scored.

    Args:
        config: How to train.
        net: Trained in place.
        train: Pairs to train on.
        dev: Pairs that decide which epoch is best.
        seed: Of the order.
    """

    def __init__(
        self, config: StudentTraining, net: TwoTower, train: ScoredPairs, dev: ScoredPairs, *, seed: int = 0
    ) -> None:
        super().__init__()
        self.config, self.net, self.seed = config, net, seed
        self.train_pairs, self.dev_pairs = train, dev
        self.loss = ScoreDistillationLoss()

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's row numbers; they depend on seed and epoch only."""
        seed = self.seed * 1_000_003 + self.current_epoch
        return DataLoader(Batches(len(self.train_pairs.soft), self.config.batch_size, seed), batch_size=None)

    def val_dataloader(self) -> DataLoader[Any]:
        """One batch that stands for all dev pairs."""
        return DataLoader(TensorDataset(torch.zeros(1)))

    def training_step(self, rows: Tensor, _: int) -> Tensor:
        """The loss of a batch."""
        rows = rows.cpu()
        query, ad = self.train_pairs.vectors.of(rows)
        logits = self.net(query.to(self.device), type(ad)(*(part.to(self.device) for part in ad)))
        loss: Tensor = self.loss(logits, self.train_pairs.soft[rows].to(self.device))
        self.log("loss", loss, prog_bar=True, batch_size=len(rows))
        return loss

    def validation_step(self, _: Any, __: int) -> None:
        """Score the dev pairs and hold them against the teacher."""
        logits, soft = student_logits(self.net, self.dev_pairs.vectors), self.dev_pairs.soft
        found = []
        for name in sorted(set(self.dev_pairs.sources.tolist())):
            own = np.flatnonzero(self.dev_pairs.sources == name)
            x, y = logits[own], soft.numpy()[own]
            if np.ptp(x) > 0 and np.ptp(y) > 0:
                found.append(sprc(x, y))
                self.log(f"{SCORE}_{name}", found[-1], batch_size=1)
        self.log("val_loss", F.mse_loss(torch.from_numpy(logits).sigmoid(), soft.double()).item(), batch_size=1)
        self.log(SCORE, float(np.mean(found)) if found else -1.0, prog_bar=True, batch_size=1)

    def configure_optimizers(self) -> Any:
        """AdamW with warm-up and linear decay."""
        config = self.config
        steps = config.epochs * len(Batches(len(self.train_pairs.soft), config.batch_size, 0))
        maps = list(self.net.maps())
        others = [each for each in self.net.parameters() if all(each is not own for own in maps)]
        groups: list[dict[str, Any]] = [{"params": others}]
        if maps:
            groups.append({"params": maps, "lr": config.start_rate, "weight_decay": 0.0})
        optimiser = torch.optim.AdamW(groups, lr=config.learning_rate, weight_decay=config.weight_decay)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: linear_factor(step, steps, config.warm_up))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def student_logits(net: TwoTower, vectors: PairVectors) -> np.ndarray:
    """Logits of pairs, (N,) float64, on the network's device, which is left in the mode it had."""
    device, training = net.bias.device, net.training
    net.eval()
    parts = []
    with torch.inference_mode():
        for rows in torch.arange(len(vectors)).split(_WIDE):
            query, ad = vectors.of(rows)
            parts.append(net(query.to(device), type(ad)(*(part.to(device) for part in ad))).double().cpu())
    net.train(training)
    return torch.cat(parts).numpy() if parts else np.zeros(0)
