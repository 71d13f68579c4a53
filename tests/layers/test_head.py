"""Hidden layers and an output, with an input that joins late."""

from __future__ import annotations

import pytest
import torch

from adlab.errors import ConfigError
from adlab.layers.head import Head


def x(n: int = 3, width: int = 4) -> torch.Tensor:
    return torch.randn(n, width, generator=torch.Generator().manual_seed(width))


@torch.no_grad()
def test_a_joined_input_enters_at_the_last_hidden_layer():
    torch.manual_seed(0)
    head = Head(4, 2, (5, 6), 3)
    first, last = head.early[0][0], head.late[0]
    hidden = first(x()).clamp_min(0)
    expected = head.out(last(torch.cat([hidden, x(width=2)], dim=1)).clamp_min(0))
    torch.testing.assert_close(head(x(), x(width=2)), expected)
    assert [tuple(layer.weight.shape) for layer in (first, last, head.out)] == [(5, 4), (6, 7), (3, 6)]


@torch.no_grad()
def test_without_hidden_layers_it_is_linear_in_both_inputs():
    torch.manual_seed(0)
    head = Head(4, 2, (), 3, dropout=0.5).eval()
    torch.testing.assert_close(head(x(), x(width=2)), head.out(torch.cat([x(), x(width=2)], dim=1)))


@pytest.mark.parametrize("dims", [(), (5,), (5, 6)])
def test_dropout_works_with_any_number_of_hidden_layers_and_in_training_only(dims):
    torch.manual_seed(0)
    head = Head(4, 0, dims, 3, dropout=0.5)
    assert not torch.equal(head(x()), head(x()))
    head.eval()
    assert torch.equal(head(x()), head(x()))


def test_widths_and_dropout_outside_their_range_are_refused():
    with pytest.raises(ConfigError, match="hidden_dims is 0"):
        Head(4, 0, (0,), 1)
    with pytest.raises(ConfigError, match="dropout is 1"):
        Head(4, 0, (), 1, dropout=1)
