from __future__ import annotations

import shutil
from dataclasses import replace

import numpy as np
import pytest
import torch
from helpers.fake_assessor import result
from helpers.pictures import caption, picture
from helpers.tiny_models import FOCAL, SIMULATED

from adlab.checkpoints.manifest import read_manifest
from adlab.checkpoints.reference_set import QUANTILES, SCORED, ReferenceSet, load_reference_set
from adlab.checkpoints.store import load_checkpoint, read_extra, replace_file
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.inference.assessor import Assessor
from adlab.inference.ranks import ReferenceRanks


def rescored(tiny_models, folder, digest: str):
    """Tiny models whose simulated reference set holds scores of `agreement` from 0 to 50."""
    root = folder / "models"
    shutil.copytree(tiny_models, root)
    checkpoint = load_checkpoint(SIMULATED, root)
    described = replace(checkpoint.manifest, extras=checkpoint.manifest.extras | {SCORED: {"agreement": digest}})
    quantiles = {"ads/agreement": torch.linspace(0, 50, 501)}
    replace_file(checkpoint, described, QUANTILES, read_extra(checkpoint, QUANTILES) | quantiles)
    return Assessor(models=root, device="cpu")


def ad(seed: int = 3) -> Creative:
    return Creative(image=AdImage.from_pixels(picture(seed, 60, 40)), title=caption(seed), ocr_text="")


def test_a_score_gets_its_rank_among_ads_scored_by_the_same_weights(tiny_models, tmp_path):
    assessor = rescored(tiny_models, tmp_path, read_manifest(tiny_models / FOCAL).weights_sha256)
    result = assessor.assess(ad()).head("agreement")
    assert [p.reference for p in result.percentiles] == ["reference-tiny", "reference-tiny", SIMULATED]
    assert result.percentiles[2].value == pytest.approx(min(100, 2 * result.value), abs=0.2)
    assert result.percentiles[2].description == "random simulated ads"


def test_scores_of_other_weights_are_not_compared_with(tiny_models, tmp_path):
    result = rescored(tiny_models, tmp_path, "0" * 64).assess(ad()).head("agreement")
    assert {p.reference for p in result.percentiles} == {"reference-tiny"}


def test_a_head_with_its_own_rank_there_gets_no_second_one(tiny_models, tmp_path):
    assessor = rescored(tiny_models, tmp_path, "0" * 64)
    assert [p.reference for p in assessor.assess(ad()).head("conversion").percentiles] == [SIMULATED]


def test_a_grade_is_ranked_among_ads_that_answer_the_query_they_were_shown_for(tiny_models):
    ranks = ReferenceRanks(tiny_models)
    reference = load_reference_set(SIMULATED, tiny_models)
    scored = replace(reference.manifest, extras=reference.manifest.extras | {SCORED: {"relevance": "ab" * 32}})
    ranks._sets = [ReferenceSet(scored, {}, {"ads/relevance": np.linspace(1, 3, 501)})]
    (percentile,) = ranks.add(result("relevance", percentiles=())).percentiles
    assert percentile.value == pytest.approx(100 * (2.1 - 1) / 2, abs=0.2)
    assert percentile.description == "random simulated ads, each with the query it was shown for"
