"""What the private spaces hold, in words: linear probes for simple properties, kept only where they can read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import RidgeCV

from adlab.checkpoints.manifest import Measure
from adlab.data.image_intake import read_image
from adlab.features.properties import IMAGE_PROPERTIES, TEXT_PROPERTIES, image_properties, text_properties
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.models.focal import FocalEnsemble, FocalOutput
from adlab.training.focal_data import FlickrPairs
from adlab.training.focal_measures import ON, embed_ensemble

MIN_R2 = 0.3  # a weaker probe would put words into the model's mouth
ALPHAS = np.logspace(-3, 3, 13)


@dataclass(frozen=True)
class Readings:
    """The probes that ship, and what was measured of all.

    Attributes:
        info: Space, name, words and R² of each shipped probe.
        probes: ``"<index>/weight"`` (M·D,) and ``"<index>/bias"`` (), float32.
        values: Reading of each test pair by each shipped probe, (R, N·K).
        measures: R² of every probe on test data, shipped or not.
    """

    info: list[dict[str, Any]]
    probes: dict[str, torch.Tensor]
    values: np.ndarray
    measures: tuple[Measure, ...]


def fit_readings(network: FocalEnsemble, pairs: FlickrPairs) -> Readings:
    """Fit a ridge regression from each private space to each property on training data, measure it on test data."""
    train, test = (embed_ensemble(network, pairs, pairs.rows[split]) for split in ("train", "test"))
    pictures = {
        split: np.stack([image_properties(read_image(pairs.paths[row]).pixels) for row in pairs.rows[split]])
        for split in ("train", "test")
    }
    texts = {
        split: np.stack([text_properties(text) for row in pairs.rows[split] for text in pairs.captions[row]])
        for split in ("train", "test")
    }
    info: list[dict[str, Any]] = []
    probes: dict[str, torch.Tensor] = {}
    values, measures = [], []
    captions = pairs.features.text.shape[1]
    for space, properties, targets, repeats in (
        ("private image", IMAGE_PROPERTIES, pictures, captions),
        ("private text", TEXT_PROPERTIES, texts, 1),
    ):
        inputs = {"train": stacked(train, space), "test": stacked(test, space)}
        for column, kind in enumerate(properties):
            probe = RidgeCV(ALPHAS).fit(inputs["train"], targets["train"][:, column])
            read, wanted = probe.predict(inputs["test"]), targets["test"][:, column]
            measure = _measure(space, kind.name, read, wanted, len(pairs.rows["test"]))
            measures.append(measure)
            if measure.value < MIN_R2:
                continue
            index = len(info)
            info.append(
                {
                    "space": space,
                    "name": kind.name,
                    "low_word": kind.low_word,
                    "high_word": kind.high_word,
                    "r2": round(measure.value, 4),
                }
            )
            probes[f"{index}/weight"] = torch.tensor(probe.coef_, dtype=torch.float32)
            probes[f"{index}/bias"] = torch.tensor(probe.intercept_, dtype=torch.float32)
            values.append(np.repeat(read, repeats))
    shape = (0, len(pairs.rows["test"]) * captions)
    return Readings(info, probes, np.stack(values) if values else np.zeros(shape), tuple(measures))


def stacked(output: FocalOutput, space: str) -> np.ndarray:
    """A private space of all members side by side, as `AgreementHead` reads it: images (N, M·D), texts (N·K, M·D)."""
    part = output.private_image if space == "private image" else output.private_text.flatten(1, 2)
    return part.transpose(0, 1).flatten(1).numpy()


def _measure(space: str, name: str, read: np.ndarray, wanted: np.ndarray, images: int) -> Measure:
    groups = np.repeat(np.arange(images), len(wanted) // images)

    def r2(rows: np.ndarray) -> float:
        spread = np.square(wanted[rows] - wanted[rows].mean()).sum()
        return float(1 - np.square(wanted[rows] - read[rows]).sum() / spread)

    interval = bootstrap_interval(r2, groups, n_resamples=300)
    return Measure.of(
        f"{name} read from the {space} space (R²)",
        interval,
        n=len(wanted),
        data=ON,
        note="" if interval.value >= MIN_R2 else f"below {MIN_R2}, so not shown with scores",
    )
