"""The product's funnel on a simulated log, from drawn ads to the head: tiny encoders, few ads."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from helpers.tiny_models import CONVERSION, SIMULATED, manifest
from scipy import special

from adlab.checkpoints.funnel import MODES, coverage_name
from adlab.checkpoints.manifest import read_manifest
from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.reference_set import QUANTILES, load_reference_set
from adlab.checkpoints.store import load_checkpoint, save_checkpoint
from adlab.data.creative import Context
from adlab.data.image_intake import AdImage
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, ConfigError
from adlab.features.vectors import Vectors
from adlab.inference.funnel import FunnelHead
from adlab.projection.view_findings import VIEWS, WITH, WITHOUT
from adlab.projection.views import are_of, read_views
from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw
from adlab.training import funnel_simulated
from adlab.training.funnel import train_funnel
from adlab.training.funnel_config import Contrast, FunnelTraining
from adlab.training.funnel_creatives import words_of
from adlab.training.funnel_members import FunnelTrain
from adlab.training.funnel_simulated import FunnelCollection, simulated_ad_log
from adlab.training.simulated import creative_of

COLLECTION = FunnelCollection(
    seed=11, train=12, stop=4, calibrate=12, test_seed=12, test_first=2, test=6, contexts_per_ad=6, impressions=20_000
)


@pytest.fixture(scope="module")
def root(tiny_models, tmp_path_factory):
    """Tiny encoders, and a reference set of the test ads."""
    folder = tmp_path_factory.mktemp("simulated") / "models"
    for name in (DEFAULT_IMAGE_ENCODER, CONVERSION):
        shutil.copytree(tiny_models / name, folder / name)
    drawn = {"latent": {"simulator": {"seed": 12, "index": list(range(2, 8))}}}
    groups = {"groups": {"ads": {"n": 6, "description": "test ads"}}}
    save_checkpoint(
        folder / SIMULATED,
        manifest(SIMULATED, "reference", extras=groups | drawn),
        {"x": torch.zeros(2, 2)},
        {},
        {QUANTILES: {"ads/other": torch.zeros(3)}},
    )
    return folder


@pytest.fixture(scope="module")
def log(root, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(tmp_path_factory.mktemp("cache")))
        return simulated_ad_log(COLLECTION, checkpoint=CONVERSION, root=root)


def test_rows_are_about_the_ads_of_both_seeds_and_parts_do_not_meet(log):
    assert log.ads[0] == "sim-11-000000"
    assert [log.ads[i] for i in log.parts.test] == [f"sim-12-{i:06d}" for i in range(2, 8)]
    assert [len(part) for part in log.parts] == [12, 4, 12, 6]
    assert set(log.ad) == set(range(34))
    assert log.vectors.shape == (34, 4 * 8 + 10 + 384)


def test_the_truth_beside_a_row_is_that_of_its_ad_and_context(log):
    shown, clicks, conversions = log.counts
    expected = shown * log.planted.ctr
    assert abs((clicks - expected).sum()) < 4 * np.sqrt(expected.sum())
    gap = (clicks - expected) / np.sqrt(expected)
    assert np.std(gap) < 1.3  # no row is another's
    both = expected * log.planted.cvr
    assert abs((conversions - both).sum()) < 4 * np.sqrt(both.sum())


def test_ids_are_no_features(log):
    assert {field.name for field in log.fields} == {"gender", "age_band", "month", "weekday", "hour", "position"}


def test_ads_that_focal_was_trained_on_are_refused(root, monkeypatch):
    loaded = funnel_simulated.load_checkpoint(CONVERSION, root)
    config = {"collection": {"seed": 12, "train": 2, "dev": 1}}
    object.__setattr__(loaded.manifest.training, "config", config)
    monkeypatch.setattr(funnel_simulated, "load_checkpoint", lambda *a: loaded)
    with pytest.raises(ConfigError, match=r"first 3 ads of seed 12"):
        simulated_ad_log(COLLECTION, checkpoint=CONVERSION, root=root)


@pytest.fixture(scope="module")
def trained(log, root):
    training = FunnelTraining(epochs=2, batch_size=64, contrast=Contrast(), precision="float32")
    run = FunnelTrain(
        out=root / "funnel-cl4cvr",
        reference=SIMULATED,
        training=training,
        tower_dims=(8,),
        members=2,
        run=root.parent / "run",
    )
    return train_funnel(run, log, command="python -m adlab train funnel", root=root)


def test_the_card_holds_ceilings_modes_and_what_the_parts_are_worth(trained):
    names = {measure.name for measure in trained.measures}
    assert {coverage_name(mode, "pctcvr", known=known) for mode in MODES for known in (False, True)} <= names
    for wanted in (
        "ceiling: CVR AUC on clicks of the planted chance, context known",
        "CTCVR AUC, gain over logistic regressions",
        "CVR AUC on clicks, gain by the contrastive task",
        "CTR AUC, gain by the creative",
        "calibration error of pcvr, relative",
    ):
        assert wanted in names
    assert trained.measure("CTR AUC, context known").n == 6
    assert "encoders:" in trained.terms


def test_the_head_says_of_a_drawn_ad_what_the_training_measured(trained, log, root):
    head = FunnelHead(
        "funnel-cl4cvr", Vectors(load_image_encoder(DEFAULT_IMAGE_ENCODER, root=root), load_minilm()), root=root
    )
    plan = plan_ad(12, 4)
    ad = creative_of(plan)
    object.__setattr__(ad, "image", AdImage.from_pixels(draw(plan).image))
    told = head.told(ad, words_of(plan))
    np.testing.assert_allclose(told.vector[0], log.vectors[log.ads.index("sim-12-000004")], atol=2e-4)
    quantiles = load_reference_set(SIMULATED, root).quantiles
    assert set(quantiles) == {"ads/other", "ads/funnel"}
    chain = head.chain(told, Context())
    assert quantiles["ads/funnel"][0] * 0.99 <= chain.pctcvr[0] <= quantiles["ads/funnel"][-1] * 1.01
    assert special.logit(chain.pctr[0]) == pytest.approx(special.logit(log.planted.ad_ctr.mean()), abs=2.5)


def test_the_views_beside_it_are_what_the_networks_make_of_the_test_ads(trained, log, root):
    views = read_views(root / "funnel-cl4cvr", read_manifest(root / "funnel-cl4cvr"))
    assert are_of(trained, read_manifest(root / SIMULATED))
    for space in VIEWS:
        np.testing.assert_allclose(
            views.vectors[space], views.networks[space].of(log.vectors[log.parts.test]), rtol=2e-3, atol=2e-3
        )
    first = load_checkpoint("funnel-cl4cvr", root).state["members.0.embedding.projection.weight"].numpy()
    kept = trained.training.config["contrast kept"].startswith("yes")
    served, other = (WITH, WITHOUT) if kept else (WITHOUT, WITH)
    np.testing.assert_allclose(views.networks[served].weight, first, rtol=1e-3, atol=1e-6)
    assert np.abs(views.networks[other].weight - first).max() > 1e-3
    assert views.findings.kept_by_chance is not None or not kept
    assert "independent ads" in views.findings.answer(WITH).reason  # six of them
    with_maps = {space for space, _ in views.maps}
    assert with_maps == set(VIEWS)


def test_a_reference_set_of_other_ads_is_refused(log, root, monkeypatch):
    real = read_manifest(root / SIMULATED)
    real.extras["latent"]["simulator"]["index"] = [0, 1]
    monkeypatch.setattr("adlab.training.funnel.load_checkpoint", lambda *a: type("Loaded", (), {"manifest": real}))
    with pytest.raises(CheckpointError, match="does not hold the 6 test ads"):
        train_funnel(FunnelTrain(out=root / "x", reference=SIMULATED), log, root=root)
