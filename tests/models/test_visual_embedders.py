"""Regions of pictures: where they lie, what they hold, and the detector's best boxes."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from helpers.tiny_models import IMAGE_SIZE, tiny_vision
from torch import nn
from torchvision.models.detection import FasterRCNN, fasterrcnn_mobilenet_v3_large_320_fpn
from torchvision.ops import box_iou

from adlab.errors import ConfigError, InputError
from adlab.models.adscvlr_config import GRID_DIM, PATCH_DIM, ROI_DIM
from adlab.models.visual_embedders import (
    MAX_OVERLAP,
    RoiEmbedder,
    grid_boxes,
    grid_regions,
    patch_regions,
    with_area,
)


def test_a_box_gets_its_area_behind_its_corners():
    boxes = with_area(torch.tensor([[0.0, 0.25, 0.5, 1.0], [0.0, 0.0, 1.0, 1.0]]))
    assert boxes.tolist() == [[0, 0.25, 0.5, 1, 0.375], [0, 0, 1, 1, 1]]


def test_cells_of_a_grid_cover_the_picture_row_by_row():
    boxes = grid_boxes(2, 4)
    assert boxes[0].tolist() == [0, 0, 0.25, 0.5, 0.125]
    assert boxes[1].tolist() == [0.25, 0, 0.5, 0.5, 0.125]
    assert boxes[7].tolist() == [0.75, 0.5, 1, 1, 0.125]
    assert boxes[:, 4].sum().item() == pytest.approx(1)


def test_grid_regions_are_the_cells_of_the_map_in_the_order_of_their_boxes():
    feature_map = torch.randn(2, 5, 3, 4)
    out = grid_regions(feature_map)
    assert out.features.shape == (2, 12, 5)
    assert out.class_logits is None
    assert out.mask.all()
    for row in range(3):
        for column in range(4):
            number = row * 4 + column
            assert torch.equal(out.features[:, number], feature_map[:, :, row, column])
            assert out.boxes[1, number, :2].tolist() == pytest.approx([column / 4, row / 3])


@torch.no_grad()
def test_classes_of_cells_average_to_those_of_the_picture():
    net = tiny_vision()
    pixels = torch.rand(2, 3, 64, 64) * 2 - 1
    output = net(pixels)
    out = grid_regions(output.feature_map, net.classifier)
    assert out.features.shape == (2, 4, GRID_DIM)
    assert out.class_logits.shape == (2, 4, 1000)
    torch.testing.assert_close(out.class_logits.mean(1), output.class_logits, atol=1e-3, rtol=1e-3)


def test_fewer_cells_are_averages_of_cells():
    feature_map = torch.arange(16.0).reshape(1, 1, 4, 4)
    out = grid_regions(feature_map, side=2)
    assert out.features.flatten().tolist() == [2.5, 4.5, 10.5, 12.5]
    assert torch.equal(out.boxes[0], grid_boxes(2, 2))
    with pytest.raises(ConfigError, match="side is 0"):
        grid_regions(feature_map, side=0)


def test_patch_regions_are_squares_of_pixels_and_lose_none():
    pixels = torch.arange(2 * 3 * 4 * 6.0).reshape(2, 3, 4, 6)
    out = patch_regions(pixels, size=2)
    assert out.features.shape == (2, 6, 12)
    assert torch.equal(out.features[1, 4], pixels[1, :, 2:4, 2:4].flatten())  # second row, second column
    assert out.boxes[0, 4].tolist() == pytest.approx([1 / 3, 0.5, 2 / 3, 1, 1 / 6])
    assert out.features.sum() == pixels.sum()
    assert patch_regions(torch.zeros(1, 3, 224, 224)).features.shape == (1, 49, PATCH_DIM)


@pytest.mark.parametrize("shape", [(1, 3, 60, 64), (1, 1, 64, 64), (3, 64, 64), (1, 3, 0, 64)])
def test_pixels_that_are_not_cut_into_whole_squares_are_refused(shape):
    with pytest.raises(InputError, match="S a multiple of 32"):
        patch_regions(torch.zeros(shape))


def test_a_map_of_another_shape_is_refused():
    with pytest.raises(InputError, match=r"\(2, 5, 3\); give \(B, C, H, W\)"):
        grid_regions(torch.zeros(2, 5, 3))


@cache
def detector() -> FasterRCNN:
    """Torchvision's smallest Faster R-CNN with random weights, its boxes spread over all confidences."""
    torch.manual_seed(0)
    made = fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None, num_classes=7)
    nn.init.normal_(made.roi_heads.box_predictor.cls_score.weight, std=0.5)
    nn.init.normal_(made.rpn.head.bbox_pred.weight, std=0.05)
    return made


