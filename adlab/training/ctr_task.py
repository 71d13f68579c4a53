"""Training of M2FN on a log of clicks: on cached maps where attributes come late, on pixels where they come early.

Two losses. `binomial` reads the output as log-odds and takes the likelihood of the clicks; `mse` is the paper's (M2FN,
Eq. 1): the output, times the mean CTR, is the rate itself, so that rates near 0.04 are numbers near 1 to the network.
Both start at the mean CTR for every row.

`most_impressions` caps what one row can weigh. In Eq. 1 a row of 20,000 impressions weighs as much as 200 rows of 100,
yet it tells about one ad in one context: beyond a few hundred impressions, what is not known of a new ad, and not the
noise of the count, is what limits a model.
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
from torch.utils.data import DataLoader, IterableDataset

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.losses.binomial import BinomialLoss
from adlab.losses.impression_mse import ImpressionWeightedMSELoss
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.ctr_data import ClickAttributes, ClickLog

LOSSES = ("binomial", "mse")
CALIBRATED_ON = 512  # pictures that the statistics of channels are taken from
AT_ONCE = 256  # rows or pictures where nothing is learned


@dataclass(frozen=True, kw_only=True)
class ClickTraining:
    """How M2FN is trained on clicks.

    Attributes:
        loss: One of `LOSSES`.
        epochs: Passes over the rows.
        batch_size: Rows a step; 128 in the paper.
        learning_rate: Of AdamW at the start; it falls to 0 along a cosine.
        weight_decay: Decoupled decay.
        most_impressions: Impressions beyond which a row weighs no more; None for no limit, as in the paper.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: There is no such loss.
    """

    loss: str = "binomial"
    epochs: int = 3
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    most_impressions: float | None = None

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UnknownNameError("loss", self.loss, LOSSES)
        if self.epochs < 1 or self.batch_size < 1:
            raise ConfigError(f"epochs is {self.epochs} and batch_size {self.batch_size}; give 1 or more for both.")
        if not self.learning_rate > 0 or self.weight_decay < 0:
            raise ConfigError(
                f"learning_rate is {self.learning_rate}, weight_decay {self.weight_decay}; give a number above 0 and "
                "one of 0 or more."
            )
        if self.most_impressions is not None and not self.most_impressions > 0:
            raise ConfigError(f"most_impressions is {self.most_impressions}; give a number above 0, or none.")


class ClickBatch(NamedTuple):
    """B rows.

    Attributes:
        picture: Maps (B, C, H, W), or squares (B, S, S, 3) uint8; (B, 0) without the picture.
        aux: Attribute vectors, (B, A).
        impressions: (B,).
        clicks: (B,).
    """

    picture: Tensor
    aux: Tensor
    impressions: Tensor
    clicks: Tensor


@dataclass(frozen=True)
class ClickData:
    """What training and prediction take rows from; pictures stand once an ad.

    Attributes:
        attributes: Of R rows about N ads.
        ads: Number of each row's ad, (R,).
        impressions: (R,) float32.
        clicks: (R,) float32.
        maps: Of the frozen backbone, (N, C, H, W), or None.
        squares: (N, S, S, 3) uint8, or None.
    """

    attributes: ClickAttributes
    ads: Tensor
    impressions: Tensor
    clicks: Tensor
    maps: Tensor | None = None
    squares: Tensor | None = None

    @classmethod
    def of(
        cls, log: ClickLog, attributes: ClickAttributes, maps: Tensor | None = None, squares: Tensor | None = None
    ) -> ClickData:
        """The data of a log."""
        shown, clicked = (torch.from_numpy(part.astype(np.float32)) for part in (log.impressions, log.clicks))
        return cls(attributes, torch.from_numpy(log.ads), shown, clicked, maps, squares)

    def pictures(self, config: M2FNConfig, ads: Tensor) -> Tensor:
        """What a network takes in of some ads' pictures; see `ClickBatch.picture`.

        Raises:
            InputError: It needs maps or squares, and they are not there.
        """
        if not config.image:
            return torch.zeros(len(ads), 0)
        name = "squares" if reads_pixels(config) else "maps"
        held = self.squares if reads_pixels(config) else self.maps
        if held is None:
            raise InputError(f"This network reads {name} and the data have none; see the ads with them.")
        return held[ads] if reads_pixels(config) else held[ads].float()

    def batch(self, config: M2FNConfig, rows: Tensor) -> ClickBatch:
        """Some rows, as a network takes them in."""
        ads = self.ads[rows]
        aux = self.attributes.vectors(rows, ads) if config.aux else torch.zeros(len(rows), 0)
        return ClickBatch(self.pictures(config, ads), aux, self.impressions[rows], self.clicks[rows])


def reads_pixels(config: M2FNConfig) -> bool:
    """Whether a network changes what the backbone does, so that no map can be kept for it."""
    return config.image and (config.low or bool(config.trained_blocks))


class ClickBatches(IterableDataset[ClickBatch]):
    """Every row once; in an order that the seed decides, or as they stand."""

    def __init__(
        self, data: ClickData, config: M2FNConfig, rows: Tensor, batch_size: int, seed: int | None = None
    ) -> None:
        self.data, self.config, self.rows, self.batch_size, self.seed = data, config, rows, batch_size, seed

    def __iter__(self) -> Iterator[ClickBatch]:
        order = self.rows
        if self.seed is not None:
            order = order[torch.randperm(len(order), generator=torch.Generator().manual_seed(self.seed))]
        for start in range(0, len(order), self.batch_size):
            yield self.data.batch(self.config, order[start : start + self.batch_size])


class ClickTask(lightning.LightningModule):
    """Joins network, loss and rows.

    Args:
        config: How to train.
        shape: Of the network, with one output.
        backbone: Not needed without the picture.
        data: Where rows come from.
        train: Rows to train on, (K,).
        dev: Rows that `val_loss`, the binomial loss per impression, is measured on; none by default.
        seed: Of initial values and order.

    Raises:
        ConfigError: The network has more than one output.
        InputError: The data lack what the network reads.
    """

    def __init__(
        self,
        config: ClickTraining,
        shape: M2FNConfig,
        backbone: StagedBackbone | None,
        data: ClickData,
        train: np.ndarray,
        dev: np.ndarray | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        if shape.outputs != 1:
            raise ConfigError(f"outputs is {shape.outputs}; a click rate is one number, give 1.")
        self.config, self.data, self.seed = config, data, seed
        self.train_rows = torch.as_tensor(train, dtype=torch.long)
        self.dev_rows = torch.as_tensor([] if dev is None else dev, dtype=torch.long)
        shown = data.impressions[self.train_rows]
        self.base_rate = mean_ctr(data, self.train_rows)
        torch.manual_seed(seed)
        self.net = M2FN(shape, backbone)
        calibrate(self.net, data, self.train_rows, seed)
        with torch.no_grad():  # start from what all rows have in common
            logit = math.log(self.base_rate / (1 - self.base_rate))
            self.net.head.out.weight.zero_()
            self.net.head.out.bias.fill_(logit if config.loss == "binomial" else 1.0)
        self.binomial = BinomialLoss(self.base_rate)
        self.squares = ImpressionWeightedMSELoss(float(self._weights(shown).mean()))

    def start_from(self, other: ClickTask) -> None:
        """Take over what another task has learned wherever both have it, so that a costly training begins late.

        A network that meets the attributes early starts as one that meets them late: its conditional batch norms begin
        as the identity.

        Raises:
            InputError: The other's network has something that this one lacks.
        """
        state = other.net.state_dict()
        if unknown := sorted(state.keys() - self.net.state_dict().keys()):
            raise InputError(f"{unknown[0]} has no place here; start from the same network with fewer parts.")
        self.net.load_state_dict(state, strict=False)

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's batches; the order depends on seed and epoch only."""
        seed = self.seed * 100_000 + self.current_epoch
        batches = ClickBatches(self.data, self.net.config, self.train_rows, self.config.batch_size, seed)
        return DataLoader(batches, batch_size=None)

    def val_dataloader(self) -> DataLoader[Any]:
        """The dev rows as they stand."""
        return DataLoader(ClickBatches(self.data, self.net.config, self.dev_rows, AT_ONCE), batch_size=None)

    def training_step(self, batch: ClickBatch, _: int) -> Tensor:
        """The loss of a batch."""
        output = output_of(self.net, batch)
        weights, rates = self._weights(batch.impressions), batch.clicks / batch.impressions
        if self.config.loss == "mse":
            loss: Tensor = self.squares(output, rates / self.base_rate, weights)
        else:
            loss = self.binomial(output, weights, weights * rates)
        self.log("loss", loss, prog_bar=True, batch_size=len(batch.aux))
        return loss

    def validation_step(self, batch: ClickBatch, _: int) -> None:
        """How well the clicks of the dev rows are told, whatever the loss."""
        rate = rate_of(output_of(self.net, batch), self.config.loss, self.base_rate)
        shown = int(batch.impressions.sum())
        # Weighted by impressions: the mean over batches is then that over all of them.
        self.log("val_loss", self.binomial(rate.logit(), batch.impressions, batch.clicks), batch_size=shown)

    def configure_optimizers(self) -> Any:
        """AdamW on everything that is not frozen, along a cosine down to 0, step by step."""
        own = [parameter for parameter in self.net.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(own, lr=self.config.learning_rate, weight_decay=self.config.weight_decay)
        steps = self.config.epochs * math.ceil(len(self.train_rows) / self.config.batch_size)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}

    def _weights(self, impressions: Tensor) -> Tensor:
        most = self.config.most_impressions
        return impressions if most is None else impressions.clamp_max(most)


