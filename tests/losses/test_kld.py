"""M2FN, Eq. 2: by hand, as written, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.kld import KLDLoss


def pair(n: int = 6, k: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(n, k, generator=generator, dtype=torch.float64)
    counts = torch.randint(0, 9, (n, k), generator=generator).double()
    counts[:, 0] += 1
    return logits, counts / counts.sum(dim=1, keepdim=True)


def slow(logits: torch.Tensor, observed: torch.Tensor) -> float:
    total = 0.0
    for row, shares in zip(logits.tolist(), observed.tolist(), strict=True):
        denominator = sum(math.exp(z) for z in row)
        for z, p in zip(row, shares, strict=True):
            if p > 0:
                total += p * math.log(p / (math.exp(z) / denominator))
    return total / len(logits)


def test_loss_by_hand():
    # p = (3/4, 1/4), p̂ = (1/4, 3/4): 3/4 · log 3 − 1/4 · log 3 = ½ log 3; the second row is met exactly
    logits = torch.tensor([[0.0, math.log(3)], [5.0, 5.0]])
    observed = torch.tensor([[0.75, 0.25], [0.5, 0.5]])
    assert KLDLoss()(logits, observed).item() == pytest.approx(math.log(3) / 4, abs=1e-6)


@pytest.mark.parametrize(("n", "k"), [(1, 2), (6, 5), (3, 10)])
def test_loss_equals_the_paper_s_formula_in_loops(n, k):
    assert KLDLoss()(*pair(n, k)).item() == pytest.approx(slow(*pair(n, k)))


def test_loss_is_zero_at_the_observed_distribution_and_above_zero_elsewhere():
    logits, observed = pair()
    assert KLDLoss()((observed + 1e-12).log(), observed).item() == pytest.approx(0, abs=1e-9)
    assert KLDLoss()(logits, observed).item() > 0.1


def test_loss_does_not_change_when_a_constant_is_added_to_a_row_of_logits():
    logits, observed = pair()
    torch.testing.assert_close(KLDLoss()(logits + 7, observed), KLDLoss()(logits, observed))


def test_the_gradient_is_the_difference_of_the_distributions():
    logits, observed = pair()
    logits.requires_grad_()
    KLDLoss()(logits, observed).backward()
    torch.testing.assert_close(logits.grad, (logits.detach().softmax(dim=1) - observed) / len(logits))


def test_a_bucket_that_nobody_chose_adds_nothing_however_unlikely_it_is():
    observed = torch.tensor([[1.0, 0.0]])
    assert KLDLoss()(torch.tensor([[0.0, -1e4]]), observed).item() == pytest.approx(0, abs=1e-6)


def test_counts_shapes_and_negative_shares_are_refused():
    logits, observed = pair()
    with pytest.raises(InputError, match="adds up to 3"):
        KLDLoss()(logits, 3 * observed)
    with pytest.raises(InputError, match=r"smallest value is -0\.5"):
        KLDLoss()(torch.zeros(1, 2), torch.tensor([[1.5, -0.5]]))
    with pytest.raises(InputError, match="adds up to nan"):
        KLDLoss()(torch.zeros(1, 2), torch.full((1, 2), math.nan))
    with pytest.raises(InputError, match=r"logits \(6, 5\), observed \(6, 4\)"):
        KLDLoss()(logits, observed[:, :4])
