"""What one seed of the FOCAL Ad reproduction works on: features, labels drawn for them, networks trained on them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.evaluation.synthetic_label import bayes_accuracy, label_logits, pair_logits
from adlab.features.properties import IMAGE_PROPERTIES, TEXT_PROPERTIES
from adlab.models.focal import FocalOutput
from adlab.training.focal import FocalTask, FocalTraining, PairFeatures, embed
from adlab.training.run import Fit, fit

Rows = dict[str, NDArray[np.int64]]
SPLITS = ("train", "dev", "test")
NETWORKS = ("paper", "contrastive", "untrained")
SPACES = ("shared_image", "private_image", "shared_text", "private_text")
IMAGE_NAMES = tuple(p.name for p in IMAGE_PROPERTIES)
TEXT_NAMES = tuple(p.name for p in TEXT_PROPERTIES)
PROPERTIES = IMAGE_NAMES + TEXT_NAMES
SOURCES = {
    "full": SPACES,
    "shared": ("shared_image", "shared_text"),
    "image": ("shared_image", "private_image"),
    "text": ("shared_text", "private_text"),
}


@dataclass(frozen=True, kw_only=True)
class SeedStudy:
    """What one seed is measured on.

    Attributes:
        features: Of all images, with augmented views.
        rows: Images of each split.
        properties: `PROPERTIES` of every pair, (N, K, 9).
        paper: Training of the network with the paper's loss.
        contrastive: Training of the network with the full FOCAL loss.
        noise: Noise levels σ.
        default_noise: The level at which everything but the sweep is measured; one of `noise`.
        device: Lightning's name of the device.
    """

    features: PairFeatures
    rows: Rows
    properties: NDArray[np.float64]
    paper: FocalTraining
    contrastive: FocalTraining
    noise: tuple[float, ...]
    default_noise: float
    device: str = "cpu"


class Labels(NamedTuple):
    """Synthetic labels of all pairs, (N, K), and the Bayes accuracy on the test pairs."""

    labels: NDArray[np.int64]
    bayes: float


def draw_labels(study: SeedStudy, seed: int) -> dict[float, Labels]:
    """Labels of all pairs by noise level: one hidden rule, one draw of the noise, scaled."""
    features, train = study.features, np.zeros(len(study.features.image), dtype=bool)
    train[study.rows["train"]] = True
    shape = features.text.shape[:2]
    logits = pair_logits(features.image.numpy(), features.text.numpy(), train, seed=seed)
    labels = {}
    for noise in study.noise:
        drawn = label_logits(logits.ravel(), np.repeat(train, shape[1]), noise_std=noise, seed=seed)
        ceiling = bayes_accuracy(logits[study.rows["test"]].ravel(), drawn.threshold, noise)
        labels[noise] = Labels(drawn.labels.reshape(shape), ceiling)
    return labels


def train_and_embed(study: SeedStudy, network: str, seed: int, folder: Path) -> FocalOutput:
    """Train a network (or leave it untrained) and embed everything: images (N, D), texts (N, K, D)."""
    config = study.contrastive if network == "contrastive" else study.paper
    features = study.features
    if network != "contrastive":
        features = features._replace(image_view=None, text_view=None)
    task = FocalTask(config, features, study.rows["train"], study.rows["dev"], seed)
    if network != "untrained":
        # Without early stopping the last epoch counts, as in the paper, and nothing need be kept.
        keep = folder / f"{network}-{seed}" if config.patience is not None else None
        fit(
            task,
            Fit(
                epochs=config.epochs,
                monitor="val_loss",
                patience=config.patience,
                folder=keep,
                progress=False,
                seed=seed,
                accelerator=study.device,
            ),
        )
    return embed(task.net.eval(), study.features)
