"""A small random RoBERTa with a byte-level BPE tokenizer learned from a little copy, in a folder as published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import ByteLevelBPETokenizer
from tokenizers.processors import RobertaProcessing
from transformers.models.roberta.configuration_roberta import RobertaConfig
from transformers.models.roberta.modeling_roberta import RobertaModel

COPY = [
    "red shoe for running",
    "a blue lamp for the table",
    "buy a red lamp",
    "Buy the green drill",
    "query title words",
]
MARKS = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
WIDTH, LAYERS, HEADS, HIDDEN, POSITIONS = 24, 2, 4, 32, 160


def tokenizer(copy: Sequence[str] = COPY) -> ByteLevelBPETokenizer:
    """Trained on the copy; the marks come first, as in the published one but for the last."""
    found = ByteLevelBPETokenizer(add_prefix_space=False, trim_offsets=True)
    found.train_from_iterator(
        list(copy) * 3, vocab_size=340, min_frequency=2, special_tokens=MARKS, show_progress=False
    )
    return found


def network(vocabulary: int, **changes: object) -> RobertaModel:
    """Post-norm, every parameter random, and far from its neighbours."""
    torch.manual_seed(0)
    shape = {
        "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "intermediate_size": HIDDEN,
        "max_position_embeddings": POSITIONS,
        "type_vocab_size": 1,
        "layer_norm_eps": 1e-5,
        "pad_token_id": 1,
    }
    found = RobertaModel(RobertaConfig(vocab_size=vocabulary, **(shape | changes)), add_pooling_layer=False).eval()
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    return found


def save_roberta(folder: Path, *, one_file: bool = True, rows: int | None = None, **changes: object) -> Path:
    """The folder of weights and tokenizer; `tokenizer.json`, or `vocab.json` with `merges.txt`."""
    folder.mkdir(parents=True, exist_ok=True)
    words = tokenizer()
    model = network(rows or words.get_vocab_size(), **changes)
    state = {f"roberta.{name}": value.clone() for name, value in model.state_dict().items()}
    save_file(state, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "roberta", **model.config.to_dict()}, default=str))
    if one_file:
        whole = words._tokenizer
        whole.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
        whole.save(str(folder / "tokenizer.json"))
    else:
        words.save_model(str(folder))
    return folder
