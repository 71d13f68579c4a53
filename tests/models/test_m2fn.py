"""M2FN: its output, its switches, and what is trained and saved."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
from helpers.tiny_m2fn import (
    AUX,
    CONFIG,
    FLAT,
    MAPS,
    RATINGS,
    SIZE,
    attributes,
    fresh_m2fn,
    learned_m2fn,
    pictures,
    tiny_backbone,
)
from safetensors.torch import load_file, save_file
from torch.nn import functional as F

from adlab.errors import CheckpointError, ConfigError, InputError
from adlab.models.baselines import ABLATIONS, BASELINES, ablated_config, baseline_config
from adlab.models.m2fn import M2FN, M2FNOutput
from adlab.models.m2fn_config import M2FNConfig

VARIANTS = {
    "compact": CONFIG,
    "as-table-3": FLAT,
    "batch-statistics": replace(CONFIG, batch_statistics=True, cbn_blocks=(1, 2, 3, 4, 5)),
    "distribution": replace(CONFIG, outputs=7, cbn_blocks=(3,), standardise_map=False),
    **{f"low-{low}-att-{att}-high-{high}": ablated_config(CONFIG, low=low, attention=att, high=high)
       for low, att, high in ABLATIONS},
    "cat-as-table-3": ablated_config(FLAT, low=False, attention=False, high=False),
    **{name: baseline_config(name, CONFIG) for name in BASELINES if name != "m2fn"},
    "ratings": RATINGS,
    "ratings-cat": baseline_config("cat", RATINGS),
    "ratings-image-only": baseline_config("image-only", RATINGS),
    "nima-as-table-3": baseline_config("nima", replace(FLAT, outputs=10)),
}  # fmt: skip
WITH_IMAGE = [name for name, config in VARIANTS.items() if config.image]


def test_shapes_of_everything_that_comes_out():
    output = learned_m2fn(replace(CONFIG, outputs=7))(pictures(), attributes())
    assert isinstance(output, M2FNOutput)
    assert {name: tuple(value.shape) for name, value in output._asdict().items()} == {
        "logits": (4, 7),
        "conditioned_map": (4, 32, SIZE // 2, SIZE // 2),
        "backbone_map": (4, 1280, 2, 2),
        "attention_map": (4, 1280, 2, 2),
        "fused_map": (4, CONFIG.fusion_dim, 2, 2),
        "attention": (4, 2, 2),
    }
    torch.testing.assert_close(output.attention.sum((1, 2)), torch.ones(4))


@torch.no_grad()
@pytest.mark.parametrize("config", [CONFIG, FLAT], ids=["compact", "as-table-3"])
def test_output_equals_the_paper_s_steps_written_out(config):
    model, pixels, aux = learned_m2fn(config), pictures(), attributes()
    output = model(pixels, aux)
    stages = model.backbone.staged()
    x = F.pad(pixels, (1, 0, 1, 0))
    entered = stages[0].enter(x)
    cbn = model.cbn["1"]
    normal = (entered - cbn.running_mean[:, None, None]) / (cbn.running_var + cbn.eps).sqrt()[:, None, None]
    conditioned = (cbn.gamma + cbn.gamma_net(aux))[:, :, None, None] * normal
    conditioned = conditioned + (cbn.beta + cbn.beta_net(aux))[:, :, None, None]
    torch.testing.assert_close(output.conditioned_map, conditioned[:, :, 1:, 1:], rtol=1e-4, atol=1e-4)
    x = stages[0].leave(x, conditioned)
    for stage in stages[1:]:
        x = stage.leave(x, stage.enter(x))
    image = x[:, :, 1:, 1:]
    torch.testing.assert_close(output.backbone_map, image, rtol=1e-3, atol=1e-3)
    image = (image - model.map_mean[:, None, None]) / model.map_std[:, None, None]
    if config is FLAT:
        hidden = F.relu(model.attention.hidden(torch.cat([image.flatten(1), aux], 1)))
        weights = model.attention.logits(hidden).softmax(1)
    else:
        tiled = torch.cat([image, aux[:, :, None, None].expand(-1, -1, 2, 2)], 1).permute(0, 2, 3, 1)
        weights = model.attention.logit(F.relu(model.attention.hidden(tiled))).flatten(1).softmax(1)
    attended = image * 4 * weights.view(4, 1, 2, 2)
    if config is FLAT:
        vector = attended.flatten(1)
    else:
        vector = torch.einsum("bchw,dc->bdhw", attended, model.embed.weight[:, :, 0, 0]).clamp_min(0).mean((2, 3))
    fused = model.fusion.image(vector).tanh() * model.fusion.aux(aux).tanh()
    for layer in [*model.head.early, model.head.late]:
        fused = F.relu(layer[0](fused))
    torch.testing.assert_close(output.logits, model.head.out(fused), rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", WITH_IMAGE)
def test_the_head_on_a_cached_map_gives_what_the_whole_network_gives(name):
    model = learned_m2fn(VARIANTS[name])
    output = model(pictures(), attributes())
    _, feature_map = model.forward_features(pictures(), attributes())
    cached = model.forward_head(feature_map.detach().clone(), attributes())
    for field in cached._fields:
        torch.testing.assert_close(getattr(cached, field), getattr(output, field), rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_trainable_parameter_gets_a_gradient(name):
    model = learned_m2fn(VARIANTS[name]).train()
    for _ in range(3):  # with dropout and ReLU one draw may leave a small layer without any
        model(pictures(16), attributes(16)).logits.pow(2).sum().backward()
    trainable = {n: p for n, p in model.named_parameters() if p.requires_grad}
    assert [n for n, p in trainable.items() if p.grad is None or not p.grad.abs().sum() > 0] == []
    assert not any(n.startswith("backbone.") for n in trainable)


@pytest.mark.parametrize("block", [1, 4])
def test_a_trained_stage_of_the_backbone_gets_gradients_and_the_frozen_ones_none(block):
    model = learned_m2fn(replace(CONFIG, trained_blocks=(block,)))
    model(pictures(8), attributes(8)).logits.pow(2).sum().backward()
    for name, parameter in model.backbone.named_parameters():
        if name.startswith(f"stages.{block - 1}."):
            assert parameter.grad is not None, name
            assert parameter.grad.abs().sum() > 0, name
        else:
            assert parameter.grad is None, name


@pytest.mark.parametrize(
    "name", ["compact", "ratings", "batch-statistics", "as-table-3", "cat", "image-only", "attributes-m2fn"]
)
def test_one_batch_can_be_over_fitted(name):
    config = VARIANTS[name] if name != "as-table-3" else replace(FLAT, low=False)
    model = fresh_m2fn(config).train()
    pixels, aux = pictures(4), attributes(4)
    target = torch.tensor([-2.0, 1.0, -0.5, 2.0])
    # Without low-level fusion the map stays the same: it is computed once.
    cached = model.forward_features(pixels)[1].detach() if config.image and not config.low else None
    optimiser = torch.optim.Adam([p for p in model.parameters() if p.requires_grad], lr=0.01)
    losses = []
    for _ in range(40 if config.low else 150):
        optimiser.zero_grad()
        output = model(pixels, aux) if cached is None else model.forward_head(cached, aux)
        loss = F.mse_loss(output.logits[:, 0], target)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[0] > 2
    assert min(losses[-10:]) < 0.1


@pytest.mark.parametrize("name", VARIANTS)
def test_in_eval_mode_a_row_gets_the_same_output_again_and_in_any_company(name):
    model, pixels, aux = learned_m2fn(VARIANTS[name]), pictures(), attributes()
    with torch.inference_mode():
        whole = model(pixels, aux)
        assert all(torch.equal(a, b) for a, b in zip(whole, model(pixels, aux), strict=True))
        for i in range(4):
            alone = model(pixels[i : i + 1], aux[i : i + 1])
            for a, b in zip(alone, whole, strict=True):
                largest = b.abs().max().item() if b.numel() else 0.0
                torch.testing.assert_close(a[0], b[i], rtol=0, atol=1e-5 + 1e-3 * largest)


def test_training_leaves_a_frozen_backbone_as_it_was_bit_by_bit():
    model = learned_m2fn(replace(CONFIG, batch_statistics=True)).train()
    before = copy.deepcopy(model.backbone.state_dict())
    head = copy.deepcopy(model.head.state_dict())
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.5)
    for _ in range(2):
        optimiser.zero_grad()
        model(pictures(), attributes()).logits.pow(2).sum().backward()
        optimiser.step()
    assert all(torch.equal(before[name], tensor) for name, tensor in model.backbone.state_dict().items())
    assert not torch.equal(head["out.weight"], model.head.out.weight)
    assert not model.backbone.training


@pytest.mark.parametrize("name", ["image-only", "nima"])
def test_without_attributes_nothing_is_built_for_them_and_they_change_nothing(name):
    model = learned_m2fn(VARIANTS[name])
    assert all(not hasattr(model, part) for part in ("cbn", "attention", "fusion", "embed", "aux_gate"))
    assert model.config.aux_dim == 0
    aux = attributes().requires_grad_()
    output = model(pictures(), aux)
    assert torch.equal(output.logits, model(pictures(), None).logits)
    assert torch.equal(output.logits, model(pictures(), torch.full((2, 77), torch.nan)).logits)
    output.logits.sum().backward()
    assert aux.grad is None


@pytest.mark.parametrize("name", ["attributes-m2fn", "attributes-mlp"])
def test_without_the_picture_nothing_is_built_for_it_and_it_changes_nothing(name):
    config = VARIANTS[name]
    torch.manual_seed(0)
    model = M2FN(config, tiny_backbone()).eval()
    assert model.backbone is None
    assert {n.split(".")[0] for n, _ in model.named_parameters()} <= {"aux_gate", "head"}
    pixels = pictures().requires_grad_()
    output = model(pixels, attributes())
    assert torch.equal(output.logits, model(None, attributes()).logits)
    output.logits.sum().backward()
    assert pixels.grad is None
    assert {getattr(output, name).shape for name in MAPS} == {(4, 0, 0, 0)}
    with pytest.raises(InputError, match="does not use the picture"):
        model.forward_features(pixels, attributes())


@pytest.mark.parametrize("name", [n for n, c in VARIANTS.items() if c.image and c.aux])
def test_both_modalities_change_the_output_where_both_are_on(name):
    model = learned_m2fn(VARIANTS[name])
    logits = model(pictures(), attributes()).logits
    assert (logits - model(pictures(), attributes(seed=9)).logits).abs().max() > 1e-3
    assert (logits - model(pictures(seed=9), attributes()).logits).abs().max() > 1e-3


def test_calibrated_the_backbone_s_map_is_that_of_the_encoder_whatever_the_attributes():
    model = learned_m2fn(replace(CONFIG, cbn_blocks=(1, 2, 3, 4, 5)))
    expected = tiny_backbone()(pictures())
    assert (model.forward_features(pictures(), attributes())[1] - expected).abs().max() > 0.1 * expected.abs().max()
    model.calibrate(pictures().split(3))
    assert model.cbn["3"].running_mean.abs().max() > 1e-3
    for aux in (attributes(), attributes(seed=9)):
        found = model.forward_features(pictures(), aux)[1]
        torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-3 * expected.abs().max().item())
    plain = M2FN(replace(CONFIG, batch_statistics=True), tiny_backbone()).train()
    uncalibrated = plain.forward_features(pictures(), attributes())[1]
    assert (uncalibrated - expected).abs().max() > 0.1 * expected.abs().max()


def test_calibrated_the_map_is_standardised_and_from_cached_maps_alike():
    model = fresh_m2fn()
    _, feature_map = model.forward_features(pictures(), attributes())
    standard = (feature_map - model.map_mean[:, None, None]) / model.map_std[:, None, None]
    std = feature_map.std((0, 2, 3), unbiased=False)
    varies = std > 0.05 * std.mean()
    assert 0 < varies.sum() < 1280
    torch.testing.assert_close(standard.mean((0, 2, 3)), torch.zeros(1280), atol=1e-3, rtol=0)
    torch.testing.assert_close(
        standard.std((0, 2, 3), unbiased=False)[varies], torch.ones(int(varies.sum())), atol=1e-3, rtol=0
    )
    assert standard.std((0, 2, 3))[~varies].max() < 1.2
    again = fresh_m2fn(ablated_config(CONFIG, low=False, attention=True, high=True))
    again.map_mean.zero_()
    again.calibrate_map(tiny_backbone()(pictures()).split(3))
    torch.testing.assert_close(again.map_mean, model.map_mean, rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(again.map_std, model.map_std, rtol=1e-3, atol=1e-4)


def test_branches_let_attributes_speak_where_the_picture_says_nothing():
    model = learned_m2fn(RATINGS)
    with torch.no_grad():
        model.fusion.image.weight.zero_()
        model.fusion.image.bias.zero_()  # the product is then 0 whatever the attributes
        found = model(pictures(), attributes()).logits
    assert found.std() > 0.01
    assert model.fusion.width == 3 * RATINGS.fusion_dim


def test_what_is_saved_leaves_out_the_frozen_stages_and_reloads_to_equal_output(tmp_path):
    config = replace(CONFIG, trained_blocks=(2,), cbn_blocks=(1, 3))
    model = learned_m2fn(config)
    with torch.no_grad():
        model.backbone.staged()[1].first[0].weight.mul_(1.1)
    state = model.trainable_state()
    assert {name.split(".")[2] for name in state if name.startswith("backbone.")} == {"1"}
    assert {"map_mean", "cbn.3.running_var", "cbn.1.gamma", "head.out.weight"} <= state.keys()
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, tmp_path / "weights.safetensors")
    again = M2FN(config, tiny_backbone()).eval()
    again.load_trainable_state(load_file(tmp_path / "weights.safetensors"))
    for a, b in zip(model(pictures(), attributes()), again(pictures(), attributes()), strict=True):
        assert torch.equal(a, b)


def test_the_saved_part_of_the_compact_network_is_small():
    with torch.device("meta"):
        model = M2FN(M2FNConfig.compact(aux_dim=1300, outputs=7), tiny_backbone().to("meta"))
    numbers = sum(tensor.numel() for tensor in model.trainable_state().values())
    assert numbers < 600_000  # 1.2 MB in half precision


def test_a_state_of_another_shape_is_refused_whole():
    model = learned_m2fn()
    state = model.trainable_state()
    before = copy.deepcopy(model.state_dict())
    narrow = {name: tensor for name, tensor in state.items() if name != "head.out.bias"}
    for wrong, message in (
        (narrow, r"head\.out\.bias is missing"),
        (state | {"extra": torch.zeros(1)}, "extra has no place"),
        (state | {"head.out.bias": torch.zeros(3)}, r"head\.out\.bias is \(3,\), not \(1,\)"),
    ):
        with pytest.raises(CheckpointError, match=message):
            model.load_trainable_state({name: tensor + 1 for name, tensor in wrong.items()})
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_inputs_that_do_not_fit_are_named_with_their_shape():
    model = learned_m2fn()
    with pytest.raises(InputError, match=r"pixels have shape \(4, 3, 60, 60\)"):
        model(pictures(size=60), attributes())
    with pytest.raises(InputError, match="pixels have shape None"):
        model(None, attributes())
    with pytest.raises(InputError, match=rf"aux has shape \(4, 5\), this network takes \(4, {AUX}\)"):
        model(pictures(), attributes(width=5))
    with pytest.raises(InputError, match=r"aux has shape \(3, 9\), this network takes \(4, 9\)"):
        model(pictures(), attributes(3))
    with pytest.raises(InputError, match="aux has shape None"):
        learned_m2fn(VARIANTS["cat"])(pictures())
    with pytest.raises(InputError, match=r"feature map has shape \(1, 3, 2, 2\).*\(B, 1280, H, W\)"):
        model.forward_head(torch.zeros(1, 3, 2, 2), attributes(1))
    with pytest.raises(InputError, match=r"\(B, 1280, 2, 2\)"):
        learned_m2fn(FLAT)(pictures(size=96), attributes())
    assert model(pictures(size=96), attributes()).attention.shape == (4, 3, 3)
    with pytest.raises(ConfigError, match="there is no backbone"):
        M2FN(CONFIG)
