"""Pre-training of AdsCVLR: words, regions, titles, categories and matches (AdsCVLR, §4.2 and §III).

What we changed: titles are written, and categories told, from the picture without the query. The paper's image-only
mode keeps the query, but queries made from a product's attributes name its category.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import lightning
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from adlab.errors import ConfigError
from adlab.losses.adscvlr_pretraining import (
    AdsCVLRPretrainingLoss,
    Predictions,
    PretrainingOutput,
    PretrainingWeights,
)
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_pretraining import PretrainingHeads
from adlab.models.caption_decoder import CaptionDecoderConfig
from adlab.models.pair_inputs import PairInputs
from adlab.training.adscvlr_pretrain_batches import (
    NO_WORD,
    CopyAlone,
    PicturedCopy,
    PretrainingBatch,
    PretrainingBatches,
    PretrainingSet,
)
from adlab.training.warm_up import adam_with_warm_up

DEV_EPOCH = 1_000_000  # what is hidden in dev pairs, and their pictures, are the same after every epoch


@dataclass(frozen=True, kw_only=True)
class PretrainTraining:
    """How AdsCVLR is pre-trained.

    Attributes:
        epochs: Passes over the pairs.
        batch_size: Pairs a step; the paper's 64.
        learning_rate: Of Adam, at its highest.
        warm_up: Share of the steps over which it rises; then it falls to 0.
        mismatched: Share of the pictures that are drawn from their source, 0–1.
        pairs: Most pairs of an epoch, drawn anew for each; None for all.
        decoder_layers: Blocks of the caption decoder.
        title_tokens: Longest title to be written.
        weights: Of the tasks; 0 switches one off.

    Raises:
        ConfigError: A number is outside its range.
    """

    epochs: int = 2
    batch_size: int = 64
    learning_rate: float = 1e-4
    warm_up: float = 0.1
    mismatched: float = 0.5
    pairs: int | None = 60_000
    decoder_layers: int = 2
    title_tokens: int = 24
    weights: PretrainingWeights = field(default_factory=PretrainingWeights)

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "decoder_layers", "title_tokens", "pairs"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ConfigError(f"{name} is {value}; give a whole number of 1 or more.")
        if not self.learning_rate > 0:
            raise ConfigError(f"learning_rate is {self.learning_rate}; give a number above 0.")
        if not 0 <= self.warm_up < 1 or not 0 <= self.mismatched <= 1:
            raise ConfigError(
                f"warm_up is {self.warm_up}, mismatched {self.mismatched}; give a share below 1, and one up to 1."
            )


class AdsCVLRPretrainTask(lightning.LightningModule):
    """Joins network, heads, loss and pairs; `net` is what fine-tuning goes on with.

    Args:
        config: How to train.
        net: Trained in place; its region scale is fitted.
        classifier: What the image encoder takes a region for, (…, D) -> (…, K), frozen, where that follows from its
            features. Without, MOC predicts the labels of the regions; where they have none, there is no MOC.
        train: Pairs to train on.
        dev: Pairs that `val_loss` is measured on.
        categories: Number of categories, 0 for no IC.
        seed: Of the heads' initial values, the order and what is hidden.
    """

    def __init__(
        self,
        config: PretrainTraining,
        net: AdsCVLR,
        classifier: nn.Linear | None,
        train: PretrainingSet,
        dev: PretrainingSet,
        *,
        categories: int,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.config, self.net, self.classifier = config, net, classifier
        self.train_pairs, self.dev_pairs, self.seed = train, dev, seed
        weights = config.weights
        objects = train.bank.classes if classifier is None else classifier.out_features
        torch.manual_seed(seed)
        self.heads = PretrainingHeads(
            net.config,
            object_classes=objects if weights.masked_object > 0 else 0,
            categories=categories if weights.image_category > 0 else 0,
            decoder=CaptionDecoderConfig(layers=config.decoder_layers, max_words=config.title_tokens)
            if weights.caption > 0
            else None,
        )
        self.loss = AdsCVLRPretrainingLoss(weights)

    def train_dataloader(self) -> DataLoader[Any]:
        """An epoch's batches; they depend on seed and epoch only."""
        return self._loader(self.train_pairs, self.config.pairs, self.seed, self.current_epoch)

    def val_dataloader(self) -> DataLoader[Any]:
        """The dev pairs, always with the same words hidden and the same pictures."""
        return self._loader(self.dev_pairs, None, 0, DEV_EPOCH)

    def training_step(self, batch: PretrainingBatch, _: int) -> Tensor:
        """The loss of a batch."""
        found = self.objective(batch)
        self.log("loss", found.total, prog_bar=True, batch_size=_size(batch))
        return found.total

    def validation_step(self, batch: PretrainingBatch, _: int) -> None:
        """The same on dev pairs, part by part; weighted by pairs."""
        found = self.objective(batch)
        for name, value in found._asdict().items():
            self.log("val_loss" if name == "total" else f"val_{name}", value, batch_size=_size(batch))

    def configure_optimizers(self) -> Any:
        """Adam with warm-up on everything that is not frozen."""
        pairs = min(self.config.pairs or len(self.train_pairs), len(self.train_pairs))
        steps = self.config.epochs * math.ceil(pairs / self.config.batch_size)
        return adam_with_warm_up(self.parameters(), self.config.learning_rate, steps, self.config.warm_up)

    def objective(self, batch: PretrainingBatch) -> PretrainingOutput:
        """All tasks of a batch (AdsCVLR, Eq. 5)."""
        told = {} if batch.pictured is None else self._pictured(batch.pictured)
        if batch.alone is not None:
            told["text_words"] = self._alone(batch.alone)
        matched = torch.ones(0, dtype=torch.bool) if batch.pictured is None else batch.pictured.matched
        found: PretrainingOutput = self.loss(matched.to(self.device), **told)
        return found

    def _pictured(self, batch: PicturedCopy) -> dict[str, Any]:
        net, heads, weights = self.net, self.heads, self.config.weights
        output = net(batch.inputs)
        told: dict[str, Any] = {"match_logits": heads.match_logits(output.cls)}
        if weights.masked_language > 0:
            logits = heads.word_logits(output.token_states[batch.hidden_words], net.tokens)
            told["words"] = Predictions(logits, batch.words, batch.hidden_words.nonzero()[:, 0])
        if heads.objects is not None and (classes := self._classes(batch)) is not None:
            logits = heads.object_logits(output.region_states[batch.hidden_regions])
            told["objects"] = Predictions(logits, classes, batch.hidden_regions.nonzero()[:, 0])
        if heads.category is not None or heads.decoder is not None:
            told |= self._picture_alone(batch)
        return told

    def _classes(self, batch: PicturedCopy) -> Tensor | None:
        """What MOC predicts of the hidden regions: how the classifier sees them, or their labels."""
        if self.classifier is None:
            return None if batch.labels is None else batch.labels[batch.hidden_regions]
        with torch.no_grad():
            classes: Tensor = self.classifier(batch.regions[batch.hidden_regions]).float().softmax(dim=1)
        return classes

    def _picture_alone(self, batch: PicturedCopy) -> dict[str, Any]:
        """What the picture tells without query and copy: category and title."""
        given = batch.inputs
        start = PairInputs(given.token_ids[:, :1], given.segment_ids[:, :1], given.token_mask[:, :1], *given[3:])
        output = self.net(start._replace(regions=batch.regions))
        told: dict[str, Any] = {}
        if self.heads.category is not None:
            told["category"] = Predictions(self.heads.category_logits(output.cls), batch.categories)
        has_title = batch.titles[:, 0] != NO_WORD
        if self.heads.decoder is not None and bool(has_title.any()):
            memory = torch.cat([output.token_states, output.region_states], dim=1)[has_title]
            mask = _memory_mask(start, has_title)
            titles = batch.titles[has_title]
            read = torch.cat([given.token_ids[has_title, :1], titles[:, :-1].clamp_min(0)], dim=1)  # [CLS] starts
            states = self.heads.decoder(read, memory, mask, self.net.tokens)
            wanted = titles != NO_WORD
            logits = self.heads.decoder.word_logits(states[wanted], self.net.tokens)
            told["caption"] = Predictions(logits, titles[wanted])
        return told

    def _alone(self, batch: CopyAlone) -> Predictions:
        states = self.net(batch.inputs).token_states[batch.hidden_words]
        return Predictions(self.heads.word_logits(states, self.net.tokens), batch.words)

    def _loader(self, data: PretrainingSet, pairs: int | None, seed: int, epoch: int) -> DataLoader[Any]:
        fill = self.net.region_scale.mean.detach().cpu()
        size, mismatched = self.config.batch_size, self.config.mismatched
        batches = PretrainingBatches(data, size, fill, mismatched=mismatched, pairs=pairs, seed=seed, epoch=epoch)
        return DataLoader(batches, batch_size=None)


def _memory_mask(inputs: PairInputs, rows: Tensor) -> Tensor | None:
    """Where [CLS] and regions are, (B, 1 + R) bool; None where everything is: kernels without a mask are faster."""
    assert inputs.region_mask is not None
    mask = torch.cat([inputs.token_mask, inputs.region_mask], dim=1)[rows]
    return None if bool(mask.all()) else mask


def _size(batch: PretrainingBatch) -> int:
    return sum(len(part.inputs.token_ids) for part in batch if part is not None)
