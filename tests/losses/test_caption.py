"""Captions: Eq. 3 by hand, in loops over titles, and what must hold."""

from __future__ import annotations

import math
from itertools import product

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


def test_probabilities_of_all_titles_of_a_length_sum_to_one():
    """Eq. 3 is the log of a chain of conditional probabilities, so that no title's can be had for nothing."""
    words, length = 3, 4
    following = drawn(words + 1, words, seed=3)  # logits of the next word by the word before; the last row begins
    total = 0.0
    for title in product(range(words), repeat=length):
        before = [words, *title[:-1]]
        total += math.exp(-length * CaptionLoss()(following[before], torch.tensor(title)).item())
    assert total == pytest.approx(1, abs=1e-5)


def test_neither_the_order_of_titles_nor_a_shift_of_the_logits_changes_the_loss():
    logits, words = drawn(9, 5), torch.tensor([3, 1, 0, 2, 0, 4, 4, 1, 0])
    order = torch.tensor([5, 6, 7, 8, 3, 4, 0, 1, 2])  # three titles, the last one first
    loss = CaptionLoss()(logits, words)
    torch.testing.assert_close(CaptionLoss()(logits[order], words[order]), loss)
    torch.testing.assert_close(CaptionLoss()(logits + 3 * drawn(9, 1, seed=1), words), loss)


def test_titles_count_by_their_words_and_a_batch_twice_over_costs_what_it_costs_once():
    logits, words = drawn(9, 5), torch.tensor([3, 1, 0, 2, 0, 4, 4, 1, 0])
    first, rest = (CaptionLoss()(logits[part], words[part]).item() for part in (slice(0, 3), slice(3, 9)))
    whole = CaptionLoss()(logits, words).item()
    assert whole == pytest.approx((3 * first + 6 * rest) / 9, abs=1e-6)
    assert CaptionLoss()(logits.repeat(2, 1), words.repeat(2)).item() == pytest.approx(whole, abs=1e-6)


def test_caption_loss_without_titles_is_zero_and_can_be_differentiated():
    logits = torch.zeros(0, 5, requires_grad=True)
    loss = CaptionLoss()(logits, torch.zeros(0, dtype=torch.long))
    loss.backward()
    assert loss.item() == 0
    with pytest.raises(InputError, match="words go from 5 to 5"):
        CaptionLoss()(torch.zeros(1, 5), torch.tensor([5]))
