"""`train ctr` on a handful of simulated ads: from drawing to a checkpoint that the head loads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.tiny_models import manifest as tiny_manifest
from helpers.tiny_models import save_vision
from scipy import special

from adlab.checkpoints.ctr import ADS, HEAD, KNOWN, LIFT_GROUPS, UNKNOWN, settings_of
from adlab.checkpoints.m2fn import load_m2fn
from adlab.checkpoints.networks import load_image_encoder
from adlab.checkpoints.reference_set import QUANTILES, SCORED, load_reference_set
from adlab.checkpoints.store import load_checkpoint, read_extra, save_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.creative import Context, Creative
from adlab.data.image_intake import AdImage
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError
from adlab.evaluation.checkpoint import evaluate_checkpoint
from adlab.features.vectors import Vectors
from adlab.inference.ctr import CtrHead
from adlab.simulator.render import draw
from adlab.training.ctr import NAME, REFERENCE, CtrRun, parts_of, train_ctr
from adlab.training.ctr_data import ClickCollection, click_log, context_rows, drawn_words
from adlab.training.ctr_late_task import CtrTraining

pytestmark = pytest.mark.slow
LIFTS = tuple(f"interval coverage of the planted lift, {name}" for name in LIFT_GROUPS)
SMALL = ClickCollection(seed=5, train=24, dev=12, test=16, contexts_per_ad=4, impressions=600, min_impressions=1)


def save_reference(root, index: list[int], seed: int = 5) -> None:
    extras = {
        "groups": {ADS: {"n": len(index), "description": "simulated ads"}},
        "latent": {"simulator": {"seed": seed, "index": index}},
    }
    described = tiny_manifest(REFERENCE, "reference", data_kind=DataKind.SIMULATION.value, extras=extras)
    files = {QUANTILES: {"ads/conversion": torch.linspace(0, 1, 501)}}
    save_checkpoint(root / REFERENCE, described, {"shared_image": torch.zeros(1)}, {}, files)


def run_in(root, **changes) -> CtrRun:
    training = CtrTraining(epochs=2, batch_size=8, patience=None)
    return replace(CtrRun(collection=SMALL, training=training, out=root / NAME, members=2), **changes)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A models folder with a tiny image encoder and a reference set of the test ads, and a cache of its own."""
    folder = tmp_path_factory.mktemp("ctr")
    save_vision(folder / "models")
    save_reference(folder / "models", list(range(36, 52)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(folder / "models"))
        yield folder / "models"


@pytest.fixture(autouse=True)
def cache(root, monkeypatch):
    """Each test has a cache of its own otherwise."""
    monkeypatch.setenv("ADLAB_CACHE", str(root.parent / "cache"))


@pytest.fixture(scope="module")
def trained(root):
    return train_ctr(run_in(root), command="python -m adlab train ctr")


@pytest.fixture(scope="module")
def head(root, trained):
    return CtrHead(NAME, Vectors(load_image_encoder(root=root), load_minilm()), root=root)


def test_the_parts_share_no_ad_and_what_calibrates_stops_nothing():
    parts = parts_of(SMALL)
    assert np.concatenate(parts).tolist() == list(range(52))
    assert [len(part) for part in parts] == [24, 6, 6, 16]


def test_the_card_says_that_it_was_simulated_and_how_far_it_is_from_the_ceiling(trained):
    assert (trained.heads, trained.data_kind) == ((HEAD,), DataKind.SIMULATION)
    values = {measure.name: measure.value for measure in trained.measures}
    assert values["AUC"] < values["ceiling: AUC of the planted probability"] < 1
    assert all(0 <= values[name] <= 1 for name in (KNOWN, UNKNOWN, *LIFTS))
    assert trained.training.command == "python -m adlab train ctr"
    assert any("simulation" in limit for limit in trained.limits)


def test_the_stored_contexts_are_known_in_every_field_and_stand_for_all(trained):
    settings = settings_of(trained)
    assert 1 <= len(settings.contexts) <= 8
    assert all(len(Context(**fields).known) == 6 for fields in settings.contexts)
    assert sum(settings.weights) == pytest.approx(1)


def test_the_head_states_what_the_training_measured(head, root):
    """A test ad as an upload, drawn again, in the contexts of the log: its rate is the one behind the quantiles."""
    log = click_log(SMALL)
    ads = [
        Creative(
            image=AdImage.from_pixels(draw(plan, 224).image),
            title=plan.title,
            description=plan.description,
            ocr_text=drawn_words(plan),
        )
        for plan in log.plans[36:]
    ]
    rates = [float(head.sweep(ad, ad.ocr_text, [Context()]).probability[0]) for ad in ads]
    stored = load_reference_set(REFERENCE, root).quantiles[f"{ADS}/{HEAD}"]
    np.testing.assert_allclose(stored[[0, -1]], [min(rates), max(rates)], rtol=1e-3)  # maps are kept as float16
    contexts = [Context(**row) for row in context_rows(log.contexts)]
    own = np.flatnonzero(log.ads == 40)
    swept = head.sweep(ads[4], ads[4].ocr_text, [contexts[row] for row in own])
    assert len(set(swept.probability.tolist())) == len(own)


def test_the_other_quantiles_of_the_reference_set_stay(root, trained):
    kept = read_extra(load_checkpoint(REFERENCE, root), QUANTILES)
    torch.testing.assert_close(kept["ads/conversion"], torch.linspace(0, 1, 501))


def test_the_reference_set_says_whose_scores_it_holds_so_that_ranks_stay(root, trained):
    assert load_reference_set(REFERENCE, root).manifest.extras[SCORED][HEAD] == trained.weights_sha256


def test_the_stored_tensors_are_reproduced(root, head):
    reference = read_extra(load_checkpoint(NAME, root), "reference.safetensors")
    manifest, network = load_m2fn(NAME, head._vectors.encoder_ids, root=root)
    calibration = settings_of(manifest).calibration
    with torch.inference_mode():
        logits = network.forward_head(reference["map"], reference["aux"])[..., 0].mean(dim=0).numpy()
    stated = special.expit(calibration.slope * logits + calibration.intercept)
    np.testing.assert_allclose(stated, reference["probability"].numpy(), atol=1e-5)


def test_measured_again_the_numbers_are_those_of_the_card(trained):
    again = {measure.name: measure.value for measure in evaluate_checkpoint(NAME, lambda: Path("nowhere"))}
    card = {measure.name: measure.value for measure in trained.measures}
    assert {KNOWN, UNKNOWN, "AUC", *LIFTS} <= again.keys() <= card.keys()
    assert again == pytest.approx({name: card[name] for name in again}, rel=1e-4)


def test_a_second_training_with_the_same_seed_is_the_same(root, trained, tmp_path):
    again = tmp_path / "models"
    save_vision(again)
    save_reference(again, list(range(36, 52)))
    other = train_ctr(run_in(again, run=tmp_path / "run"))
    assert other.weights_sha256 == trained.weights_sha256
    assert settings_of(other) == settings_of(trained)


def test_a_reference_set_of_other_ads_is_refused_before_anything_is_drawn(root, tmp_path):
    save_vision(tmp_path)
    save_reference(tmp_path, list(range(36, 52)), seed=6)
    with pytest.raises(CheckpointError, match="does not hold the 16 test ads of seed 5"):
        train_ctr(run_in(tmp_path))
