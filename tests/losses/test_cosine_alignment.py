"""FOCAL Ad, Eq. 3: by hand, as written, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.cosine_alignment import CosineAlignmentLoss


def test_loss_by_hand():
    s_image = torch.tensor([[3.0, 4.0], [1.0, 0.0]])
    s_text = torch.tensor([[4.0, 3.0], [-2.0, 0.0]])
    # cosines 24/25 and −1: mean of 0.04 and 2
    assert CosineAlignmentLoss()(s_image, s_text).item() == pytest.approx(1.02, abs=1e-6)


def test_loss_equals_the_paper_s_formula_in_loops():
    generator = torch.Generator().manual_seed(0)
    a, b = torch.randn(2, 9, 5, generator=generator).double()
    expected = 0.0
    for u, v in zip(a.tolist(), b.tolist(), strict=True):
        dot = sum(x * y for x, y in zip(u, v, strict=True))
        expected += 1 - dot / (math.sqrt(sum(x * x for x in u)) * math.sqrt(sum(y * y for y in v)))
    assert CosineAlignmentLoss()(a, b).item() == pytest.approx(expected / 9, abs=1e-12)


def test_loss_does_not_depend_on_length_and_is_symmetric():
    a, b = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(1))
    loss = CosineAlignmentLoss()
    torch.testing.assert_close(loss(7 * a, 0.2 * b), loss(a, b))
    torch.testing.assert_close(loss(b, a), loss(a, b))


def test_loss_has_the_trivial_optimum_that_collapse_measures_look_for():
    constant = torch.ones(6, 4)
    assert CosineAlignmentLoss()(constant, constant).item() == pytest.approx(0, abs=1e-6)


def test_a_zero_embedding_gives_a_finite_gradient():
    a = torch.zeros(2, 3, requires_grad=True)
    CosineAlignmentLoss()(a, torch.ones(2, 3)).backward()
    assert a.grad is not None
    assert a.grad.isfinite().all()


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(InputError, match=r"shared_image \(4, 3\), shared_text \(1, 3\)"):
        CosineAlignmentLoss()(torch.zeros(4, 3), torch.zeros(1, 3))
