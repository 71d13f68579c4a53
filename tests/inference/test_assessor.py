from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import (
    FOCAL,
    PAIRS,
    READINGS,
    REFERENCE,
    VISION,
    save_vision,
)

from adlab.checkpoints.manifest import read_manifest
from adlab.cli.heads import HEADS
from adlab.data.assessment import Assessment, DataKind, HeadResult
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import CheckpointError, ConfigError, UnknownNameError
from adlab.inference.assessor import Assessor, resolve_device
from adlab.inference.copy_notes import NOT_ENGLISH
from adlab.paths import ROOT

ADS = 24


def ad(seed: int, **fields: object) -> Creative:
    """Pictures and texts of several sizes and lengths."""
    image = AdImage.from_pixels(picture(seed, 24 + 8 * (seed % 5), 24 + 16 * (seed % 3)))
    values = {"image": image, "title": caption(seed), "description": "Buy it now. " * (seed % 4), "ocr_text": ""}
    return Creative(**(values | fields))


def numbers(result: HeadResult) -> np.ndarray:
    """Every number of a result, in one row."""
    percentiles = [p.value for p in result.percentiles] + [r.percentile for r in result.readings]
    return np.array([result.value, result.interval.low, result.interval.high, *result.details.values(), *percentiles])


def rows(assessments: list[Assessment]) -> np.ndarray:
    return np.stack([numbers(assessment.heads[0]) for assessment in assessments])


@pytest.fixture(scope="module")
def alone(assessor) -> np.ndarray:
    """Each ad assessed on its own."""
    return rows([assessor.assess(ad(seed)) for seed in range(ADS)])


def fresh(tiny_models: Path, **settings: int) -> Assessor:
    return Assessor(models=tiny_models, device="cpu", **settings)


def test_different_ads_get_different_numbers(alone):
    """Without this the three tests that follow could not fail."""
    assert alone[:, 0].std() > 10
    assert len(np.unique(alone[:, 0].round(6))) > 0.85 * ADS


def test_an_ad_gets_the_same_numbers_alone_and_in_one_batch(alone, tiny_models):
    together = rows(fresh(tiny_models, batch_size=ADS).assess_batch([ad(seed) for seed in range(ADS)]))
    assert np.abs(together - alone).max() <= 1e-5


def test_an_ad_gets_the_same_numbers_in_a_batch_of_another_order_and_size(alone, tiny_models):
    order = np.random.default_rng(0).permutation(ADS)[:13]
    together = rows(fresh(tiny_models, batch_size=5).assess_batch([ad(int(seed)) for seed in order]))
    assert np.abs(together - alone[order]).max() <= 1e-5


def test_an_ad_gets_the_same_numbers_from_eight_threads_at_once(alone, tiny_models):
    shared = fresh(tiny_models)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda seed: shared.assess(ad(seed % ADS)), range(3 * ADS)))
    assert np.abs(rows(found).reshape(3, ADS, -1) - alone).max() <= 1e-5


def test_the_result_says_where_it_comes_from(assessor, tiny_models):
    result = assessor.assess(ad(1)).heads[0]
    manifest = read_manifest(tiny_models / FOCAL)
    assert result.head == "agreement"
    assert result.scale == (0, 100)
    assert result.provenance.checkpoint == FOCAL
    assert result.provenance.sha256 == manifest.weights_sha256
    assert result.provenance.data_kind is DataKind.MATCHED_PAIRS
    assert (result.provenance.device, result.provenance.precision) == ("cpu", "float32")
    assert [(p.reference, p.n) for p in result.percentiles] == [(REFERENCE, PAIRS), (REFERENCE, PAIRS)]
    assert "own caption" in result.percentiles[0].description
    assert "another picture's caption" in result.percentiles[1].description
    assert (result.interval.level, result.interval.measured_coverage, result.interval.coverage_n) == (0.9, 0.9, PAIRS)
    assert result.percentiles[0].value == result.value


def test_the_readings_are_those_of_the_checkpoint(assessor):
    readings = assessor.assess(ad(1)).heads[0].readings
    assert [(r.space, r.name, r.low_word, r.high_word, r.probe_r2) for r in readings] == [
        (r["space"], r["name"], r["low_word"], r["high_word"], r["r2"]) for r in READINGS
    ]
    assert all(0 <= r.percentile <= 100 for r in readings)


