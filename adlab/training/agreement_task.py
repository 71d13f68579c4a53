"""FOCAL Ad on pairs of several kinds: batches of one kind each, and a start in the joint space of the encoders."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import DataLoader, IterableDataset

from adlab.errors import ConfigError
from adlab.losses.focal import FocalLossConfig
from adlab.training.agreement_data import ADS, PHOTOS, PRODUCTS, PairSource
from adlab.training.agreement_start import start_in_joint_space
from adlab.training.focal import FocalTask, FocalTraining

MONITOR = "val_misranked"


@dataclass(frozen=True, kw_only=True)
class AgreementTraining:
    """How FOCAL Ad is trained on several kinds of pairs.

    Attributes:
        focal: Objective, shape and optimiser; `epochs` counts rounds of `steps` batches.
        steps: Batches a round.
        shares: Share of batches by kind of pair.
        topics: Topics that a hard batch is drawn from, by kind; kinds without an entry have no hard batches.
        hard: Share of hard batches where there are any: few products in many colours tell more about colour.
        keep: Weight of staying at the start, by kind: 1 − cosine to where the joint space puts picture and text.

    Raises:
        ConfigError: A field is outside its range.
    """

    focal: FocalTraining
    steps: int = 100
    shares: dict[str, float] = field(default_factory=lambda: {PHOTOS: 0.35, PRODUCTS: 0.2, ADS: 0.45})
    topics: dict[str, int] = field(default_factory=lambda: {PRODUCTS: 8, ADS: 8})
    hard: float = 0.6
    keep: dict[str, float] = field(default_factory=lambda: {PHOTOS: 20.0})

    def __post_init__(self) -> None:
        if self.steps < 1 or any(topics < 1 for topics in self.topics.values()):
            raise ConfigError(f"steps is {self.steps} and topics {self.topics}; give 1 or more for each.")
        if not self.shares or not all(share > 0 for share in self.shares.values()):
            raise ConfigError(f"shares is {self.shares}; give at least one kind of pair, each with a share above 0.")
        if not 0 <= self.hard <= 1 or not all(weight >= 0 for weight in self.keep.values()):
            raise ConfigError(f"hard is {self.hard} and keep {self.keep}; give 0 to 1, and weights of 0 or more.")


TRAINING = AgreementTraining(
    focal=FocalTraining(
        loss=FocalLossConfig(kind="full", temperature=0.05),
        hidden_dim=512,
        dropout=0.3,
        epochs=6,
        batch_size=256,
        learning_rate=5e-4,
        weight_decay=0.02,
    )
)


class KindBatches(IterableDataset[dict[str, Any]]):
    """Batches of pairs, each of one kind.

    Args:
        sources: The kinds.
        rows: Pictures of each kind to draw from, by name; a bootstrap repeats some.
        training: Sizes and shares.
        seed: Seed of the draw; None gives every picture once with its first text, in order, in whole batches of a kind.
    """

    def __init__(
        self, sources: Sequence[PairSource], rows: dict[str, np.ndarray], training: AgreementTraining, seed: int | None
    ) -> None:
        self.sources, self.rows, self.training, self.seed = sources, rows, training, seed

    def __iter__(self) -> Iterator[dict[str, Any]]:
        if self.seed is None:
            size = 2 * self.training.focal.batch_size
            for source in self.sources:
                rows = self.rows[source.name]
                for start in range(0, len(rows), size):
                    yield _batch(source, rows[start : start + size], np.zeros(len(rows[start : start + size]), int))
            return
        rng = np.random.default_rng(self.seed)
        weights = np.array([self.training.shares[source.name] for source in self.sources])
        for _ in range(self.training.steps):
            source = self.sources[rng.choice(len(weights), p=weights / weights.sum())]
            rows = self._pool(source, rng)
            picked = rng.choice(rows, min(self.training.focal.batch_size, len(rows)), replace=False)
            yield _batch(source, picked, rng.integers(source.features.text.shape[1], size=len(picked)))

    def _pool(self, source: PairSource, rng: np.random.Generator) -> np.ndarray:
        """The rows that one batch is drawn from: all, or those of few topics."""
        rows, topics = self.rows[source.name], self.training.topics.get(source.name, 0)
        if source.topic is None or not topics or rng.random() >= self.training.hard:
            return rows
        known = np.unique(source.topic[rows])
        chosen = rng.choice(known, min(topics, len(known)), replace=False)
        return rows[np.isin(source.topic[rows], chosen)]


def _batch(source: PairSource, rows: np.ndarray, texts: np.ndarray) -> dict[str, Any]:
    features = source.features
    out: dict[str, Any] = {
        "kind": source.name,
        "group": torch.as_tensor(rows),
        "fitting": source.fitting(rows, texts),
        "image": features.image[rows],
        "text": features.text[rows, texts],
    }
    if features.image_view is not None and features.text_view is not None:
        out["image_view"], out["text_view"] = features.image_view[rows], features.text_view[rows, texts]
    return out


class AgreementTask(FocalTask):
    """`FocalTask` on several kinds of pairs.

    Args:
        training: How to train.
        sources: The kinds; the first gives the widths.
        rows: Training pictures by kind.
        text_map: The linear map that puts texts into the joint space of the encoders.
        joint: Columns of the image features that hold the joint space.
        seed: Seed of initial values and order.
    """

    def __init__(
        self,
        training: AgreementTraining,
        sources: Sequence[PairSource],
        rows: dict[str, np.ndarray],
        text_map: nn.Linear,
        joint: slice,
        seed: int,
    ) -> None:
        first = sources[0]
        super().__init__(training.focal, first.features, rows[first.name], first.rows["dev"], seed)
        self.training_config, self.sources, self.kind_rows = training, sources, rows
        own = [(source.features, np.unique(rows[source.name])) for source in sources]
        self.net.fit_standardisation(
            torch.cat([features.image[picked] for features, picked in own]),
            torch.cat([features.text[picked].flatten(0, 1) for features, picked in own]),
        )
        start_in_joint_space(self.net, [features.rows(picked) for features, picked in own], text_map, joint)
        self.start = copy.deepcopy(self.net).eval().requires_grad_(False)

    def train_dataloader(self) -> DataLoader[Any]:
        """A round of batches; they depend on seed and round only, so a resumed run sees the same."""
        seed = self.seed * 100_000 + self.current_epoch
        return DataLoader(KindBatches(self.sources, self.kind_rows, self.training_config, seed), batch_size=None)

    def val_dataloader(self) -> DataLoader[Any]:
        """The validation pairs of every kind, in order."""
        rows = {source.name: source.rows["dev"] for source in self.sources}
        return DataLoader(KindBatches(self.sources, rows, self.training_config, None), batch_size=None)

    def training_step(self, batch: dict[str, Any], _: int) -> Tensor:
        """The objective on one batch, and what holds it near its start."""
        output = self.net(batch["image"], batch["text"])
        augmented = self.net(batch["image_view"], batch["text_view"]) if self.loss.needs_augmented else None
        total: Tensor = self.loss(output, augmented, groups=batch["group"], fitting=batch["fitting"]).total
        if weight := self.training_config.keep.get(batch["kind"], 0.0):
            with torch.no_grad():
                start = self.start(batch["image"], batch["text"])
            image = F.cosine_similarity(output.shared_image, start.shared_image).mean()
            text = F.cosine_similarity(output.shared_text, start.shared_text).mean()
            total = total + weight * (1 - (image + text) / 2)
        self.log("loss", total, prog_bar=True)
        return total

    def validation_step(self, batch: dict[str, Any], _: int) -> None:
        """Share of other texts, and of other pictures, that score above the own one; the mean over batches.

        The contrast itself would stop too early: it grows with the length of the cosines while their order still
        improves.
        """
        output = self.net(batch["image"], batch["text"])
        value = misranked(agreements(output.shared_image, output.shared_text), batch["fitting"])
        self.log(MONITOR, value, prog_bar=True, batch_size=1)


def agreements(image: Tensor, text: Tensor) -> Tensor:
    """Cosine of every picture with every text of a batch, (B, B)."""
    return F.normalize(image, dim=1) @ F.normalize(text, dim=1).T


def misranked(cosines: Tensor, fitting: Tensor) -> Tensor:
    """Share of texts that do not fit a picture and still score above its own, and the same of pictures; 0 is best.

    Args:
        cosines: Of picture i with text j, (B, B); the diagonal holds the pairs.
        fitting: Which texts fit which pictures, (B, B) bool; these are not counted.
    """
    own, counted = cosines.diagonal(), ~fitting
    above = (cosines > own[:, None]).float() + (cosines > own[None]).float()
    return above[counted].mean() / 2 if bool(counted.any()) else cosines.new_zeros(())
