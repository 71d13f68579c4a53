"""Categories of ads: by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.image_category import ImageCategoryLoss


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def slow_cross_entropy(logits: torch.Tensor, targets: list[int]) -> list[float]:
    rows = zip(logits.tolist(), targets, strict=True)
    return [-math.log(math.exp(row[target]) / sum(math.exp(x) for x in row)) for row, target in rows]


def test_category_loss_by_hand_and_in_loops_over_the_known_ones():
    logits = torch.log(torch.tensor([[0.2, 0.8], [0.5, 0.5]]))
    assert ImageCategoryLoss()(logits, torch.tensor([1, -1])).item() == pytest.approx(-math.log(0.8), abs=1e-6)
    logits, categories = drawn(6, 4), [0, -1, 3, 2, -1, 1]
    known = [row for row, category in enumerate(categories) if category >= 0]
    expected = sum(slow_cross_entropy(logits[known], [categories[row] for row in known])) / len(known)
    assert ImageCategoryLoss()(logits, torch.tensor(categories)).item() == pytest.approx(expected, abs=1e-5)


def test_an_unknown_category_has_no_say():
    logits = drawn(3, 4).float().requires_grad_()
    ImageCategoryLoss()(logits, torch.tensor([1, -1, 2])).backward()
    assert logits.grad.abs().sum(1).gt(0).tolist() == [True, False, True]
    loss = ImageCategoryLoss()(logits, torch.full((3,), -1))
    loss.backward()
    assert loss.item() == 0


def test_neither_the_order_of_ads_nor_further_ones_of_unknown_category_change_the_loss():
    logits, categories = drawn(4, 3), torch.tensor([2, 0, 1, 2])
    loss, order = ImageCategoryLoss()(logits, categories), torch.tensor([2, 0, 3, 1])
    torch.testing.assert_close(ImageCategoryLoss()(logits[order], categories[order]), loss)
    further = torch.cat([logits, drawn(5, 3, seed=1)]), torch.cat([categories, torch.full((5,), -1)])
    torch.testing.assert_close(ImageCategoryLoss()(*further), loss)
    torch.testing.assert_close(ImageCategoryLoss()(logits + drawn(4, 1, seed=2), categories), loss)


@pytest.mark.parametrize("bad", [-2, 4])
def test_a_category_outside_its_range_is_refused(bad):
    with pytest.raises(InputError, match="categories go from"):
        ImageCategoryLoss()(torch.zeros(2, 4), torch.tensor([1, bad]))
