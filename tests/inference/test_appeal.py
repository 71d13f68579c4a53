from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch
from helpers.pictures import caption, picture
from helpers.tiny_models import APPEAL, PAIRS, RATED

from adlab.checkpoints.manifest import read_manifest
from adlab.checkpoints.store import load_checkpoint, read_extra
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import CheckpointError
from adlab.features import words_in_picture
from adlab.inference.appeal import AppealHead
from adlab.inference.assessor import WORDS_UNKNOWN, Assessor
from adlab.models.m2fn_ensemble import mean_distribution


def ad(seed: int, words: str | None = "Two for one", **fields: object) -> Creative:
    image = AdImage.from_pixels(picture(seed, 30 + 7 * seed, 40))
    return Creative(**({"image": image, "title": caption(seed), "ocr_text": words} | fields))


@pytest.fixture(scope="module")
def head(tiny_models, assessor) -> AppealHead:
    return AppealHead(APPEAL, assessor.vectors, root=tiny_models)


def test_a_result_is_a_distribution_over_the_scale_with_its_mean(assessor):
    result = assessor.assess(ad(3), ["appeal"]).head("appeal")
    shares = np.array([result.details[f"appeal_share_{step}"] for step in range(1, 8)])
    steps = np.arange(1, 8)
    assert shares.sum() == pytest.approx(1)
    assert result.value == pytest.approx(shares @ steps)
    assert result.details["appeal_std"] == pytest.approx(np.sqrt(shares @ (steps - result.value) ** 2))
    assert result.interval.low == pytest.approx(max(1, result.value - 1.1))
    assert (result.unit, result.scale, result.interval.measured_coverage) == ("rating", (1.0, 7.0), 0.9)
    assert [(p.reference, p.n) for p in result.percentiles] == [(RATED, PAIRS)]


def test_the_stored_tensors_are_reproduced(head, tiny_models):
    reference = read_extra(load_checkpoint(APPEAL, tiny_models), "reference.safetensors")
    with torch.inference_mode():
        logits = head.network.forward_head(reference["map"], reference["aux"])
    together = logits.softmax(-1).mean(0) ** (1 / 0.9)
    torch.testing.assert_close(together / together.sum(1, keepdim=True), reference["shares"], atol=1e-5, rtol=0)


def test_the_words_and_the_shape_of_the_picture_matter_and_the_copy_does_not(head):
    plain, other = ad(3), ad(3, words="Results will shock you")
    scores = head.score([plain.image, plain.image], [plain.ocr_text, other.ocr_text])
    assert scores.mean[0] != scores.mean[1]
    wide = AdImage.from_pixels(picture(3, 160, 40))
    assert head.score([wide], ["x"]).mean[0] != head.score([plain.image], ["x"]).mean[0]
    renamed = head.results([plain, ad(3, title="Another title")], ["x", "x"])
    assert renamed[0].value == renamed[1].value


def test_what_the_network_reads_is_open_to_explanations_and_gives_the_score(head):
    one = ad(3)
    read = head.inputs(one.image, one.ocr_text)
    assert read.pixels.shape == (1, 3, read.size, read.size)
    assert read.box == (0, 3, 32, 25)  # 51 × 40 pixels in a square of 32
    with torch.inference_mode():
        shares = mean_distribution(head.network(read.pixels, read.aux).double(), head.settings.temperature)
    score = head.score([one.image], [one.ocr_text])
    np.testing.assert_allclose(shares.numpy(), score.shares, atol=1e-6)


def test_copies_of_a_picture_are_rated_together_as_alone_and_leave_no_trace(head):
    one = ad(3)
    read, copies = head.inputs(one.image, "x"), [picture(seed, 51, 40) for seed in (3, 4, 5)]
    kept = len(head._maps._maps._rows)
    together = head.mean_ratings(copies, read.aux)
    assert len(head._maps._maps._rows) == kept
    assert together[0] == pytest.approx(head.score([one.image], ["x"]).mean[0], abs=1e-6)
    np.testing.assert_allclose(together, [head.mean_ratings([copy], read.aux)[0] for copy in copies], atol=1e-6)
    assert np.ptp(together) > 1e-3


def test_the_assessor_gives_its_appeal_head_and_none_where_it_is_not_installed(tiny_models, tmp_path, assessor):
    assert assessor.appeal.manifest.name == APPEAL
    shutil.copytree(tiny_models, tmp_path / "models", ignore=shutil.ignore_patterns(APPEAL))
    assert Assessor(models=tmp_path / "models", device="cpu").appeal is None


def test_words_that_were_not_read_are_not_the_same_as_no_words(head):
    image = ad(2).image
    unknown, none = head.score([image, image], [None, ""]).mean
    assert unknown != none


def test_an_ad_gets_the_same_numbers_alone_and_in_a_batch(tiny_models, assessor):
    ads = [ad(seed) for seed in range(12)]
    together = [a.head("appeal").value for a in assessor.assess_batch(ads)]
    fresh = Assessor(models=tiny_models, device="cpu", words="off")
    alone = [fresh.assess(one, ["appeal"]).head("appeal").value for one in reversed(ads)][::-1]
    np.testing.assert_allclose(together, alone, atol=1e-9)
    assert np.std(together) > 0.01


def test_the_reference_ads_rank_evenly_among_themselves(head):
    ads = [ad(seed, words=caption(seed)) for seed in range(PAIRS)]
    ranks = np.sort(head.score([one.image for one in ads], [one.ocr_text for one in ads]).percentile)
    np.testing.assert_allclose(ranks, np.linspace(0, 100, PAIRS), atol=3)


def test_an_ad_without_copy_is_judged_and_one_without_a_picture_says_what_it_lacks(assessor):
    picture_only = assessor.assess(ad(1, title=""))
    assert [result.head for result in picture_only.heads] == ["appeal", "ctr", "funnel"]
    assert picture_only.not_scored["agreement"].startswith("Needs an image and a title")
    copy_only = assessor.assess(Creative(title="Words alone"))
    assert copy_only.not_scored["appeal"] == "Needs an image; this ad lacks an image."


def test_words_are_read_unless_that_is_switched_off_and_the_result_says_so(tiny_models, monkeypatch):
    read = []
    found = type("Found", (), {"text": "Seen in the picture"})()
    monkeypatch.setattr(words_in_picture, "read_text", lambda image: read.append(image) or found)
    off = Assessor(models=tiny_models, device="cpu", words="off")
    assert off.reads_words == {"appeal", "ctr", "funnel"}
    assert WORDS_UNKNOWN.format("appeal, ctr and funnel were") in off.assess(ad(4, words=None)).warnings
    assert read == []
    auto = Assessor(models=tiny_models, device="cpu")
    assert WORDS_UNKNOWN.format("appeal, ctr and funnel were") not in auto.assess(ad(4, words=None)).warnings
    assert len(read) == 1
    auto.assess(ad(4, words=None), ["agreement"])
    assert len(read) == 1  # a head that reads no words causes no reading


def test_a_checkpoint_of_another_shape_is_refused_by_name(tiny_models, tmp_path, assessor):
    shutil.copytree(tiny_models, tmp_path / "models")
    file = tmp_path / "models" / APPEAL / "config.json"
    plain = json.loads(file.read_text())
    plain["network"]["fusion_dim"] = 9
    file.write_text(json.dumps(plain))
    plain["sha256"]["config.json"] = ""
    with pytest.raises(CheckpointError, match="was altered"):
        read_manifest(file.parent)
    with pytest.raises(CheckpointError, match="altered"):
        AppealHead(APPEAL, assessor.vectors, root=tmp_path / "models")
