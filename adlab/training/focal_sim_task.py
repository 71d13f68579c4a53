"""FOCAL Ad that hears of conversions while it embeds.

FOCAL Ad, §4.6 fits its regression on finished embeddings, which were trained without labels: what sells an ad but does
not help to tell pictures apart, a button or a busy background, is then lost before the regression sees it. Here the
regression is trained along with the embeddings, its loss added to the objective of §3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from adlab.losses.binomial import BinomialLoss
from adlab.models.focal import FocalOutput
from adlab.models.focal_conversion import ConversionConfig, ConversionRegression
from adlab.training.conversion import Counts
from adlab.training.focal import FocalTask, FocalTraining, PairFeatures

HEAD_RATE = 10.0  # of the embeddings' learning rate: the regression starts at zero and is convex


class FocalConversionTask(FocalTask):
    """`FocalTask` with a regression on its embeddings.

    The validation measure is the loss of that regression alone: it is what the checkpoint is for.

    Args:
        config: How to train.
        features: Features of all ads.
        counts: What came of them.
        train: Rows to train on.
        validation: Rows that decide which epoch is best.
        seed: Seed of initial values and order.
        weight: Of the regression's loss beside the objective of FOCAL Ad, above 0.
    """

    def __init__(
        self,
        config: FocalTraining,
        features: PairFeatures,
        counts: Counts,
        train: np.ndarray,
        validation: np.ndarray,
        seed: int,
        weight: float,
    ) -> None:
        super().__init__(config, features, train, validation, seed)
        self.weight = weight
        self.impressions = torch.as_tensor(counts.impressions, dtype=torch.float32)
        self.conversions = torch.as_tensor(counts.conversions, dtype=torch.float32)
        seen = counts.at(train)
        rate = float((seen.conversions.sum() + 1) / (seen.impressions.sum() + 2))  # never 0 or 1
        self.binomial = BinomialLoss(rate)
        self.regression = ConversionRegression(ConversionConfig(members=1, latent_dim=self.net.config.latent_dim))
        with torch.no_grad():
            self.regression.bias.fill_(float(np.log(rate / (1 - rate))))

    def _conversion_loss(self, output: FocalOutput, ads: Tensor) -> Tensor:
        logits = self.regression(FocalOutput(*(part[None] for part in output)))[0]
        tries, successes = self.impressions[ads.cpu()], self.conversions[ads.cpu()]
        loss: Tensor = self.binomial(logits, tries.to(logits.device), successes.to(logits.device))
        return loss

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """Both objectives on one batch."""
        output = self.net(batch["image"], batch["text"])
        augmented = self.net(batch["image_view"], batch["text_view"]) if self.loss.needs_augmented else None
        focal = self.loss(output, augmented, groups=batch["group"]).total
        total: Tensor = focal + self.weight * self._conversion_loss(output, batch["group"])
        self.log("loss", total, prog_bar=True)
        return total

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """How well conversions of the validation ads are told."""
        output, ads = self.net(batch["image"], batch["text"]), batch["group"]
        shown = float(self.impressions[ads.cpu()].sum())
        # Weighted by impressions: the mean over batches is then that over all of them.
        self.log("val_loss", self._conversion_loss(output, ads), prog_bar=True, batch_size=round(shown))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """As `FocalTask`; the regression learns faster and is not decayed."""
        rate = self.config.learning_rate
        groups: list[dict[str, Any]] = [
            {"params": self.net.parameters()},
            {"params": self.regression.parameters(), "lr": HEAD_RATE * rate, "weight_decay": 0.0},
        ]
        return torch.optim.AdamW(groups, lr=rate, weight_decay=self.config.weight_decay)
