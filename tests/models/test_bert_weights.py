"""An AdsCVLR that starts from MiniLM reads text as MiniLM does."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import torch

from adlab.encoders.text import TextEncoder, load_minilm
from adlab.errors import ConfigError, WeightsUnavailableError
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.bert_weights import (
    ROBERTA_FIRST_POSITION,
    WORDS,
    bert_to_adscvlr,
    from_text_encoder,
    start_from_bert,
)
from adlab.models.pair_inputs import PairInputs

SENTENCES = [
    "black t-shirt",
    "Custom T-Shirts, designed online easily & instantly with free editing!",
    "sony playstation 4 1tb console",
    "",
]


@cache
def minilm() -> TextEncoder:
    return load_minilm()


@cache
def started() -> AdsCVLR:
    torch.manual_seed(0)
    return from_text_encoder(minilm(), AdsCVLRConfig.compact(added_tokens=2)).eval()


def inputs(segment: int = 0) -> PairInputs:
    tokens = minilm().tokenize(SENTENCES)
    return PairInputs(
        tokens.input_ids, torch.full_like(tokens.input_ids, segment), tokens.attention_mask.bool(), None, None, None
    )


@cache
@torch.no_grad()
def transformers_states(segment: int) -> torch.Tensor:
    """What transformers' own network gives, built from the encoder's tensors."""
    from transformers.models.bert.configuration_bert import BertConfig
    from transformers.models.bert.modeling_bert import BertModel

    network = BertModel(BertConfig(hidden_size=384, num_hidden_layers=6, intermediate_size=1536), False).eval()
    network.load_state_dict(minilm().state())
    given = inputs(segment)
    return network(
        input_ids=given.token_ids, attention_mask=given.token_mask, token_type_ids=given.segment_ids
    ).last_hidden_state


@torch.no_grad()
@pytest.mark.parametrize("segment", [0, 1])
@pytest.mark.parametrize("maps", [True, False])
def test_text_alone_is_read_as_by_transformers_network(segment, maps):
    given = inputs(segment)
    ours = started()(given, maps=maps).token_states[given.token_mask]
    torch.testing.assert_close(ours, transformers_states(segment)[given.token_mask], atol=1e-5, rtol=0)


@torch.no_grad()
def test_pooled_states_are_the_text_encoder_s_vectors():
    given = inputs()
    states = started()(given).token_states * given.token_mask[..., None]
    pooled = torch.nn.functional.normalize(states.sum(1), dim=1)
    torch.testing.assert_close(pooled, torch.from_numpy(minilm().encode(SENTENCES)), atol=1e-5, rtol=0)


def test_token_vectors_are_shared_with_the_encoder_and_not_stored():
    model = started()
    assert model.tokens.base.data_ptr() == minilm().state()[WORDS].data_ptr()
    stored = sum(tensor.numel() for tensor in model.trainable_state().values())
    assert 11.0e6 < stored < 11.5e6  # 22.5 MB in half precision, under the 25 MB of a checkpoint
    assert len(model.tokens.base) == 30522


def test_trained_token_vectors_are_the_network_s_own_copy():
    model = from_text_encoder(minilm(), replace(AdsCVLRConfig.compact(), frozen_tokens=False, layers=1))
    assert torch.equal(model.tokens.base, minilm().state()[WORDS])
    assert model.tokens.base.data_ptr() != minilm().state()[WORDS].data_ptr()
    assert len(model.blocks) == 1


def test_what_bert_does_not_have_keeps_its_initial_weights():
    given = bert_to_adscvlr(minilm().state(), AdsCVLRConfig.compact())
    own = {name.split(".")[0] for name in started().state_dict().keys() - given.keys()}
    assert own == {"tokens", "region_scale", "region_projection", "geometry", "grade", "projection"}
    assert started().grade.weight.std().item() == pytest.approx(0.02, rel=0.1)


@torch.no_grad()
def test_text_alone_is_read_as_by_a_roberta():
    from transformers.models.roberta.configuration_roberta import RobertaConfig
    from transformers.models.roberta.modeling_roberta import RobertaModel

    torch.manual_seed(0)
    shape = {"hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 32}
    theirs = RobertaModel(
        RobertaConfig(vocab_size=50, max_position_embeddings=22, type_vocab_size=1, layer_norm_eps=1e-5, **shape), False
    ).eval()
    for parameter in theirs.parameters():
        parameter.add_(0.2 * torch.randn_like(parameter))
    config = replace(
        AdsCVLRConfig.paper(), vocabulary=50, width=24, layers=2, heads=4, hidden=32, max_tokens=20, region_dim=3
    )
    ours = AdsCVLR(config).eval()
    start_from_bert(ours, theirs.state_dict(), "roberta", first_position=ROBERTA_FIRST_POSITION)
    ids = torch.randint(3, 50, (3, 9))
    mask = torch.arange(9) < torch.tensor([[9], [6], [4]])
    segments = torch.randint(0, 2, (3, 9))  # it has one token type: segments do not matter yet
    expected = theirs(input_ids=ids.where(mask, torch.tensor(1)), attention_mask=mask).last_hidden_state
    got = ours(PairInputs(ids, segments, mask)).token_states
    torch.testing.assert_close(got[mask], expected[mask], atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"heads": 6}, "heads is 6, minilm has 12"),
        ({"norm": "pre"}, "norm is 'pre'"),
        ({"hidden": 768}, r"feed_forward\.0\.\w+ is \(768"),
        ({"width": 192}, r"The token vectors have shape \(30522, 384\)"),
    ],
)
def test_another_shape_is_refused(fields, message):
    with pytest.raises(ConfigError, match=message):
        from_text_encoder(minilm(), replace(AdsCVLRConfig.compact(), **fields))


def test_a_network_with_too_few_layers_is_refused_by_the_first_missing_tensor():
    with pytest.raises(WeightsUnavailableError, match=r"encoder\.layer\.6\.attention\.self\.query\.weight is missing"):
        from_text_encoder(minilm(), replace(AdsCVLRConfig.compact(), layers=7))
    state = {name: tensor for name, tensor in minilm().state().items() if "position" not in name}
    with pytest.raises(WeightsUnavailableError, match=r"position_embeddings\.weight is missing"):
        start_from_bert(started(), state)
