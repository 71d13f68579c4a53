"""A funnel's views of ads: written with its checkpoint, read again, refused where damaged or of other ads."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.tiny_models import manifest

from adlab.checkpoints.manifest import read_manifest
from adlab.checkpoints.store import save_checkpoint
from adlab.errors import CheckpointError, UnknownNameError
from adlab.projection.latent import LatentSet
from adlab.projection.points import Embeddings, points_of
from adlab.projection.view_findings import VIEWS, WITH, WITHOUT
from adlab.projection.views import EXTRAS, FILE, View, ads_of, are_of, read_views, views_of

ADS, VECTOR, WIDTH = 40, 7, 3
SIMULATOR = {"seed": 5, "index": list(range(10, 10 + ADS))}
REFERENCE = manifest("reference-small", "reference", extras={"latent": {"simulator": SIMULATOR}})


def network(seed: int) -> View:
    rng = np.random.default_rng(seed)
    weight, bias = rng.normal(size=(WIDTH, VECTOR)), rng.normal(size=WIDTH)
    return View(weight=weight.astype(np.float16).astype(np.float32), bias=bias.astype(np.float16).astype(np.float32))


CREATIVES = np.random.default_rng(0).normal(size=(ADS, VECTOR)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = views_of(
        {WITHOUT: network(1), WITH: network(2)},
        network(3),
        network(4),
        CREATIVES,
        np.arange(ADS) % 2,
        label="conversion",
        ads=ads_of(REFERENCE),
        methods=("pca", "tsne"),
    )
    folder = tmp_path_factory.mktemp("views") / "funnel-small"
    described = manifest("funnel-small", "funnel", extras={EXTRAS: made.extras})
    described.training.config["contrast"] = {"weight": 0.01, "temperature": 12.0, "masking": "independent"}
    save_checkpoint(folder, described, {"x": torch.zeros(2, 2)}, {}, made.files)
    return folder


def test_views_come_back_with_maps_and_numbers(folder):
    views = read_views(folder, read_manifest(folder))
    assert set(views.maps) == {(space, method) for space in VIEWS for method in ("pca", "tsne")}
    assert views.maps[WITH, "tsne"].coordinates.shape == (ADS, 2)
    assert 0 < views.maps[WITH, "tsne"].quality.trustworthiness <= 1
    assert views.findings.label == "conversion"
    assert views.task == {"weight": 0.01, "temperature": 12.0}
    assert views.findings.kept_by_chance is not None
    assert views.points(WITH).rows.tolist() == list(range(ADS))


def test_a_new_ad_is_seen_as_the_stored_ones_were(folder):
    views = read_views(folder, read_manifest(folder))
    for space, seed in ((WITHOUT, 1), (WITH, 2)):
        np.testing.assert_allclose(views.networks[space].of(CREATIVES), views.vectors[space], atol=4e-3)
        by_hand = CREATIVES[3] @ network(seed).weight.T + network(seed).bias
        np.testing.assert_allclose(views.vectors[space][3], by_hand, atol=4e-3)


def test_a_set_has_the_spaces_of_a_funnel_only_where_one_is_attached(folder):
    rng = np.random.default_rng(0)
    parts = [rng.normal(size=(ADS, 2)).astype(np.float32) for _ in range(4)]
    names = ("shared_image", "private_image", "shared_text", "private_text")
    own = Embeddings(**dict(zip(names, parts, strict=True)), image_of=np.arange(ADS), text_of=np.arange(ADS))
    ads = LatentSet(name="a", checkpoint="b", sha256="c", embeddings=own)
    with pytest.raises(UnknownNameError):
        ads.points(WITH)
    views = read_views(folder, read_manifest(folder))
    attached = replace(ads, views=views)
    np.testing.assert_array_equal(attached.points(WITH).vectors, views.vectors[WITH])
    np.testing.assert_array_equal(attached.points("shared").vectors, points_of(own, "shared").vectors)


def test_views_belong_to_the_very_ads_they_were_made_of(folder):
    funnel = read_manifest(folder)
    assert are_of(funnel, REFERENCE)
    others = SIMULATOR | {"index": list(range(11, 11 + ADS))}
    assert not are_of(funnel, manifest("reference-small", "reference", extras={"latent": {"simulator": others}}))
    assert not are_of(funnel, manifest("reference-other", "reference", extras={"latent": {"simulator": SIMULATOR}}))
    assert not are_of(funnel, manifest("reference-small", "reference", extras={}))
    assert not are_of(manifest("funnel-small", "funnel", extras={}), REFERENCE)


def test_a_funnel_without_views_says_so(folder):
    with pytest.raises(CheckpointError, match="holds no views"):
        read_views(folder, manifest("funnel-small", "funnel"))


def test_a_map_of_other_ads_is_refused(folder):
    funnel = read_manifest(folder)
    shorter = replace(funnel, extras={EXTRAS: funnel.extras[EXTRAS] | {"n": ADS - 1}})
    with pytest.raises(CheckpointError, match="39 ads"):
        read_views(folder, shorter)


def test_a_damaged_file_is_refused(folder, tmp_path):
    import shutil

    copy = shutil.copytree(folder, tmp_path / "funnel-small")
    (copy / FILE).write_bytes(b"broken")
    with pytest.raises(CheckpointError, match="another sha256"):
        read_views(copy, read_manifest(copy))
