"""`train relevance --visual patch|roi`: from pictures to a checkpoint that grades and explains by its own embedder."""

from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.brief_training import brief
from helpers.pictures import picture
from helpers.public_layouts import write_crowdflower
from helpers.tiny_detector import CLASSES, NAME, save_detector
from helpers.tiny_models import VISION, save_vision

from adlab.checkpoints.networks import load_image_encoder
from adlab.checkpoints.relevance import HEAD, extras_of, load_relevance, settings_of
from adlab.checkpoints.store import load_checkpoint, read_extra
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.encoders.detector import load_detector
from adlab.encoders.text import load_minilm
from adlab.errors import CheckpointError, ConfigError, UnknownNameError, WeightsUnavailableError
from adlab.explain.pair_explanation import explain_pair
from adlab.explain.perturbation import REGIONS, PerturbationConfig, perturb
from adlab.explain.plain import plain_pair
from adlab.explain.region_map import region_map
from adlab.features.region_embedders import DetectorBoxes, GridCells
from adlab.features.vectors import Vectors
from adlab.inference.assessor import Assessor
from adlab.inference.relevance import RelevanceHead
from adlab.models.pair_inputs import InputMode, PairInputs
from adlab.training.adscvlr_regions import region_bank
from adlab.training.adscvlr_run import RelevanceRun, train_relevance
from adlab.training.adscvlr_sources import Sources
from adlab.training.adscvlr_visual import resumes_as, visual_settings
from adlab.training.student_classroom import enter

