"""Contrast of the three input modes: Eq. 7 by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.three_mode_contrastive import ThreeModeContrastiveLoss

QUERIES = torch.tensor([5, 8, 5, 1, 9, 8, 2])
RELEVANT = torch.tensor([True, True, True, False, True, True, True])


def modes(n: int = 7, d: int = 4, seed: int = 0) -> list[torch.Tensor]:
    return list(torch.randn(3, n, d, generator=torch.Generator().manual_seed(seed)))


def confidences(n: int = 7) -> torch.Tensor:
    return torch.rand(n, generator=torch.Generator().manual_seed(9))


def slow(given: list[torch.Tensor], queries: list[int], relevant: list[bool], w: list[float], tau: float) -> float:
    """AdsCVLR, Eq. 7, with what PAPERS pins: six ordered mode pairs, relevant rows, no negatives of the same query."""
    unit = [[[x / math.hypot(*row) for x in row] for row in mode.tolist()] for mode in given]
    rows = [i for i in range(len(queries)) if relevant[i]]

    def phi(u, v):
        return math.exp(sum(x * y for x, y in zip(u, v, strict=True)) / tau)

    total = 0.0
    for a in range(3):
        for b in range(3):
            if a == b:
                continue
            for i in rows:
                denominator = phi(unit[a][i], unit[b][i])
                for j in rows:
                    if queries[j] != queries[i]:
                        denominator += phi(unit[a][i], unit[b][j])
                total -= w[i] * math.log(phi(unit[a][i], unit[b][i]) / denominator)
    return total / (6 * len(rows))


def test_two_pairs_by_hand():
    z = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    loss = ThreeModeContrastiveLoss(0.5)(z, z, z, torch.tensor([0, 1]), torch.ones(2, dtype=torch.bool))
    # every anchor: itself at cosine 1, the other pair at 0: −log(e² / (e² + 1))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-2)), abs=1e-6)


def test_one_mode_apart_by_hand():
    same, turned = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[0.0, 1.0], [1.0, 0.0]])
    loss = ThreeModeContrastiveLoss(1.0)(same, same, turned, torch.tensor([0, 1]), torch.ones(2, dtype=torch.bool))
    # two of the six mode pairs agree: log(1 + 1/e); four are swapped: log(1 + e)
    expected = (2 * math.log(1 + math.exp(-1)) + 4 * math.log(1 + math.e)) / 6
    assert loss.item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("tau", [0.07, 0.5, 10.0])
def test_loss_equals_the_paper_s_formula_in_loops(tau):
    w = confidences()
    expected = slow(modes(), QUERIES.tolist(), RELEVANT.tolist(), w.tolist(), tau)
    assert ThreeModeContrastiveLoss(tau)(*modes(), QUERIES, RELEVANT, w).item() == pytest.approx(expected, rel=1e-5)


def test_no_confidence_is_a_confidence_of_one():
    expected = slow(modes(), QUERIES.tolist(), RELEVANT.tolist(), [1.0] * 7, 0.07)
    assert ThreeModeContrastiveLoss()(*modes(), QUERIES, RELEVANT).item() == pytest.approx(expected, rel=1e-5)


def test_the_order_of_modes_and_rows_and_the_length_of_vectors_do_not_matter():
    loss, (a, b, c), order = ThreeModeContrastiveLoss(0.2), modes(), torch.tensor([3, 1, 6, 0, 5, 2, 4])
    w = confidences()
    expected = loss(a, b, c, QUERIES, RELEVANT, w)
    torch.testing.assert_close(loss(c, a, b, QUERIES, RELEVANT, w), expected)
    shuffled = [mode[order] for mode in (a, b, c)]
    torch.testing.assert_close(loss(*shuffled, QUERIES[order], RELEVANT[order], w[order]), expected)
    torch.testing.assert_close(loss(5 * a, 0.1 * b, c, QUERIES, RELEVANT, w), expected)


def test_pairs_that_are_not_relevant_take_no_part():
    given = [mode.clone().requires_grad_() for mode in modes()]
    loss = ThreeModeContrastiveLoss()(*given, QUERIES, RELEVANT)
    loss.backward()
    for mode in given:
        assert torch.equal(mode.grad.abs().sum(1) > 0, RELEVANT)
    rest = [mode[RELEVANT] for mode in modes()]
    alone = ThreeModeContrastiveLoss()(*rest, QUERIES[RELEVANT], RELEVANT[RELEVANT])
    torch.testing.assert_close(alone, loss)


def test_pairs_of_one_query_do_not_push_each_other_away():
    given = [mode.clone().requires_grad_() for mode in modes(3)]
    loss = ThreeModeContrastiveLoss()(*given, torch.tensor([4, 4, 4]), torch.ones(3, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0
    assert all(mode.grad.abs().max() == 0 for mode in given)


def test_a_batch_without_relevant_pairs_costs_nothing_and_can_be_differentiated():
    loss_module = ThreeModeContrastiveLoss()
    loss = loss_module(*modes(), QUERIES, torch.zeros(7, dtype=torch.bool))
    loss.backward()
    assert loss.item() == 0


def test_the_temperature_starts_at_the_paper_s_and_is_learned():
    loss = ThreeModeContrastiveLoss()
    assert 1 / loss.scale().item() == pytest.approx(0.07, rel=1e-5)
    mode = modes()[0]
    optimiser = torch.optim.SGD(loss.parameters(), lr=1.0)
    loss(mode, mode, mode, QUERIES, RELEVANT).backward()
    optimiser.step()
    assert 1 / loss.scale().item() < 0.0699  # pairs agree already: sharper is better


def test_the_scale_stops_at_100_and_a_fixed_temperature_is_no_parameter():
    assert ThreeModeContrastiveLoss(0.001).scale().item() == pytest.approx(100, rel=1e-5)
    fixed = ThreeModeContrastiveLoss(0.2, learnable=False)
    assert (list(fixed.parameters()), fixed.state_dict()) == ([], {})
    assert fixed.scale().item() == pytest.approx(5, rel=1e-5)


def test_half_precision_projections_are_compared_in_full():
    halves = [mode.bfloat16() for mode in modes()]
    whole = ThreeModeContrastiveLoss()(*[half.float() for half in halves], QUERIES, RELEVANT)
    torch.testing.assert_close(ThreeModeContrastiveLoss()(*halves, QUERIES, RELEVANT), whole)


def test_what_does_not_fit_is_refused():
    loss, (a, b, c) = ThreeModeContrastiveLoss(), modes()
    with pytest.raises(InputError, match=r"text_only \(6, 4\)"):
        loss(a, b, c[:6], QUERIES, RELEVANT)
    with pytest.raises(InputError, match=r"relevant has shape \(7,\) and type torch\.int64"):
        loss(a, b, c, QUERIES, RELEVANT.long())
    with pytest.raises(InputError, match=r"queries has shape \(6,\)"):
        loss(a, b, c, QUERIES[:6], RELEVANT)
    with pytest.raises(InputError, match="confidence goes from -1"):
        loss(a, b, c, QUERIES, RELEVANT, -torch.ones(7))
    with pytest.raises(ConfigError, match="temperature is 0"):
        ThreeModeContrastiveLoss(0.0)
