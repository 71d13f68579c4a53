"""Files of a BERT-shaped text encoder: what must be there, and how tokenizer and network are read from them.

`config.json` says in its `model_type` which of the `FAMILIES` a network is of: they differ in where positions begin and
in their tokenizers, WordPiece for BERT and byte-level BPE for RoBERTa.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from torch import nn

from adlab.errors import WeightsUnavailableError

if TYPE_CHECKING:
    from transformers.modeling_utils import PreTrainedModel

BERT, ROBERTA = "bert", "roberta"
FAMILIES = (BERT, ROBERTA)
_BPE = ("vocab.json", "merges.txt")


def family_of(folder: Path) -> str:
    """What `config.json` says the network is; BERT where it says nothing.

    Raises:
        WeightsUnavailableError: It cannot be read, or names another family.
    """
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8")).get("model_type", BERT)
    except (OSError, ValueError, AttributeError) as error:
        raise _unfit(folder, f"config.json cannot be read: {error}") from error
    if found not in FAMILIES:
        raise _unfit(folder, f"config.json names the model_type {found!r}, not {' or '.join(FAMILIES)}")
    return str(found)


def lacking_files(folder: Path) -> list[str]:
    """Names of the files that the folder should hold and does not."""
    lacking = [name for name in ("model.safetensors", "config.json") if not (folder / name).is_file()]
    has_bpe = all((folder / name).is_file() for name in _BPE)
    if not has_bpe and not any((folder / name).is_file() for name in ("tokenizer.json", "vocab.txt")):
        lacking.append("tokenizer.json (or vocab.txt; or vocab.json and merges.txt)")
    return lacking


def load_tokenizer(folder: Path, max_tokens: int):  # type: ignore[no-untyped-def]  # tokenizers ships no types
    """The tokenizer of `tokenizer.json`, or of the vocabulary where there is only that; cuts, does not pad.

    Raises:
        WeightsUnavailableError: A file cannot be read.
    """
    from tokenizers import BertWordPieceTokenizer, Tokenizer

    file = folder / "tokenizer.json"
    if file.is_file():
        tokenizer = Tokenizer.from_file(str(file))
    elif not (folder / "vocab.txt").is_file():
        tokenizer = _byte_level_bpe(folder)
    else:
        tokenizer = Tokenizer.from_str(BertWordPieceTokenizer(str(folder / "vocab.txt")).to_str())
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _byte_level_bpe(folder: Path):  # type: ignore[no-untyped-def]
    """RoBERTa's tokenizer from `vocab.json` and `merges.txt`."""
    from tokenizers import ByteLevelBPETokenizer, Tokenizer
    from tokenizers.processors import RobertaProcessing

    plain = ByteLevelBPETokenizer(*(str(folder / name) for name in _BPE), add_prefix_space=False, trim_offsets=True)
    tokenizer = Tokenizer.from_str(plain.to_str())
    marks, names = tokenizer.get_vocab(), ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
    if lacking := [mark for mark in names if mark not in marks]:
        raise _unfit(folder, f"vocab.json lacks {' and '.join(lacking)}")
    tokenizer.add_special_tokens(list(names))
    tokenizer.post_processor = RobertaProcessing(("</s>", marks["</s>"]), ("<s>", marks["<s>"]), add_prefix_space=False)
    return tokenizer


def is_wordpiece(tokenizer) -> bool:  # type: ignore[no-untyped-def]
    """Whether a tokenizer is BERT's kind; RoBERTa's is byte-level BPE."""
    return type(tokenizer.model).__name__ == "WordPiece"


def plain_copy(tokenizer):  # type: ignore[no-untyped-def]
    """A copy that neither cuts nor pads and takes special tokens in a text for plain characters."""
    from tokenizers import Tokenizer

    copy = Tokenizer.from_str(tokenizer.to_str())
    copy.no_truncation()
    copy.no_padding()
    copy.encode_special_tokens = True
    return copy


def tokenizer_digest(tokenizer) -> str:  # type: ignore[no-untyped-def]
    """What a tokenizer does, in eight hexadecimal digits: its vocabulary, and its pieces of a sentence full of traps.

    Not the digest of its file: the same tokenizer is published in several layouts.
    """
    words = sorted(tokenizer.get_vocab().items())
    pieces = tokenizer.encode("Don't pay $49.99: Café-Crème, İstanbul\u2019s iPhone-12 – 东京!").ids
    return hashlib.sha256(json.dumps([words, pieces]).encode()).hexdigest()[:8]


def load_network(folder: Path) -> tuple[nn.Module, int]:
    """The network, float32 and frozen, and the width of its hidden states.

    Raises:
        WeightsUnavailableError: A file cannot be read, or the tensors do not fit the config.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        network = _untrained(folder)
        state = {_bert_key(k): v for k, v in load_file(folder / "model.safetensors").items()}
    except (SafetensorError, OSError, ValueError, TypeError) as error:
        raise _unfit(folder, f"a file cannot be read: {error}") from error
    wanted = network.state_dict().keys()
    missing = sorted(k for k in wanted if k not in state and not k.endswith("position_ids"))
    if missing:
        raise _unfit(folder, f"{len(missing)} tensors are missing, the first is {missing[0]}")
    try:
        network.load_state_dict({k: v for k, v in state.items() if k in wanted}, strict=False)
    except RuntimeError as error:
        raise _unfit(folder, f"the tensors have other shapes: {shorten(str(error), 300)}") from error
    return network.float().eval().requires_grad_(False), int(network.config.hidden_size)


def _untrained(folder: Path) -> PreTrainedModel:
    """The network that `config.json` describes, before its weights."""
    # The concrete modules: the package's top level would import every architecture it knows.
    if family_of(folder) == ROBERTA:
        from transformers.models.roberta.configuration_roberta import RobertaConfig
        from transformers.models.roberta.modeling_roberta import RobertaModel

        return RobertaModel(RobertaConfig.from_json_file(folder / "config.json"), add_pooling_layer=False)
    from transformers.models.bert.configuration_bert import BertConfig
    from transformers.models.bert.modeling_bert import BertModel

    return BertModel(BertConfig.from_json_file(folder / "config.json"), add_pooling_layer=False)


def _unfit(folder: Path, reason: str) -> WeightsUnavailableError:
    remedy = "Give the weights of a BERT or RoBERTa encoder that fits config.json."
    return WeightsUnavailableError(str(folder), [str(folder / "model.safetensors")], [remedy], reason=reason)


def _bert_key(key: str) -> str:
    # bert-base-uncased was published with a prefix and with the layer norm's older names.
    key = key.removeprefix("bert.").removeprefix("roberta.")
    return key.replace("LayerNorm.gamma", "LayerNorm.weight").replace("LayerNorm.beta", "LayerNorm.bias")
