"""Training of M2FN on rated ads, everything behind a frozen backbone (M2FN, Eq. 2 and §7.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from adlab.errors import ConfigError, UnknownNameError
from adlab.losses.emd import EMDLoss
from adlab.losses.kld import KLDLoss
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_ensemble import bucket_values

LOSSES: dict[str, type[KLDLoss] | type[EMDLoss]] = {"kld": KLDLoss, "emd": EMDLoss}


@dataclass(frozen=True, kw_only=True)
class AppealTraining:
    """How M2FN is trained on ratings.

    Attributes:
        epochs: Passes over the ads.
        batch_size: Ads a step.
        learning_rate: Of AdamW at the start; it falls to 0 along a cosine.
        weight_decay: Decoupled decay.
        weight_mean: Of the squared error of the mean rating beside the loss of the distribution.
        loss: Of the distribution: ``"kld"``, M2FN's divergence, or ``"emd"``, NIMA's distance.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: There is no such loss.
    """

    epochs: int = 30
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    weight_mean: float = 0.3
    loss: str = "kld"

    def __post_init__(self) -> None:
        if self.loss not in LOSSES:
            raise UnknownNameError("loss", self.loss, LOSSES)
        if self.epochs < 1 or self.batch_size < 1:
            raise ConfigError(f"epochs is {self.epochs} and batch_size {self.batch_size}; give 1 or more for both.")
        if not self.learning_rate > 0 or self.weight_decay < 0 or self.weight_mean < 0:
            raise ConfigError(
                f"learning_rate is {self.learning_rate}, weight_decay {self.weight_decay}, weight_mean "
                f"{self.weight_mean}; give a number above 0 and two of 0 or more."
            )


class RatedTensors(NamedTuple):
    """N rated ads, float32.

    Attributes:
        maps: Of the frozen backbone, (N, C, H, W).
        aux: Attribute vectors, (N, A).
        shares: Share of raters at each step, (N, K).
    """

    maps: Tensor
    aux: Tensor
    shares: Tensor


class RatingLoss(nn.Module):
    """Loss of the distribution of ratings, and squared error of its mean.

    Args:
        config: Which loss, and the weight of the mean.
        steps: K, of the scale.
    """

    steps: Tensor

    def __init__(self, config: AppealTraining, steps: int) -> None:
        super().__init__()
        self.weight_mean = config.weight_mean
        self.of_distribution = LOSSES[config.loss]()
        self.register_buffer("steps", torch.tensor(bucket_values(steps)), persistent=False)

    def forward(self, logits: Tensor, shares: Tensor) -> Tensor:
        """Logits and observed shares (B, K) -> scalar."""
        error = logits.softmax(dim=1) @ self.steps - shares @ self.steps
        of_distribution: Tensor = self.of_distribution(logits, shares)
        return of_distribution + self.weight_mean * error.square().mean()


class Batches(IterableDataset[RatedTensors]):
    """Every ad once, in an order that the seed decides."""

    def __init__(self, data: RatedTensors, batch_size: int, seed: int) -> None:
        self.data, self.batch_size, self.seed = data, batch_size, seed

    def __iter__(self) -> Iterator[RatedTensors]:
        order = torch.randperm(len(self.data.shares), generator=torch.Generator().manual_seed(self.seed))
        for rows in order.split(self.batch_size):
            yield RatedTensors(*(part[rows] for part in self.data))


def start_network(shape: M2FNConfig, backbone: StagedBackbone, shares: Tensor, seed: int) -> M2FN:
    """A network that at first says of every ad what all ads have in common; its map is not calibrated.

    Args:
        shape: Of the network; its outputs are the steps of the scale.
        backbone: Frozen.
        shares: Of the training ads, (N, K).
        seed: Of initial values.
    """
    torch.manual_seed(seed)
    network = M2FN(shape, backbone)
    with torch.no_grad():
        network.head.out.weight.zero_()
        network.head.out.bias.copy_(shares.mean(dim=0).clamp_min(1e-3).log())
    return network


class AppealTask(lightning.LightningModule):
    """Joins network, loss and ads.

    Args:
        config: How to train.
        shape: Of the network; its outputs are the steps of the scale.
        backbone: Frozen; only its widths are read, the maps are given.
        data: Training ads.
        seed: Of initial values and order.
    """

    def __init__(
        self, config: AppealTraining, shape: M2FNConfig, backbone: StagedBackbone, data: RatedTensors, seed: int
    ) -> None:
        super().__init__()
        self.config, self.data, self.seed = config, data, seed
        self.net = start_network(shape, backbone, data.shares, seed)
        if shape.image:
            self.net.calibrate_map(data.maps.split(64))
        self.loss = RatingLoss(config, data.shares.shape[1])

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's batches; the order depends on seed and epoch only."""
        seed = self.seed * 100_000 + self.current_epoch
        return DataLoader(Batches(self.data, self.config.batch_size, seed), batch_size=None)

    def training_step(self, batch: RatedTensors, _: int) -> Tensor:
        """The loss of a batch."""
        loss: Tensor = self.loss(self.net.forward_head(batch.maps, batch.aux).logits, batch.shares)
        return loss

    def configure_optimizers(self) -> Any:
        """AdamW on everything that is not frozen, along a cosine down to 0."""
        own = [parameter for parameter in self.net.parameters() if parameter.requires_grad]
        optimiser = torch.optim.AdamW(own, lr=self.config.learning_rate, weight_decay=self.config.weight_decay)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, self.config.epochs)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "epoch"}}
