"""The four maps on the way to M2FN's logits: where they are taken, what reaches them, what Grad-CAM makes of them."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
import torch
from captum.attr import LayerGradCam
from helpers.tiny_m2fn import CONFIG, FLAT, MAPS, RATINGS, SIZE, attributes, learned_m2fn, pictures, tiny_backbone
from torch import Tensor
from torch.nn import functional as F

from adlab.errors import ConfigError
from adlab.models.baselines import ABLATIONS, ablated_config, baseline_config
from adlab.models.m2fn import M2FN

LAYERS = ("conditioned_layer", "backbone_layer", "attention_layer", "fusion_layer")


def grad_cams(model: M2FN, pixels: Tensor, aux: Tensor) -> list[Tensor]:
    """Of all four maps, (B, h, w) each, from one pass and no hook."""
    output = model(pixels.clone().requires_grad_(), aux)
    maps = [getattr(output, name) for name in MAPS]
    gradients = torch.autograd.grad(output.logits[:, 0].sum(), maps)
    return [(g.mean((2, 3), keepdim=True) * m).sum(1) for g, m in zip(gradients, maps, strict=True)]


def test_attributes_reach_each_map_only_from_the_step_that_lets_them_in():
    changes = {}
    for low, attention, high in ABLATIONS:
        model = learned_m2fn(ablated_config(CONFIG, low=low, attention=attention, high=high))
        one, other = model(pictures(), attributes()), model(pictures(), attributes(seed=9))
        changes[low, attention, high] = [not torch.equal(getattr(one, m), getattr(other, m)) for m in MAPS]
        assert not torch.equal(one.logits, other.logits)
    for (low, attention, _), (conditioned, backbone, attended, fused) in changes.items():
        assert conditioned == backbone == low
        assert attended == fused == (low or attention)


@pytest.mark.parametrize("config", [CONFIG, FLAT, RATINGS], ids=["compact", "as-table-3", "ratings"])
def test_gradients_at_the_four_maps_are_those_that_captum_takes_with_hooks(config):
    model = learned_m2fn(config)
    pixels, aux = pictures(), attributes()
    for found, layer in zip(grad_cams(model, pixels, aux), LAYERS, strict=True):
        oracle = LayerGradCam(lambda *inputs: model(*inputs).logits, getattr(model, layer))
        expected = oracle.attribute((pixels.clone().requires_grad_(), aux), target=0)[:, 0]
        assert expected.abs().max() > 0
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5 * expected.abs().max().item())


@pytest.mark.parametrize("config", [CONFIG, FLAT, RATINGS], ids=["compact", "as-table-3", "ratings"])
def test_the_four_heat_maps_differ_from_each_other(config):
    larger = replace(config, image_size=128)
    maps = grad_cams(learned_m2fn(larger), pictures(size=128), attributes())
    maps[0] = F.adaptive_avg_pool2d(maps[0], maps[1].shape[1])
    for one, other in combinations(maps, 2):
        cosine = F.cosine_similarity(one.flatten(1), other.flatten(1))
        assert cosine.abs().min() < 0.99


def test_four_stages_give_a_finer_map_and_must_be_those_of_the_backbone():
    output = learned_m2fn(RATINGS)(pictures(), attributes())
    assert output.backbone_map.shape == (4, 96, SIZE // 16, SIZE // 16)
    assert output.fused_map.shape == (4, 192, SIZE // 16, SIZE // 16)
    with pytest.raises(ConfigError, match="depth is 4, the backbone's stride 32"):
        M2FN(RATINGS, tiny_backbone())


def test_a_step_that_is_off_passes_on_the_map_before_it():
    output = learned_m2fn(ablated_config(CONFIG, low=True, attention=False, high=True))(pictures(), attributes())
    assert output.attention.unique().tolist() == [0.25]
    model = learned_m2fn(replace(baseline_config("cat", CONFIG), standardise_map=False))
    output = model(pictures(), attributes())
    assert torch.equal(output.attention_map, output.backbone_map)
    assert torch.equal(output.fused_map, output.backbone_map)
    torch.testing.assert_close(
        output.conditioned_map, model.backbone.staged()[0].enter(F.pad(pictures(), (1, 0, 1, 0)))[:, :, 1:, 1:]
    )


def test_a_single_later_block_conditions_the_map_of_its_own_stage():
    output = learned_m2fn(replace(CONFIG, cbn_blocks=(4, 2)))(pictures(), attributes())
    assert output.conditioned_map.shape == (4, 96, SIZE // 2, SIZE // 2)
