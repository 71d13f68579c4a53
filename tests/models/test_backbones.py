"""Networks in five stages: the same numbers as the whole network, and the places where conditional batch norm sits."""

from __future__ import annotations

import copy
import itertools

import pytest
import torch
from helpers.tiny_models import randomise
from torch import nn
from torchvision.models import get_model

from adlab.encoders.image import PUBLISHED, PublishedNetwork, ShippedNetwork
from adlab.encoders.mobilenet import VisionConfig, VisionNet
from adlab.errors import InputError
from adlab.models.backbones import STAGES, StagedBackbone, through_inner

ENTRY_CHANNELS = {
    "resnet18": (64, 64, 128, 256, 512),
    "resnet50": (64, 64, 128, 256, 512),
    "vgg16": (64, 128, 256, 512, 512),
    "vgg19": (64, 128, 256, 512, 512),
    "mobilenet_v2": (32, 96, 144, 192, 576),
    "efficientnet_b0": (32, 96, 144, 240, 672),
}
OUTPUT_CHANNELS = {"resnet18": 512, "resnet50": 2048, "vgg16": 512, "vgg19": 512}


def shipped(seed: int = 1) -> VisionNet:
    net = VisionNet(VisionConfig(image_size=64, classes=3, text_dim=2, pool_heads=1, pool_dim=2)).eval()
    randomise(net, seed)
    return net


def squares(n: int = 2, size: int = 64) -> torch.Tensor:
    return torch.randint(0, 256, (n, size, size, 3), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)


def body(name: str) -> nn.Module:
    """The body alone with weights: the heads of the VGGs are large and not needed."""
    with torch.device("meta"):
        network = PublishedNetwork(get_model(name, weights=None)).eval()
    network.body = network.body.to_empty(device="cpu")
    network.mean, network.std = torch.full((1, 3, 1, 1), 0.45), torch.full((1, 3, 1, 1), 0.22)
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for module in network.body.modules():
            if isinstance(module, nn.Conv2d):
                module.weight.normal_(0, (2 / module.weight[0].numel()) ** 0.5, generator=generator)
                if module.bias is not None:
                    module.bias.normal_(0, 0.1, generator=generator)
            if isinstance(module, nn.BatchNorm2d):
                module.running_mean.normal_(0, 0.1, generator=generator)
                module.running_var.uniform_(0.8, 1.2, generator=generator)
                module.weight.fill_(1.0)
                module.bias.normal_(0, 0.1, generator=generator)
    return network


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vgg19", "mobilenet_v2", "efficientnet_b0"])
@torch.inference_mode()
def test_five_stages_give_the_map_of_the_published_network(name):
    network = body(name)
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    expected = network.body(pixels)
    assert expected.std() > 1e-3, "the network says the same of everything"
    found = StagedBackbone(network)(pixels)
    torch.testing.assert_close(found, expected, atol=1e-5 * expected.abs().max().item(), rtol=0)


@torch.inference_mode()
def test_five_stages_and_their_scaling_give_the_map_of_the_shipped_network():
    net = shipped()
    backbone = StagedBackbone(net)
    expected = ShippedNetwork(net)(squares()).feature_map
    found = backbone(backbone.scale(squares()))
    assert expected.std() > 0.1
    assert found.shape == (2, 1280, 2, 2)
    torch.testing.assert_close(found, expected, atol=1e-5 * expected.abs().max().item(), rtol=0)


@pytest.mark.parametrize("name", PUBLISHED)
def test_each_published_network_has_five_stages_of_known_widths_each_half_the_size_of_the_one_before(name):
    sizes = []

    def record(stage: int, entered: torch.Tensor) -> torch.Tensor:
        sizes.append(entered.shape)
        return entered

    with torch.device("meta"):
        backbone = StagedBackbone(get_model(name, weights=None))
        final = backbone(torch.zeros(1, 3, 64, 64), record)
    assert backbone.entry_channels == ENTRY_CHANNELS[name] == tuple(size[1] for size in sizes)
    assert final.shape == (1, backbone.output_channels, 2, 2)
    assert backbone.output_channels == OUTPUT_CHANNELS.get(name, 1280)
    sides = [size[2] for size in sizes]
    assert all(a in (b, 2 * b, 4 * b) for a, b in itertools.pairwise(sides))
    assert len(sizes) == 5


