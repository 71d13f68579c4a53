"""Regions of pictures: computed once, masked where there is no picture, with the classes of the encoder."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_models import save_vision

from adlab.errors import ConfigError, InputError
from adlab.features.region_embedders import GridCells, cell_classifier
from adlab.models.visual_embedders import grid_regions
from adlab.simulator.plan import plan_ad
from adlab.training.adscvlr_regions import RegionBank, region_bank


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return save_vision(tmp_path_factory.mktemp("regions"))


@pytest.fixture
def files(tmp_path):
    for number in range(3):
        picture(number, 40, 50).save(tmp_path / f"{number}.png")
    return {f"shop:{number}": tmp_path / f"{number}.png" for number in range(3)}


def test_regions_are_the_cells_of_the_encoders_map(encoder, files):
    bank = region_bank(GridCells(encoder, 1), files)
    found = bank.regions(["shop:2", "shop:0"])
    seen = encoder.forward(encoder.prepare([picture(2, 40, 50), picture(0, 40, 50)]))
    torch.testing.assert_close(found.features[:, 0], seen.pooled, rtol=2e-3, atol=2e-3)  # kept as float16
    assert found.boxes.shape == (2, 1, 5)
    assert found.mask.all()


def test_a_pair_without_a_picture_has_masked_regions_and_a_batch_without_pictures_has_none(encoder, files):
    bank = region_bank(GridCells(encoder, 2), files)
    found = bank.regions(["", "shop:1", ""])
    assert found.mask.any(dim=1).tolist() == [False, True, False]
    assert found.features[0].abs().sum() == 0
    assert bank.regions(["", ""]) is None


def test_a_picture_is_looked_at_once(encoder, files, monkeypatch):
    first = region_bank(GridCells(encoder, 2), files, [plan_ad(5, 0)])

    def refuse(*_):
        raise AssertionError("a picture was looked at twice")

    monkeypatch.setattr(GridCells, "look", refuse)
    second = region_bank(GridCells(encoder, 2), files, [plan_ad(5, 0)])
    keys = [*files, f"simulated:{plan_ad(5, 0).ad_id}"]
    assert torch.equal(first.regions(keys).features, second.regions(keys).features)


def test_another_side_is_another_store(encoder, files):
    assert region_bank(GridCells(encoder, 1), files).features.shape[1] == 1
    assert region_bank(GridCells(encoder, 2), files).features.shape[1] == 4


def test_progress_counts_files_and_simulated_ads(encoder, files):
    seen = []
    region_bank(GridCells(encoder, 1), files, [plan_ad(5, 0)], progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 4), (4, 4)]


def test_the_classes_of_a_cell_are_those_of_the_encoders_classifier(encoder):
    pictures = [picture(0), picture(1)]
    logits = cell_classifier(encoder)(GridCells(encoder, 1).look(pictures).features)[:, 0]
    torch.testing.assert_close(logits, encoder.forward(encoder.prepare(pictures)).class_logits, rtol=1e-4, atol=1e-4)
    assert not any(parameter.requires_grad for parameter in cell_classifier(encoder).parameters())


def test_regions_are_those_of_the_visual_embedder(encoder):
    seen = encoder.forward(encoder.prepare([picture(0)])).feature_map
    torch.testing.assert_close(GridCells(encoder, 2).look([picture(0)]).features, grid_regions(seen, side=2).features)


def test_an_unknown_picture_and_a_side_of_none_are_named(encoder):
    bank = RegionBank(np.zeros((1, 1, 4), dtype=np.float16), {"a": 0}, torch.zeros(1, 5))
    with pytest.raises(InputError, match="'b'"):
        bank.regions(["a", "b"])
    with pytest.raises(ConfigError, match="side is 0"):
        region_bank(GridCells(encoder, 0), {})
