"""The presets of an AdsCVLR: `compact`, for the shipped encoders, and `paper`, the published network (AdsCVLR, §III).

|                   | compact                                | paper                                       |
|-------------------|----------------------------------------|---------------------------------------------|
| text layers from  | MiniLM, 6 × 384 × 12                   | RoBERTa, 12 × 768 × 12                      |
| token vectors     | frozen, outside the checkpoint         | trained, in the checkpoint                  |
| row               | 64 tokens, 32 of the description       | 152 tokens                                  |
| caption decoder   | 2 blocks                               | 12 blocks, dropped after pre-training       |
| likeness of wholes| on                                     | off                                         |

Likeness is ours: with it a grade rests on MiniLM beside the single stream, and what the published network can do would
not be told apart from it. It can be switched on for `paper`, too, and is then MiniLM's as in `compact`: RoBERTa has no
space in common with pictures. Regions are asked for apart: the paper's are those of `roi`.

The width and depth of `paper` are those of the text network that is given; roberta-base has the paper's.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from adlab.encoders.roberta import load_roberta
from adlab.encoders.text import TextEncoder
from adlab.errors import ConfigError, UnknownNameError
from adlab.features.ad_vocabulary import AdVocabulary
from adlab.features.query_ad_tokens import TokenLimits
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.bert_weights import WORDS
from adlab.models.caption_decoder import CaptionDecoderConfig

COMPACT, PAPER = "compact", "paper"
PRESETS = (COMPACT, PAPER)
LEARNING_RATE = 5e-5  # of both trainings of the paper's network; the paper's own is unpublished


def run_defaults(preset: str) -> dict[str, Any]:
    """Fields of `RelevanceRun` that a preset sets beside its name.

    Raises:
        UnknownNameError: There is no such preset.
    """
    _check(preset)
    return {} if preset == COMPACT else {"limits": TokenLimits(), "likeness": False}


def pretraining_defaults(preset: str) -> dict[str, Any]:
    """Fields of `PretrainTraining` that a preset sets.

    Raises:
        UnknownNameError: There is no such preset.
    """
    _check(preset)
    decoder = CaptionDecoderConfig.paper()
    paper = {
        "decoder_layers": decoder.layers,
        "title_tokens": decoder.max_words,
        "learning_rate": LEARNING_RATE,
    }
    return {} if preset == COMPACT else paper


def text_network(preset: str, minilm: TextEncoder, folder: Path | None) -> TextEncoder:
    """What the text layers start from.

    Args:
        preset: One of `PRESETS`.
        minilm: The embedded text encoder.
        folder: Of RoBERTa; searched for without.

    Raises:
        ConfigError: A folder is given for a preset that starts from the embedded encoder.
        UnknownNameError: There is no such preset.
        WeightsUnavailableError: RoBERTa cannot be had.
    """
    _check(preset)
    if preset == PAPER:
        return load_roberta(folder)
    if folder is not None:
        raise ConfigError(
            f"text_weights is {str(folder)!r}, but {preset} starts from MiniLM; leave it out, or ask for "
            f"the preset {PAPER!r}."
        )
    return minilm


def shape_of(preset: str, text: TextEncoder, vocabulary: AdVocabulary, layers: int | None) -> AdsCVLRConfig:
    """Shape of the network, but for its regions.

    Args:
        preset: One of `PRESETS`.
        text: What the text layers start from.
        vocabulary: Its tokens with those of ads.
        layers: Blocks, the first ones of the text network's; None for all.

    Raises:
        ConfigError: The text network has fewer layers, or other tokens than its tokenizer.
        UnknownNameError: There is no such preset.
    """
    _check(preset)
    shape, rows = text.shape, len(text.state()[WORDS])
    if layers is not None and not 1 <= layers <= shape.layers:
        raise ConfigError(f"layers is {layers}; {text.spec.name} has {shape.layers}, so give 1 to {shape.layers}.")
    if rows != vocabulary.base_size:
        raise ConfigError(
            f"{text.spec.name} has vectors of {rows:,} tokens and a tokenizer of {vocabulary.base_size:,}; give "
            "weights and tokenizer of one model."
        )
    layers = layers or shape.layers
    if preset == COMPACT:
        return AdsCVLRConfig(added_tokens=len(vocabulary.tokens), layers=layers)
    return replace(
        AdsCVLRConfig.paper(added_tokens=len(vocabulary.tokens)),
        vocabulary=rows,
        width=shape.width,
        layers=layers,
        heads=shape.heads,
        hidden=shape.hidden,
        norm_eps=shape.norm_eps,
    )


def shape_words(preset: str, shape: AdsCVLRConfig, text: TextEncoder) -> str:
    """What the card says of shape and start; nothing for `compact`, which is what ships."""
    return "" if preset == COMPACT else f" of {shape.layers} × {shape.width} × {shape.heads}, from {text.spec.name},"


def _check(preset: str) -> None:
    if preset not in PRESETS:
        raise UnknownNameError("preset", preset, PRESETS)
