"""Masked language modelling: the rule, and Eq. 1 by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.masked_language import MaskedLanguageLoss, mask_words

MASK = 99


def rows(n: int = 200, length: int = 50) -> tuple[torch.Tensor, torch.Tensor]:
    ids = torch.randint(1, 90, (n, length), generator=torch.Generator().manual_seed(0))
    return ids, torch.arange(length).expand(n, length) > 4


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_about_fifteen_percent_of_the_maskable_words_become_the_mask_and_nothing_else_changes():
    ids, maskable = rows()
    out = mask_words(ids, maskable, MASK, seeded())
    assert not out.masked[~maskable].any()
    assert out.masked.sum() / maskable.sum() == pytest.approx(0.15, abs=0.015)
    assert (out.token_ids[out.masked] == MASK).all()
    assert torch.equal(out.token_ids[~out.masked], ids[~out.masked])
    assert not (ids == MASK).any()  # the rows given are left as they are


def test_the_seed_decides_which_words_are_hidden():
    ids, maskable = rows()
    first, again, other = (mask_words(ids, maskable, MASK, seeded(s)).masked for s in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_share_of_none_or_all_is_kept_to(share):
    ids, maskable = rows(3)
    assert torch.equal(mask_words(ids, maskable, MASK, seeded(), share=share).masked, maskable & (share == 1))


def test_loss_by_hand():
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25], [0.1, 0.1, 0.8]]))
    assert MaskedLanguageLoss()(logits, torch.tensor([1, 2])).item() == pytest.approx(
        -(math.log(0.25) + math.log(0.8)) / 2, abs=1e-6
    )


def test_loss_equals_the_paper_s_formula_in_loops():
    logits = torch.randn(7, 5, generator=seeded()).double()
    words = torch.tensor([0, 4, 2, 2, 1, 3, 0])
    total = 0.0
    for row, word in zip(logits.tolist(), words.tolist(), strict=True):
        total -= math.log(math.exp(row[word]) / sum(math.exp(x) for x in row))
    assert MaskedLanguageLoss()(logits, words).item() == pytest.approx(total / 7, abs=1e-5)


def test_loss_of_equal_logits_is_the_log_of_the_vocabulary_and_shifts_do_not_matter():
    words = torch.tensor([0, 3])
    assert MaskedLanguageLoss()(torch.zeros(2, 6), words).item() == pytest.approx(math.log(6), abs=1e-6)
    logits = torch.randn(2, 6, generator=seeded())
    torch.testing.assert_close(MaskedLanguageLoss()(logits + 8, words), MaskedLanguageLoss()(logits, words))


def test_neither_the_order_of_hidden_words_nor_a_renaming_of_the_vocabulary_changes_the_loss():
    logits, words = torch.randn(7, 5, generator=seeded()), torch.tensor([0, 4, 2, 2, 1, 3, 0])
    loss, order, named = (
        MaskedLanguageLoss()(logits, words),
        torch.tensor([6, 2, 0, 5, 1, 4, 3]),
        torch.tensor([3, 0, 4, 1, 2]),
    )
    torch.testing.assert_close(MaskedLanguageLoss()(logits[order], words[order]), loss)
    torch.testing.assert_close(MaskedLanguageLoss()(logits[:, named], named.argsort()[words]), loss)


def test_a_batch_without_hidden_words_costs_nothing_and_can_be_differentiated():
    logits = torch.zeros(0, 6, requires_grad=True)
    loss = MaskedLanguageLoss()(logits, torch.zeros(0, dtype=torch.long))
    loss.backward()
    assert loss.item() == 0


def test_what_does_not_fit_is_refused():
    with pytest.raises(InputError, match="words go from 1 to 6"):
        MaskedLanguageLoss()(torch.zeros(2, 6), torch.tensor([1, 6]))
    with pytest.raises(InputError, match=r"words has shape \(3,\)"):
        MaskedLanguageLoss()(torch.zeros(2, 6), torch.tensor([1, 2, 3]))
    with pytest.raises(ConfigError, match=r"share is 1\.5"):
        mask_words(*rows(2), MASK, seeded(), share=1.5)
    with pytest.raises(InputError, match=r"token_ids \(2, 50\), maskable \(2, 49\)"):
        mask_words(rows(2)[0], rows(2)[1][:, 1:], MASK, seeded())