def output_of(net: M2FN, batch: ClickBatch) -> Tensor:
    """What the network makes of a batch, (B,): log-odds or a multiple of the mean rate, as it was trained."""
    if reads_pixels(net.config):
        assert net.backbone is not None
        return net(net.backbone.scale(batch.picture), batch.aux).logits[:, 0]
    return net.forward_head(batch.picture if net.config.image else None, batch.aux).logits[:, 0]


def rate_of(output: Tensor, loss: str, base_rate: float) -> Tensor:
    """The click rate that an output states, between 0 and 1 and never either.

    Args:
        output: (B,).
        loss: That it was trained with.
        base_rate: Mean CTR of the training rows.
    """
    rate = output.sigmoid() if loss == "binomial" else output * base_rate
    return rate.clamp(base_rate * 1e-3, 1 - 1e-3)


def predicted_ctr(task: ClickTask, rows: np.ndarray, device: str = "cpu") -> np.ndarray:
    """Click rates of rows by a trained task, (K,) float64.

    Args:
        task: The task; left in eval mode on that device.
        rows: Their numbers, (K,).
        device: Where to compute.
    """
    net, data = task.net.to(device).eval(), task.data
    found = []
    with torch.inference_mode():
        for some in torch.as_tensor(rows, dtype=torch.long).split(AT_ONCE):
            batch = ClickBatch(*(part.to(device) for part in data.batch(net.config, some)))
            found.append(rate_of(output_of(net, batch), task.config.loss, task.base_rate).double().cpu())
    return np.asarray(torch.cat(found).numpy())


def mean_ctr(data: ClickData, rows: Tensor) -> float:
    """Clicks over impressions of rows, kept off 0 and 1."""
    return float((data.clicks[rows].double().sum() + 1) / (data.impressions[rows].double().sum() + 2))


def calibrate(net: M2FN, data: ClickData, rows: Tensor, seed: int) -> None:
    """Start from the trained backbone, by the pictures of some ads that rows are about (`M2FN.calibrate`)."""
    config = net.config
    if not config.image:
        return
    ads = data.ads[rows].unique()
    chosen = ads[torch.randperm(len(ads), generator=torch.Generator().manual_seed(seed))[:CALIBRATED_ON]]
    pictures = (data.pictures(config, some) for some in chosen.split(AT_ONCE // 4))
    if reads_pixels(config):
        assert net.backbone is not None
        net.calibrate(net.backbone.scale(part) for part in pictures)
    else:
        net.calibrate_map(pictures)
