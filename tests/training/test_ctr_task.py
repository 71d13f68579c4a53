"""M2FN trained on clicks whose causes are known: late on maps, early on pixels, without a picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_m2fn import SIZE, tiny_backbone

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.features.attributes import AttributeSchema
from adlab.metrics.correlation import sprc
from adlab.models.baselines import baseline_config
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.ctr_data import ClickAttributes
from adlab.training.ctr_task import (
    ClickBatches,
    ClickData,
    ClickTask,
    ClickTraining,
    mean_ctr,
    output_of,
    predicted_ctr,
    rate_of,
    reads_pixels,
)
from adlab.training.run import Fit, fit, quiet

ADS, EACH = 24, 8
ROWS = ADS * EACH
TRAIN, DEV, TEST = np.arange(128), np.arange(128, 152), np.arange(152, ROWS)
LATE = replace(
    M2FNConfig.compact(aux_dim=5, image_size=SIZE),
    **{"depth": 3, "low": False, "branches": True, "fusion_dim": 8, "attention_dim": 6, "head_dims": (10,)},
)
EARLY = replace(LATE, low=True, cbn_dim=6)
TRAINING = ClickTraining(epochs=12, batch_size=32, learning_rate=1e-2)


@pytest.fixture(scope="module")
def data() -> ClickData:
    """Ads that are light or dark, shown to one of two genders: the rate follows from both, and from nothing else."""
    rng = np.random.default_rng(0)
    ads = np.repeat(np.arange(ADS), EACH)
    light, gender = np.arange(ADS) % 2, rng.integers(0, 2, ROWS)
    squares = torch.from_numpy(rng.integers(0, 40, (ADS, SIZE, SIZE, 3)) + 180 * light[:, None, None, None]).byte()
    backbone = tiny_backbone(depth=3)
    with torch.inference_mode():
        maps = backbone(backbone.scale(squares)).half()
    schema = AttributeSchema(levels={"gender": ("female", "male")}, texts=("title",), text_dim=3)
    attributes = ClickAttributes(
        schema,
        torch.from_numpy(np.eye(2, dtype=np.uint8)[gender]),
        torch.from_numpy(rng.normal(size=(ADS, 3)).astype(np.float32)),
    )
    rate = 1 / (1 + np.exp(3 - 1.5 * light[ads] - 0.8 * gender))
    shown = rng.integers(200, 3000, ROWS)
    clicks = torch.from_numpy(rng.binomial(shown, rate).astype(np.float32))
    counts = torch.from_numpy(shown.astype(np.float32))
    return ClickData(attributes, torch.from_numpy(ads), counts, clicks, maps.clone(), squares)


def task(data: ClickData, shape: M2FNConfig = LATE, **changes) -> ClickTask:
    backbone = tiny_backbone(depth=3) if shape.image else None
    return ClickTask(replace(TRAINING, **changes), shape, backbone, data, TRAIN, DEV, seed=1)


def trained(data: ClickData, shape: M2FNConfig = LATE, **changes) -> ClickTask:
    quiet()
    made = task(data, shape, **changes)
    fit(made, Fit(epochs=made.config.epochs, monitor="val_loss", progress=False, accelerator="cpu"))
    return made


def observed(data: ClickData, rows: np.ndarray) -> np.ndarray:
    return (data.clicks / data.impressions).numpy()[rows]


@pytest.mark.parametrize("loss", ["binomial", "mse"])
def test_every_row_starts_at_the_mean_rate_of_the_training_rows(data, loss):
    fresh = task(data, loss=loss).eval()
    expected = float(data.clicks[:128].sum() / data.impressions[:128].sum())
    assert predicted_ctr(fresh, TEST) == pytest.approx(np.full(len(TEST), expected), rel=1e-3)


@pytest.mark.parametrize("loss", ["binomial", "mse"])
def test_training_on_maps_tells_rates_of_ads_it_has_not_seen(data, loss):
    predicted = predicted_ctr(trained(data, loss=loss), TEST)
    assert sprc(predicted, observed(data, TEST)) > 0.8
    assert np.abs(predicted / observed(data, TEST) - 1).mean() < 0.35


def test_training_on_pixels_moves_the_conditional_batch_norm_and_tells_rates(data):
    made = task(data, EARLY)
    before = {name: tensor.clone() for name, tensor in made.net.named_parameters()}
    quiet()
    fit(made, Fit(epochs=8, monitor="val_loss", progress=False, accelerator="cpu"))
    moved = {name for name, tensor in made.net.named_parameters() if not torch.equal(tensor, before[name])}
    assert {"cbn.1.gamma", "cbn.1.beta_net.2.weight"} <= moved
    assert not {name for name in moved if name.startswith("backbone.")}
    assert sprc(predicted_ctr(made, TEST), observed(data, TEST)) > 0.75


def test_without_the_picture_only_attributes_tell(data):
    made = trained(data, baseline_config("attributes-m2fn", LATE))
    predicted = predicted_ctr(made, TEST)
    gender = data.attributes.context[TEST, 1].numpy()
    assert predicted[gender == 1].mean() > 1.3 * predicted[gender == 0].mean()
    light = (data.ads[TEST] % 2).numpy()
    assert predicted[light == 1].mean() == pytest.approx(predicted[light == 0].mean(), rel=0.35)


def test_image_only_gives_all_rows_of_an_ad_one_rate(data):
    predicted = predicted_ctr(trained(data, baseline_config("image-only", LATE), epochs=4), TEST).reshape(-1, EACH)
    assert np.ptp(predicted, axis=1).max() < 1e-6
    assert np.ptp(predicted[:, 0]) > 0.01


def test_an_early_network_starts_as_the_late_one_it_takes_over(data):
    late, early = trained(data, epochs=3), task(data, EARLY)
    started = predicted_ctr(early, TEST)
    early.start_from(late)
    assert predicted_ctr(early, TEST) == pytest.approx(predicted_ctr(late, TEST), rel=5e-3)  # maps are kept in halves
    assert predicted_ctr(early, TEST) != pytest.approx(started, rel=5e-3)
    with pytest.raises(InputError, match=r"cbn\.1\.beta has no place"):
        task(data).start_from(early)


def test_what_a_row_weighs_is_capped(data):
    batch = data.batch(LATE, torch.arange(32))
    made, capped = task(data), task(data, most_impressions=500.0)
    weights = batch.impressions.clamp_max(500)
    output = output_of(capped.net.eval(), batch)
    rates = batch.clicks / batch.impressions
    by_hand = -(weights * (rates * output.sigmoid().log() + (1 - rates) * (-output).sigmoid().log())).sum()
    assert float(capped.training_step(batch, 0)) == pytest.approx(
        float(by_hand / (weights.sum() * capped.base_rate)), rel=1e-5
    )
    assert float(made.training_step(batch, 0)) != pytest.approx(float(capped.training_step(batch, 0)), rel=1e-4)


def test_squared_error_is_the_papers_on_rates_relative_to_the_mean(data):
    batch, made = data.batch(LATE, torch.arange(16)), task(data, loss="mse")
    output = output_of(made.net.train(False), batch)
    total = 0.0
    for i in range(16):
        weight = float(batch.impressions[i] / data.impressions[:128].mean())
        total += weight * (float(output[i]) - float(batch.clicks[i] / batch.impressions[i]) / made.base_rate) ** 2
    assert float(made.training_step(batch, 0)) == pytest.approx(total / 16, rel=1e-4)


def test_an_epoch_has_every_row_once_in_an_order_of_its_own(data):
    first, second, again = (list(ClickBatches(data, LATE, torch.from_numpy(TRAIN), 30, seed)) for seed in (1, 2, 1))
    assert sum(len(batch.clicks) for batch in first) == len(TRAIN)
    assert torch.equal(first[0].aux, again[0].aux)
    assert not torch.equal(first[0].aux, second[0].aux)
    assert sorted(torch.cat([b.clicks for b in first]).tolist()) == sorted(data.clicks[TRAIN].tolist())


def test_a_rate_is_always_a_probability():
    outputs = torch.tensor([-60.0, 0.0, 60.0])
    assert rate_of(outputs, "binomial", 0.04).tolist() == pytest.approx([4e-5, 0.5, 0.999])
    assert rate_of(outputs, "mse", 0.04).tolist() == pytest.approx([4e-5, 4e-5, 0.999])
    assert rate_of(torch.tensor([1.0]), "mse", 0.04).item() == pytest.approx(0.04)


def test_validation_is_the_likelihood_of_the_dev_rows_for_either_loss(data):
    for loss in ("binomial", "mse"):
        made = task(data, loss=loss)
        quiet()
        result = fit(made, Fit(epochs=1, monitor="val_loss", progress=False, accelerator="cpu"))
        assert result.epochs == 1
        batch = next(iter(made.val_dataloader()))
        logged = []
        made.log = lambda name, value, logged=logged, **_: logged.append((name, float(value)))  # type: ignore[method-assign]
        made.validation_step(batch, 0)
        p = predicted_ctr(made, DEV)
        n, k = data.impressions[DEV].numpy(), data.clicks[DEV].numpy()
        by_hand = -(k * np.log(p) + (n - k) * np.log(1 - p)).sum() / (n.sum() * made.base_rate)
        assert logged == [("val_loss", pytest.approx(by_hand, rel=1e-4))]


def test_pixels_are_read_where_the_backbone_is_changed(data):
    assert reads_pixels(EARLY)
    assert reads_pixels(replace(LATE, trained_blocks=(3,)))
    assert not reads_pixels(LATE)
    assert not reads_pixels(baseline_config("attributes-mlp", EARLY))
    without = replace(data, maps=None)
    with pytest.raises(InputError, match="reads maps and the data have none"):
        task(without)
    assert mean_ctr(data, torch.tensor([0])) == pytest.approx(
        (float(data.clicks[0]) + 1) / (float(data.impressions[0]) + 2)
    )


def test_settings_out_of_range_say_so(data):
    with pytest.raises(UnknownNameError, match="binomial"):
        ClickTraining(loss="binomal")
    with pytest.raises(ConfigError, match="most_impressions is 0"):
        ClickTraining(most_impressions=0)
    with pytest.raises(ConfigError, match="outputs is 5"):
        task(data, replace(LATE, outputs=5))
