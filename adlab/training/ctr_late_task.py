"""Training of M2FN on clicks with late fusion: an ad's map is read once for all the contexts it was shown in.

Behind a frozen backbone the contexts of an ad share everything but a vector each (`adlab.models.m2fn_contexts`), so a
step takes whole ads. With twenty contexts an ad an epoch costs a fifteenth of what a map for every row would.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from adlab.errors import ConfigError
from adlab.losses.binomial import BinomialLoss
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_contexts import forward_contexts
from adlab.training.ctr_data import ClickAttributes, ClickLog

MAPS_AT_ONCE = 64


@dataclass(frozen=True, kw_only=True)
class CtrTraining:
    """How M2FN is trained on clicks.

    Attributes:
        epochs: Most passes over the ads.
        batch_size: Ads a step.
        learning_rate: Of AdamW at the start; it falls to 0 along a cosine.
        weight_decay: Decoupled decay.
        blank: Chance that one of an ad's texts is taken away for a step: uploads come without some of them.
        patience: Epochs without a better validation loss before it stops; None never stops early.

    Raises:
        ConfigError: A number is outside its range.
    """

    epochs: int = 6
    batch_size: int = 16
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    blank: float = 0.1
    patience: int | None = 3

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1 or (self.patience is not None and self.patience < 1):
            raise ConfigError(
                f"epochs is {self.epochs}, batch_size {self.batch_size}, patience {self.patience}; give 1 or more."
            )
        if not self.learning_rate > 0 or self.weight_decay < 0:
            raise ConfigError(
                f"learning_rate is {self.learning_rate}, weight_decay {self.weight_decay}; give a number above 0 and "
                "one of 0 or more."
            )
        if not 0 <= self.blank < 1:
            raise ConfigError(f"blank is {self.blank}; give a share of 0 or more, below 1.")


class ShownAds(NamedTuple):
    """B ads with the contexts that they were shown in, padded to K.

    Attributes:
        maps: Of the frozen backbone, (B, C, H, W) float32.
        aux: Attribute vectors, (B, K, A).
        impressions: (B, K); 0 where there is no further context.
        clicks: (B, K).
    """

    maps: Tensor
    aux: Tensor
    impressions: Tensor
    clicks: Tensor


class AdsWithContexts:
    """A log by ad.

    Args:
        log: Its rows.
        maps: Of all N ads, (N, C, H, W), in any floating-point format.
        attributes: Of rows and ads.
    """

    def __init__(self, log: ClickLog, maps: Tensor, attributes: ClickAttributes) -> None:
        self.maps, self.attributes = maps, attributes
        self.impressions = torch.from_numpy(log.impressions.astype(np.float32))
        self.clicks = torch.from_numpy(log.clicks.astype(np.float32))
        order = np.argsort(log.ads, kind="stable")
        counts = np.bincount(log.ads, minlength=len(maps))
        self.rows = torch.full((len(maps), max(int(counts.max(initial=0)), 1)), -1, dtype=torch.long)
        place = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
        self.rows[torch.from_numpy(log.ads[order]), torch.from_numpy(place)] = torch.from_numpy(order)

    def batch(self, ads: Tensor, blank: Tensor | None = None) -> ShownAds:
        """The ads at these numbers, (B,).

        Args:
            ads: Numbers, (B,).
            blank: Texts that are taken away, (B, slots) bool.
        """
        rows = self.rows[ads]
        there, safe = rows >= 0, rows.clamp_min(0)
        own = self.attributes.ad[ads]
        if blank is not None:
            own = own.clone()
            width, places = self.attributes.context.shape[1], self.attributes.schema.slices
            for slot, name in enumerate(self.attributes.schema.texts):
                own[blank[:, slot], places[name].start - width : places[name].stop - width] = 0
        context = self.attributes.context[safe].float()
        aux = torch.cat([context, own[:, None].expand(-1, rows.shape[1], -1)], dim=2)
        return ShownAds(self.maps[ads].float(), aux, self.impressions[safe] * there, self.clicks[safe] * there)


class AdBatches(IterableDataset[Tensor]):
    """Numbers of ads, cut from a list of them.

    Args:
        ads: Numbers, repeats allowed, (R,).
        size: Ads a batch.
        seed: Of the order; None keeps it.
    """

    def __init__(self, ads: np.ndarray, size: int, seed: int | None) -> None:
        self.ads, self.size, self.seed = torch.as_tensor(ads, dtype=torch.long), size, seed

    def __iter__(self) -> Iterator[Tensor]:
        order = torch.arange(len(self.ads))
        if self.seed is not None:
            order = torch.randperm(len(order), generator=torch.Generator().manual_seed(self.seed))
        yield from (self.ads[pick] for pick in order.split(self.size))


class CtrLateTask(lightning.LightningModule):
    """Joins network, loss and log.

    Args:
        config: How to train.
        shape: Of the network; one output, the log-odds of a click.
        backbone: Frozen; only its widths are read, the maps are given.
        data: The log by ad.
        train: Ads to train on; a bootstrap repeats some.
        validation: Ads whose loss decides which epoch is best.
        seed: Seed of initial values, order and dropout.
    """

    def __init__(
        self,
        config: CtrTraining,
        shape: M2FNConfig,
        backbone: StagedBackbone,
        data: AdsWithContexts,
        train: np.ndarray,
        validation: np.ndarray,
        seed: int,
    ) -> None:
        super().__init__()
        self.config, self.data, self.seed = config, data, seed
        self.train_ads, self.validation_ads = train, validation
        torch.manual_seed(seed)
        self.net = M2FN(shape, backbone)
        unique = torch.as_tensor(np.unique(train))
        self.net.calibrate_map(data.maps[part].float() for part in unique.split(MAPS_AT_ONCE))
        rows = data.rows[unique]
        seen = rows[rows >= 0]
        clicks, impressions = float(data.clicks[seen].sum()), float(data.impressions[seen].sum())
        rate = (clicks + 1) / (impressions + 2)  # never 0 or 1
        with torch.no_grad():  # start from what all ads have in common
            self.net.head.out.weight.zero_()
            self.net.head.out.bias.fill_(float(np.log(rate / (1 - rate))))
        self.loss = BinomialLoss(rate)

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's ads; the order depends on seed and epoch only."""
        seed = self.seed * 100_000 + self.current_epoch
        return DataLoader(AdBatches(self.train_ads, self.config.batch_size, seed), batch_size=None)

    def val_dataloader(self) -> DataLoader[Any]:
        """The validation ads, in order."""
        return DataLoader(AdBatches(self.validation_ads, 50, None), batch_size=None)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed dropout, which draws from the global generator: each member its own, a resumed run the same."""
        torch.manual_seed(self.seed * 1_000_003 + self.global_step)

    def training_step(self, ads: Tensor, _: int) -> Tensor:
        """Negative log-likelihood of the clicks of some ads, with some of their texts taken away."""
        slots = len(self.data.attributes.schema.texts)
        loss = self._loss(self.data.batch(ads, torch.rand(len(ads), slots) < self.config.blank))
        self.log("loss", loss, prog_bar=True, batch_size=len(ads))
        return loss

    def validation_step(self, ads: Tensor, _: int) -> None:
        """The same with all their texts; batches weigh by their impressions."""
        batch = self.data.batch(ads)
        self.log("val_loss", self._loss(batch), prog_bar=True, batch_size=max(int(batch.impressions.sum()), 1))

    def configure_optimizers(self) -> Any:
        """AdamW on everything that is not frozen, along a cosine down to 0."""
        own = [parameter for parameter in self.net.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(own, lr=self.config.learning_rate, weight_decay=self.config.weight_decay)
        steps = self.config.epochs * -(-len(self.train_ads) // self.config.batch_size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _loss(self, batch: ShownAds) -> Tensor:
        logits = forward_contexts(self.net, batch.maps, batch.aux)[..., 0]
        loss: Tensor = self.loss(logits.flatten(), batch.impressions.flatten(), batch.clicks.flatten())
        return loss
