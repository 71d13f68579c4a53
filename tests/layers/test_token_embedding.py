"""A base vocabulary and added tokens: indices, vectors, what is stored and what is trained."""

from __future__ import annotations

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.layers.token_embedding import TokenEmbedding

BASE = torch.arange(10.0).reshape(5, 2)


def test_base_tokens_keep_their_vectors_and_added_ones_follow():
    made = TokenEmbedding(BASE, 2, frozen=True)
    out = made(torch.tensor([[0, 4], [5, 6]]))
    assert out[0].tolist() == [[0, 1], [8, 9]]
    assert torch.equal(out[1], made.added)
    assert made.vocabulary == 7


@pytest.mark.parametrize("added", [0, 2])
def test_logits_are_products_with_the_vectors_of_all_tokens(added):
    made, states = TokenEmbedding(BASE, added), torch.randn(3, 4, 2)
    every = made(torch.arange(5 + added))
    torch.testing.assert_close(made.logits(states), torch.einsum("btd,vd->btv", states, every))


def test_a_frozen_base_is_not_stored_not_trained_and_not_copied():
    made = TokenEmbedding(BASE, 2, frozen=True)
    assert list(made.state_dict()) == ["added"]
    assert [name for name, _ in made.named_parameters()] == ["added"]
    assert made.base.data_ptr() == BASE.data_ptr()


def test_a_trained_base_is_stored_and_does_not_touch_the_vectors_given():
    given = BASE.clone()
    made = TokenEmbedding(given, 1)
    assert sorted(made.state_dict()) == ["added", "base"]
    made(torch.tensor([1, 5])).sum().backward()
    assert made.base.grad.abs().sum(1).gt(0).tolist() == [False, True, False, False, False]
    assert made.added.grad.abs().sum() > 0
    with torch.no_grad():
        made.base.zero_()
    assert torch.equal(given, BASE)


def test_an_added_token_starts_as_the_mean_of_its_pieces():
    made = TokenEmbedding(BASE, 2, frozen=True)
    made.start_from_pieces([[0, 1, 4], [3]])
    assert made.added.tolist() == [[pytest.approx(10 / 3), pytest.approx(13 / 3)], [6, 7]]
    with pytest.raises(InputError, match="1 spellings for 2"):
        made.start_from_pieces([[0]])
    with pytest.raises(InputError, match=r"token 1 is spelled \[5\]"):
        made.start_from_pieces([[0], [5]])


@pytest.mark.parametrize("bad", [-1, 7])
def test_an_id_outside_the_vocabulary_is_refused(bad):
    with pytest.raises(InputError, match="0 to 6"):
        TokenEmbedding(BASE, 2)(torch.tensor([0, bad]))


def test_shapes_and_numbers_outside_their_range_are_refused():
    with pytest.raises(ConfigError, match=r"shape \(5,\)"):
        TokenEmbedding(BASE[:, 0])
    with pytest.raises(ConfigError, match="added is -1"):
        TokenEmbedding(BASE, -1)