def test_a_reading_of_the_picture_does_not_depend_on_the_copy(assessor):
    first, second = (assessor.assess(ad(1, title=title)).heads[0] for title in ("A dog.", "Tax returns are due."))
    assert first.readings[0].percentile == second.readings[0].percentile
    assert first.readings[1].percentile != second.readings[1].percentile
    assert first.value != second.value


def test_the_query_does_not_enter_the_agreement(assessor):
    first, second = assessor.assess_batch([ad(1, query="dog toy"), ad(1, query="insurance")])
    assert numbers(first.heads[0]).tolist() == numbers(second.heads[0]).tolist()
    assert first.content_hash != second.content_hash


def test_an_assessment_survives_json(assessor):
    for assessment in assessor.assess_batch([ad(1), Creative(title="No picture here")]):
        assert Assessment.from_dict(json.loads(assessment.to_json())) == assessment


@pytest.mark.parametrize(
    ("creative", "lacks"),
    [
        (Creative(title="Only words"), "this ad lacks an image."),
        (ad(1, title="", description=""), "this ad lacks a title or description."),
        (ad(1, title="", description="", query="a query is not copy"), "this ad lacks a title or description."),
        (Creative(query="only a query"), "this ad lacks an image and a title or description."),
    ],
)
def test_what_an_ad_lacks_is_said_and_not_guessed(assessor, creative, lacks):
    assessment = assessor.assess(creative)
    assert not {result.head for result in assessment.heads} & {"agreement", "conversion"}
    assert assessment.not_scored["agreement"].endswith(lacks)
    assert "Needs an image and a title or description" in assessment.not_scored["agreement"]


def test_relevance_is_scored_where_there_is_a_query(assessor):
    asked, silent, nothing = assessor.assess_batch([ad(1, query="shoes"), ad(1), Creative(query="shoes")])
    assert asked.head("relevance") is not None
    assert silent.not_scored["relevance"].endswith("this ad lacks a query.")
    assert nothing.not_scored["relevance"].endswith("this ad lacks an image or a title or description.")
    alone = assessor.assess(ad(1, query="shoes"), "relevance")
    assert alone.heads == (asked.head("relevance"),)


def test_an_incomplete_ad_does_not_shift_the_others(assessor, alone):
    mixed = assessor.assess_batch([ad(0), Creative(title="Only words"), ad(1), Creative(query="x"), ad(2)])
    assert [bool(a.head("agreement")) for a in mixed] == [True, False, True, False, True]
    assert [bool(a.head("funnel")) for a in mixed] == [True, True, True, False, True]
    np.testing.assert_allclose(rows([mixed[i] for i in (0, 2, 4)]), alone[:3], atol=1e-9)
    assert mixed[2].content_hash == ad(1).content_hash


def test_no_ads_give_no_assessments(assessor):
    assert assessor.assess_batch([]) == []


def test_copy_in_another_language_is_scored_with_a_notice(assessor):
    german = assessor.assess(ad(1, title="Jetzt die Kollektion mit dem Gutschein und der Tasche", description=""))
    assert german.warnings == (NOT_ENGLISH,)
    assert {result.head for result in german.heads} == set(assessor.heads) - {"relevance"}
    assert assessor.assess(ad(1)).warnings == ()


def test_an_unknown_head_is_answered_with_the_nearest_and_the_shipped_ones(assessor):
    with pytest.raises(
        UnknownNameError, match=r"Unknown head 'agrement'\. Did you mean 'agreement'\? Valid: agreement"
    ):
        assessor.assess(ad(1), ["agrement"])
    with pytest.raises(UnknownNameError, match="Unknown head 'headline'"):
        assessor.assess_batch([], ["agreement", "headline"])


def test_heads_can_be_named_once_twice_as_text_or_not_at_all(assessor):
    assert assessor.check_heads(None) == assessor.heads == tuple(head for head in HEADS if head in assessor.heads)
    assert assessor.check_heads(["agreement", "agreement"]) == assessor.check_heads("agreement") == ("agreement",)
    assert [result.head for result in assessor.assess(ad(1), "conversion").heads] == ["conversion"]
    nothing = assessor.assess(ad(1), [])
    assert (nothing.heads, nothing.not_scored) == ((), {})


