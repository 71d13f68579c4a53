"""The caption decoder: no word sees what follows, the memory is read, and titles can be learned and written."""

from __future__ import annotations

import pytest
import torch
from helpers.tiny_adscvlr import CONFIG, learned_adscvlr, pairs

from adlab.errors import ConfigError, InputError
from adlab.losses.caption import CaptionLoss
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.caption_decoder import CaptionDecoder, CaptionDecoderConfig
from adlab.models.pair_inputs import InputMode

START, END = 1, 2


def decoder(norm: str = "post") -> CaptionDecoder:
    torch.manual_seed(0)
    made = CaptionDecoder(CaptionDecoderConfig(layers=2, max_words=6), learned_adscvlr(norm=norm).config)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    return made.eval()


def given() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    words = torch.randint(0, 43, (3, 5), generator=generator)
    return words, torch.randn(3, 7, 24, generator=generator), torch.arange(7) < torch.tensor([[7], [5], [6]])


@torch.no_grad()
@pytest.mark.parametrize("norm", ["post", "pre"])
def test_a_word_sees_what_came_before_and_nothing_that_follows(norm):
    made, tokens, (words, memory, mask) = decoder(norm), learned_adscvlr().tokens, given()
    changed = words.clone()
    changed[:, 3] = (changed[:, 3] + 5) % 43
    before, after = made(words, memory, mask, tokens), made(changed, memory, mask, tokens)
    torch.testing.assert_close(before[:, :3], after[:, :3])
    assert (before[:, 3:] - after[:, 3:]).abs().amax((0, 2)).min() > 1e-3
    torch.testing.assert_close(made(words[:, :2], memory, mask, tokens), before[:, :2], atol=1e-5, rtol=0)


@torch.no_grad()
def test_the_memory_is_read_where_it_is_not_padding():
    made, tokens, (words, memory, mask) = decoder(), learned_adscvlr().tokens, given()
    states = made(words, memory, mask, tokens)
    noisy = torch.where(mask[..., None], memory, 30.0)
    torch.testing.assert_close(made(words, noisy, mask, tokens), states)
    assert (made(words, memory + 1, mask, tokens) - states).abs().max() > 1e-2


@torch.no_grad()
def test_word_logits_are_products_with_the_encoder_s_vectors_and_a_bias():
    made, tokens, states = decoder(), learned_adscvlr().tokens, torch.randn(2, 24)
    expected = states @ torch.cat([tokens.base, tokens.added]).T + made.bias
    torch.testing.assert_close(made.word_logits(states, tokens), expected)


def test_titles_of_pictures_can_be_learned_and_written_word_by_word():
    torch.manual_seed(0)
    model = learned_adscvlr()
    made = CaptionDecoder(CaptionDecoderConfig(layers=1, max_words=6), model.config)
    with torch.no_grad():
        features = model.forward_features(pairs(padded=False).in_mode(InputMode.IMAGE_ONLY))
    titles = torch.tensor([[5, 9, 11, END], [7, END, END, END], [30, 9, END, END]])
    read = torch.cat([torch.full((3, 1), START), titles[:, :-1]], dim=1)
    wanted = torch.tensor([[True] * 4, [True, True, False, False], [True, True, True, False]])
    optimiser = torch.optim.Adam(made.parameters(), 5e-3)
    for _ in range(150):
        optimiser.zero_grad()
        states = made(read, features.states, None, model.tokens)[wanted]
        loss = CaptionLoss()(made.word_logits(states, model.tokens), titles[wanted])
        loss.backward()
        optimiser.step()
    assert loss.item() < 0.1
    written = made.eval().write(features.states, None, model.tokens, start=START, end=END)
    assert written.tolist() == titles.tolist()


def test_writing_stops_at_the_longest_title():
    made, (_, memory, mask) = decoder(), given()
    with torch.no_grad():
        made.bias[END] = -1e4
    assert made.write(memory, mask, learned_adscvlr().tokens, start=START, end=END).shape == (3, 6)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_every_parameter_gets_a_gradient(norm):
    made, tokens, (words, memory, mask) = decoder(norm), learned_adscvlr().tokens, given()
    words = torch.cat([words, words[:, :1]], dim=1)
    logits = made.word_logits(made(words, memory, mask, tokens), tokens)
    (logits * torch.linspace(-1, 1, logits.numel()).view_as(logits)).sum().backward()
    assert [name for name, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


def test_the_paper_s_decoder_has_twelve_blocks_and_numbers_are_checked():
    assert CaptionDecoderConfig.paper().layers == 12
    with torch.device("meta"):
        made = CaptionDecoder(CaptionDecoderConfig.paper(), AdsCVLRConfig.paper())
    assert len(made.blocks) == 12
    assert made.positions.weight.shape[1] == 768
    with pytest.raises(ConfigError, match="layers is 0"):
        CaptionDecoderConfig(layers=0)
    with pytest.raises(InputError, match="7 tokens; this decoder takes up to 6"):
        decoder()(torch.zeros(1, 7, dtype=torch.long), torch.zeros(1, 2, 24), None, learned_adscvlr().tokens)
    assert CONFIG.width == 24
