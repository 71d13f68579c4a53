"""CL4CVR's contrastive loss: by hand on four rows, as the paper's equation in loops, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch
from helpers.slow_contrast import slow_contrast

from adlab.errors import ConfigError, InputError
from adlab.losses.embedding_contrast import EmbeddingContrastLoss
from adlab.losses.false_negatives import identical_pairs, similar_pairs

NOBODY = torch.zeros(4)
# Four rows whose two views are one direction each, all at right angles.
APART = torch.eye(4).double()


def projections(rows: int = 9, seed: int = 0, width: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    a, b = torch.randn(2, rows, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return a, b


def slow(
    first: torch.Tensor, second: torch.Tensor, conversion: list[int], groups: list[int], tau: float, supervised: bool
) -> float:
    """The equation in loops, false negatives by identical features."""
    alike = {(i, j) for i, one in enumerate(groups) for j, other in enumerate(groups) if i != j and one == other}
    # A row's own other view is a positive: that rows are like themselves takes nothing away.
    return slow_contrast(first, second, conversion, alike, tau, supervised)


def test_four_rows_apart_by_hand():
    # each of 8 anchors: its other view at cosine 1, six samples at 0: log(1 + 6/e); both directions summed: twice that
    found = EmbeddingContrastLoss(1.0)(APART, APART, NOBODY)
    assert found.item() == pytest.approx(2 * math.log(1 + 6 / math.e))


@pytest.mark.parametrize("tau", [0.25, 2.0])
def test_temperature_divides_every_similarity_by_hand(tau):
    # the same at τ ≠ 1: e^(1/τ) in the place of e; of two conversions the mean similarity is 1/3τ
    own, others = 1 / tau, math.log(math.exp(1 / tau) + 6)
    loss = EmbeddingContrastLoss(tau)
    assert loss(APART, APART, NOBODY).item() == pytest.approx(2 * (others - own))
    found = loss(APART, APART, torch.tensor([1.0, 1.0, 0.0, 0.0])).item()
    assert found == pytest.approx((4 * (others - own / 3) + 4 * (others - own)) / 4)
    found = loss(APART, APART, NOBODY, identical_pairs(torch.tensor([5, 5, 6, 7]))).item()
    fewer = math.log(math.exp(1 / tau) + 4)
    assert found == pytest.approx((4 * (fewer - own) + 4 * (others - own)) / 4)


def test_rows_alike_by_the_cosine_of_their_embeddings_leave_the_denominator_by_hand():
    # rows 0 and 1 differ, at a cosine of 0.995; rows 2 and 3 point elsewhere and the opposite way
    embeddings = torch.tensor([[1.0, 0.0], [10.0, 1.0], [0.0, 1.0], [-1.0, 0.0]])
    spared, whole = math.log(math.exp(2.0) + 4) - 2, math.log(math.exp(2.0) + 6) - 2
    loss = EmbeddingContrastLoss(0.5)
    assert loss(APART, APART, NOBODY, similar_pairs(embeddings)).item() == pytest.approx(spared + whole)
    assert loss(APART, APART, NOBODY, similar_pairs(embeddings, 0.996)).item() == pytest.approx(2 * whole)


def test_two_conversions_become_positives_of_each_other_by_hand():
    # converted anchors: positives at cosines 1, 0, 0, mean 1/3, so log(e + 6) − 1/3; the others as before
    found = EmbeddingContrastLoss(1.0)(APART, APART, torch.tensor([1.0, 1.0, 0.0, 0.0]))
    converted, others = math.log(math.e + 6) - 1 / 3, math.log(math.e + 6) - 1
    assert found.item() == pytest.approx((4 * converted + 4 * others) / 4)


def test_a_false_negative_leaves_both_views_of_the_denominator_by_hand():
    # rows 0 and 1 alike: for their four anchors four samples at cosine 0 are left instead of six
    found = EmbeddingContrastLoss(1.0)(APART, APART, NOBODY, identical_pairs(torch.tensor([5, 5, 6, 7])))
    assert found.item() == pytest.approx((4 * math.log(1 + 4 / math.e) + 4 * math.log(1 + 6 / math.e)) / 4)


def test_two_conversions_with_the_same_features_stay_positives_by_hand():
    conversion = torch.tensor([1.0, 1.0, 0.0, 0.0])
    pairs = identical_pairs(torch.tensor([5, 5, 6, 7]))
    loss = EmbeddingContrastLoss(1.0)
    assert loss(APART, APART, conversion, pairs).item() == pytest.approx(loss(APART, APART, conversion).item())
    # a conversion and a row without one that has the same features are apart
    pairs = identical_pairs(torch.tensor([5, 6, 5, 7]))
    assert loss(APART, APART, conversion, pairs).item() < loss(APART, APART, conversion).item() - 0.1


@pytest.mark.parametrize("supervised", [False, True])
@pytest.mark.parametrize("tau", [0.05, 0.5, 12.0])
@pytest.mark.parametrize("groups", [range(9), [0, 1, 0, 2, 2, 3, 0, 4, 5], [0] * 9])
def test_loss_equals_the_equation_in_loops(supervised, tau, groups):
    first, second = projections()
    conversion = [1, 0, 0, 1, 1, 0, 0, 0, 0]
    loss = EmbeddingContrastLoss(tau, supervised=supervised)
    found = loss(first, second, torch.tensor(conversion), identical_pairs(torch.tensor(list(groups))))
    assert found.item() == pytest.approx(slow(first, second, conversion, list(groups), tau, supervised), abs=1e-9)


@pytest.mark.parametrize("rows", [1, 2])
def test_small_batches_equal_the_equation_in_loops(rows):
    first, second = projections(rows)
    found = EmbeddingContrastLoss(0.3)(first, second, torch.ones(rows))
    assert found.item() == pytest.approx(slow(first, second, [1] * rows, list(range(rows)), 0.3, True), abs=1e-12)


@pytest.mark.parametrize("supervised", [False, True])
def test_its_own_gradient_is_that_of_finite_differences(supervised):
    first, second = (t.requires_grad_() for t in projections(6))
    conversion, pairs = torch.tensor([1, 0, 1, 0, 0, 1]), identical_pairs(torch.tensor([0, 1, 0, 1, 2, 3]))
    loss = EmbeddingContrastLoss(0.4, supervised=supervised)
    assert torch.autograd.gradcheck(lambda a, b: loss(a, b, conversion, pairs), (first, second))


def test_the_order_of_rows_and_of_views_and_lengths_do_not_matter():
    first, second = projections()
    conversion = torch.tensor([1, 0, 0, 1, 1, 0, 0, 0, 0])
    groups = torch.tensor([0, 1, 0, 2, 2, 3, 0, 4, 5])
    loss, order = EmbeddingContrastLoss(), torch.randperm(9, generator=torch.Generator().manual_seed(1))
    found = loss(first, second, conversion, identical_pairs(groups))
    for other in (
        loss(first[order], second[order], conversion[order], identical_pairs(groups[order])),
        loss(second, first, conversion, identical_pairs(groups)),
        loss(7 * first, 0.1 * second, conversion, identical_pairs(groups)),
    ):
        torch.testing.assert_close(other, found)


def test_an_anchor_that_did_not_convert_gains_no_positives():
    # Moving another row's conversion changes nothing for it: its part of the loss has the same gradient.
    first, second = projections()
    gradients = []
    for conversion in (torch.zeros(9), torch.tensor([0, 1, 0, 0, 0, 0, 0, 0, 0])):
        a, b = first.clone().requires_grad_(), second.clone().requires_grad_()
        EmbeddingContrastLoss()(a, b, conversion).backward()
        gradients.append((a.grad, b.grad))
    # one conversion has no partner: nothing changes at all
    torch.testing.assert_close(gradients[0], gradients[1])
    attraction = EmbeddingContrastLoss()._positives(
        torch.cat([first, second]), torch.tensor([True, True] + [False] * 7)
    )
    torch.testing.assert_close(attraction[2:9], second[2:])
    torch.testing.assert_close(attraction[0], (second[0] + first[1] + second[1]) / 3)


def test_exact_duplicates_do_not_push_each_other():
    first, second = projections(4)
    first[1], second[1] = first[0], second[0]
    pushed, spared = [], []
    for pairs, kept in ((None, pushed), (identical_pairs(torch.tensor([0, 0, 1, 2])), spared)):
        a = first.clone().requires_grad_()
        EmbeddingContrastLoss(0.5, supervised=False)(a, second, NOBODY, pairs).backward()
        kept.append(a.grad)
    assert (pushed[0] - spared[0]).abs().max() > 1e-2
    alone = torch.tensor([0, 2, 3])  # spared, row 0 has the gradient it has without its duplicate, but for the mean
    a = first[alone].clone().requires_grad_()
    EmbeddingContrastLoss(0.5, supervised=False)(a, second[alone], NOBODY[:3]).backward()
    rows_2_3_see_row_0_twice = spared[0][0] * 4 - a.grad[0] * 3
    assert rows_2_3_see_row_0_twice.norm() < 0.5 * (pushed[0][0] * 4 - a.grad[0] * 3).norm()


@pytest.mark.parametrize("conversion", [torch.zeros(9), torch.ones(9)])
def test_a_batch_without_conversions_or_of_nothing_else_is_finite(conversion):
    first, second = (t.requires_grad_() for t in projections())
    loss = EmbeddingContrastLoss(0.0125)(first, second, conversion)
    loss.backward()
    assert all(bool(t.isfinite().all()) for t in (loss, first.grad, second.grad))


def test_bfloat16_projections_give_nearly_the_loss_and_gradient_of_float32():
    first, second = (t.float() for t in projections(64, width=16))
    conversion, pairs = (torch.arange(64) % 7 == 0), identical_pairs(torch.arange(64) // 2)
    found = []
    for kind in (torch.float32, torch.bfloat16):
        a, b = first.clone().requires_grad_(), second.clone().requires_grad_()
        loss = EmbeddingContrastLoss(0.2)(a.to(kind), b.to(kind), conversion, pairs)
        assert loss.dtype == torch.float32
        loss.backward()
        found.append((loss.item(), a.grad))
    assert found[1][0] == pytest.approx(found[0][0], rel=0.01)
    assert torch.nn.functional.cosine_similarity(found[0][1].flatten(), found[1][1].flatten(), dim=0) > 0.999


def test_what_does_not_fit_is_refused():
    a, b = projections(4)
    with pytest.raises(ConfigError, match=r"temperature is 0\.01"):
        EmbeddingContrastLoss(0.01)
    with pytest.raises(InputError, match=r"second \(4, 4\)"):
        EmbeddingContrastLoss()(a, b[:, :4], NOBODY)
    with pytest.raises(InputError, match=r"conversion has shape \(3,\)"):
        EmbeddingContrastLoss()(a, b, NOBODY[:3])
    with pytest.raises(InputError, match=r"false_negatives are torch.bool, \(4, 4\)"):
        EmbeddingContrastLoss()(a, b, NOBODY, torch.zeros(4, 4, dtype=torch.bool))
