from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from helpers.tiny_models import randomise
from torch import nn
from torchvision.models import mobilenet_v2

from adlab.encoders.mobilenet import (
    LEVEL_DIM,
    LEVELS,
    MAP_CHANNELS,
    VisionConfig,
    VisionNet,
    folded_mobilenet_v2,
    scale_pixels,
)
from adlab.errors import ConfigError
from adlab.training.teacher import _pad_like_tensorflow

CLASSES = 12


@pytest.fixture(scope="module")
def net() -> VisionNet:
    net = VisionNet(VisionConfig(image_size=64, classes=CLASSES, text_dim=6, pool_heads=2, pool_dim=8)).eval()
    randomise(net, seed=1)
    return net


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(2)) * 2 - 1


def unfolded() -> nn.Module:
    """torchvision's own network with batch norms that have seen something."""
    network = mobilenet_v2(weights=None, num_classes=CLASSES).eval()
    randomise(network, seed=3)
    generator = torch.Generator().manual_seed(4)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(0.3 * torch.randn(module.num_features, generator=generator))
            module.running_var.copy_(0.5 + torch.rand(module.num_features, generator=generator))
            with torch.no_grad():
                module.weight.copy_(0.5 + torch.rand(module.num_features, generator=generator))
    return network


def test_folding_batch_norm_changes_no_output(pixels):
    network = unfolded()
    folded = folded_mobilenet_v2(CLASSES, network.state_dict())
    assert not any(isinstance(module, nn.BatchNorm2d) for module in folded.modules())
    with torch.inference_mode():
        expected, found = network(pixels), folded(pixels)
    assert expected.std() > 0.1, "the network says the same of everything"
    torch.testing.assert_close(found, expected, atol=1e-4 * expected.abs().max().item(), rtol=0)


def test_folding_takes_half_precision_weights_without_batch_counters(pixels):
    network = unfolded()
    half = {k: v.half() for k, v in network.state_dict().items() if v.is_floating_point()}
    network.load_state_dict({k: v.float() for k, v in half.items()}, strict=False)
    with torch.inference_mode():
        found, expected = folded_mobilenet_v2(CLASSES, half)(pixels), network(pixels)
    torch.testing.assert_close(found, expected, atol=1e-4 * expected.abs().max().item(), rtol=0)


def test_weights_of_another_network_are_refused():
    with pytest.raises(RuntimeError, match="size mismatch"):
        folded_mobilenet_v2(CLASSES + 1, unfolded().state_dict())


@pytest.mark.parametrize("stages", [0, 1, 8, 14, 19])
def test_stem_then_stages_then_head_is_the_whole_network(net, pixels, stages):
    with torch.inference_mode():
        whole = net(pixels)
        parts = net.forward_head(net.forward_stages(net.forward_stem(pixels, stages), stages))
    assert parts.levels is None  # the stages before may not have been seen
    for name, expected, found in zip(whole._fields[:-1], whole[:-1], parts[:-1], strict=True):
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5, msg=name)


def test_levels_are_means_and_deviations_of_three_inner_maps_without_the_extra_row_and_column(net, pixels):
    with torch.inference_mode():
        found, expected = net(pixels).levels, []
        for stage in LEVELS:
            inner = net.forward_stem(pixels, stage + 1)[:, :, 1:, 1:].double().numpy()
            expected += [inner.mean((2, 3)), inner.std((2, 3))]
    assert found.shape == (len(pixels), LEVEL_DIM)
    np.testing.assert_allclose(found.numpy(), np.concatenate(expected, axis=1), atol=1e-4)


