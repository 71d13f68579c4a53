"""Attention: as Vaswani et al. write it, both paths alike, and what masks must do."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError
from adlab.layers.attention import MultiHeadAttention

WIDTH, HEADS = 12, 3


def block(seed: int = 0, dropout: float = 0.0) -> MultiHeadAttention:
    torch.manual_seed(seed)
    made = MultiHeadAttention(WIDTH, HEADS, dropout=dropout)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(0.4 * torch.randn_like(parameter))
    return made.eval()


def data(n: int = 3, length: int = 6, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(n, length, WIDTH, generator=torch.Generator().manual_seed(seed))
    return x, torch.arange(length) < length - torch.arange(n)[:, None]


def slow(made: MultiHeadAttention, x: torch.Tensor, keys: list[list[int]]) -> torch.Tensor:
    """Vaswani et al. 2017, Eq. 1 and §3.2.2, for one row, in loops; `keys[i]` are what query i may see."""
    size = WIDTH // HEADS
    projected = x @ made.qkv.weight.T + made.qkv.bias
    q, k, v = projected[:, :WIDTH], projected[:, WIDTH : 2 * WIDTH], projected[:, 2 * WIDTH :]
    rows = []
    for i in range(len(x)):
        joined = []
        for head in range(HEADS):
            part = slice(head * size, (head + 1) * size)
            weights = [math.exp(float(q[i, part] @ k[j, part]) / math.sqrt(size)) for j in keys[i]]
            joined.append(sum(w / sum(weights) * v[j, part] for w, j in zip(weights, keys[i], strict=True)))
        rows.append(torch.cat(joined) @ made.out.weight.T + made.out.bias)
    return torch.stack(rows)


def test_two_keys_by_hand():
    made = MultiHeadAttention(1, 1)
    with torch.no_grad():
        made.qkv.weight.copy_(torch.tensor([[1.0], [1.0], [10.0]]))
        made.out.weight.fill_(1.0)
        made.qkv.bias.zero_()
        made.out.bias.fill_(0.5)
    out = made(torch.tensor([[[1.0], [math.log(3) + 1]]]), maps=True)
    # query 1: logits 1 and log 3 + 1, weights 1/4 and 3/4, values 10 and 10 log 3 + 10
    assert out.attention[0, 0, 0].tolist() == pytest.approx([0.25, 0.75])
    assert out.context[0, 0].item() == pytest.approx(10 + 7.5 * math.log(3) + 0.5, rel=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("maps", [True, False])
def test_attention_is_the_paper_s_formula_in_loops(maps):
    made, (x, mask) = block(), data()
    for row in range(len(x)):
        keys = [mask[row].nonzero().flatten().tolist()] * x.shape[1]
        torch.testing.assert_close(made(x, mask, maps=maps).context[row], slow(made, x[row], keys), atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("masked", [True, False])
@pytest.mark.parametrize("maps", [True, False])
def test_causal_attention_is_the_paper_s_formula_over_what_came_before(masked, maps):
    made, (x, mask) = block(), data()
    out = made(x, mask if masked else None, causal=True, maps=maps).context
    for row in range(len(x)):
        keys = [[j for j in range(i + 1) if mask[row, j] or not masked] for i in range(x.shape[1])]
        torch.testing.assert_close(out[row], slow(made, x[row], keys), atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("masked", [True, False])
def test_fused_and_explicit_paths_agree(masked, causal):
    made, (x, mask) = block(), data(5, 40)
    mask = mask if masked else None
    fused, explicit = made(x, mask, causal=causal), made(x, mask, causal=causal, maps=True)
    assert fused.attention is None
    torch.testing.assert_close(fused.context, explicit.context, atol=1e-5, rtol=0)


@torch.no_grad()
def test_maps_add_up_to_one_and_are_zero_where_nothing_may_be_seen():
    x, mask = data()
    attention = block()(x, mask, maps=True).attention
    assert attention.shape == (3, HEADS, 6, 6)
    torch.testing.assert_close(attention.sum(3), torch.ones(3, HEADS, 6))
    assert attention.permute(0, 3, 1, 2)[~mask].abs().max() == 0
    assert attention.min(dim=3).values[0].min() > 0


@torch.no_grad()
def test_masked_keys_do_not_matter_and_others_do():
    made, (x, mask) = block(), data()
    changed = torch.where(mask[..., None], x, 99.0)
    for maps in (True, False):
        before, after = made(x, mask, maps=maps).context, made(changed, mask, maps=maps).context
        torch.testing.assert_close(before[mask], after[mask])
        assert (made(changed, maps=maps).context - before)[1].abs().max() > 0.1


@torch.no_grad()
@pytest.mark.parametrize("maps", [True, False])
def test_a_source_of_the_queries_themselves_is_self_attention(maps):
    made, (x, mask) = block(), data()
    torch.testing.assert_close(made(x, mask, source=x, maps=maps).context, made(x, mask).context, atol=1e-5, rtol=0)
    part = made(x[:, :2], mask, source=x, maps=maps).context
    torch.testing.assert_close(part, made(x, mask).context[:, :2], atol=1e-5, rtol=0)


def test_gradients_can_be_taken_at_the_maps_without_hooks():
    made, (x, mask) = block(), data()
    out = made(x, mask, maps=True)
    (gradient,) = torch.autograd.grad(out.context[:, 0].sum(), out.attention)
    assert gradient[:, :, 0].abs().max() > 0
    assert gradient[:, :, 1:].abs().max() == 0  # what other positions attend to is not on the way
    assert all(parameter.grad is None for parameter in made.parameters())


def test_both_paths_drop_attention_while_training_only():
    made, (x, _) = block(dropout=0.5), data()
    for maps in (True, False):
        assert torch.equal(made(x, maps=maps).context, made(x, maps=maps).context)
        made.train()
        assert (made(x, maps=maps).context - made(x, maps=maps).context).abs().max() > 0.01
        made.eval()


@pytest.mark.parametrize("maps", [True, False])
def test_every_parameter_gets_a_gradient(maps):
    made, (x, mask) = block(), data()
    made(x, mask, maps=maps).context.pow(2).sum().backward()
    assert [name for name, p in made.named_parameters() if not p.grad.abs().sum() > 0] == []


def test_numbers_outside_their_range_are_refused():
    with pytest.raises(ConfigError, match="width is 10 with 3 heads"):
        MultiHeadAttention(10, 3)
    with pytest.raises(ConfigError, match="dropout is 1"):
        MultiHeadAttention(9, 3, dropout=1)
