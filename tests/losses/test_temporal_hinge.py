"""FOCAL Ad, §3, item 4: by hand, as written, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.temporal_hinge import TemporalHingeLoss


def slow(points: torch.Tensor, sequences: list[int], margin: float) -> tuple[float, int]:
    """The printed double sum over sequences in loops, and the number of its terms."""
    rows = points.tolist()

    def mean_distance(s, t):
        pairs = [
            math.dist(rows[i], rows[j])
            for i in range(len(rows))
            for j in range(len(rows))
            if i != j and sequences[i] == s and sequences[j] == t
        ]
        return sum(pairs) / len(pairs) if pairs else 0.0

    names = sorted(set(sequences))
    terms = [max(mean_distance(s, s) - mean_distance(s, t) + margin, 0) for s in names for t in names if s != t]
    return sum(terms), len(terms)


def test_loss_by_hand():
    points = torch.tensor([[0.0, 0.0], [0.0, 3.0], [4.0, 0.0]])
    # s = {0, 1}, s' = {2}: D̄_ss = 3, D̄_ss' = (4 + 5)/2 = 4.5, D̄_s's' = 0; hinges 0.5 and max(−2.5, 0)
    sequences = torch.tensor([7, 7, 2])
    assert TemporalHingeLoss(2.0)(points, sequences).item() == pytest.approx(0.25)
    assert TemporalHingeLoss(2.0, mean_over_pairs=False)(points, sequences).item() == pytest.approx(0.5)


@pytest.mark.parametrize("margin", [0.0, 1.0, 4.0])
def test_loss_equals_the_printed_double_sum_in_loops(margin):
    points = torch.randn(11, 3, generator=torch.Generator().manual_seed(0)).double()
    sequences = [0, 3, 3, 0, 5, 3, 0, 0, 5, 3, 8]
    total, terms = slow(points, sequences, margin)
    assert total > 0
    ids = torch.tensor(sequences)
    summed = TemporalHingeLoss(margin, mean_over_pairs=False)(points, ids)
    assert summed.item() == pytest.approx(total, abs=1e-9)
    assert TemporalHingeLoss(margin)(points, ids).item() == pytest.approx(total / terms, abs=1e-9)


def test_loss_is_zero_when_sequences_are_far_apart_and_tight():
    points = torch.tensor([[0.0], [0.1], [100.0], [100.1]])
    assert TemporalHingeLoss(1.0)(points, torch.tensor([0, 0, 1, 1])).item() == 0.0


def test_loss_is_the_margin_when_all_embeddings_are_equal_and_its_gradient_is_finite():
    points = torch.ones(4, 3, requires_grad=True)
    loss = TemporalHingeLoss(0.7)(points, torch.tensor([0, 0, 1, 1]))
    loss.backward()
    assert loss.item() == pytest.approx(0.7)
    assert points.grad is not None
    assert points.grad.isfinite().all()


def test_loss_does_not_change_under_shifts_and_new_sequence_names():
    points = torch.randn(6, 3, generator=torch.Generator().manual_seed(1)).double()
    loss = TemporalHingeLoss()
    named = loss(points, torch.tensor([0, 0, 1, 1, 2, 2]))
    torch.testing.assert_close(loss(points + 5, torch.tensor([40, 40, -1, -1, 7, 7])), named)


def test_one_sequence_alone_is_refused():
    with pytest.raises(InputError, match="holds 1 sequence"):
        TemporalHingeLoss()(torch.zeros(3, 2), torch.zeros(3, dtype=torch.long))
    with pytest.raises(InputError, match="sequences has shape"):
        TemporalHingeLoss()(torch.zeros(3, 2), torch.zeros(2, dtype=torch.long))
    with pytest.raises(ConfigError, match=r"margin is -0\.5"):
        TemporalHingeLoss(-0.5)
