"""A base tokenizer inside a checkpoint, as one tensor of bytes, for networks with token vectors of their own.

Such a network, AdsCVLR's `paper` preset, starts from a text network of half a gigabyte and carries all that it learned:
of that text network only the tokenizer would still be needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adlab.encoders.bert_files import plain_copy
from adlab.errors import CheckpointError

TOKENIZER = "tokenizer.safetensors"
_KEY = "json"


def tokenizer_tensors(tokenizer: Any) -> dict[str, Tensor]:
    """What the file `TOKENIZER` holds."""
    return {_KEY: torch.from_numpy(np.frombuffer(tokenizer.to_str().encode(), dtype=np.uint8).copy())}


def tokenizer_from(tensors: Mapping[str, Tensor], name: str) -> Any:
    """The tokenizer that `tokenizer_tensors` kept; it neither cuts nor pads.

    Args:
        tensors: Of the file.
        name: Of the checkpoint, for messages.

    Raises:
        CheckpointError: It holds no tokenizer.
    """
    from tokenizers import Tokenizer

    if _KEY not in tensors:
        raise CheckpointError(f"{name} holds no tokenizer in {TOKENIZER}; restore the folder.")
    return plain_copy(Tokenizer.from_str(tensors[_KEY].numpy().tobytes().decode()))
