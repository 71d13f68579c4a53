"""Losses of clicks and conversions: by hand, in loops, and which rows teach what."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.entire_space import ClickSpaceLoss, EntireSpaceLoss

CLICK, CONVERSION = torch.tensor([1.0, 1.0, 0.0, 0.0]), torch.tensor([1.0, 0.0, 0.0, 0.0])
WEIGHT = torch.tensor([1.0, 2.0, 0.5, 0.5])


def logits(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = torch.randn(2, 4, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return a, b


def bce(logit: float, label: float) -> float:
    p = 1 / (1 + math.exp(-logit))
    return -(label * math.log(p) + (1 - label) * math.log(1 - p))


def test_even_odds_cost_the_logarithm_of_two_each():
    parts = EntireSpaceLoss()(torch.zeros(4), torch.zeros(4), CLICK, CONVERSION, torch.ones(4))
    assert parts.ctr.item() == parts.conversion.item() == pytest.approx(math.log(2))
    assert parts.total.item() == pytest.approx(2 * math.log(2))


def test_entire_space_equals_the_sum_over_all_rows_in_loops():
    ctr, ctcvr = logits()
    parts = EntireSpaceLoss()(ctr, ctcvr, CLICK.double(), CONVERSION.double(), WEIGHT.double())
    rows = range(4)
    clicks = sum(WEIGHT[i].item() * bce(ctr[i].item(), CLICK[i].item()) for i in rows) / 4
    conversions = sum(WEIGHT[i].item() * bce(ctcvr[i].item(), CONVERSION[i].item()) for i in rows) / 4
    assert parts.ctr.item() == pytest.approx(clicks, abs=1e-12)
    assert parts.conversion.item() == pytest.approx(conversions, abs=1e-12)


def test_click_space_equals_the_weighted_mean_over_clicked_rows_in_loops():
    ctr, cvr = logits()
    parts = ClickSpaceLoss()(ctr, cvr, CLICK.double(), CONVERSION.double(), WEIGHT.double())
    clicked = sum(WEIGHT[i].item() * bce(cvr[i].item(), CONVERSION[i].item()) for i in (0, 1)) / 3
    assert parts.conversion.item() == pytest.approx(clicked, abs=1e-9)


def test_a_row_of_weight_two_counts_as_two_rows():
    ctr, ctcvr = logits()
    twice = torch.tensor([0, 1, 1, 2, 3])
    one = EntireSpaceLoss()(ctr, ctcvr, CLICK.double(), CONVERSION.double(), torch.tensor([1, 2, 1, 1]).double())
    more = EntireSpaceLoss()(*(t.double()[twice] for t in (ctr, ctcvr, CLICK, CONVERSION)), torch.ones(5).double())
    assert one.total.item() * 4 == pytest.approx(more.total.item() * 5)


def test_unclicked_rows_move_conversions_over_the_entire_space_and_not_over_clicks():
    for loss, moved in ((EntireSpaceLoss(), True), (ClickSpaceLoss(), False)):
        ctr, conversion = (t.requires_grad_() for t in logits())
        loss(ctr, conversion, CLICK.double(), CONVERSION.double(), WEIGHT.double()).conversion.backward()
        assert bool((conversion.grad[2:] != 0).all()) is moved
        assert bool((conversion.grad[:2] != 0).all())


def test_a_batch_without_clicks_has_a_finite_loss_and_no_gradient_of_conversions():
    cvr = torch.zeros(4, requires_grad=True)
    parts = ClickSpaceLoss()(torch.zeros(4), cvr, torch.zeros(4), torch.zeros(4), torch.ones(4))
    parts.total.backward()
    assert parts.conversion.item() == 0
    assert cvr.grad.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("loss", [EntireSpaceLoss(), ClickSpaceLoss()])
def test_shapes_that_would_broadcast_are_refused(loss):
    with pytest.raises(InputError, match=r"weight \(1,\)"):
        loss(torch.zeros(4), torch.zeros(4), CLICK, CONVERSION, torch.ones(1))