def test_devices_are_resolved_and_what_is_absent_is_refused(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert [resolve_device(name) for name in ("auto", "cpu", "cuda")] == ["cuda", "cpu", "cuda"]
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert [resolve_device(name) for name in ("auto", "cpu")] == ["cpu", "cpu"]
    with pytest.raises(ConfigError, match="no CUDA device is available; give cpu or auto"):
        resolve_device("cuda")
    with pytest.raises(ConfigError, match="device is 'gpu'; give auto, cpu or cuda"):
        resolve_device("gpu")


def test_a_batch_size_below_one_is_refused(tiny_models):
    with pytest.raises(ConfigError, match="batch_size is 0"):
        fresh(tiny_models, batch_size=0)


def test_the_fingerprint_changes_with_whatever_changes_a_number(assessor, tiny_models, tmp_path):
    assert fresh(tiny_models).fingerprint == assessor.fingerprint
    root = Path(shutil.copytree(tiny_models, tmp_path / "models"))
    for name in (FOCAL, REFERENCE):
        shutil.rmtree(root / name)
    without_focal = fresh(root)
    assert without_focal.heads == tuple(head for head in assessor.heads if head != "agreement")
    for folder in root.iterdir():  # trained on the encoder that is replaced now
        shutil.rmtree(folder)
    save_vision(root, seed=1)
    assert len({assessor.fingerprint, without_focal.fingerprint, fresh(root).fingerprint}) == 3


def test_without_a_checkpoint_that_serves_it_a_head_does_not_ship(tiny_models, tmp_path):
    shutil.copytree(tiny_models / VISION, tmp_path / VISION)
    assessor = fresh(tmp_path)
    assert assessor.assess(ad(1)).heads == ()
    with pytest.raises(UnknownNameError, match="Valid: none"):
        assessor.assess(ad(1), ["agreement"])


def test_another_image_encoder_than_that_of_the_training_is_refused(tiny_models, tmp_path):
    root = Path(shutil.copytree(tiny_models, tmp_path / "models"))
    save_vision(root, seed=1)
    with pytest.raises(CheckpointError, match="focal-tiny was trained on the image encoder vision-mobilenetv2-"):
        fresh(root)


@pytest.mark.parametrize("name", [VISION, FOCAL, REFERENCE])
def test_a_damaged_checkpoint_is_noticed_before_a_score_is_given(tiny_models, tmp_path, name):
    root = Path(shutil.copytree(tiny_models, tmp_path / "models"))
    with (root / name / "weights.safetensors").open("ab") as file:
        file.write(b"\0")
    with pytest.raises(CheckpointError, match=rf"{name} is not intact: weights\.safetensors has another sha256"):
        fresh(root)


def test_an_empty_models_folder_says_where_it_looked(tmp_path):
    with pytest.raises(UnknownNameError, match=str(tmp_path)):
        fresh(tmp_path)


def test_scoring_loads_neither_lightning_nor_streamlit(tiny_models):
    code = (
        "import sys, pathlib, numpy\n"
        "from PIL import Image\n"
        "from adlab.data.creative import Creative\n"
        "from adlab.data.image_intake import AdImage\n"
        "from adlab.inference.assessor import Assessor\n"
        f"assessor = Assessor(models=pathlib.Path({str(tiny_models)!r}), device='cpu')\n"
        "ad = Creative(image=AdImage.from_pixels(Image.new('RGB', (40, 30), 'red')), title='A red ad')\n"
        "assert assessor.assess(ad, ('agreement', 'conversion', 'appeal')).heads\n"
        "light = 'pandas' not in sys.modules\n"  # the dominant colour needs scikit-learn, which imports it
        "assert assessor.assess(ad).head('ctr')\n"
        "heavy = ('lightning', 'pytorch_lightning', 'torchmetrics', 'streamlit', 'sentence_transformers')\n"
        "print(light, [name for name in heavy if name in sys.modules])\n"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert out.stdout.strip() == "True []"
