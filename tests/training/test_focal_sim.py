"""FOCAL Ad on a handful of simulated ads: from drawing to a checkpoint that the head loads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.quick_maps import without_umap
from helpers.tiny_models import save_focal, save_vision
from PIL import Image

from adlab.checkpoints.conversion import ADS, COVERAGE, HEAD
from adlab.checkpoints.networks import load_image_encoder
from adlab.checkpoints.reference_set import SCORED
from adlab.checkpoints.store import load_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.image_intake import AdImage
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, ConfigError
from adlab.evaluation.checkpoint import evaluate_checkpoint
from adlab.evaluation.reference_scores import score_reference
from adlab.inference.assessor import Assessor
from adlab.inference.conversion import ConversionHead
from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw
from adlab.training.focal_sim import NAME, REFERENCE, TRAINING, FocalSimRun, train_focal_sim
from adlab.training.focal_sim_measures import VARIANTS
from adlab.training.simulated import Collection, creative_of, drawn_vectors, simulated_pairs

pytestmark = pytest.mark.slow
SMALL = Collection(seed=5, train=32, dev=8, test=20, impressions=400)
ALL = SMALL.train + SMALL.dev + SMALL.test


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A models folder with a tiny image encoder, and a cache of its own."""
    folder = tmp_path_factory.mktemp("sim")
    save_vision(folder / "models")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(folder / "models"))
        without_umap(patch)
        yield folder


@pytest.fixture(autouse=True)
def cache(root, monkeypatch):
    """Each test has a cache of its own otherwise."""
    monkeypatch.setenv("ADLAB_CACHE", str(root / "cache"))


@pytest.fixture(scope="module")
def encoder(root):
    return load_image_encoder(root=root / "models")


@pytest.fixture(scope="module")
def pairs(encoder):
    return simulated_pairs(SMALL, encoder, load_minilm())


@pytest.fixture(scope="module")
def manifest(root):
    run = FocalSimRun(
        collection=SMALL,
        training=replace(TRAINING, hidden_dim=16, epochs=2, batch_size=16, patience=None),
        out=root / "models" / NAME,
        members=2,
        device="cpu",
    )
    return train_focal_sim(run, command="python -m adlab train focal-sim")


# The ads.


def test_splits_share_no_ad_and_outcomes_are_possible(pairs):
    rows = np.concatenate([pairs.rows[name] for name in ("train", "dev", "test")])
    assert sorted(rows) == list(range(ALL))
    assert [len(pairs.rows[name]) for name in ("train", "dev", "test")] == [32, 8, 20]
    assert (pairs.conversions <= pairs.impressions).all()
    assert pairs.conversions.sum() > 0
    assert pairs.impressions.min() >= 1
    assert 200 < pairs.impressions.mean() < 800
    assert [plan.index for plan in pairs.plans] == list(range(ALL))


def test_features_are_those_of_the_drawn_ad_and_its_copy(pairs, encoder):
    plan = plan_ad(5, 3)
    picture = draw(plan).image
    np.testing.assert_allclose(pairs.features.image[3].numpy(), encoder.encode([picture], detailed=True)[0], atol=1e-4)
    mirror = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    np.testing.assert_allclose(
        pairs.features.image_view[3].numpy(), encoder.encode([mirror], detailed=True)[0], atol=1e-4
    )
    text = load_minilm().encode([creative_of(plan).copy])[0]
    np.testing.assert_allclose(pairs.features.text[3, 0].numpy(), text, atol=1e-4)


def test_an_ad_whose_pixels_are_known_is_not_encoded_again(pairs, encoder, monkeypatch):
    passes = []
    encode = encoder.encode
    monkeypatch.setattr(encoder, "encode", lambda shown, **how: passes.append(len(shown)) or encode(shown, **how))
    plain, _ = drawn_vectors([plan_ad(5, 0), plan_ad(5, 1)], encoder)
    assert passes == []
    np.testing.assert_array_equal(plain, pairs.features.image[:2].numpy())
    drawn_vectors([plan_ad(6, 0)], encoder)
    assert passes == [1, 1]  # the ad and its mirror image


def test_outcomes_follow_from_the_seed(encoder):
    tiny = replace(SMALL, train=2, dev=2, test=2)
    first, again, other = (
        simulated_pairs(collection, encoder, load_minilm()) for collection in (tiny, tiny, replace(tiny, seed=6))
    )
    np.testing.assert_array_equal(first.conversions, again.conversions)
    np.testing.assert_array_equal(first.impressions, again.impressions)
    assert (first.impressions != other.impressions).any()


