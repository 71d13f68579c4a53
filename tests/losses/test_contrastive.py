"""FOCAL Ad, §3, item 1, and CLIP's loss: by hand, as written, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.contrastive import ContrastiveLoss


def sides(n: int = 7, d: int = 5, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = torch.randn(2, n, d, generator=torch.Generator().manual_seed(seed)).double()
    return a, b


def slow(first: torch.Tensor, second: torch.Tensor, tau: float, groups: list[int] | None = None) -> float:
    """FOCAL Ad, §3: the sum of C(u, v; Z) over samples and both directions, then the mean."""
    n = len(first)
    groups = groups or list(range(n))
    unit = [[[x / math.hypot(*row) for x in row] for row in side.tolist()] for side in (first, second)]

    def phi(u, v):
        return math.exp(sum(x * y for x, y in zip(u, v, strict=True)) / tau)

    total = 0.0
    for one, other in ((unit[0], unit[1]), (unit[1], unit[0])):
        for i in range(n):
            z = [other[k] for k in range(n) if k == i or groups[k] != groups[i]]
            total -= math.log(phi(one[i], other[i]) / sum(phi(one[i], v) for v in z))
    return total / (2 * n)


def test_loss_by_hand():
    first = torch.tensor([[2.0, 0.0], [0.0, 3.0]])
    # each row: partner at cosine 1, the other at 0, τ = 0.5: −log(e² / (e² + 1))
    expected = math.log(1 + math.exp(-2))
    assert ContrastiveLoss(0.5)(first, first).item() == pytest.approx(expected, abs=1e-6)


def test_two_directions_differ_and_are_averaged_by_hand():
    first = torch.tensor([[1.0, 0.0], [1.0, 0.0]])
    second = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    # τ = 1. first→second: log(1 + 1/e), log(1 + e); second→first: two equal candidates each, log 2, log 2
    expected = (math.log(1 + math.exp(-1)) + math.log(1 + math.e) + 2 * math.log(2)) / 4
    assert ContrastiveLoss(1.0)(first, second).item() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("n", [1, 2, 7])
@pytest.mark.parametrize("tau", [0.1, 1.0, 10.0])
def test_loss_equals_the_paper_s_formula_in_loops(n, tau):
    a, b = sides(n)
    assert ContrastiveLoss(tau)(a, b).item() == pytest.approx(slow(a, b, tau), abs=1e-5)


def test_loss_with_groups_equals_the_paper_s_formula_in_loops():
    a, b = sides()
    groups = [4, 9, 4, 4, 1, 9, 2]
    loss = ContrastiveLoss(0.1)(a, b, torch.tensor(groups))
    assert loss.item() == pytest.approx(slow(a, b, 0.1, groups), abs=1e-5)
    assert loss.item() < ContrastiveLoss(0.1)(a, b).item() - 1e-3


def test_groups_that_all_differ_change_nothing():
    a, b = sides()
    assert torch.equal(ContrastiveLoss()(a, b, torch.arange(7)), ContrastiveLoss()(a, b))


def test_two_captions_of_one_image_do_not_push_each_other_away():
    a, b = sides(2)
    a[1] = a[0]
    b.requires_grad_()
    ContrastiveLoss()(a, b, torch.tensor([5, 5])).backward()
    assert b.grad is not None
    assert b.grad.abs().max() == 0


def test_loss_does_not_depend_on_row_order_side_order_or_length():
    a, b = sides()
    loss, order = ContrastiveLoss(), torch.tensor([3, 1, 6, 0, 5, 2, 4])
    for other in (loss(a[order], b[order]), loss(b, a), loss(4 * a, 0.1 * b)):
        torch.testing.assert_close(other, loss(a, b))


def test_loss_of_embeddings_that_are_all_equal_is_the_log_of_the_batch():
    ones = torch.ones(7, 5)
    assert ContrastiveLoss()(ones, ones).item() == pytest.approx(math.log(7), abs=1e-5)


def test_a_fixed_temperature_is_no_parameter_and_no_part_of_the_state():
    assert list(ContrastiveLoss(0.2).parameters()) == []
    assert ContrastiveLoss(0.2).state_dict() == {}
    assert ContrastiveLoss(0.2).scale().item() == pytest.approx(5, abs=1e-5)


def test_a_learnable_temperature_gets_a_gradient_and_is_learned():
    torch.manual_seed(0)
    loss = ContrastiveLoss(0.5, learnable=True)
    before = loss.scale().item()
    optimiser = torch.optim.SGD(loss.parameters(), lr=1.0)
    a, _ = sides()
    loss(a, a).backward()
    optimiser.step()
    assert loss.scale().item() > before + 0.01  # partners are the nearest already: sharper is better


def test_a_learnable_scale_stops_at_100_but_keeps_its_gradient():
    loss = ContrastiveLoss(0.001, learnable=True)
    assert loss.scale().item() == pytest.approx(100, rel=1e-5)
    loss(*sides()).backward()
    assert loss.log_scale.grad is not None
    assert loss.log_scale.grad.abs() > 0


@pytest.mark.parametrize("value", [0.0, -1.0, math.nan, math.inf])
def test_a_temperature_outside_its_range_is_refused(value):
    with pytest.raises(ConfigError, match="temperature is"):
        ContrastiveLoss(value)


def test_shapes_and_groups_that_do_not_fit_are_refused():
    a, b = sides()
    with pytest.raises(InputError, match=r"first \(7, 5\), second \(6, 5\)"):
        ContrastiveLoss()(a, b[:6])
    with pytest.raises(InputError, match=r"groups has shape \(6,\)"):
        ContrastiveLoss()(a, b, torch.arange(6))
    with pytest.raises(InputError, match=r"torch\.float32"):
        ContrastiveLoss()(a, b, torch.zeros(7))
    with pytest.raises(InputError, match=r"\(0, 5\)"):
        ContrastiveLoss()(a[:0], b[:0])


def test_texts_that_fit_as_well_leave_the_sums_of_both_directions():
    first = torch.eye(3)
    fitting = torch.tensor([[True, True, False], [False, True, False], [False, False, True]])
    # τ = 1. Text 1 suits picture 0 too: picture 0 and text 1 keep one negative each, all others two.
    one, two = math.log(1 + math.exp(-1)), math.log(1 + 2 * math.exp(-1))
    expected = ((one + 2 * two) / 3 + (one + 2 * two) / 3) / 2
    assert ContrastiveLoss(1.0)(first, first, fitting=fitting).item() == pytest.approx(expected, abs=1e-6)


def test_fitting_pairs_and_groups_leave_out_both():
    a, b = sides()
    groups = torch.tensor([4, 9, 4, 4, 1, 9, 2])
    same = groups[:, None] == groups[None]
    by_groups, by_fitting = ContrastiveLoss(0.5)(a, b, groups), ContrastiveLoss(0.5)(a, b, fitting=same)
    torch.testing.assert_close(by_groups, by_fitting)
    more = torch.ones(7, 7, dtype=torch.bool)
    assert ContrastiveLoss(0.5)(a, b, groups, more).item() == 0
    assert by_groups.item() > 0


@pytest.mark.parametrize("fitting", [torch.ones(7, 6, dtype=torch.bool), torch.ones(7, 7)])
def test_fitting_of_another_shape_or_kind_is_refused(fitting):
    with pytest.raises(InputError, match="fitting"):
        ContrastiveLoss()(*sides(), fitting=fitting)
