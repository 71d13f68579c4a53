"""Relevance grades: Eq. 6 by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.relevance_grade import RelevanceGradeLoss


def batch(n: int = 7) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(n, 4, generator=generator).double()
    return logits, torch.randint(0, 4, (n,), generator=generator), torch.rand(n, generator=generator).double()


def test_loss_by_hand():
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.125, 0.125], [0.1, 0.1, 0.1, 0.7]]))
    loss = RelevanceGradeLoss()(logits, torch.tensor([1, 3]), torch.tensor([1.0, 0.5]))
    assert loss.item() == pytest.approx(-(math.log(0.25) + 0.5 * math.log(0.7)) / 2, abs=1e-6)


def test_loss_equals_the_paper_s_formula_in_loops():
    logits, grades, confidence = batch()
    total = 0.0
    for row, grade, w in zip(logits.tolist(), grades.tolist(), confidence.tolist(), strict=True):
        scale = sum(math.exp(x) for x in row)
        for k in range(4):
            total -= w * (k == grade) * math.log(math.exp(row[k]) / scale)
    assert RelevanceGradeLoss()(logits, grades, confidence).item() == pytest.approx(total / 7, abs=1e-5)


def test_no_confidence_is_a_confidence_of_one():
    logits, grades, _ = batch()
    torch.testing.assert_close(
        RelevanceGradeLoss()(logits, grades), RelevanceGradeLoss()(logits, grades, torch.ones(7))
    )


def test_the_gradient_of_a_row_is_its_confidence_s_share_and_no_other_row_s_matter():
    logits, grades, confidence = batch()
    logits.requires_grad_()
    (plain,) = torch.autograd.grad(RelevanceGradeLoss()(logits, grades), logits)
    (weighted,) = torch.autograd.grad(RelevanceGradeLoss()(logits, grades, confidence), logits)
    torch.testing.assert_close(weighted, plain * confidence[:, None])


def test_the_order_of_pairs_and_a_shift_of_their_logits_do_not_matter():
    logits, grades, confidence = batch()
    loss, order = RelevanceGradeLoss()(logits, grades, confidence), torch.tensor([6, 2, 0, 5, 1, 4, 3])
    shuffled = RelevanceGradeLoss()(logits[order], grades[order], confidence[order])
    torch.testing.assert_close(shuffled, loss)
    torch.testing.assert_close(RelevanceGradeLoss()(logits + logits[:, :1], grades, confidence), loss)


def test_what_does_not_fit_is_refused():
    logits, grades, confidence = batch()
    with pytest.raises(InputError, match="grades go from 4 to 4"):
        RelevanceGradeLoss()(logits, torch.full((7,), 4))
    with pytest.raises(InputError, match=r"confidence goes from -0\.5"):
        RelevanceGradeLoss()(logits, grades, confidence.index_fill(0, torch.tensor([0]), -0.5))
    with pytest.raises(InputError, match="finite"):
        RelevanceGradeLoss()(logits, grades, confidence * float("nan"))
    with pytest.raises(InputError, match=r"confidence has shape \(6,\)"):
        RelevanceGradeLoss()(logits, grades, confidence[:6])
