"""NIMA, Eq. 1: by hand, as written, and what must hold."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from scipy.stats import wasserstein_distance

from adlab.errors import ConfigError, InputError
from adlab.losses.emd import EMDLoss


def pair(n: int = 6, k: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, k, generator=generator, dtype=torch.float64)
    return logits, torch.rand(n, k, generator=generator, dtype=torch.float64).softmax(dim=1)


def certain(bucket: int, k: int = 5) -> torch.Tensor:
    """Logits of a distribution with all its weight on one bucket, (1, k)."""
    return torch.full((1, k), -1e4).index_fill(1, torch.tensor([bucket]), 0.0)


def slow(logits: torch.Tensor, observed: torch.Tensor, r: float) -> float:
    total = 0.0
    for row, shares in zip(logits.tolist(), observed.tolist(), strict=True):
        denominator = sum(math.exp(z) for z in row)
        predicted = [math.exp(z) / denominator for z in row]
        powers = [abs(sum(shares[: k + 1]) - sum(predicted[: k + 1])) ** r for k in range(len(row))]
        total += (sum(powers) / len(row)) ** (1 / r)
    return total / len(logits)


def test_loss_by_hand():
    # cumulative sums 1, 1 against 1/4, 1: the root of (9/16 + 0) / 2 with r = 2, 3/8 with r = 1
    logits, observed = torch.tensor([[0.0, math.log(3)]]), torch.tensor([[1.0, 0.0]])
    assert EMDLoss()(logits, observed).item() == pytest.approx(math.sqrt(9 / 32))
    assert EMDLoss(1)(logits, observed).item() == pytest.approx(3 / 8)


@pytest.mark.parametrize("r", [1.0, 2.0, 3.5])
@pytest.mark.parametrize(("n", "k"), [(1, 2), (6, 5), (3, 10)])
def test_loss_equals_the_paper_s_formula_in_loops(n, k, r):
    assert EMDLoss(r)(*pair(n, k)).item() == pytest.approx(slow(*pair(n, k), r))


def test_with_exponent_1_the_loss_is_the_wasserstein_distance_over_the_number_of_buckets():
    logits, observed = pair(n=1)
    positions, predicted = range(5), logits.softmax(dim=1)[0].numpy()
    expected = wasserstein_distance(positions, positions, observed[0].numpy(), predicted) / 5
    assert EMDLoss(1)(logits, observed).item() == pytest.approx(expected)


@pytest.mark.parametrize("r", [1.0, 2.0])
def test_the_further_off_the_bucket_the_greater_the_loss(r):
    observed = certain(0).softmax(dim=1)
    losses = [EMDLoss(r)(certain(bucket), observed).item() for bucket in range(5)]
    assert losses == sorted(losses)
    assert min(b - a for a, b in itertools.pairwise(losses)) > 0.05


def test_loss_is_the_same_read_from_the_other_end_of_the_scale():
    logits, observed = pair()
    torch.testing.assert_close(EMDLoss()(logits.flip(1), observed.flip(1)), EMDLoss()(logits, observed))


@pytest.mark.parametrize("r", [1.0, 2.0])
def test_a_perfect_prediction_costs_nothing_and_has_a_finite_gradient(r):
    logits = torch.zeros(2, 4, requires_grad=True)
    loss = EMDLoss(r)(logits, torch.full((2, 4), 0.25))
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-12)
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_following_the_gradient_reaches_the_observed_distribution():
    logits, observed = pair()
    logits.requires_grad_()
    optimiser, loss = torch.optim.Adam([logits], lr=0.05), EMDLoss()
    for _ in range(300):
        optimiser.zero_grad()
        loss(logits, observed).backward()
        optimiser.step()
    torch.testing.assert_close(logits.detach().softmax(dim=1), observed, atol=0.02, rtol=0)


@pytest.mark.parametrize("value", [0.5, 0.0, -1.0, math.nan, math.inf])
def test_an_exponent_outside_its_range_is_refused(value):
    with pytest.raises(ConfigError, match="exponent is"):
        EMDLoss(value)


def test_counts_and_shapes_that_do_not_fit_are_refused():
    logits, observed = pair()
    with pytest.raises(InputError, match="adds up to 3"):
        EMDLoss()(logits, 3 * observed)
    with pytest.raises(InputError, match=r"logits \(6, 5\), observed \(6, 4\)"):
        EMDLoss()(logits, observed[:, :4])
