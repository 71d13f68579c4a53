"""Captions: Eq. 3 by hand, in loops over titles, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import InputError
from adlab.losses.caption import CaptionLoss


def drawn(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed)).double()


def slow_cross_entropy(logits: torch.Tensor, targets: list[int]) -> list[float]:
    rows = zip(logits.tolist(), targets, strict=True)
    return [-math.log(math.exp(row[target]) / sum(math.exp(x) for x in row)) for row, target in rows]


def test_caption_loss_by_hand():
    # a title of two words, of probability 1/2 and 1/8 given those before: mean of log 2 and log 8
    logits = torch.log(torch.tensor([[0.5, 0.5, 0.0], [0.125, 0.375, 0.5]]) + 1e-12)
    assert CaptionLoss()(logits, torch.tensor([0, 0])).item() == pytest.approx(2 * math.log(2), abs=1e-5)


def test_caption_loss_equals_eq_3_in_loops_over_titles_and_words():
    titles = [[3, 1, 0], [2, 0], [4, 4, 1, 0]]
    logits = drawn(9, 5)
    start, total = 0, 0.0
    for title in titles:
        total += sum(slow_cross_entropy(logits[start : start + len(title)], title))
        start += len(title)
    words = torch.tensor([word for title in titles for word in title])
    assert CaptionLoss()(logits, words).item() == pytest.approx(total / 9, abs=1e-5)


def test_caption_loss_without_titles_is_zero_and_can_be_differentiated():
    logits = torch.zeros(0, 5, requires_grad=True)
    loss = CaptionLoss()(logits, torch.zeros(0, dtype=torch.long))
    loss.backward()
    assert loss.item() == 0
    with pytest.raises(InputError, match="words go from 5 to 5"):
        CaptionLoss()(torch.zeros(1, 5), torch.tensor([5]))
