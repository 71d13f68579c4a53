"""From pictures to regions by each embedder: what they hold, where they lie, and what they are kept as."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from helpers.pictures import picture
from helpers.tiny_detector import CLASSES, save_detector, tiny_detector
from helpers.tiny_models import save_vision
from PIL import Image

from adlab.encoders.detector import load_detector
from adlab.encoders.preprocessing import Letterbox
from adlab.errors import ConfigError, UnknownNameError
from adlab.features.region_embedders import DetectorBoxes, GridCells, PixelSquares, cell_classifier, embedder
from adlab.features.region_rows import as_rows, details_of, from_rows
from adlab.models.visual_embedders import Regions, RoiEmbedder, grid_boxes, grid_regions, with_area


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return save_vision(tmp_path_factory.mktemp("embedders"))


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    return DetectorBoxes(load_detector(save_detector(tmp_path_factory.mktemp("detector"))), top=6)


def test_the_grid_is_kept_under_the_name_it_always_had(encoder):
    looks = GridCells(encoder, 4)
    assert looks.identity == f"{encoder.spec.encoder_id}-grid-4"
    assert (looks.shape, looks.classes) == ((16, 1280), 0)


def test_squares_hold_the_pixels_of_the_letterboxed_picture(encoder):
    wide = picture(3, 128, 64)
    found = PixelSquares(encoder, 2).look([wide])
    assert found.features.shape == (1, 4, 3072)
    square = Letterbox(size=64)(wide)  # 64 pixels: two squares of 32 a side
    lower_left = torch.from_numpy(square[32:, :32].transpose(2, 0, 1).copy()).float() / 127.5 - 1
    torch.testing.assert_close(found.features[0, 2].reshape(3, 32, 32), lower_left)
    assert torch.equal(found.boxes[0], grid_boxes(2, 2))
    assert found.class_logits is None


def test_a_square_s_class_is_what_the_encoder_sees_in_that_place(encoder):
    looks, shown = PixelSquares(encoder, 2), [picture(0), picture(1)]
    found = looks.look(shown, labels=True)
    with torch.inference_mode():
        cells = grid_regions(encoder.forward(encoder.prepare(shown)).feature_map.float(), side=2).features
        expected = cell_classifier(encoder)(cells)
    torch.testing.assert_close(found.class_logits, expected)
    assert looks.classes == expected.shape[2] == 1000
    kept = details_of(as_rows(found)[..., -6:])
    assert torch.equal(kept.labels, expected.argmax(dim=2))


def test_boxes_are_shares_of_the_picture_as_it_is(boxes):
    """Neither is a wide picture letterboxed, nor does one picture of a batch pad another."""
    shown = [picture(1, 120, 40), picture(2, 40, 90)]
    found = boxes.look(shown, labels=True)
    assert found.features.shape == (2, 6, 1024)
    assert found.class_logits.shape == (2, 6, CLASSES)
    corners = found.boxes[found.mask][:, :4]
    assert ((corners >= 0) & (corners <= 1)).all()
    for row, one in enumerate(shown):
        pixels = torch.from_numpy(np.array(one)).permute(2, 0, 1)[None] / 255
        own = RoiEmbedder(tiny_detector(), top=6)(pixels)
        assert own.mask.any()
        for part, expected in zip(found, own, strict=True):
            torch.testing.assert_close(part[row], expected[0], rtol=1e-4, atol=1e-4)


def test_a_picture_without_boxes_has_none(boxes, tmp_path):
    detector = load_detector(save_detector(tmp_path))
    detector.network.rpn.score_thresh = 2.0
    found = DetectorBoxes(detector, top=6).look([Image.new("RGB", (50, 60))], labels=True)
    assert not found.mask.any()
    back = from_rows(as_rows(found))
    assert not back.mask.any()
    assert back.features.abs().sum() == 0
    assert (details_of(as_rows(found)[..., -6:]).labels == -1).all()


def test_rows_bring_back_features_places_and_classes_by_hand():
    features = torch.tensor([[[1.5, -2.0], [0.0, 0.0]]])
    corners = torch.tensor([[[0.25, 0.0, 0.75, 0.5], [0, 0, 0, 0]]])
    logits = torch.zeros(1, 2, 1900)
    logits[0, :, 1801] = 1.0
    mask = torch.tensor([[True, False]])
    rows = as_rows(Regions(features, with_area(corners), mask, logits))
    assert rows.dtype == np.float16
    np.testing.assert_array_equal(rows[0], [[1.5, -2, 0.25, 0, 0.75, 0.5, 1, 1801], [0, 0, 0, 0, 0, 0, 0, -1]])
    back = from_rows(rows)
    assert torch.equal(back.features, features)
    assert back.boxes[0, 0].tolist() == [0.25, 0, 0.75, 0.5, 0.25]
    assert torch.equal(back.mask, mask)
    assert as_rows(Regions(features, with_area(corners), mask, None))[0, 0, -1] == -1  # not looked for


def test_embedders_are_told_apart_by_what_makes_their_regions(encoder, boxes, tmp_path):
    one = load_detector(save_detector(tmp_path, seed=1))
    names = [GridCells(encoder, 2), GridCells(encoder, 3), PixelSquares(encoder, 2), PixelSquares(encoder, 3), boxes]
    names += [DetectorBoxes(one, top=6), DetectorBoxes(one, top=7)]
    assert len({each.identity for each in names}) == len(names)


def test_an_embedder_is_made_by_its_name(encoder, tmp_path):
    file = save_detector(tmp_path)
    assert isinstance(embedder("grid", encoder, side=2), GridCells)
    assert embedder("patch", encoder, side=3).shape == (9, 3072)
    assert embedder("roi", encoder, detector_weights=file).shape == (20, 1024)
    with pytest.raises(ConfigError, match="'grid' has no detector"):
        embedder("grid", encoder, detector_weights=file)
    with pytest.raises(UnknownNameError, match="Did you mean 'patch'"):
        embedder("patches", encoder)
    with pytest.raises(ConfigError, match="side is 0"):
        PixelSquares(encoder, 0)


def test_a_detector_of_more_classes_than_can_be_kept_is_refused(tmp_path, monkeypatch):
    detector = load_detector(save_detector(tmp_path))
    monkeypatch.setattr("adlab.features.region_embedders.MOST_CLASSES", 5)
    with pytest.raises(ConfigError, match="has 6 classes"):
        DetectorBoxes(detector)
