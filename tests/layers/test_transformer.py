"""Transformer blocks: against torch's own layers, both norms, and positions left out of the last block."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from adlab.errors import ConfigError, UnknownNameError
from adlab.layers.transformer import DecoderBlock, EncoderBlock

WIDTH, HEADS, HIDDEN = 12, 3, 20


def learned(made):
    torch.manual_seed(3)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made.eval()


def encoder(norm: str) -> EncoderBlock:
    return learned(EncoderBlock(WIDTH, HEADS, HIDDEN, norm=norm, eps=1e-5))


def decoder(norm: str) -> DecoderBlock:
    return learned(DecoderBlock(WIDTH, HEADS, HIDDEN, norm=norm, eps=1e-5))


def data(n: int = 3, length: int = 6) -> tuple[torch.Tensor, torch.Tensor]:
    x = torch.randn(n, length, WIDTH, generator=torch.Generator().manual_seed(1))
    return x, torch.arange(length) < length - torch.arange(n)[:, None]


def copy_attention(ours, theirs: nn.MultiheadAttention) -> None:
    theirs.in_proj_weight.copy_(ours.qkv.weight)
    theirs.in_proj_bias.copy_(ours.qkv.bias)
    theirs.out_proj.load_state_dict(ours.out.state_dict())


@torch.no_grad()
@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("maps", [True, False])
def test_encoder_block_is_torch_s_encoder_layer(norm, maps):
    ours, (x, mask) = encoder(norm), data()
    theirs = nn.TransformerEncoderLayer(
        WIDTH, HEADS, HIDDEN, dropout=0, activation="gelu", batch_first=True, norm_first=norm == "pre"
    ).eval()
    copy_attention(ours.attention, theirs.self_attn)
    theirs.linear1.load_state_dict(ours.feed_forward[0].state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward[2].state_dict())
    theirs.norm1.load_state_dict(ours.attention_residual.norm.state_dict())
    theirs.norm2.load_state_dict(ours.feed_residual.norm.state_dict())
    expected = theirs(x, src_key_padding_mask=~mask)
    torch.testing.assert_close(ours(x, mask, maps=maps).states[mask], expected[mask], atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("norm", ["post", "pre"])
def test_decoder_block_is_torch_s_decoder_layer(norm):
    ours, (memory, mask) = decoder(norm), data(length=5)
    x = torch.randn(3, 4, WIDTH)
    theirs = nn.TransformerDecoderLayer(
        WIDTH, HEADS, HIDDEN, dropout=0, activation="gelu", batch_first=True, norm_first=norm == "pre"
    ).eval()
    copy_attention(ours.attention, theirs.self_attn)
    copy_attention(ours.memory_attention, theirs.multihead_attn)
    theirs.linear1.load_state_dict(ours.feed_forward[0].state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward[2].state_dict())
    for number, part in enumerate((ours.attention_residual, ours.memory_residual, ours.feed_residual), start=1):
        getattr(theirs, f"norm{number}").load_state_dict(part.norm.state_dict())
    causal = torch.ones(4, 4, dtype=torch.bool).triu(1)
    expected = theirs(x, memory, tgt_mask=causal, memory_key_padding_mask=~mask)
    torch.testing.assert_close(ours(x, memory, mask), expected, atol=1e-5, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("norm", ["post", "pre"])
@pytest.mark.parametrize("maps", [True, False])
def test_the_first_positions_alone_are_as_among_all(norm, maps):
    made, (x, mask) = encoder(norm), data()
    whole, part = made(x, mask, maps=maps), made(x, mask, first=2, maps=maps)
    torch.testing.assert_close(part.states, whole.states[:, :2], atol=1e-5, rtol=0)
    if maps:
        torch.testing.assert_close(part.attention, whole.attention[:, :, :2])


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_every_parameter_gets_a_gradient(norm):
    x, mask = data()
    for made, out in ((encoder(norm), lambda m: m(x, mask).states), (decoder(norm), lambda m: m(x, x, mask))):
        (out(made) * torch.linspace(-1, 1, x.numel()).view_as(x)).sum().backward()
        assert [name for name, p in made.named_parameters() if not p.grad.abs().sum() > 0] == []


@torch.no_grad()
def test_dropout_acts_while_training_only():
    made, (x, mask) = EncoderBlock(WIDTH, HEADS, HIDDEN, dropout=0.5), data()
    assert (made(x, mask).states - made(x, mask).states).abs().max() > 0.01
    made.eval()
    assert torch.equal(made(x, mask).states, made(x, mask).states)


def test_names_and_numbers_outside_their_range_are_refused():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'post'\?"):
        EncoderBlock(WIDTH, HEADS, HIDDEN, norm="posts")
    with pytest.raises(ConfigError, match="hidden is 0"):
        DecoderBlock(WIDTH, HEADS, 0)
