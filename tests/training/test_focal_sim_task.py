from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from adlab.losses.focal import FocalLossConfig
from adlab.training.conversion import Counts
from adlab.training.focal import FocalTask, FocalTraining, PairFeatures
from adlab.training.focal_sim_task import FocalConversionTask
from adlab.training.run import Fit, fit, quiet

TRAINING = FocalTraining(loss=FocalLossConfig(kind="full"), hidden_dim=16, epochs=12, batch_size=32, learning_rate=3e-3)
ADS, TRAIN, DEV = 160, np.arange(128), np.arange(128, 160)


@pytest.fixture(scope="module")
def made() -> tuple[PairFeatures, Counts]:
    """Ads whose first image feature decides how often they convert, and nothing else does."""
    rng = np.random.default_rng(0)
    image, text = rng.normal(size=(ADS, 12)), rng.normal(size=(ADS, 1, 10))
    image[:, 1:6] = text[:, 0, 1:6] + 0.1 * rng.normal(size=(ADS, 5))  # what both modalities share
    rate = 1 / (1 + np.exp(-(1.5 * image[:, 0] - 2)))
    shown = rng.integers(50, 400, ADS)
    noisy = [x + 0.05 * rng.normal(size=x.shape) for x in (image, text)]
    features = PairFeatures(*(torch.as_tensor(x, dtype=torch.float32) for x in (image, text, *noisy)))
    return features, Counts(shown, rng.binomial(shown, rate))


def task(made, weight: float, **changes) -> FocalConversionTask:
    return FocalConversionTask(replace(TRAINING, **changes), *made, TRAIN, DEV, 0, weight)


def dev_loss(found: FocalConversionTask) -> float:
    found.net.eval()
    batch = next(iter(found.val_dataloader()))
    with torch.inference_mode():
        return float(found._conversion_loss(found.net(batch["image"], batch["text"]), batch["group"]))


def test_it_starts_at_the_base_rate_whatever_the_embeddings(made):
    fresh, (_, counts) = task(made, 1.0), made
    rate = counts.conversions[TRAIN].sum() / counts.impressions[TRAIN].sum()
    own = counts.at(DEV)
    observed = own.conversions.sum() / own.impressions.sum()
    expected = -(observed * np.log(rate) + (1 - observed) * np.log(1 - rate)) / rate
    assert dev_loss(fresh) == pytest.approx(expected, rel=0.01)


def test_training_tells_conversions_of_ads_it_has_not_seen(made):
    quiet()
    trained = task(made, 1.0)
    start = dev_loss(trained)
    trained.net.train()
    fit(trained, Fit(epochs=12, monitor="val_loss", seed=0, accelerator="cpu"))
    assert dev_loss(trained) < start - 0.1


def test_the_step_is_the_objective_of_focal_plus_the_weighted_regression(made):
    supervised, plain = task(made, 0.7), FocalTask(TRAINING, made[0], TRAIN, DEV, 0)
    batch = next(iter(plain.train_dataloader()))
    for one in (supervised, plain):
        one.log = lambda *_, **__: None
    found = float(supervised.training_step(batch, 0).detach())
    own = supervised._conversion_loss(supervised.net(batch["image"], batch["text"]), batch["group"])
    assert found == pytest.approx(float(plain.training_step(batch, 0).detach()) + 0.7 * float(own.detach()), rel=1e-5)


def test_every_parameter_gets_a_gradient(made):
    one = task(made, 1.0)
    torch.nn.init.normal_(one.regression.weight)  # at zero nothing would reach the embeddings
    batch = next(iter(one.train_dataloader()))
    one._conversion_loss(one.net(batch["image"], batch["text"]), batch["group"]).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in one.parameters())
