"""Matching: Eq. 4 by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.matching import MatchingLoss


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def test_matching_loss_by_hand_and_in_loops():
    logits = torch.tensor([math.log(3), 0.0])  # s = 3/4 and 1/2
    expected = -(math.log(0.75) + math.log(0.5)) / 2
    assert MatchingLoss()(logits, torch.tensor([1, 0])).item() == pytest.approx(expected, abs=1e-6)
    logits, labels = drawn(8, seed=2), torch.tensor([1, 0, 0, 1, 1, 0, 1, 0])
    total = 0.0
    for x, y in zip(logits.tolist(), labels.tolist(), strict=True):
        s = 1 / (1 + math.exp(-x))
        total -= y * math.log(s) + (1 - y) * math.log(1 - s)
    assert MatchingLoss()(logits, labels).item() == pytest.approx(total / 8, abs=1e-5)


def test_matching_loss_is_the_same_with_both_signs_turned():
    logits, labels = drawn(8, seed=2), torch.tensor([1, 0, 0, 1, 1, 0, 1, 0])
    torch.testing.assert_close(MatchingLoss()(-logits, 1 - labels), MatchingLoss()(logits, labels))
    torch.testing.assert_close(MatchingLoss()(logits, labels.bool()), MatchingLoss()(logits, labels))


def test_the_order_of_pairs_does_not_matter_and_the_mean_of_equal_batches_is_that_of_both():
    logits, labels = drawn(8, seed=2), torch.tensor([1, 0, 0, 1, 1, 0, 1, 0])
    loss, order = MatchingLoss()(logits, labels), torch.tensor([7, 3, 0, 5, 1, 6, 2, 4])
    torch.testing.assert_close(MatchingLoss()(logits[order], labels[order]), loss)
    halves = [MatchingLoss()(logits[part], labels[part]) for part in (slice(0, 4), slice(4, 8))]
    torch.testing.assert_close((halves[0] + halves[1]) / 2, loss)


def test_matching_labels_other_than_zero_and_one_are_refused():
    with pytest.raises(InputError, match="matched go from 0 to 2"):
        MatchingLoss()(torch.zeros(3), torch.tensor([0, 1, 2]))
    with pytest.raises(InputError, match=r"logits \(3,\), matched \(2,\)"):
        MatchingLoss()(torch.zeros(3), torch.tensor([0, 1]))
