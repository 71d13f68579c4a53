from __future__ import annotations

from pathlib import Path

import pytest
import torch
from helpers.tiny_models import randomise
from safetensors.torch import save_file
from torch import nn
from torchvision.models import mobilenet_v2

from adlab.encoders.mobilenet import VisionConfig, VisionNet
from adlab.errors import DataUnavailableError
from adlab.training.teacher import TEACHER_CLASSES, Teacher, _pad_like_tensorflow, self_agreement_after_shift


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    network = mobilenet_v2(weights=None, num_classes=TEACHER_CLASSES).eval()
    randomise(network, seed=5)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):  # randomise makes these as small as a bias
            nn.init.ones_(module.weight)
    file = tmp_path_factory.mktemp("teacher") / "teacher.safetensors"
    state = {k: v.half() for k, v in network.state_dict().items() if v.is_floating_point()}
    save_file(state, file)
    return file


@pytest.fixture(scope="module")
def teacher(weights) -> Teacher:
    return Teacher(weights)


@pytest.fixture(scope="module")
def pixels() -> torch.Tensor:
    small = torch.randn(3, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    return nn.functional.interpolate(small, size=64, mode="bicubic").clamp(-1, 1)


def same_convolution(image: torch.Tensor, convolution: nn.Conv2d) -> torch.Tensor:
    """TensorFlow's rule in loops: ⌈H/s⌉ outputs, the padding that needs, its larger half at the bottom and right."""
    (k, _), (s, _) = convolution.kernel_size, convolution.stride
    height, width = image.shape[1:]
    rows, columns = -(-height // s), -(-width // s)
    top, left = max((rows - 1) * s + k - height, 0) // 2, max((columns - 1) * s + k - width, 0) // 2
    out = torch.zeros(convolution.out_channels, rows, columns)
    for channel in range(convolution.out_channels):
        for i in range(rows):
            for j in range(columns):
                total = convolution.bias[channel].clone()
                for a in range(k):
                    for b in range(k):
                        y, x = i * s + a - top, j * s + b - left
                        if 0 <= y < height and 0 <= x < width:
                            total += (convolution.weight[channel, :, a, b] * image[:, y, x]).sum()
                out[channel, i, j] = total
    return out


@pytest.mark.parametrize("side", [4, 6, 8])
@pytest.mark.parametrize("stride", [1, 2])
def test_padding_is_that_of_tensorflow(side, stride):
    torch.manual_seed(0)
    convolution = nn.Conv2d(2, 2, 3, stride=stride, padding=1)
    block = nn.Sequential(convolution)
    image = torch.randn(1, 2, side, side)
    with torch.no_grad():
        expected, symmetric = same_convolution(image[0], convolution), block(image)[0]
        _pad_like_tensorflow(block)
        torch.testing.assert_close(block(image)[0], expected)
    assert torch.allclose(symmetric, expected, atol=1e-5) is (stride == 1)


def test_all_five_strided_convolutions_are_padded(teacher):
    strided = [m for m in teacher.features.modules() if isinstance(m, nn.Conv2d) and m.stride == (2, 2)]
    assert [m.padding for m in strided] == [(0, 0)] * 5
    assert sum(isinstance(m, nn.ZeroPad2d) for m in teacher.features.modules()) == 5


def test_the_background_class_is_left_out(teacher, pixels):
    with torch.inference_mode():
        output = teacher(pixels)
        whole = teacher.classifier(output.pooled)
    assert output.pooled.shape == (3, 1280)
    assert output.class_logits.shape == (3, 1000)
    torch.testing.assert_close(output.class_logits, whole[:, 1:])


def test_the_student_starts_as_the_teacher_but_for_padding_and_background(teacher, pixels):
    student = VisionNet(VisionConfig(image_size=64, pool_heads=2, pool_dim=8)).eval()
    head = {name: value.clone() for name, value in student.text_head.state_dict().items()}
    teacher.initialise(student)
    torch.testing.assert_close(student.classifier.weight, teacher.classifier.weight[1:])
    own = [p for p in student.features.parameters()]
    assert all(torch.equal(a, b) for a, b in zip(own, teacher.features.parameters(), strict=True))
    assert all(torch.equal(value, head[name]) for name, value in student.text_head.state_dict().items())
    with torch.no_grad():
        student.features[0][0].weight.zero_()
    assert teacher.features[0][0][1].weight.abs().sum() > 0, "student and teacher share memory"


def test_the_teacher_is_frozen(teacher):
    assert not teacher.training
    assert not any(p.requires_grad for p in teacher.parameters())


def test_a_picture_without_detail_keeps_its_class_when_it_moves(teacher, pixels):
    flat = torch.full((2, 3, 64, 64), 0.3)
    assert self_agreement_after_shift(teacher, flat).all()
    agreement = self_agreement_after_shift(teacher, pixels)
    assert agreement.shape == (3,)
    assert agreement.dtype == torch.bool


def test_the_shift_moves_by_one_pixel_and_repeats_the_border():
    class Corner(nn.Module):
        """Two classes: whether the pixel at (1, 1) is brighter than 0."""

        def forward(self, x):
            from adlab.training.teacher import TeacherOutput

            return TeacherOutput(x[:, :, 0, 0], torch.stack([-x[:, 0, 1, 1], x[:, 0, 1, 1]], dim=1))

    moving, still = -torch.ones(1, 3, 4, 4), -torch.ones(1, 3, 4, 4)
    moving[0, 0, 0, 0] = 1  # arrives at (1, 1)
    still[0, 0, 2, 2] = 1
    assert self_agreement_after_shift(Corner(), torch.cat([moving, still])).tolist() == [False, True]


def test_absent_weights_name_path_and_option(tmp_path):
    with pytest.raises(DataUnavailableError, match=r"no teacher weights at .*teacher\.safetensors; .*--teacher"):
        Teacher(tmp_path / "teacher.safetensors")


@pytest.mark.parametrize("content", ["other tensors", "other classes", "no safetensors"])
def test_weights_of_something_else_are_refused_in_a_few_words(tmp_path, content):
    file = tmp_path / "teacher.safetensors"
    if content == "no safetensors":
        file.write_bytes(b"not safetensors at all")
    elif content == "other tensors":
        save_file({"x": torch.ones(2)}, file)
    else:
        save_file(mobilenet_v2(weights=None, num_classes=1000).state_dict(), file)
    with pytest.raises(
        DataUnavailableError, match="does not hold a torchvision mobilenet_v2 with 1001 classes"
    ) as caught:
        Teacher(file)
    assert len(str(caught.value)) < 700