pytestmark = pytest.mark.slow
NAMES, ADS, SIDE = ("crowdflower", "simulated"), 30, 2
AD = Creative(image=AdImage.from_pixels(picture(3, 90, 40)), query="blue jacket", title="Quilted jacket")


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A models folder with a tiny image encoder, 60 queries with 3 titles each, a detector, and a cache."""
    folder = tmp_path_factory.mktemp("visual")
    save_vision(folder / "models")
    write_crowdflower(folder / "data", 180)
    save_detector(folder)
    return folder / "models"


@pytest.fixture(scope="module", autouse=True)
def _places(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_MODELS", str(root))
        patch.setenv("ADLAB_DETECTOR", str(root.parent / "own-320.pth"))
        patch.setenv("TORCH_HOME", str(root.parent / "torch"))
        yield


@pytest.fixture(autouse=True)
def _cache(root, monkeypatch):
    monkeypatch.setenv("ADLAB_CACHE", str(root.parent / "cache"))


@pytest.fixture(scope="module", params=["patch", "roi"])
def visual(request):
    return request.param


@pytest.fixture(scope="module")
def trained(root, visual):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(root.parent / "cache"))
        weights = {"detector_weights": root.parent / "own-320.pth"} if visual == "roi" else {}
        return train_relevance(
            RelevanceRun(
                sources=Sources(folder=root.parent / "data", names=NAMES, simulated_ads=ADS, side=SIDE),
                out=root / f"relevance-{visual}",
                **brief(),
                visual=visual,
                **weights,
            )
        )


@pytest.fixture(scope="module")
def vectors(root):
    return Vectors(load_image_encoder(root=root), load_minilm())


@pytest.fixture(scope="module")
def head(root, trained, vectors):
    return RelevanceHead(trained.name, vectors, root=root)


def test_the_checkpoint_says_which_embedder_it_was_trained_with(root, trained, visual):
    settings = settings_of(trained)
    assert (settings.visual, trained.network["visual"]) == (visual, visual)
    assert trained.network["region_dim"] == {"patch": 3072, "roi": 1024}[visual]
    if visual == "roi":
        spec = load_detector(root.parent / "own-320.pth").spec
        assert (settings.detector, settings.detector_sha256, settings.top) == (NAME, spec.weights_sha256, 20)
        assert "a detector's boxes" in trained.summary
        assert f"up to 20 regions by {NAME} (sha256 {spec.weights_sha256[:12]}" in trained.preprocessing
        assert "COCO" in trained.terms
    else:
        assert settings.detector == settings.detector_sha256 == ""
        assert "squares of pixels" in trained.summary
        assert "4 regions of 32 × 32 pixels" in trained.preprocessing
        assert "COCO" not in trained.terms


def test_the_reloaded_network_gives_the_reference_logits(root, trained):
    loaded = load_relevance(trained.name, load_minilm(), load_image_encoder(root=root).spec.encoder_id, root=root)
    reference = read_extra(load_checkpoint(trained.name, root), "reference.safetensors")
    inputs = PairInputs(**{name: reference.get(name) for name in PairInputs._fields})
    assert inputs.regions.shape[2] == trained.network["region_dim"]
    output = loaded.network(inputs, states=False)
    torch.testing.assert_close(output.grade_logits, reference["grade_logits"], rtol=1e-5, atol=1e-5)


def test_an_ad_is_graded_on_the_regions_that_training_would_keep_of_its_picture(root, trained, head, visual):
    """Product and training look at the same file through the same rounding."""
    room = enter(Sources(folder=root.parent / "data", names=NAMES, simulated_ads=ADS), trained.name, device="cpu")
    AD.image.pixels.save(root.parent / "ad.png")
    kept = region_bank(room.embedder, {"ad": root.parent / "ad.png"}).regions(["ad"])
    read = head.inputs(AD, InputMode.IMAGE_TEXT)
    assert torch.equal(read.regions, kept.features)
    assert torch.equal(read.region_boxes, kept.boxes)
    assert torch.equal(read.region_mask, kept.mask)
    assert read.regions.shape == (1, *{"patch": (4, 3072), "roi": (20, 1024)}[visual])
    (result,) = head.results([AD])
    with torch.inference_mode():
        logits = head.network(read, states=False).grade_logits[0].double()
    shares = (logits / head.settings.temperatures["image-text"]).softmax(dim=0).numpy()
    assert result.value == pytest.approx(shares @ np.arange(4), abs=1e-6)


def test_another_picture_gets_another_grade_by_its_regions_alone(head):
    other = replace(AD, image=AdImage.from_pixels(picture(8, 90, 40)))
    one, two = (head.inputs(each, InputMode.IMAGE_TEXT) for each in (AD, other))
    mixed = one._replace(regions=two.regions, region_boxes=two.region_boxes, region_mask=two.region_mask)
    with torch.inference_mode():
        grades = [head.network(each, states=False).grade_logits for each in (one, mixed)]
    assert not torch.allclose(*grades, atol=1e-6)


def test_an_explanation_weighs_each_region_and_draws_it_where_it_lies(head, visual):
    found = explain_pair(head, AD)
    assert found.cells.shape == {"patch": (2, 2), "roi": (20,)}[visual]
    assert found.looks.shape == (len(found.words), *found.cells.shape)
    assert np.abs(found.cells).sum() > 0
    drawn, scale = region_map(head, AD.image, found.cells, "regions"), np.abs(found.cells).max()
    assert drawn.values.shape == (40, 90)
    if visual == "patch":  # a banner in a square of two by two: each quarter of the picture lies in one of them
        quarters = drawn.values[[0, 0, -1, -1], [0, -1, 0, -1]]
        np.testing.assert_allclose(quarters, found.cells.ravel(), rtol=1e-5, atol=1e-6 * scale)
        assert drawn.padding_share == pytest.approx(1 - 40 / 90, abs=0.02)
        assert drawn.outlines == ()
        return
    strongest = int(np.abs(found.cells).argmax())
    left, top, right, bottom = found.inputs.region_boxes[0, strongest, :4].tolist()
    assert drawn.outlines[0] == pytest.approx((left, top, right, bottom, found.cells[strongest]), abs=1e-6)
    row, column = int((top + bottom) / 2 * 40), int((left + right) / 2 * 90)
    over = [
        weight
        for weight, box in zip(found.cells, found.inputs.region_boxes[0, :, :4].tolist(), strict=True)
        if round(box[0] * 90) <= column < max(round(box[2] * 90), round(box[0] * 90) + 1)
        and round(box[1] * 40) <= row < max(round(box[3] * 40), round(box[1] * 40) + 1)
    ]
    assert drawn.values[row, column] == pytest.approx(sum(over), rel=1e-3, abs=1e-5 * scale)
    assert drawn.padding_share == pytest.approx(0, abs=1e-6)


def test_regions_are_taken_away_one_by_one_to_test_the_weights(head, visual):
    explanation = explain_pair(head, AD)
    found = {each.kind: each for each in perturb(head.network, explanation, 1.0, PerturbationConfig(steps=2))}
    assert found[REGIONS].parts == int(explanation.inputs.region_mask.sum())
    plain = plain_pair(explanation, ())
    assert ("boxes" in plain) == (visual == "roi")
    if visual == "roi":
        assert len(plain["boxes"]) == len(plain["regions"]) == found[REGIONS].parts


def test_a_checkpoint_of_another_detector_than_the_one_at_hand_names_the_digest_to_bring(
    root, trained, visual, vectors, monkeypatch, tmp_path
):
    monkeypatch.setenv("ADLAB_DETECTOR", str(save_detector(tmp_path, seed=1)))
    if visual == "patch":
        assert RelevanceHead(trained.name, vectors, root=root).settings.visual == "patch"  # needs none
        return
    with pytest.raises(WeightsUnavailableError) as caught:
        RelevanceHead(trained.name, vectors, root=root)
    assert settings_of(trained).detector_sha256 in str(caught.value)
    assert "ADLAB_DETECTOR" in str(caught.value)
    for name in (VISION, trained.name):
        shutil.copytree(root / name, tmp_path / "models" / name)
    assessor = Assessor(models=tmp_path / "models", device="cpu")  # stopped by nothing that one head lacks
    assert assessor.assess(AD).not_scored == {"relevance": assessor.assess(AD, HEAD).not_scored["relevance"]}
    assert settings_of(trained).detector_sha256 in assessor.assess(AD).not_scored["relevance"]


def test_settings_that_do_not_fit_their_embedder_are_refused(trained, visual):
    settings = settings_of(trained)
    with pytest.raises(UnknownNameError, match="grid, patch, roi"):
        replace(settings, visual="box")
    with pytest.raises(ConfigError, match="a detector with its digest"):
        replace(settings, visual="roi", detector="")
    with pytest.raises(ConfigError, match="a detector with its digest"):
        replace(settings, visual="grid", detector=NAME, detector_sha256="0")
    kept = extras_of(settings)[HEAD]
    assert kept["visual"] == visual
    old = {name: value for name, value in kept.items() if name not in ("visual", "top", "detector", "detector_sha256")}
    assert settings_of(replace(trained, extras={HEAD: old})).visual == "grid"  # as before there was a choice


def test_settings_of_another_embedder_than_the_network_s_are_refused(root, trained, monkeypatch):
    grid = replace(settings_of(trained), visual="grid", detector="", detector_sha256="")
    monkeypatch.setattr("adlab.checkpoints.relevance.settings_of", lambda _: grid)
    with pytest.raises(CheckpointError, match="settings for 'grid'"):
        load_relevance(trained.name, load_minilm(), load_image_encoder(root=root).spec.encoder_id, root=root)


def test_a_stopped_training_is_not_resumed_on_other_regions_and_grids_keep_their_names(root):
    grid = GridCells(load_image_encoder(root=root), SIDE)
    assert resumes_as(grid) == ()
    assert visual_settings(grid) == {"visual": "grid"}
    boxes = DetectorBoxes(load_detector(root.parent / "own-320.pth"))
    assert resumes_as(boxes) == (boxes.identity,)
    assert boxes.classes == CLASSES


def test_without_a_detector_the_training_says_how_to_bring_one(root, monkeypatch):
    monkeypatch.setenv("ADLAB_DETECTOR", str(root / "none.pth"))
    run = RelevanceRun(sources=Sources(folder=root.parent / "data", names=NAMES), visual="roi", out=root / "nothing")
    with pytest.raises(WeightsUnavailableError, match="--detector-weights FILE"):
        train_relevance(run)
    assert not (root / "nothing").exists()
