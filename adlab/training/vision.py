"""Training of the shipped image encoder: distilled from a teacher, aligned with the text encoder's space.

Three losses are added: the cosine of pooled features to the teacher's, the divergence of class distributions
(Hinton et al. 2015), and a symmetric contrast between the projected picture and the embedding of its texts
(Radford et al. 2021). The first stages keep the teacher's weights; what they put out is cached (`vision_data`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import ConcatDataset, DataLoader

from adlab.encoders.mobilenet import VisionNet, VisionOutput
from adlab.errors import ConfigError
from adlab.losses.contrastive import ContrastiveLoss
from adlab.losses.distillation import ClassDistillationLoss, FeatureDistillationLoss
from adlab.metrics.ranking import retrieval_recall
from adlab.training.vision_data import ViewCache, VisionDataset


@dataclass(frozen=True, kw_only=True)
class VisionTraining:
    """How the image encoder is trained.

    Attributes:
        epochs: Passes over the Flickr8k training images.
        batch_size: Pictures a step.
        views: Cached views a picture, see `view_of`.
        stem_stages: The first stages, of 19, that keep the teacher's weights.
        fashion_share: Product photos a Flickr8k image in each epoch.
        text_mixture: How a picture's texts are mixed, see `VisionDataset`.
        backbone_rate: Highest learning rate of the convolutions.
        head_rate: Highest learning rate of the text head.
        weight_decay: AdamW's decay.
        feature_weight: Weight of the cosine to the teacher's features.
        class_weight: Weight of the divergence of class distributions.
        contrast_weight: Weight of the contrast with texts.
        seed: Seed of initial values, order and draws.

    Raises:
        ConfigError: A field is outside its range.
    """

    epochs: int = 22
    batch_size: int = 512
    views: int = 8
    stem_stages: int = 8
    fashion_share: float = 0.3
    text_mixture: float = 0.1
    backbone_rate: float = 6e-4
    head_rate: float = 1e-3
    weight_decay: float = 0.1
    feature_weight: float = 10.0
    class_weight: float = 2.0
    contrast_weight: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "views"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a whole number of 1 or more.")
        if not 0 <= self.stem_stages <= 18:
            raise ConfigError(f"stem_stages is {self.stem_stages}; give 0 to 18.")
        for name in ("backbone_rate", "head_rate", "text_mixture"):
            if not getattr(self, name) > 0:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a number above 0.")


@dataclass(frozen=True, kw_only=True)
class VisionSource:
    """One data set, cached.

    Attributes:
        cache: Filled views.
        texts: Text embeddings, one (K, D) array a picture.
        groups: Pictures of one group are not each other's negatives, (N,).
        train: Rows to train on.
        validation: Rows to measure on after each epoch; empty for none.
        stem_stages: Stages that the cached stem has gone through.
    """

    cache: ViewCache
    texts: list[np.ndarray]
    groups: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    stem_stages: int


class VisionTask(lightning.LightningModule):
    """Joins the network, the losses and the cached data.

    Args:
        net: The network, initialised from the teacher.
        sources: Flickr8k first; its epoch sets the length, the other is subsampled to `fashion_share` of it.
        config: How to train.
    """

    def __init__(self, net: VisionNet, sources: list[VisionSource], config: VisionTraining) -> None:
        super().__init__()
        self.net, self.sources, self.config = net, sources, config
        self.contrast = ContrastiveLoss(temperature=0.05, learnable=True)
        self.features, self.classes = FeatureDistillationLoss(), ClassDistillationLoss()
        net.features[: config.stem_stages].requires_grad_(False)
        self._validation: list[tuple[Tensor, ...]] = []

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's draw: depends on the seed and the epoch only, so that a resumed run sees the same."""
        epoch_seed = self.config.seed * 10_000 + self.current_epoch
        rng = np.random.default_rng(epoch_seed)
        sets = []
        for index, source in enumerate(self.sources):
            rows = source.train
            if index > 0:
                wanted = min(len(rows), round(self.config.fashion_share * len(self.sources[0].train)))
                rows = rng.choice(rows, wanted, replace=False)
            sets.append(
                VisionDataset(source.cache, source.texts, source.groups, rows, epoch_seed, self.config.text_mixture)
            )
        pictures: ConcatDataset[dict[str, Tensor]] = ConcatDataset(sets)
        # The order is drawn here and not by the loader, which draws anew each time it is walked through: a resumed
        # run walks through its first epoch twice.
        order = rng.permutation(len(pictures)).tolist()
        return DataLoader(pictures, self.config.batch_size, sampler=order, drop_last=True)

    def val_dataloader(self) -> DataLoader[Any]:
        """The validation rows of the first source."""
        source = self.sources[0]
        return DataLoader(VisionDataset(source.cache, source.texts, source.groups, source.validation), 64)

    def _forward(self, batch: dict[str, Tensor]) -> VisionOutput:
        stem = batch["stem"].float()
        feature_map = self.net.forward_stages(stem, self.config.stem_stages)
        # Half precision saves time in the convolutions; what is read off the map and compared stays in full.
        with torch.autocast(stem.device.type, enabled=False):
            return self.net.forward_head(feature_map.float())

    def training_step(self, batch: dict[str, Tensor], _: int) -> Tensor:
        """The weighted sum of the three losses."""
        output = self._forward(batch)
        partners = self.net.text_head.project_text(batch["text"])
        parts = {
            "features": self.config.feature_weight * self.features(output.pooled, batch["pooled"].float()),
            "classes": self.config.class_weight * self.classes(output.class_logits, batch["logits"].float()),
            "contrast": self.config.contrast_weight * self.contrast(output.aligned, partners, batch["group"]),
        }
        self.log_dict(parts, prog_bar=True)
        return torch.stack(list(parts.values())).sum()

    def validation_step(self, batch: dict[str, Tensor], _: int) -> None:
        """Keep what the epoch's measures need."""
        output = self._forward(batch)
        cosine = F.cosine_similarity(output.pooled, batch["pooled"].float(), dim=1)
        same = output.class_logits.argmax(1) == batch["logits"].argmax(1)
        self._validation.append((cosine, same.float(), F.normalize(output.aligned, dim=1)))

    def on_validation_epoch_end(self) -> None:
        """Agreement with the teacher and recall@10 in both directions, all texts of a picture counting."""
        cosine, same, aligned = (torch.cat(column) for column in zip(*self._validation, strict=True))
        self._validation.clear()
        source = self.sources[0]
        if len(aligned) != len(source.validation):  # the sanity check sees a part only
            return
        texts = [source.texts[row] for row in source.validation]
        owner = np.repeat(np.arange(len(texts)), [len(t) for t in texts])
        projected = self.net.text_head.project_text(torch.from_numpy(np.concatenate(texts)).to(self.device))
        recall = retrieval_recall((aligned @ F.normalize(projected, dim=1).T).cpu().numpy(), owner, ks=(10,))
        to_text, to_image = recall.image_to_text[10], recall.text_to_image[10]
        self.log_dict(
            {
                "val_cosine": cosine.mean(),
                "val_agreement": same.mean(),
                "val_image_to_text": to_text,
                "val_text_to_image": to_image,
                "val_recall": (to_text + to_image) / 2,
            }
        )

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        """AdamW with two rates; linear warm-up over 5 % of the steps, cosine decay to 0."""
        head = [*self.net.text_head.parameters(), *self.contrast.parameters()]
        backbone = [*self.net.features.parameters(), *self.net.classifier.parameters()]
        groups = [
            {"params": [p for p in backbone if p.requires_grad], "lr": self.config.backbone_rate},
            {"params": head, "lr": self.config.head_rate},
        ]
        optimiser = torch.optim.AdamW(groups, weight_decay=self.config.weight_decay)
        total = int(self.trainer.estimated_stepping_batches)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: warm_up_cosine(step, total))
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


def warm_up_cosine(step: int, total: int, warm_up: float = 0.05) -> float:
    """Factor on the learning rate at a step: rises linearly over the first share of steps, then half a cosine to 0."""
    start = max(1, round(warm_up * total))
    if step < start:
        return (step + 1) / start
    return 0.5 * (1 + float(np.cos(np.pi * min(1.0, (step - start) / max(1, total - start)))))
