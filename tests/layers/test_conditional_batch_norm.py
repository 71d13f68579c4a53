"""Conditional batch norm: its formula, its two modes, and that calibrated it begins as the identity."""

from __future__ import annotations

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.layers.conditional_batch_norm import ConditionalBatchNorm

CHANNELS, AUX = 4, 3


def block(seed: int = 0, **options: bool) -> ConditionalBatchNorm:
    """A block that has learned something: no parameter or statistic is at its start."""
    torch.manual_seed(seed)
    made = ConditionalBatchNorm(CHANNELS, AUX, 5, **options)
    with torch.no_grad():
        for tensor in (*made.parameters(), made.running_mean):
            tensor.copy_(torch.randn_like(tensor))
        made.running_var.copy_(0.1 + torch.rand(CHANNELS))
    return made


def maps(n: int = 6, seed: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    scale = torch.tensor([0.01, 1.0, 30.0, 2.0])[:, None, None]
    return scale * torch.randn(n, CHANNELS, 5, 7, generator=generator) + 3 * scale


def aux(n: int = 6, seed: int = 2) -> torch.Tensor:
    return torch.randn(n, AUX, generator=torch.Generator().manual_seed(seed))


def test_formula_by_hand():
    made = ConditionalBatchNorm(1, 1, 1, eps=0.75).eval()
    with torch.no_grad():
        made.gamma.fill_(2.0)
        made.beta.fill_(-1.0)
        for network, out in ((made.gamma_net, 3.0), (made.beta_net, 5.0)):
            network[0].weight.fill_(1.0)
            network[0].bias.fill_(0.0)
            network[2].weight.fill_(out)
        made.running_mean.fill_(4.0)
        made.running_var.fill_(0.25)
    x = torch.tensor([6.0, 6.0]).view(2, 1, 1, 1)
    # normalised (6 − 4) / √(0.25 + 0.75) = 2; aux 1: (2 + 3) · 2 + (−1 + 5); aux −1, cut off: 2 · 2 − 1
    assert made(x, torch.tensor([[1.0], [-1.0]])).flatten().tolist() == pytest.approx([14.0, 3.0])


@torch.no_grad()
@pytest.mark.parametrize("training", [False, True])
def test_output_equals_the_formula_written_out_cell_by_cell(training):
    made = block().train(training)
    x, a = maps(), aux()
    mean, var = (x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)) if training else (None, None)
    mean, var = (made.running_mean.clone(), made.running_var.clone()) if mean is None else (mean, var)
    found = made(x, a)
    for b in range(len(x)):
        gamma, beta = made.gamma + made.gamma_net(a[b]), made.beta + made.beta_net(a[b])
        for c in range(CHANNELS):
            expected = gamma[c] * (x[b, c] - mean[c]) / (var[c] + made.eps).sqrt() + beta[c]
            torch.testing.assert_close(found[b, c], expected, atol=1e-4, rtol=1e-4)


def test_before_training_it_is_torchs_batch_norm():
    torch.manual_seed(0)
    made, plain = ConditionalBatchNorm(CHANNELS, AUX, 5), torch.nn.BatchNorm2d(CHANNELS)
    for _ in range(3):
        torch.testing.assert_close(made(maps(), aux()), plain(maps()))
    torch.testing.assert_close(made.running_mean, plain.running_mean)
    torch.testing.assert_close(made.running_var, plain.running_var)
    torch.testing.assert_close(made.eval()(maps(), aux()), plain.eval()(maps()))


def test_calibrated_it_begins_as_the_identity_whatever_it_was_before():
    made = block(batch_statistics=False)
    made.calibrate([maps()[:2], maps()[2:]])
    for training in (True, False):
        torch.testing.assert_close(made.train(training)(maps(), aux()), maps(), rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(made.running_mean, maps().mean((0, 2, 3)))
    torch.testing.assert_close(made.running_var, maps().var((0, 2, 3), unbiased=False))


def test_calibrated_on_a_batch_it_is_the_identity_on_this_batch_with_the_batch_s_own_statistics_too():
    made = block().train()
    made.calibrate([maps()])
    torch.testing.assert_close(made(maps(), aux()), maps(), rtol=1e-4, atol=1e-4)


def test_a_channel_that_is_always_zero_stays_zero_and_finite():
    x = maps()
    x[:, 1] = 0
    made = block(batch_statistics=False)
    made.calibrate([x])
    assert made(x, aux())[:, 1].abs().max() == 0


def test_calibration_of_far_off_channels_keeps_their_small_variance():
    x = torch.randn(50, 1, 8, 8, generator=torch.Generator().manual_seed(0)) * 0.1 + 1000
    made = ConditionalBatchNorm(1, AUX, 5)
    made.calibrate(x.split(10))
    assert made.running_var.item() == pytest.approx(0.01, rel=0.05)


def test_eval_mode_and_fixed_statistics_do_not_depend_on_the_rest_of_the_batch():
    for made in (block().eval(), block(batch_statistics=False).train()):
        before = made.running_mean.clone()
        whole = made(maps(), aux())
        alone = torch.cat([made(maps()[i : i + 1], aux()[i : i + 1]) for i in range(6)])
        torch.testing.assert_close(alone, whole)
        assert torch.equal(made.running_mean, before)
    own = block().train()
    assert not torch.allclose(own(maps(), aux())[:1], own(maps()[:1], aux()[:1]), atol=1e-2)


def test_attributes_change_the_output_and_every_parameter_gets_a_gradient():
    made = block()
    assert not torch.allclose(made(maps(), aux()), made(maps(), aux(seed=9)), atol=1e-2)
    made(maps(), aux()).pow(2).sum().backward()
    assert [n for n, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_numbers_outside_their_range_and_useless_maps_are_refused():
    with pytest.raises(ConfigError, match="hidden_dim is 0"):
        ConditionalBatchNorm(4, 3, 0)
    with pytest.raises(ConfigError, match="momentum is 0"):
        ConditionalBatchNorm(4, 3, 2, momentum=0)
    with pytest.raises(InputError, match="No maps"):
        block().calibrate([])
    with pytest.raises(InputError, match="not finite"):
        block().calibrate([maps() * torch.inf])
