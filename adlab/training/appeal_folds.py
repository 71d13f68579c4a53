"""Cross-validation of M2FN on rated ads, beside ridge regressions on the same folds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from sklearn.linear_model import RidgeCV
from sklearn.model_selection import KFold
from sklearn.preprocessing import StandardScaler

from adlab.features.attributes import AttributeSchema
from adlab.features.stored import Progress, no_progress
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_ensemble import M2FNEnsemble
from adlab.training.appeal_data import RatedAds
from adlab.training.appeal_task import AppealTask, AppealTraining
from adlab.training.run import Fit, fit

PENALTIES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0, 3000.0, 10000.0)


@dataclass(frozen=True)
class Setup:
    """What is trained and how.

    Attributes:
        training: The optimisation.
        backbone: Frozen.
        members: Networks in an ensemble.
        seed: Of the folds and of all that is drawn.
        shape: From the width of the attribute vector to the network's config.
    """

    training: AppealTraining
    backbone: StagedBackbone
    members: int
    seed: int
    shape: Callable[[int], M2FNConfig]


def folds_of(count: int, folds: int, seed: int) -> list[tuple[np.ndarray, np.ndarray]]:
    """Training and test rows of each fold; every ad is tested once."""
    return [(train, test) for train, test in KFold(folds, shuffle=True, random_state=seed).split(np.arange(count))]


def train_ensemble(
    ads: RatedAds, rows: np.ndarray, setup: Setup, first_seed: int
) -> tuple[M2FNEnsemble, AttributeSchema]:
    """Members on the same ads, each with its own initial values, order and dropout.

    Args:
        ads: All ads.
        rows: Training ads.
        setup: What and how.
        first_seed: Of the first member; the others follow.
    """
    schema = ads.schema(rows)
    data = ads.tensors(rows, schema)
    shape = setup.shape(schema.width)
    ensemble = M2FNEnsemble(shape, setup.backbone, setup.members)
    for member, network in enumerate(ensemble.networks()):
        seed = first_seed + member
        task = AppealTask(setup.training, shape, setup.backbone, data, seed)
        fit(task, Fit(epochs=setup.training.epochs, monitor="loss", seed=seed, accelerator="cpu", progress=False))
        network.load_trainable_state(task.net.trainable_state())
    return ensemble.eval().requires_grad_(False), schema


def out_of_fold(
    ads: RatedAds, setup: Setup, folds: list[tuple[np.ndarray, np.ndarray]], progress: Progress = no_progress
) -> np.ndarray:
    """Logits of every ad by an ensemble that was not trained on it, (M, N, K).

    Args:
        ads: All ads.
        setup: What and how.
        folds: Training and test rows.
        progress: Called with (folds done, all folds).
    """
    logits = np.zeros((setup.members, len(ads), ads.counts.shape[1]), dtype=np.float32)
    for number, (train, test) in enumerate(folds):
        ensemble, schema = train_ensemble(ads, train, setup, setup.seed * 10_000 + 100 * number)
        own = ads.tensors(test, schema)
        with torch.inference_mode():
            logits[:, test] = ensemble.forward_head(own.maps, own.aux).numpy()
        progress(number + 1, len(folds))
    return logits


def ridge_out_of_fold(
    features: np.ndarray, means: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]
) -> np.ndarray:
    """Mean rating of every ad by a ridge regression that was not fitted on it, (N,).

    Args:
        features: (N, F); the penalty is chosen by leaving one out among the training ads.
        means: Mean ratings, (N,).
        folds: Training and test rows.
    """
    found = np.zeros(len(means))
    for train, test in folds:
        scaler = StandardScaler().fit(features[train])
        ridge = RidgeCV(PENALTIES).fit(scaler.transform(features[train]), means[train])
        found[test] = ridge.predict(scaler.transform(features[test]))
    return found
