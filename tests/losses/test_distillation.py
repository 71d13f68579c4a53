"""Distillation: by hand, as written, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.distillation import ClassDistillationLoss, FeatureDistillationLoss, ScoreDistillationLoss


def logits(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = 3 * torch.randn(2, 6, 9, generator=torch.Generator().manual_seed(seed)).double()
    return a, b


def test_feature_loss_by_hand_and_in_loops():
    student, teacher = torch.tensor([[3.0, 4.0]]), torch.tensor([[4.0, 3.0]])
    assert FeatureDistillationLoss()(student, teacher).item() == pytest.approx(0.04, abs=1e-6)
    a, b = logits()
    expected = sum(
        1 - sum(x * y for x, y in zip(u, v, strict=True)) / math.hypot(*u) / math.hypot(*v)
        for u, v in zip(a.tolist(), b.tolist(), strict=True)
    )
    assert FeatureDistillationLoss()(a, b).item() == pytest.approx(expected / 6, abs=1e-12)


def test_feature_loss_is_zero_for_equal_directions_whatever_the_length():
    a, _ = logits()
    assert FeatureDistillationLoss()(a, 5 * a).item() == pytest.approx(0, abs=1e-12)


def test_class_loss_by_hand():
    teacher, student = torch.tensor([[math.log(3.0), 0.0]]), torch.zeros(1, 2)
    # teacher (¾, ¼), student (½, ½): ¾ log 1.5 + ¼ log 0.5
    expected = 0.75 * math.log(1.5) + 0.25 * math.log(0.5)
    assert ClassDistillationLoss()(student, teacher).item() == pytest.approx(expected, abs=1e-6)
    # logits and temperature doubled alike: the same distributions, times T² = 4
    assert ClassDistillationLoss(2.0)(student, 2 * teacher).item() == pytest.approx(4 * expected, abs=1e-6)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_class_loss_equals_the_definition_in_loops(temperature):
    student, teacher = logits()

    def softmax(row):
        exponentials = [math.exp(x / temperature) for x in row]
        return [e / sum(exponentials) for e in exponentials]

    expected = 0.0
    for s, t in zip(student.tolist(), teacher.tolist(), strict=True):
        expected += sum(q * math.log(q / p) for p, q in zip(softmax(s), softmax(t), strict=True))
    loss = ClassDistillationLoss(temperature)(student, teacher)
    assert loss.item() == pytest.approx(temperature**2 * expected / 6, abs=1e-9)


def test_class_loss_is_zero_for_equal_distributions_and_ignores_a_common_shift():
    student, teacher = logits()
    loss = ClassDistillationLoss(2.0)
    assert loss(teacher + 3, teacher).item() == pytest.approx(0, abs=1e-12)
    torch.testing.assert_close(loss(student + 7, teacher - 2), loss(student, teacher))
    assert loss(student, teacher).item() > 0


@pytest.mark.parametrize("loss", [FeatureDistillationLoss(), ClassDistillationLoss()])
def test_only_the_student_gets_a_gradient(loss):
    student, teacher = (t.requires_grad_() for t in logits())
    loss(student, teacher).backward()
    assert student.grad is not None
    assert student.grad.abs().sum() > 0
    assert teacher.grad is None


def test_the_background_class_left_in_is_refused():
    with pytest.raises(InputError, match=r"student_logits \(2, 1000\), teacher_logits \(2, 1001\)"):
        ClassDistillationLoss()(torch.zeros(2, 1000), torch.zeros(2, 1001))
    with pytest.raises(InputError, match=r"teacher \(1, 4\)"):
        FeatureDistillationLoss()(torch.zeros(2, 4), torch.zeros(1, 4))
    with pytest.raises(ConfigError, match="temperature is -1"):
        ClassDistillationLoss(-1)


def test_score_loss_by_hand_and_in_loops():
    logits = torch.tensor([0.0, math.log(3)])  # scores 1/2 and 3/4
    assert ScoreDistillationLoss()(logits, torch.tensor([1.0, 0.5])).item() == pytest.approx((1 / 4 + 1 / 16) / 2)
    generator = torch.Generator().manual_seed(4)
    logits, teacher = torch.randn(9, generator=generator), torch.rand(9, generator=generator)
    expected = 0.0
    for x, y in zip(logits.tolist(), teacher.tolist(), strict=True):
        expected += (1 / (1 + math.exp(-x)) - y) ** 2
    assert ScoreDistillationLoss()(logits, teacher).item() == pytest.approx(expected / 9, rel=1e-5)


def test_score_loss_is_zero_where_student_and_teacher_agree_and_teaches_the_student_alone():
    student = torch.tensor([-1.0, 2.0], requires_grad=True)
    assert ScoreDistillationLoss()(student, student.sigmoid()).item() == 0
    teacher = torch.tensor([0.9, 0.1], requires_grad=True)
    ScoreDistillationLoss()(student, teacher).backward()
    assert student.grad.tolist()[0] < 0 < student.grad.tolist()[1]
    assert teacher.grad is None


def test_logits_in_place_of_the_teacher_s_scores_are_refused():
    with pytest.raises(InputError, match="teacher_scores go from -1 to 2; give probabilities"):
        ScoreDistillationLoss()(torch.zeros(2), torch.tensor([-1.0, 2.0]))
    with pytest.raises(InputError, match=r"teacher_scores \(3,\)"):
        ScoreDistillationLoss()(torch.zeros(2), torch.zeros(3))
