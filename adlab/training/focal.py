"""Training of FOCAL Ad on frozen features (FOCAL Ad, §4.7)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import lightning
import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from adlab.errors import ConfigError, InputError
from adlab.losses.focal import FocalLoss, FocalLossConfig
from adlab.models.focal import Focal, FocalConfig, FocalOutput


@dataclass(frozen=True, kw_only=True)
class FocalTraining:
    """How FOCAL Ad is trained.

    Attributes:
        loss: The objective and its weights.
        hidden_dim: Width of the MLP layers.
        depth: Number of MLP layers.
        dropout: Share of hidden activations set to zero while training.
        epochs: Most passes over the pairs.
        batch_size: Pairs a step.
        learning_rate: Adam's rate.
        weight_decay: Decoupled decay; 0 is the paper's Adam.
        patience: Epochs without a lower validation loss before it stops; None never stops early.

    Raises:
        ConfigError: A field is outside its range.
    """

    loss: FocalLossConfig = field(default_factory=FocalLossConfig)
    hidden_dim: int = 256
    depth: int = 1
    dropout: float = 0.0
    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 1e-4
    weight_decay: float = 0.0
    patience: int | None = None

    def __post_init__(self) -> None:
        if self.batch_size < 2 or self.epochs < 1:
            raise ConfigError(
                f"batch_size is {self.batch_size} and epochs {self.epochs}; give at least 2 and at least 1."
            )
        if not self.learning_rate > 0 or not self.weight_decay >= 0:
            raise ConfigError(
                f"learning_rate is {self.learning_rate} and weight_decay {self.weight_decay}; "
                "give a number above 0 and one of 0 or more."
            )
        if self.patience is not None and self.patience < 1:
            raise ConfigError(f"patience is {self.patience}; give 1 or more, or None.")


PRESETS = {
    # §4.7: Adam 1e-4, batch 128, 30 epochs, Eq. 5.
    "paper": FocalTraining(loss=FocalLossConfig(kind="paper")),
    # §3 in full. Heavy dropout and a low temperature: the image encoder was aligned on the same photos, so training
    # pairs match too easily. Follows the trend of a ten-run sweep on development images, one seed each; this very
    # setting was not among them (the best was 1,024 wide with dropout 0.8, too large to ship five of).
    "compact": FocalTraining(
        loss=FocalLossConfig(kind="full", temperature=0.04),
        hidden_dim=512,
        dropout=0.75,
        epochs=20,
        batch_size=256,
        learning_rate=5e-4,
        weight_decay=0.1,
        patience=4,
    ),
}


class PairFeatures(NamedTuple):
    """Frozen features of N pictures with K texts each, float32.

    Attributes:
        image: (N, d_A).
        text: (N, K, d_B).
        image_view: Features of an augmented view of each picture, (N, d_A); None where the loss needs none.
        text_view: Features of an augmented view of each text, (N, K, d_B).
    """

    image: Tensor
    text: Tensor
    image_view: Tensor | None = None
    text_view: Tensor | None = None

    def rows(self, rows: np.ndarray) -> PairFeatures:
        """The pictures at `rows`, with their texts."""
        index = torch.as_tensor(np.asarray(rows), dtype=torch.long)
        image_view = None if self.image_view is None else self.image_view[index]
        text_view = None if self.text_view is None else self.text_view[index]
        return PairFeatures(self.image[index], self.text[index], image_view, text_view)


class PairBatches(IterableDataset[dict[str, Tensor]]):
    """Batches of (picture, text) pairs cut from whole tensors; every pair once an epoch.

    Args:
        features: What to draw from.
        rows: Picture of each draw, (R,); a bootstrap repeats some.
        batch_size: Pairs a batch; the last, smaller one is left out in training.
        seed: Seed of the order; None keeps the order and every pair.
    """

    def __init__(self, features: PairFeatures, rows: np.ndarray, batch_size: int, seed: int | None) -> None:
        self.features, self.batch_size, self.seed = features, batch_size, seed
        texts = features.text.shape[1]
        self.image = torch.as_tensor(np.repeat(rows, texts), dtype=torch.long)
        self.text = torch.arange(texts).repeat(len(rows))
        if seed is not None and len(self.image) < batch_size:
            raise InputError(f"There are {len(self.image)} pairs, fewer than batch_size ({batch_size}); lower it.")

    def __len__(self) -> int:
        return len(self.image) // self.batch_size if self.seed is not None else -(-len(self.image) // self.batch_size)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        order = torch.arange(len(self.image))
        if self.seed is not None:
            order = torch.randperm(len(order), generator=torch.Generator().manual_seed(self.seed))
        for batch in range(len(self)):
            pick = order[batch * self.batch_size : (batch + 1) * self.batch_size]
            image, text = self.image[pick], self.text[pick]
            out = {"group": image, "image": self.features.image[image], "text": self.features.text[image, text]}
            if self.features.image_view is not None and self.features.text_view is not None:
                out["image_view"] = self.features.image_view[image]
                out["text_view"] = self.features.text_view[image, text]
            yield out


class FocalTask(lightning.LightningModule):
    """Joins network, objective and features.

    Args:
        config: How to train.
        features: Features of all pictures.
        train: Rows to train on.
        validation: Rows whose loss decides which epoch is best.
        seed: Seed of initial values and order.
    """

    def __init__(
        self, config: FocalTraining, features: PairFeatures, train: np.ndarray, validation: np.ndarray, seed: int
    ) -> None:
        super().__init__()
        self.config, self.features, self.seed = config, features, seed
        self.train_rows, self.validation_rows = train, validation
        torch.manual_seed(seed)
        self.net = Focal(
            FocalConfig(
                image_dim=features.image.shape[1],
                text_dim=features.text.shape[2],
                hidden_dim=config.hidden_dim,
                depth=config.depth,
                dropout=config.dropout,
            )
        )
        unique = torch.as_tensor(np.unique(train))
        self.net.fit_standardisation(features.image[unique], features.text[unique].flatten(0, 1))
        self.loss = FocalLoss(config.loss)
        if self.loss.needs_augmented and features.image_view is None:
            raise InputError("The objective has weight_private above 0, but the features hold no augmented views.")

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's batches; the order depends on seed and epoch only, so a resumed run sees the same."""
        seed = self.seed * 100_000 + self.current_epoch
        return DataLoader(PairBatches(self.features, self.train_rows, self.config.batch_size, seed), batch_size=None)

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Seed dropout, which draws from the global generator: each member its own, a resumed run the same."""
        torch.manual_seed(self.seed * 1_000_003 + self.global_step)

    def val_dataloader(self) -> DataLoader[Any]:
        """The validation pairs, in order."""
        return DataLoader(PairBatches(self.features, self.validation_rows, 500, None), batch_size=None)

    def _loss(self, batch: dict[str, Tensor]) -> Any:
        output = self.net(batch["image"], batch["text"])
        augmented = self.net(batch["image_view"], batch["text_view"]) if self.loss.needs_augmented else None
        return self.loss(output, augmented, groups=batch["group"])

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """The objective on one batch."""
        parts = self._loss(batch)
        self.log("loss", parts.total, prog_bar=True)
        total: Tensor = parts.total
        return total

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """The objective on validation pairs."""
        self.log("val_loss", self._loss(batch).total, prog_bar=True, batch_size=len(batch["group"]))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Adam at a constant rate (§4.7), with decoupled decay where the config asks for it."""
        return torch.optim.AdamW(
            self.net.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay
        )


def embed(net: Focal, features: PairFeatures) -> FocalOutput:
    """Embeddings of all pictures and texts: images (N, D), texts (N, K, D)."""
    count, texts = features.text.shape[:2]
    with torch.inference_mode():
        image = net.encode_image(features.image)
        text = net.encode_text(features.text.flatten(0, 1))
    return FocalOutput(
        image.shared,
        image.private,
        text.shared.view(count, texts, -1),
        text.private.view(count, texts, -1),
    )


def bootstrap_rows(rows: np.ndarray, seed: int) -> np.ndarray:
    """Draw as many rows as there are, with replacement: one resample by split unit."""
    return np.random.default_rng(seed).choice(rows, len(rows), replace=True)