@pytest.mark.parametrize(("height", "width"), [(32, 32), (64, 64), (96, 64)])
def test_the_map_has_a_cell_for_each_32_pixels(net, height, width):
    with torch.inference_mode():
        output = net(torch.zeros(3, 3, height, width))
    assert output.feature_map.shape == (3, MAP_CHANNELS, height // 32, width // 32)
    assert output.pooled.shape == (3, MAP_CHANNELS)
    assert output.class_logits.shape == (3, CLASSES)
    assert output.aligned.shape == (3, 6)
    torch.testing.assert_close(output.pooled, output.feature_map.mean((2, 3)))


def test_away_from_the_upper_left_edge_stages_see_the_windows_of_tensorflow_padding(net):
    """Two stride-2 convolutions: exact from the third row and column on, and not without the extra pixel."""
    with_tensorflow_padding = copy.deepcopy(net.features[:4])
    for block in list(with_tensorflow_padding.modules()):
        if isinstance(block, nn.Sequential):
            _pad_like_tensorflow(block)
    image = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)) * 2 - 1
    with torch.inference_mode():
        expected = with_tensorflow_padding(image)
        found, plain = net.forward_stem(image, 4)[:, :, 1:, 1:], net.features[:4](image)
    assert expected.shape == found.shape == plain.shape
    torch.testing.assert_close(found[:, :, 3:, 3:], expected[:, :, 3:, 3:], atol=1e-4, rtol=1e-4)
    assert (plain - expected)[:, :, 3:, 3:].abs().max() > 0.1


def test_a_cell_of_the_map_looks_at_the_lower_right_corner_of_its_32_pixels(net):
    """As with TensorFlow's padding: a window's middle lies at 2·o + 1, five times over at 32·o + 31.

    So a change in block b moves the cells b − 1 and b alike. With torchvision's own padding it were b and b + 1.
    """
    images = torch.rand(16, 3, 192, 192, generator=torch.Generator().manual_seed(0)) * 2 - 1
    changed = images.clone()
    changed[:, :, 64:96, 96:128] *= -1  # block (2, 3) of 6 × 6
    with torch.inference_mode():
        difference = (net(images).feature_map - net(changed).feature_map).abs().mean(dim=(0, 1))
    weight = difference**2 / (difference**2).sum()
    cells = torch.arange(6.0)
    assert 1 < float(weight.sum(1) @ cells) < 2
    assert 2 < float(weight.sum(0) @ cells) < 3


def test_a_gradient_reaches_every_parameter_the_folded_biases_included(net, pixels):
    net.zero_grad()
    output, texts = net(pixels), net.text_head.project_text(torch.ones(1, 6))
    (output.class_logits.square().sum() + output.aligned.square().sum() + texts.sum()).backward()
    without = {name for name, p in net.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0}
    net.zero_grad(set_to_none=True)
    assert without == set()


def test_attention_pooling_follows_the_keys():
    """With a key that picks one cell out, the head sees that cell instead of the mean."""
    head = VisionNet(
        VisionConfig(image_size=64, classes=2, text_dim=4, pool_heads=1, pool_dim=4, dropout=0.0)
    ).text_head.eval()
    feature_map = torch.rand(1, MAP_CHANNELS, 2, 2, generator=torch.Generator().manual_seed(0))
    feature_map[0, 0] = torch.tensor([[0.0, 0.0], [1.0, 0.0]])
    with torch.no_grad():
        head.linear.weight.zero_()
        head.key.weight[0, 0] = 200.0
        found = head(feature_map)
        cell = feature_map[0, :, 1, 0]
        hidden = torch.nn.functional.gelu(head.value[0] @ cell)
        expected = head.out(hidden[None]) + head.linear.bias
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_texts_enter_the_joint_space_unchanged_before_training():
    head = VisionNet(VisionConfig(image_size=32, classes=2, text_dim=4, pool_heads=1, pool_dim=4)).text_head
    texts = torch.randn(3, 4, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(head.project_text(texts), texts)


def test_pixels_are_scaled_to_minus_one_to_one():
    squares = torch.tensor([0, 255, 51], dtype=torch.uint8).view(1, 1, 1, 3)
    torch.testing.assert_close(scale_pixels(squares).flatten(), torch.tensor([-1.0, 1.0, -0.6]))


@pytest.mark.parametrize(
    ("field", "value"),
    [("image_size", 0), ("image_size", 100), ("pool_dim", 1001), ("dropout", 1.0), ("dropout", -0.1)],
)
def test_a_config_outside_its_range_is_refused_by_name(field, value):
    with pytest.raises(ConfigError, match=f"{field} is {value}"):
        VisionConfig(**{field: value})
