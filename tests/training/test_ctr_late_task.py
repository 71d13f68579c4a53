"""Training on whole ads: batches hold the log's rows, nothing else counts, and what matters is learned."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.tiny_m2fn import tiny_backbone

from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError
from adlab.losses.binomial import BinomialLoss
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.ctr_data import ClickCollection, click_attributes, click_log
from adlab.training.ctr_late_task import AdBatches, AdsWithContexts, CtrLateTask, CtrTraining
from adlab.training.run import Fit, fit, quiet

SMALL = ClickCollection(seed=3, train=20, dev=4, test=6, contexts_per_ad=6, impressions=3000, min_impressions=300)
SIZE, DEPTH = 64, 2


@pytest.fixture(scope="module")
def log():
    return click_log(SMALL)


@pytest.fixture(scope="module")
def data(log, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        attributes = click_attributes(log, ["red", "blue"] * (SMALL.ads // 2), load_minilm())
    channels = tiny_backbone(depth=DEPTH).output_channels
    maps = torch.randn(SMALL.ads, channels, 16, 16, generator=torch.Generator().manual_seed(0)).half()
    return AdsWithContexts(log, maps, attributes)


def task(data: AdsWithContexts, **changes: object) -> CtrLateTask:
    shape = replace(
        M2FNConfig.ratings(aux_dim=data.attributes.schema.width, outputs=1),
        image_size=SIZE,
        depth=DEPTH,
        fusion_dim=16,
        attention_dim=4,
        dropout=0.0,
        input_dropout=0.0,
    )
    config = replace(CtrTraining(epochs=2, blank=0.0, patience=None), **changes)
    return CtrLateTask(config, shape, tiny_backbone(depth=DEPTH), data, np.arange(20), np.arange(20, 24), seed=1)


def test_a_batch_holds_every_row_of_its_ads_once_and_nothing_else_counts(data, log):
    counts = np.bincount(log.ads)
    ads = torch.tensor([int(counts.argmin()), int(counts.argmax())])
    assert counts.min() < counts.max()  # the first one's contexts are padded
    batch = data.batch(ads)
    for place, ad in enumerate(ads.tolist()):
        rows = np.flatnonzero(log.ads == ad)
        there = batch.impressions[place] > 0
        assert int(there.sum()) == len(rows)
        np.testing.assert_array_equal(batch.impressions[place][there].numpy(), log.impressions[rows])
        np.testing.assert_array_equal(batch.clicks[place][there].numpy(), log.clicks[rows])
        own = data.attributes.vectors(torch.as_tensor(rows), torch.full((len(rows),), ad))
        torch.testing.assert_close(batch.aux[place][there], own)
        assert batch.clicks[place][~there].sum() == 0
    assert batch.maps.dtype == torch.float32


def test_a_text_that_is_taken_away_is_zero_and_all_else_stays(data):
    ads = torch.arange(3)
    whole = data.batch(ads)
    part = data.batch(ads, torch.tensor([[True, False, False], [False, False, False], [False, True, True]]))
    places = data.attributes.schema.slices
    assert whole.aux[0, :, places["title"]].abs().sum() > 0
    assert part.aux[0, :, places["title"]].abs().sum() == 0
    torch.testing.assert_close(part.aux[0, :, places["ocr"]], whole.aux[0, :, places["ocr"]])
    torch.testing.assert_close(part.aux[1], whole.aux[1])
    assert part.aux[2, :, places["description"].start : places["ocr"].stop].abs().sum() == 0
    torch.testing.assert_close(data.batch(ads).aux, whole.aux)  # the log itself was not changed


def test_the_loss_is_that_of_the_rows_alone(data, log):
    made = task(data).eval()
    batch = data.batch(torch.arange(5))
    rows = np.flatnonzero(log.ads < 5)
    rate = float(log.clicks[log.ads < 20].sum() + 1) / float(log.impressions[log.ads < 20].sum() + 2)
    tries, successes = (torch.from_numpy(counts[rows].astype(np.float32)) for counts in (log.impressions, log.clicks))
    start = torch.full((len(rows),), float(np.log(rate / (1 - rate))))  # an untrained head says the mean of all
    torch.testing.assert_close(made._loss(batch), BinomialLoss(rate)(start, tries, successes), rtol=1e-5, atol=0)


def test_every_part_gets_a_gradient(data):
    made = task(data)
    with torch.no_grad():  # at the start the head's weights are zero, and nothing else is reached
        made.net.head.out.weight.normal_()
        made.net.attention.logit.weight.normal_()
    made._loss(data.batch(torch.arange(8))).backward()
    missing = [name for name, p in made.net.named_parameters() if p.requires_grad and not p.grad.abs().sum() > 0]
    assert missing == []


def test_training_learns_which_contexts_and_ads_are_clicked(data, log):
    quiet()
    made = task(data, epochs=60, learning_rate=3e-3, batch_size=8)
    ads = torch.arange(20)
    before = made.eval()._loss(data.batch(ads)).item()
    fit(made, Fit(epochs=60, monitor="val_loss", seed=1, accelerator="cpu", progress=False))
    assert made._loss(data.batch(ads)).item() < before - 0.05


def test_an_epoch_has_every_ad_once_in_an_order_of_its_seed():
    ads = np.array([4, 9, 9, 2, 7])
    first, again, other = (torch.cat(list(AdBatches(ads, 2, seed))).tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(first) == sorted(other) == sorted(ads.tolist())
    assert torch.cat(list(AdBatches(ads, 2, None))).tolist() == ads.tolist()


@pytest.mark.parametrize("change", [{"epochs": 0}, {"patience": 0}, {"learning_rate": 0.0}, {"blank": 1.0}])
def test_settings_outside_their_range_are_refused(change):
    with pytest.raises(ConfigError, match=rf"\b{next(iter(change))} (is )?{next(iter(change.values()))}\b"):
        CtrTraining(**change)
