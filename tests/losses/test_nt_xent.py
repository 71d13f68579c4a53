"""NT-Xent: by hand, as SimCLR's Algorithm 1 writes it, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.nt_xent import NTXentLoss


def views(n: int = 6, d: int = 4, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = torch.randn(2, n, d, generator=torch.Generator().manual_seed(seed)).double()
    return a, b


def slow(first: torch.Tensor, second: torch.Tensor, tau: float, groups: list[int] | None = None) -> float:
    """SimCLR, Algorithm 1, in loops; samples of an anchor's group leave its denominator."""
    n = len(first)
    groups = groups or list(range(n))
    z = [[x / math.hypot(*row) for x in row] for row in [*first.tolist(), *second.tolist()]]
    sample = [*range(n), *range(n)]

    def similarity(i, j):
        return math.exp(sum(x * y for x, y in zip(z[i], z[j], strict=True)) / tau)

    total = 0.0
    for i in range(2 * n):
        positive = i + n if i < n else i - n
        denominator = 0.0
        for k in range(2 * n):
            if k == positive or groups[sample[k]] != groups[sample[i]]:
                denominator += similarity(i, k)
        total -= math.log(similarity(i, positive) / denominator)
    return total / (2 * n)


def test_loss_by_hand():
    first = torch.tensor([[5.0, 0.0], [0.0, 1.0]])
    # every anchor: positive at cosine 1, two negatives at 0, τ = 1: log(1 + 2/e)
    assert NTXentLoss(1.0)(first, first).item() == pytest.approx(math.log(1 + 2 / math.e), abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 6])
@pytest.mark.parametrize("tau", [0.1, 1.0, 10.0])
def test_loss_equals_the_algorithm_in_loops(n, tau):
    a, b = views(n)
    assert NTXentLoss(tau)(a, b).item() == pytest.approx(slow(a, b, tau), abs=1e-9)


def test_loss_with_groups_equals_the_algorithm_in_loops():
    a, b = views()
    groups = [3, 3, 8, 1, 3, 8]
    loss = NTXentLoss(0.1)(a, b, torch.tensor(groups))
    assert loss.item() == pytest.approx(slow(a, b, 0.1, groups), abs=1e-9)
    assert loss.item() < NTXentLoss(0.1)(a, b).item() - 1e-3


def test_groups_that_all_differ_change_nothing():
    a, b = views()
    assert torch.equal(NTXentLoss()(a, b, torch.arange(6)), NTXentLoss()(a, b))


def test_loss_does_not_depend_on_the_order_of_views_or_samples_or_on_length():
    a, b = views()
    loss, order = NTXentLoss(), torch.tensor([3, 1, 0, 5, 2, 4])
    for other in (loss(b, a), loss(a[order], b[order]), loss(9 * a, 0.3 * b)):
        torch.testing.assert_close(other, loss(a, b))


def test_loss_of_embeddings_that_are_all_equal_is_the_log_of_the_candidates():
    ones = torch.ones(6, 4)
    assert NTXentLoss()(ones, ones).item() == pytest.approx(math.log(11), abs=1e-5)


def test_a_temperature_of_zero_is_refused():
    with pytest.raises(ConfigError, match=r"temperature is 0\.0"):
        NTXentLoss(0.0)


def test_shapes_and_groups_that_do_not_fit_are_refused():
    a, b = views()
    with pytest.raises(InputError, match=r"second_view \(6, 3\)"):
        NTXentLoss()(a, b[:, :3])
    with pytest.raises(InputError, match=r"groups has shape \(5,\)"):
        NTXentLoss()(a, b, torch.arange(5))
