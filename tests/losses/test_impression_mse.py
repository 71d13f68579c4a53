"""M2FN, Eq. 1: by hand, as written, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.impression_mse import ImpressionWeightedMSELoss


def rows(n: int = 9, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    predicted, observed = torch.rand(2, n, generator=generator, dtype=torch.float64)
    return predicted, observed, torch.randint(100, 5000, (n,), generator=generator)


def slow(predicted: torch.Tensor, observed: torch.Tensor, impressions: torch.Tensor) -> float:
    total = 0.0
    for y_hat, y, w in zip(predicted.tolist(), observed.tolist(), impressions.tolist(), strict=True):
        total += w * (y_hat - y) ** 2
    return total / len(predicted)


def test_loss_by_hand():
    predicted, observed = torch.tensor([0.5, 0.1]), torch.tensor([0.25, 0.3])
    impressions = torch.tensor([16, 100])
    # (16 · 0.25² + 100 · 0.2²) / 2 = (1 + 4) / 2
    assert ImpressionWeightedMSELoss()(predicted, observed, impressions).item() == pytest.approx(2.5)
    assert ImpressionWeightedMSELoss(50)(predicted, observed, impressions).item() == pytest.approx(0.05)


@pytest.mark.parametrize("n", [1, 9])
def test_loss_equals_the_paper_s_formula_in_loops(n):
    assert ImpressionWeightedMSELoss()(*rows(n)).item() == pytest.approx(slow(*rows(n)))


def test_the_gradient_of_a_row_is_proportional_to_its_impressions():
    predicted, observed, impressions = rows()
    predicted.requires_grad_()
    ImpressionWeightedMSELoss()(predicted, observed, impressions).backward()
    expected = 2 * impressions * (predicted.detach() - observed) / len(predicted)
    torch.testing.assert_close(predicted.grad, expected)


def test_a_row_counts_as_often_as_it_was_seen():
    predicted, observed, _ = rows(3)
    weighted = ImpressionWeightedMSELoss()(predicted, observed, torch.tensor([1, 3, 2]))
    repeated = torch.tensor([0, 1, 1, 1, 2, 2])
    alone = ImpressionWeightedMSELoss()(predicted[repeated], observed[repeated], torch.ones(6))
    assert weighted.item() * 3 == pytest.approx(alone.item() * 6)


def test_a_row_s_share_does_not_depend_on_its_company():
    predicted, observed, impressions = rows()
    loss = ImpressionWeightedMSELoss(700)
    whole = loss(predicted, observed, impressions)
    singly = [loss(predicted[i : i + 1], observed[i : i + 1], impressions[i : i + 1]) for i in range(9)]
    torch.testing.assert_close(whole, torch.stack(singly).mean())


def test_a_perfect_prediction_costs_nothing_and_rows_never_shown_do_not_count():
    predicted, observed, impressions = rows()
    assert ImpressionWeightedMSELoss()(observed, observed, impressions).item() == 0
    assert ImpressionWeightedMSELoss()(predicted, observed, 0 * impressions).item() == 0


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_reference_impressions_outside_their_range_are_refused(value):
    with pytest.raises(ConfigError, match="reference_impressions is"):
        ImpressionWeightedMSELoss(value)


def test_shapes_that_would_broadcast_and_negative_impressions_are_refused():
    predicted, observed, impressions = rows()
    loss = ImpressionWeightedMSELoss()
    with pytest.raises(InputError, match=r"predicted \(9, 1\), observed \(9,\)"):
        loss(predicted[:, None], observed, impressions)
    with pytest.raises(InputError, match=r"one shape \(B,\)"):
        loss(predicted[:0], observed[:0], impressions[:0])
    with pytest.raises(InputError, match="impressions go down to -"):
        loss(predicted, observed, -impressions)
