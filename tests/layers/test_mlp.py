"""The perceptron block: what it computes, what it refuses."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from adlab.errors import ConfigError, UnknownNameError
from adlab.layers.mlp import MLP


def test_one_layer_by_hand():
    block = MLP(2, 1)
    with torch.no_grad():
        block.layers[0].weight.copy_(torch.tensor([[2.0, -1.0]]))
        block.layers[0].bias.copy_(torch.tensor([0.5]))
    # 2·3 − 4 + 0.5 = 2.5; 2·0 − 4 + 0.5 = −3.5, cut off by the ReLU
    assert block(torch.tensor([[3.0, 4.0], [0.0, 4.0]])).flatten().tolist() == [2.5, 0.0]


def test_two_layers_with_norm_equal_the_written_out_formula():
    torch.manual_seed(0)
    block = MLP(5, 7, depth=2, activation="gelu", layer_norm=True)
    x = torch.randn(3, 5)
    expected = x
    for linear, norm in ((block.layers[0], block.layers[1]), (block.layers[3], block.layers[4])):
        y = expected @ linear.weight.T + linear.bias
        y = (y - y.mean(1, keepdim=True)) / (y.var(1, unbiased=False, keepdim=True) + norm.eps).sqrt()
        expected = F.gelu(y)
    torch.testing.assert_close(block(x), expected, rtol=1e-5, atol=1e-6)


def test_leading_axes_are_kept():
    assert MLP(4, 6)(torch.zeros(2, 3, 4)).shape == (2, 3, 6)
    assert MLP(4, 6).output_dim == 6


def test_dropout_acts_while_training_only():
    torch.manual_seed(0)
    block = MLP(8, 64, dropout=0.5)
    x = torch.randn(1, 8)
    assert not torch.equal(block(x), block(x))
    block.eval()
    assert torch.equal(block(x), block(x))


def test_every_parameter_gets_a_gradient():
    torch.manual_seed(0)
    block = MLP(4, 16, depth=3, layer_norm=True)
    block(torch.randn(32, 4)).pow(2).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in block.parameters())


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"input_dim": 0, "hidden_dim": 4}, "input_dim is 0"),
        ({"input_dim": 4, "hidden_dim": -1}, "hidden_dim is -1"),
        ({"input_dim": 4, "hidden_dim": 4, "depth": 0}, "depth is 0"),
        ({"input_dim": 4, "hidden_dim": 4, "dropout": 1.0}, "dropout is 1.0"),
    ],
)
def test_a_value_outside_its_range_is_named(arguments, named):
    with pytest.raises(ConfigError, match=named):
        MLP(**arguments)


def test_an_unknown_activation_is_refused_with_the_nearest():
    with pytest.raises(UnknownNameError, match="Did you mean 'gelu'"):
        MLP(4, 4, activation="geluu")