@pytest.mark.parametrize(("field", "value"), [("seed", -1), ("train", 1), ("dev", 0), ("test", 1), ("impressions", 0)])
def test_an_impossible_collection_is_refused(field, value):
    with pytest.raises(ConfigError, match=f"{field} is {value}"):
        Collection(**{field: value})


# The training.


def test_the_checkpoint_serves_conversion_and_says_that_it_is_simulated(manifest, root, pairs):
    checkpoint = load_checkpoint(NAME, root / "models")
    assert checkpoint.manifest == manifest
    assert manifest.heads == (HEAD,)
    assert DataKind(manifest.data_kind) is DataKind.SIMULATION
    head = ConversionHead(NAME, manifest.encoders, root=root / "models")
    test = pairs.rows["test"]
    results = head.results(pairs.features.image[test].numpy(), pairs.features.text[test, 0].numpy())
    assert all(r.interval.low <= r.value <= r.interval.high for r in results)
    assert len({r.value for r in results}) > 10
    assert results[0].percentiles[0].reference == REFERENCE
    assert results[0].percentiles[0].n == 20


def test_calibration_meets_the_conversion_rate_of_the_ads_it_was_fitted_on(manifest, root, pairs):
    """A property of the best-fitting intercept: stated and observed conversions agree in total."""
    head = ConversionHead(NAME, manifest.encoders, root=root / "models")
    dev = pairs.rows["dev"]
    stated = head.score(pairs.features.image[dev].numpy(), pairs.features.text[dev, 0].numpy()).probability
    assert (stated * pairs.impressions[dev]).sum() == pytest.approx(pairs.conversions[dev].sum(), rel=0.02)


def test_the_card_holds_table_1_beside_the_ceiling(manifest):
    ceiling = manifest.measure("ceiling: AUC of the planted probability")
    for name in ("AUC", *(f"AUC, {name}" for name in VARIANTS)):
        measure = manifest.measure(name)
        assert 0 < measure.value < ceiling.value
        assert measure.low <= measure.value <= measure.high
    assert manifest.measure("AUC, full minus shared").value == pytest.approx(
        manifest.measure("AUC, full").value - manifest.measure("AUC, shared").value
    )
    assert 0 <= manifest.measure(COVERAGE).value <= 1


def test_the_reference_set_holds_the_test_ads_and_how_to_draw_them_again(manifest, root):
    reference = load_checkpoint(REFERENCE, root / "models")
    extras = reference.manifest.extras
    assert extras["groups"][ADS]["n"] == 20
    assert extras["latent"]["display"] == "simulated"
    assert extras["latent"]["simulator"] == {"seed": 5, "index": list(range(40, 60))}
    assert {column["name"] for column in extras["latent"]["columns"]} >= {"conversion", "agreement", "kind"}
    assert len(reference.state["shared_image"]) == 20


def test_evaluate_draws_the_test_ads_again_and_finds_the_numbers_of_the_card(manifest, root, monkeypatch):
    """No data folder is asked for; weights and calibration come from the files."""
    monkeypatch.setenv("ADLAB_MODELS", str(root / "models"))
    measures = evaluate_checkpoint(NAME, lambda: pytest.fail("it needs no data"), "cpu")
    assert len(measures) == 5
    for measure in measures:
        assert measure.value == pytest.approx(manifest.measure(measure.name).value, abs=1e-6), measure.name


def test_every_shipped_head_can_be_ranked_among_the_reference_ads(manifest, root, monkeypatch):
    """Run last: it writes the reference set anew."""
    monkeypatch.setenv("ADLAB_MODELS", str(root / "models"))
    save_focal(root / "models", load_image_encoder(root=root / "models"), load_minilm())
    before = load_checkpoint(REFERENCE, root / "models")
    scored = score_reference(device="cpu")
    assert set(scored.extras[SCORED]) == {"agreement", "conversion"}
    after = load_checkpoint(REFERENCE, root / "models")
    torch.testing.assert_close(after.state, before.state, atol=0, rtol=0)
    plan = plan_ad(5, 47)  # one of the reference ads
    ad = replace(creative_of(plan), image=AdImage.from_pixels(draw(plan).image))
    result = Assessor(device="cpu").assess(ad).head("agreement")
    assert result.percentiles[-1].reference == REFERENCE
    assert result.percentiles[-1].n == 20
    assert 0 < result.percentiles[-1].value < 100
    with pytest.raises(CheckpointError, match="how to draw its ads"):
        score_reference("reference-tiny", device="cpu")
