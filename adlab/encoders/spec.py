"""What every encoder declares about itself, so that stored features and checkpoints can be checked against it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np


@dataclass(frozen=True, kw_only=True)
class EncoderSpec:
    """An encoder's identity card.

    Attributes:
        name: Name by which it is asked for, for example ``"minilm"``.
        modality: ``"image"`` or ``"text"``.
        output_dim: Width of its representation.
        weights_sha256: Digest of its weights, hexadecimal.
        preprocessing: What happens to the input before the network, in one line; part of the identity, because
            other preprocessing gives other features.
        licence: Licence of the weights.
        data_terms: Terms of the data the weights were trained on.
    """

    name: str
    modality: str
    output_dim: int
    weights_sha256: str
    preprocessing: str
    licence: str
    data_terms: str

    @property
    def encoder_id(self) -> str:
        """Name and a digest of weights and preprocessing: equal ids give equal features."""
        digest = hashlib.sha256(f"{self.weights_sha256}|{self.preprocessing}|{self.output_dim}".encode()).hexdigest()
        return f"{self.name}-{digest[:12]}"


class EncodesTexts(Protocol):
    """A text encoder, whatever network is behind it."""

    spec: EncoderSpec

    @property
    def output_dim(self) -> int:
        """Width of the representation."""

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> np.ndarray:
        """Representations, (N, output_dim) float32, in the order given."""


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's content, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
