"""Log-odds of a product of chances: by hand, against the product, and at the extremes."""

from __future__ import annotations

import math

import pytest
import torch
from torch.nn import functional as F

from adlab.layers.joint_logit import joint_logit


def test_two_even_chances_make_one_in_four():
    # odds 1 : 3
    assert joint_logit(torch.zeros(1), torch.zeros(1)).item() == pytest.approx(-math.log(3))


def test_its_probability_is_the_product_and_its_logarithm_the_sum_of_logarithms():
    a, b = torch.randn(2, 200, generator=torch.Generator().manual_seed(0)).double() * 4
    found = joint_logit(a, b)
    torch.testing.assert_close(found.sigmoid(), a.sigmoid() * b.sigmoid(), rtol=1e-12, atol=0)
    torch.testing.assert_close(F.logsigmoid(found), F.logsigmoid(a) + F.logsigmoid(b), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(F.logsigmoid(-found), torch.log1p(-a.sigmoid() * b.sigmoid()), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("a", "b"), [(110, 110), (-200, 3), (3, -200), (-200, -200), (60, -60), (500, 500)])
def test_losses_and_gradients_stay_finite_where_the_probability_rounds_to_0_or_1(a, b):
    first, second = torch.tensor([float(a)], requires_grad=True), torch.tensor([float(b)], requires_grad=True)
    exact = joint_logit(first.detach().double(), second.detach().double())
    for label in (0.0, 1.0):
        found = joint_logit(first, second)
        loss = F.binary_cross_entropy_with_logits(found, torch.full_like(found, label))
        gradients = torch.autograd.grad(loss, (first, second))
        assert all(bool(g.isfinite()) for g in (loss, *gradients))
        assert all(g.abs().item() <= 1 + 1e-4 for g in gradients)
        wanted = F.binary_cross_entropy_with_logits(exact, torch.full_like(exact, label))
        assert loss.item() == pytest.approx(wanted.item(), rel=1e-5, abs=1e-30)


def test_it_does_not_matter_which_comes_first():
    a, b = torch.randn(2, 50, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(joint_logit(a, b), joint_logit(b, a), rtol=1e-6, atol=1e-6)
