"""Masked object classification: the rule, and Eq. 2 by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.masked_object import MaskedObjectLoss, mask_regions


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int = 300, regions: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    return 1 + torch.rand(n, regions, 3, generator=seeded(5)), torch.arange(regions).expand(n, regions) < 35


def test_fifteen_percent_are_chosen_and_nine_in_ten_of_them_are_zeroed():
    regions, maskable = pictures()
    out = mask_regions(regions, maskable, seeded())
    zeroed = (out.regions == 0).all(2)
    assert not out.masked[~maskable].any()
    assert out.masked.sum() / maskable.sum() == pytest.approx(0.15, abs=0.015)
    assert zeroed.sum() / out.masked.sum() == pytest.approx(0.9, abs=0.03)
    assert not zeroed[~out.masked].any()
    assert torch.equal(out.regions[~zeroed], regions[~zeroed])
    assert (regions > 0).all()  # the pictures given are left as they are


def test_a_fill_takes_the_place_of_zeros_in_the_same_regions():
    regions, maskable = pictures(20)
    fill = torch.tensor([7.0, 8.0, 9.0])
    zeros, filled = (mask_regions(regions, maskable, seeded(3), fill=f) for f in (None, fill))
    hidden = (zeros.regions == 0).all(2)
    assert hidden.any()
    assert (filled.regions[hidden] == fill).all()
    assert torch.equal(filled.regions[~hidden], zeros.regions[~hidden])


def test_the_seed_decides_which_regions_are_chosen():
    given = pictures(20)
    assert torch.equal(mask_regions(*given, seeded(1)).regions, mask_regions(*given, seeded(1)).regions)
    assert not torch.equal(mask_regions(*given, seeded(1)).masked, mask_regions(*given, seeded(2)).masked)


def test_loss_by_hand_with_a_class_and_with_a_distribution():
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]]))
    assert MaskedObjectLoss()(logits, torch.tensor([1])).item() == pytest.approx(math.log(4), abs=1e-6)
    spread = torch.tensor([[0.5, 0.5, 0.0]])
    expected = 0.5 * math.log(2) + 0.5 * math.log(4)
    assert MaskedObjectLoss()(logits, spread).item() == pytest.approx(expected, abs=1e-6)


def test_loss_equals_the_paper_s_formula_in_loops():
    logits = torch.randn(6, 4, generator=seeded()).double()
    shares = torch.randn(6, 4, generator=seeded(1)).double().softmax(1)
    total = 0.0
    for row, share in zip(logits.tolist(), shares.tolist(), strict=True):
        scale = sum(math.exp(x) for x in row)
        total -= sum(c * math.log(math.exp(x) / scale) for c, x in zip(share, row, strict=True))
    assert MaskedObjectLoss()(logits, shares.float()).item() == pytest.approx(total / 6, abs=1e-5)


def test_a_one_hot_distribution_is_its_class():
    logits, classes = torch.randn(5, 4, generator=seeded()), torch.tensor([0, 3, 1, 1, 2])
    one_hot = torch.nn.functional.one_hot(classes, 4).float()
    torch.testing.assert_close(MaskedObjectLoss()(logits, one_hot), MaskedObjectLoss()(logits, classes))


def test_no_logits_cost_less_than_the_target_itself_and_shifts_do_not_matter():
    """The least cross entropy of a distribution is its entropy."""
    shares = torch.randn(6, 4, generator=seeded(1)).softmax(1)
    entropy = -(shares * shares.log()).sum(1).mean()
    torch.testing.assert_close(MaskedObjectLoss()(shares.log(), shares), entropy)
    torch.testing.assert_close(MaskedObjectLoss()(shares.log() + torch.arange(6.0)[:, None], shares), entropy)
    for seed in range(5):
        assert MaskedObjectLoss()(shares.log() + 0.1 * torch.randn(6, 4, generator=seeded(seed)), shares) > entropy


@pytest.mark.parametrize("targets", [torch.zeros(0, dtype=torch.long), torch.zeros(0, 4)])
def test_a_batch_without_chosen_regions_costs_nothing_and_can_be_differentiated(targets):
    logits = torch.zeros(0, 4, requires_grad=True)
    loss = MaskedObjectLoss()(logits, targets)
    loss.backward()
    assert loss.item() == 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="adds up to 2"):
        MaskedObjectLoss()(torch.zeros(1, 2), torch.ones(1, 2))
    with pytest.raises(InputError, match=r"logits \(1, 2\), classes \(1, 3\)"):
        MaskedObjectLoss()(torch.zeros(1, 2), torch.ones(1, 3) / 3)
    with pytest.raises(InputError, match="classes go from 2 to 2"):
        MaskedObjectLoss()(torch.zeros(1, 2), torch.tensor([2]))
    with pytest.raises(ConfigError, match=r"zeroed is -0\.1"):
        mask_regions(*pictures(1), seeded(), zeroed=-0.1)
