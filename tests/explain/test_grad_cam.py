"""Grad-CAM: by hand, by slow loop, against captum, and what it leaves behind."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from captum.attr import LayerGradCam
from helpers.tiny_m2fn import CONFIG, attributes, learned_m2fn, pictures
from torch import Tensor, nn

from adlab.errors import InputError
from adlab.explain.grad_cam import grad_cam

LAYERS = {
    "conditioned_map": "conditioned_layer",
    "backbone_map": "backbone_layer",
    "attention_map": "attention_layer",
    "fused_map": "fusion_layer",
}
VARIANTS = {
    "compact": CONFIG,
    "as-table-3": replace(CONFIG, attention_kind="flat", pooling="flatten", cbn_blocks=(2,)),
    "no-attention": replace(CONFIG, attention=False),
    "distribution": replace(CONFIG, outputs=5),
}


class SmallNet(nn.Module):
    """Two convolutions that return their maps."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 6, 3, stride=2)
        self.out = nn.Linear(6, 2)

    def maps(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        first = self.first(x)
        second = self.second(first.relu())
        return self.out(second.tanh().mean((2, 3))), first, second

    def forward(self, x: Tensor) -> Tensor:
        return self.maps(x)[0]


def test_numbers_by_hand_on_two_by_two_cells():
    # target = 2·(sum of channel 0) − 4·(first cell of channel 1): mean gradients 2 and −1.
    feature_map = torch.tensor([[[[1.0, 0.0], [-3.0, 2.0]], [[1.0, 2.0], [0.0, 4.0]]]], requires_grad=True)
    target = 2 * feature_map[:, 0].sum((1, 2)) - 4 * feature_map[:, 1, 0, 0]
    (cam,) = grad_cam(target, [feature_map])
    # 2·1 − 1 = 1; 0 − 2 = −2; −6 − 0 = −6; 4 − 4 = 0
    assert cam.signed.tolist() == [[[1.0, -2.0], [-6.0, 0.0]]]
    assert cam.raises.tolist() == [[[1.0, 0.0], [0.0, 0.0]]]
    assert cam.lowers.tolist() == [[[0.0, 2.0], [6.0, 0.0]]]


def test_equals_the_paper_s_sums_written_as_loops():
    torch.manual_seed(0)
    logits, *maps = SmallNet().maps(torch.rand(2, 3, 7, 7))
    cams = grad_cam(logits[:, 1], maps)
    torch.manual_seed(0)
    logits, *maps = SmallNet().maps(torch.rand(2, 3, 7, 7))
    for cam, feature_map in zip(cams, maps, strict=True):
        for row in range(2):
            (gradient,) = torch.autograd.grad(logits[row, 1], feature_map, retain_graph=True)
            _, channels, height, width = feature_map.shape
            slow = torch.zeros(height, width)
            for c in range(channels):
                alpha = sum(gradient[row, c, i, j] for i in range(height) for j in range(width)) / (height * width)
                slow += alpha * feature_map[row, c].detach()
            torch.testing.assert_close(cam.signed[row], slow, rtol=0, atol=1e-6)


@pytest.mark.parametrize("name", ["first", "second"])
def test_equals_captum_on_a_small_network(name):
    torch.manual_seed(1)
    net, x = SmallNet().eval(), torch.rand(3, 3, 9, 9)
    logits, first, second = net.maps(x)
    (cam,) = grad_cam(logits[:, 0], [{"first": first, "second": second}[name]])
    oracle = LayerGradCam(net, getattr(net, name)).attribute(x, target=0)[:, 0]
    torch.testing.assert_close(cam.signed, oracle, rtol=0, atol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_four_maps_of_one_pass_equal_captum_s_four_passes(variant):
    model, aux = learned_m2fn(VARIANTS[variant]), attributes()
    pixels = pictures().requires_grad_()
    output = model(pixels, aux)
    cams = grad_cam(output.logits[:, 0], [getattr(output, field) for field in LAYERS])
    for cam, layer in zip(cams, LAYERS.values(), strict=True):
        captum = LayerGradCam(lambda x, a: model(x, a).logits, getattr(model, layer))
        oracle = captum.attribute(pictures().requires_grad_(), target=0, additional_forward_args=aux)[:, 0].detach()
        scale = oracle.abs().max().item()
        assert scale > 0
        torch.testing.assert_close(cam.signed, oracle, rtol=0, atol=1e-5 * max(1.0, scale))


def test_a_map_of_a_batch_equals_that_of_the_picture_alone():
    model, aux = learned_m2fn(), attributes()
    output = model(pictures().requires_grad_(), aux)
    (batched,) = grad_cam(output.logits[:, 0], [output.backbone_map])
    for row in range(4):
        alone = model(pictures()[row : row + 1].requires_grad_(), aux[row : row + 1])
        (single,) = grad_cam(alone.logits[:, 0], [alone.backbone_map])
        torch.testing.assert_close(single.signed[0], batched.signed[row], rtol=1e-4, atol=1e-5)


def test_the_opposite_target_swaps_what_raises_and_what_lowers():
    net, x = SmallNet(), torch.rand(2, 3, 7, 7)
    logits, first, _ = net.maps(x)
    (up,) = grad_cam(logits[:, 0], [first])
    logits, first, _ = net.maps(x)
    (down,) = grad_cam(-logits[:, 0], [first])
    torch.testing.assert_close(up.raises, down.lowers)
    torch.testing.assert_close(up.lowers, down.raises)


def state_of(model: nn.Module) -> dict[str, object]:
    """All that a method could leave behind."""
    hooks = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return {
        "gradients": [n for n, p in model.named_parameters() if p.grad is not None],
        "trained": [n for n, p in model.named_parameters() if p.requires_grad],
        "modes": [m.training for m in model.modules()],
        "hooks": sum(len(getattr(m, name)) for m in model.modules() for name in hooks),
        "weights": float(sum(p.detach().double().sum() for p in model.parameters())),
    }


def test_the_model_is_left_clean():
    model = learned_m2fn()
    before = state_of(model)
    output = model(pictures().requires_grad_(), attributes())
    cams = grad_cam(output.logits[:, 0], output[1:5])
    assert state_of(model) == before
    assert before["gradients"] == []
    assert before["hooks"] == 0
    assert not any(part.requires_grad for cam in cams for part in cam)


def test_the_model_is_left_clean_when_an_error_is_raised():
    model = learned_m2fn()
    before = state_of(model)
    output, other = (model(pictures().requires_grad_(), attributes()) for _ in range(2))
    with pytest.raises(InputError, match="Map 1 is not on the way to the target"):
        grad_cam(output.logits[:, 0], [output.backbone_map, other.backbone_map])
    assert state_of(model) == before


def test_a_gradient_that_the_caller_holds_is_kept():
    net, x = SmallNet(), torch.rand(2, 3, 7, 7)
    net(x).sum().backward()
    held = net.first.weight.grad.clone()
    logits, first, _ = net.maps(x)
    grad_cam(logits[:, 0], [first])
    assert torch.equal(net.first.weight.grad, held)


def test_no_map_gives_no_answer():
    assert grad_cam(torch.zeros(2, requires_grad=True), []) == []


@pytest.mark.parametrize(
    ("target", "feature_map", "message"),
    [
        (torch.zeros(2, 1, requires_grad=True), torch.zeros(2, 1, 1, 1, requires_grad=True), r"shape \(2, 1\)"),
        (torch.zeros(2), torch.zeros(2, 1, 1, 1, requires_grad=True), "target has no gradient"),
        (torch.zeros(2, requires_grad=True), torch.zeros(3, 1, 1, 1, requires_grad=True), r"give \(2, C, H, W\)"),
        (torch.zeros(2, requires_grad=True), torch.zeros(2, 0, 0, 0, requires_grad=True), "none of them 0"),
        (torch.zeros(2, requires_grad=True), torch.zeros(2, 1, 1, requires_grad=True), r"shape \(2, 1, 1\)"),
        (torch.zeros(2, requires_grad=True), torch.zeros(2, 1, 1, 1), "Map 0 has no gradient"),
    ],
)
def test_what_does_not_fit_is_named(target, feature_map, message):
    with pytest.raises(InputError, match=message):
        grad_cam(target, [feature_map])
