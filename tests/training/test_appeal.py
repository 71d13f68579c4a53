"""M2FN on a handful of rated pictures: from the folder to a checkpoint that the head loads."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.rated_ads import save_rated_ads
from helpers.tiny_models import save_vision

from adlab.checkpoints.networks import load_image_encoder
from adlab.checkpoints.store import load_checkpoint
from adlab.data.assessment import DataKind
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage, read_image
from adlab.encoders.text import load_minilm
from adlab.errors import ConfigError
from adlab.evaluation.checkpoint import evaluate_checkpoint
from adlab.features.ocr import OcrText, TextBox
from adlab.inference.assessor import Assessor
from adlab.metrics.correlation import sprc
from adlab.models.backbones import StagedBackbone
from adlab.training import appeal_data
from adlab.training.appeal import NAME, REFERENCE, AppealRun, train_appeal
from adlab.training.appeal_data import rated_ads
from adlab.training.appeal_folds import folds_of, ridge_out_of_fold
from adlab.training.appeal_measures import divergence, fit_temperature, half_width, sharpened
from adlab.training.appeal_task import AppealTraining

pytestmark = pytest.mark.slow
ADS = 40


def words_in(index: int) -> str:
    return caption(index)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Ads whose raters like bright pictures, and a models folder with a tiny encoder."""
    folder = tmp_path_factory.mktemp("appeal")
    save_vision(folder / "models")
    save_rated_ads(folder / "bad-ads", ADS, contents={"Pets": lambda light: 1.0})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADLAB_CACHE", str(folder / "cache"))
        patch.setenv("ADLAB_MODELS", str(folder / "models"))
        patch.setattr(appeal_data, "read_all", read_all)
        yield folder


def read_all(images, progress):
    """Instead of OCR: a caption for each picture."""
    corners = ((0, 0), (9, 0), (9, 9), (0, 9))
    progress(len(images), len(images))
    boxes = [TextBox(text=words_in(index), confidence=0.9, corners=corners) for index in range(len(images))]
    return [OcrText(boxes=(box,)) for box in boxes]


@pytest.fixture(scope="module")
def run(root):
    return AppealRun(
        data=root / "bad-ads", training=AppealTraining(epochs=6), out=root / "models" / NAME, members=2, folds=4
    )


@pytest.fixture(scope="module")
def manifest(run):
    return train_appeal(run, command="python -m adlab train appeal")


def test_the_checkpoint_serves_appeal_and_says_that_people_rated(manifest, root):
    checkpoint = load_checkpoint(NAME, root / "models")
    assert checkpoint.manifest == manifest
    assert DataKind(manifest.data_kind) is DataKind.HUMAN_LABELS
    image = read_image(root / "bad-ads" / "screenshots" / "3.webp")
    result = Assessor(models=root / "models", device="cpu", words="off").assess(Creative(image=image)).head("appeal")
    assert 1 < result.value < 7
    assert result.interval.low <= result.value <= result.interval.high
    assert [(p.reference, p.n) for p in result.percentiles] == [(REFERENCE, ADS)]


def test_what_raters_like_is_found_on_ads_that_were_not_trained_on(manifest):
    """Bright pictures were rated high; a network that had learned nothing would stand at 0."""
    assert manifest.measure("SPRC of mean").value > 0.4
    assert manifest.measure("interval coverage").value > 0.7


def test_measured_again_the_numbers_are_those_of_the_card(manifest, root):
    again = {measure.name: measure.value for measure in evaluate_checkpoint(NAME, lambda: root)}
    assert again == pytest.approx({measure.name: measure.value for measure in manifest.measures}, abs=1e-6)


def test_the_bright_one_of_two_ads_scores_higher(manifest, root):
    assessor = Assessor(models=root / "models", device="cpu", words="off")
    dark, bright = (
        AdImage.from_pixels(picture(50, 80, 64).point(lambda value, light=light: value // 3 + 20 * light))
        for light in (0, 7)
    )
    low, high = (assessor.assess(Creative(image=image, ocr_text="x")).head("appeal").value for image in (dark, bright))
    assert high > low + 0.3


def test_every_ad_is_tested_once_and_never_trained_on_in_its_fold():
    folds = folds_of(23, 5, seed=1)
    assert sorted(np.concatenate([test for _, test in folds])) == list(range(23))
    assert all(not set(train) & set(test) for train, test in folds)
    assert [list(test) for _, test in folds_of(23, 5, 1)] == [list(test) for _, test in folds]
    assert [list(test) for _, test in folds_of(23, 5, 2)] != [list(test) for _, test in folds]


def test_a_ridge_out_of_fold_finds_a_linear_truth_and_nothing_in_noise():
    rng = np.random.default_rng(0)
    features, folds = rng.normal(size=(120, 5)), folds_of(120, 6, 0)
    truth = features @ rng.normal(size=5)
    assert sprc(ridge_out_of_fold(features, truth, folds), truth) > 0.95
    noise = rng.normal(size=120)
    assert abs(sprc(ridge_out_of_fold(features, noise, folds), noise)) < 0.35


def test_maps_and_attributes_are_those_of_each_ad(run, root):
    encoder = load_image_encoder(root=root / "models")
    backbone = StagedBackbone(encoder.network, 4)
    ads = rated_ads(run.data, backbone, encoder.preprocess.size, load_minilm())
    assert len(ads) == ADS
    index = ads.ad_ids.index("7")
    image = read_image(root / "bad-ads" / "screenshots" / "7.webp")
    alone = backbone(backbone.scale(encoder.prepare([image.pixels])))
    torch.testing.assert_close(ads.maps[index : index + 1], alone, atol=1e-4, rtol=1e-4)
    assert ads.rows[index]["aspect"] == pytest.approx(np.log(image.width / image.height))
    data = ads.tensors(np.array([index]), ads.schema(np.arange(ADS)))
    assert data.shares.sum() == pytest.approx(1)
    assert float(data.shares[0] @ torch.arange(1.0, 8)) == pytest.approx(ads.means[index], abs=1e-5)
    np.testing.assert_allclose(data.aux[0, 2:].numpy(), load_minilm().encode([ads.words[index]])[0], atol=1e-5)


def test_the_temperature_is_found_again():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(3, 200, 7)) * 2
    assert fit_temperature(logits, sharpened(logits, 2.0)) == pytest.approx(2.0, rel=0.02)
    assert divergence(sharpened(logits, 2.0), sharpened(logits, 2.0)) == pytest.approx(0, abs=1e-9)
    assert divergence(np.array([[0.5, 0.5]]), np.array([[1.0, 0.0]])) == pytest.approx(np.log(2))


def test_the_half_width_covers_nine_tenths_of_what_it_was_fitted_on():
    rng = np.random.default_rng(0)
    errors = rng.normal(size=200)
    width = half_width(np.zeros(200), errors)
    assert 0.9 <= (np.abs(errors) <= width).mean() <= 0.93


@pytest.mark.parametrize(
    ("field", "value"), [("epochs", 0), ("batch_size", 0), ("learning_rate", 0.0), ("weight_mean", -1.0)]
)
def test_an_impossible_training_is_refused(field, value):
    with pytest.raises(ConfigError, match=field):
        AppealTraining(**{field: value})