def test_vgg_19_has_20_million_weights_in_its_convolutions_and_vgg_16_the_147_that_table_3_prints():
    with torch.device("meta"):
        counts = {
            name: sum(p.numel() for p in StagedBackbone(get_model(name, weights=None)).parameters())
            for name in ("vgg16", "vgg19")
        }
    assert counts == {"vgg16": 14_714_688, "vgg19": 20_024_384}


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "efficientnet_b0", "shipped"])
@pytest.mark.parametrize("stage", STAGES)
def test_what_is_changed_after_a_first_convolution_changes_the_map_and_gets_a_gradient(name, stage):
    backbone = StagedBackbone(shipped() if name == "shipped" else body(name))
    pixels = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    factor = torch.ones(backbone.entry_channels[stage - 1], requires_grad=True)
    met = []

    def between(number: int, entered: torch.Tensor) -> torch.Tensor:
        met.append(number)
        return entered * factor[:, None, None] if number == stage else entered

    backbone(pixels, between).sum().backward()
    assert met == [1, 2, 3, 4, 5]
    assert (factor.grad.abs() > 0).float().mean() > 0.5


def test_an_activation_does_not_overwrite_the_map_before_it():
    backbone = StagedBackbone(shipped())
    kept = {}

    def between(number: int, entered: torch.Tensor) -> torch.Tensor:
        kept[number] = (entered, entered.clone())
        return entered

    backbone(backbone.scale(squares()), between)
    for entered, before in kept.values():
        assert torch.equal(entered, before)
        assert entered.min() < 0


def test_the_network_it_was_made_from_is_copied_and_left_as_it_was():
    net = shipped()
    before = copy.deepcopy(net.state_dict())
    backbone = StagedBackbone(net)
    with torch.no_grad():
        for parameter in backbone.parameters():
            parameter.zero_()
    assert all(torch.equal(before[name], tensor) for name, tensor in net.state_dict().items())
    assert net.features[0][2].inplace


def test_in_training_batch_norms_keep_their_statistics_and_no_block_is_dropped():
    backbone = StagedBackbone(body("efficientnet_b0")).train()
    before = copy.deepcopy(backbone.state_dict())
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    assert torch.equal(backbone(pixels), backbone(pixels))
    assert all(torch.equal(before[name], tensor) for name, tensor in backbone.state_dict().items())


def test_only_the_chosen_stages_are_trained():
    backbone = StagedBackbone(shipped())
    backbone.train_stages([2, 5])
    trained = {name.split(".")[1] for name, p in backbone.named_parameters() if p.requires_grad}
    assert trained == {"1", "4"}
    backbone.train_stages([])
    assert not any(p.requires_grad for p in backbone.parameters())


def test_the_inner_part_of_a_map_is_met_alone_and_put_back_with_its_margin():
    entered = torch.randn(2, 3, 5, 6, requires_grad=True)
    seen = []
    out = through_inner(entered, 1, lambda inner: seen.append(inner) or inner)
    assert torch.equal(out, entered)
    assert torch.equal(seen[0], entered[:, :, 1:, 1:])
    (gradient,) = torch.autograd.grad((out**2).sum(), seen)
    torch.testing.assert_close(gradient, 2 * entered[:, :, 1:, 1:])
    assert through_inner(entered, 0, lambda inner: inner) is entered


def test_a_network_without_a_known_body_is_refused():
    with pytest.raises(InputError, match=r"Linear has no known body.*vgg19"):
        StagedBackbone(nn.Linear(2, 2))
    strange = nn.Module()
    strange.features = nn.Sequential(nn.Sequential(nn.Tanh(), nn.Conv2d(3, 3, 3, stride=2)), nn.Identity())
    strange.classifier = nn.Identity()
    with pytest.raises(InputError, match="begins with Tanh"):
        StagedBackbone(strange)