def pictures() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(2)
    return [torch.rand(3, 90, 120, generator=generator), torch.rand(3, 90, 120, generator=generator)]


def test_an_untrained_detector_gives_the_top_boxes_with_features_geometry_and_classes():
    out = RoiEmbedder(detector())(torch.stack(pictures()))
    assert out.features.shape == (2, 20, ROI_DIM)
    assert out.boxes.shape == (2, 20, 5)
    assert out.class_logits.shape == (2, 20, 6)  # without background
    assert out.mask.any(1).all()
    corners = out.boxes[out.mask]
    assert ((corners >= 0) & (corners <= 1)).all()
    assert (corners[:, 2:4] > corners[:, :2]).all()
    torch.testing.assert_close(corners, with_area(corners[:, :4]))
    assert out.features[~out.mask].abs().sum() == 0


@torch.no_grad()
def test_boxes_are_in_order_of_confidence_apart_and_hold_what_the_box_head_sees_there():
    made = RoiEmbedder(detector(), top=8)
    out, heads = made(torch.stack(pictures())), detector().roi_heads
    for row in range(2):
        kept = out.mask[row]
        logits = heads.box_predictor(out.features[row, kept])[0]
        torch.testing.assert_close(out.class_logits[row, kept], logits[:, 1:])
        confidence = logits.softmax(1)[:, 1:].amax(1)
        assert (confidence.diff() <= 1e-6).all()
        overlap = box_iou(out.boxes[row, kept, :4], out.boxes[row, kept, :4])
        assert overlap.fill_diagonal_(0).max() <= MAX_OVERLAP + 1e-4
        assert int(kept.sum()) == 8
    images, _ = detector().transform(pictures())
    size = images.image_sizes[0]
    corners = out.boxes[0, :, :4] * torch.tensor([size[1], size[0], size[1], size[0]])
    there = heads.box_head(heads.box_roi_pool(detector().backbone(images.tensors[:1]), [corners], [size]))
    torch.testing.assert_close(out.features[0], there, atol=1e-3, rtol=1e-3)


def test_a_picture_alone_gives_the_same_boxes_as_in_a_batch():
    made = RoiEmbedder(detector())
    whole, alone = made(torch.stack(pictures())), made(pictures()[1][None])
    torch.testing.assert_close(alone.boxes[0], whole.boxes[1], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(alone.features[0], whole.features[1], atol=1e-3, rtol=1e-3)


def test_the_detector_stays_in_eval_mode_and_frozen_and_top_is_checked():
    made = RoiEmbedder(detector()).train()
    assert not made.training
    assert not detector().training
    assert not any(p.requires_grad for p in made.parameters())
    with pytest.raises(ConfigError, match="top is 0"):
        RoiEmbedder(detector(), top=0)


def test_the_shipped_network_s_grid_is_seven_by_seven_at_224():
    assert 224 // 32 == 7
    assert tiny_vision().config.image_size == IMAGE_SIZE
    with torch.no_grad():
        assert grid_regions(tiny_vision()(torch.zeros(1, 3, 224, 224)).feature_map).features.shape == (1, 49, GRID_DIM)
