"""Heads of the pre-training tasks: shapes, ties to the vocabulary, and one pass of the whole objective."""

from __future__ import annotations

import pytest
import torch
from helpers.tiny_adscvlr import CONFIG, pairs, token_vectors

from adlab.errors import ConfigError
from adlab.losses.adscvlr_pretraining import AdsCVLRPretrainingLoss, Predictions
from adlab.losses.masked_language import mask_words
from adlab.losses.masked_object import mask_regions
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_pretraining import PretrainingHeads
from adlab.models.caption_decoder import CaptionDecoderConfig
from adlab.models.pair_inputs import InputMode

MASK, START = 3, 1


def fresh() -> tuple[AdsCVLR, PretrainingHeads]:
    torch.manual_seed(0)
    decoder = CaptionDecoderConfig(layers=1, max_words=8)
    heads = PretrainingHeads(CONFIG, object_classes=6, categories=5, decoder=decoder)
    return AdsCVLR(CONFIG, token_vectors()), heads


def objective(model: AdsCVLR, heads: PretrainingHeads):
    """One pass over all tasks of Figure 5, as a training would do it."""
    inputs, generator = pairs(6, padded=False), torch.Generator().manual_seed(0)
    matched = torch.tensor([True, True, False, True, True, False])
    maskable = (inputs.segment_ids == 1) & matched[:, None]
    words = mask_words(inputs.token_ids, maskable, MASK, generator, share=0.4)
    regions = mask_regions(inputs.regions, inputs.region_mask & matched[:, None], generator, share=0.4)
    both = model(inputs._replace(token_ids=words.token_ids, regions=regions.regions))
    text = model(inputs._replace(token_ids=words.token_ids).in_mode(InputMode.TEXT_ONLY))
    image = model(inputs.in_mode(InputMode.IMAGE_ONLY))
    hidden = inputs.token_ids[words.masked]
    memory = torch.cat([image.token_states, image.region_states], dim=1)
    titles = inputs.token_ids[:, 4:8]
    read = torch.cat([torch.full((6, 1), START), titles[:, :-1]], dim=1)
    written = heads.decoder.word_logits(heads.decoder(read, memory, None, model.tokens), model.tokens)
    return AdsCVLRPretrainingLoss()(
        matched,
        words=Predictions(
            heads.word_logits(both.token_states[words.masked], model.tokens), hidden, words.masked.nonzero()[:, 0]
        ),
        text_words=Predictions(heads.word_logits(text.token_states[words.masked], model.tokens), hidden),
        objects=Predictions(
            heads.object_logits(both.region_states[regions.masked]),
            torch.arange(int(regions.masked.sum())) % 6,
            regions.masked.nonzero()[:, 0],
        ),
        caption=Predictions(written.flatten(0, 1), titles.flatten()),
        category=Predictions(heads.category_logits(image.cls), torch.arange(6) % 5),
        match_logits=heads.match_logits(both.cls),
    )


def test_heads_have_the_documented_shapes_and_words_are_tied_to_the_vocabulary():
    model, heads = fresh()
    states = torch.randn(7, 24)
    logits = heads.word_logits(states, model.tokens)
    assert logits.shape == (7, 43)
    vectors = torch.cat([model.tokens.base, model.tokens.added])
    torch.testing.assert_close(logits, heads.word_transform(states) @ vectors.T + heads.word_bias)
    assert heads.object_logits(states).shape == (7, 6)
    assert heads.category_logits(states).shape == (7, 5)
    assert heads.match_logits(states).shape == (7,)


def test_the_whole_objective_reaches_every_parameter_but_those_of_fine_tuning():
    model, heads = fresh()
    objective(model, heads).total.backward()
    parameters = [*model.named_parameters(), *heads.named_parameters()]
    without = {name for name, p in parameters if p.grad is None or not p.grad.abs().sum() > 0}
    assert without == {"grade.weight", "grade.bias", "projection.weight", "projection.bias"}


def test_the_whole_objective_can_be_learned():
    model, heads = fresh()
    model.eval()
    optimiser = torch.optim.Adam([*model.parameters(), *heads.parameters()], 3e-3)
    first = objective(model, heads)
    for _ in range(40):
        optimiser.zero_grad()
        loss = objective(model, heads)
        loss.total.backward()
        optimiser.step()
    assert all(after < before for before, after in zip(first, loss, strict=True))
    assert loss.total.item() < 0.5 * first.total.item()


def test_a_head_that_is_not_built_is_refused_by_name():
    heads = PretrainingHeads(CONFIG)
    assert heads.decoder is None
    with pytest.raises(ConfigError, match="object_classes is 0"):
        heads.object_logits(torch.zeros(1, 24))
    with pytest.raises(ConfigError, match="categories is 0"):
        heads.category_logits(torch.zeros(1, 24))
    with pytest.raises(ConfigError, match="categories is -1"):
        PretrainingHeads(CONFIG, categories=-1)
