from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.binomial import BinomialLoss


def batch():
    generator = torch.Generator().manual_seed(0)
    tries = torch.randint(1, 40, (6,), generator=generator).double()
    return torch.randn(6, generator=generator).double(), tries, (tries * torch.rand(6, generator=generator)).floor()


def test_by_hand_two_tries_one_success_at_even_odds():
    one = torch.ones(1)
    assert float(BinomialLoss(0.5)(torch.zeros(1), 2 * one, one)) == pytest.approx(2 * math.log(2))


def test_it_is_the_log_loss_of_every_single_try():
    logits, tries, successes = batch()
    total = 0.0
    for x, n, k in zip(logits.tolist(), tries.tolist(), successes.tolist(), strict=True):
        for happened in [True] * int(k) + [False] * int(n - k):
            chance = 1 / (1 + math.exp(-x))
            total -= math.log(chance if happened else 1 - chance)
    assert float(BinomialLoss(0.2)(logits, tries, successes)) == pytest.approx(total / (0.2 * float(tries.sum())))


def test_splitting_a_case_in_two_changes_nothing():
    logits, tries, successes = batch()
    split = BinomialLoss(0.1)(
        torch.cat([logits, logits[:1]]),
        torch.cat([tries[:1] - 1, tries[1:], torch.ones(1)]),
        torch.cat([successes, torch.zeros(1)]),
    )
    torch.testing.assert_close(split, BinomialLoss(0.1)(logits, tries, successes))


def test_the_observed_share_is_where_it_is_least():
    tries, successes = torch.tensor([50.0]), torch.tensor([10.0])
    logit = torch.tensor([math.log(10 / 40)], requires_grad=True)
    (gradient,) = torch.autograd.grad(BinomialLoss(0.2)(logit, tries, successes), logit)
    assert float(gradient.abs()) < 1e-6


def test_extreme_odds_and_a_batch_without_successes_stay_finite():
    loss = BinomialLoss(0.01)(torch.tensor([200.0, -200.0]), torch.tensor([3.0, 3.0]), torch.zeros(2))
    assert math.isfinite(float(loss))


@pytest.mark.parametrize("rate", [0.0, 1.0, -0.1])
def test_an_impossible_rate_is_refused(rate):
    with pytest.raises(ConfigError, match="base_rate"):
        BinomialLoss(rate)


def test_rows_that_do_not_match_are_refused():
    with pytest.raises(InputError, match=r"\(2,\), \(3,\), \(2,\)"):
        BinomialLoss(0.1)(torch.zeros(2), torch.ones(3), torch.zeros(2))
