"""The text layers of an AdsCVLR from a trained BERT-shaped network: all-MiniLM-L6-v2, BERT or RoBERTa.

| AdsCVLR                                 | BERT (names of transformers)                           |
|-----------------------------------------|--------------------------------------------------------|
| `tokens.base`                           | word embeddings                                        |
| `positions`                             | position embeddings, the first `max_tokens`            |
| `segments` query, ad text, picture      | token types 0, 1, 1                                    |
| `token_norm`, `region_norm`             | the norm of the embeddings                             |
| `blocks.i.attention.qkv`                | query, key and value, one above the other              |
| the rest of `blocks.i`                  | layer i; only the first layers if there are more       |

Projection and geometry of regions, grades and projection are not BERT's: they keep their initial weights. RoBERTa's
positions begin at its third, and it has one token type, which all segments then start from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from adlab.encoders.text import TextEncoder
from adlab.errors import ConfigError, WeightsUnavailableError
from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.pair_inputs import AD_TEXT, SEGMENTS

ROBERTA_FIRST_POSITION = 2  # behind those of padding and of its predecessor
WORDS = "embeddings.word_embeddings.weight"
_POSITIONS = "embeddings.position_embeddings.weight"
_TYPES = "embeddings.token_type_embeddings.weight"
_LAYER = {
    "attention.output.dense": "attention.out",
    "attention.output.LayerNorm": "attention_residual.norm",
    "intermediate.dense": "feed_forward.0",
    "output.dense": "feed_forward.2",
    "output.LayerNorm": "feed_residual.norm",
}


def from_text_encoder(encoder: TextEncoder, config: AdsCVLRConfig) -> AdsCVLR:
    """An AdsCVLR that starts as the encoder does, in train mode.

    Args:
        encoder: BERT-shaped and post-norm.
        config: Of the network; its vocabulary becomes the encoder's.

    Raises:
        ConfigError: The config asks for another shape than the encoder has.
        WeightsUnavailableError: The encoder is not BERT-shaped.
    """
    state = encoder.state()
    if WORDS not in state:
        raise _unfit(encoder.spec.name, WORDS)
    if config.heads != encoder.heads:  # no tensor's shape would tell
        raise ConfigError(f"heads is {config.heads}, {encoder.spec.name} has {encoder.heads}; give as many.")
    model = AdsCVLR(replace(config, vocabulary=len(state[WORDS])), state[WORDS])
    start_from_bert(model, state, encoder.spec.name, first_position=encoder.shape.first_position)
    return model


def start_from_bert(
    model: AdsCVLR, state: Mapping[str, Tensor], name: str = "BERT", *, first_position: int = 0
) -> None:
    """Overwrite the text layers by those of a BERT-shaped network.

    Args:
        model: Post-norm, of the same width, heads and hidden width, with as many layers or fewer.
        state: The network's tensors by the names of transformers' `BertModel`.
        name: Of the network, for messages.
        first_position: Which position vector belongs to the first token; `ROBERTA_FIRST_POSITION` for RoBERTa.

    Raises:
        ConfigError: The model has another shape, or pre-norm.
        WeightsUnavailableError: A tensor is missing.
    """
    if model.config.norm != "post":
        raise ConfigError("norm is 'pre', but BERT's layers were trained with 'post'; set norm to 'post'.")
    mapped = bert_to_adscvlr(state, model.config, name, first_position=first_position)
    own = model.state_dict()
    for key, value in mapped.items():
        if own[key].shape != value.shape:
            raise ConfigError(
                f"{key} is {tuple(own[key].shape)} in this AdsCVLR and {tuple(value.shape)} in {name}; "
                "give a config of the same width and hidden width."
            )
    model.load_state_dict(mapped, strict=False)


def bert_to_adscvlr(
    state: Mapping[str, Tensor], config: AdsCVLRConfig, name: str = "BERT", *, first_position: int = 0
) -> dict[str, Tensor]:
    """BERT's tensors under the names of an AdsCVLR; arguments and errors as of `start_from_bert`.

    Frozen token vectors are left out: they are not part of an AdsCVLR's state.
    """

    def take(key: str) -> Tensor:
        if key not in state:
            raise _unfit(name, key)
        return state[key].float()

    types = take(_TYPES)
    mapped = {
        "positions.weight": take(_POSITIONS)[first_position:][: config.max_tokens],
        "segments.weight": torch.stack([types[min(row, AD_TEXT, len(types) - 1)] for row in range(SEGMENTS)]),
    }
    if not config.frozen_tokens:
        mapped["tokens.base"] = take(WORDS)
    for part in ("weight", "bias"):
        for norm in ("token_norm", "region_norm"):
            mapped[f"{norm}.{part}"] = take(f"embeddings.LayerNorm.{part}")
        for layer in range(config.layers):
            theirs, ours = f"encoder.layer.{layer}", f"blocks.{layer}"
            rows = [take(f"{theirs}.attention.self.{which}.{part}") for which in ("query", "key", "value")]
            mapped[f"{ours}.attention.qkv.{part}"] = torch.cat(rows)
            for their_name, our_name in _LAYER.items():
                mapped[f"{ours}.{our_name}.{part}"] = take(f"{theirs}.{their_name}.{part}")
    return mapped


def _unfit(name: str, key: str) -> WeightsUnavailableError:
    return WeightsUnavailableError(
        name, ["its tensors"], ["Give a BERT-shaped network with as many layers."], reason=f"{key} is missing"
    )
