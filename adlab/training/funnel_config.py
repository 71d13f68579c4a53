"""How a funnel network is trained."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from adlab.errors import ConfigError, UnknownNameError
from adlab.models.contrast_encoder import MASKINGS
from adlab.training.sparse_rows import METHODS

FALSE_NEGATIVES = ("none", "identical", "cosine")
PRECISIONS = ("float32", "bfloat16", "auto")


@dataclass(frozen=True, kw_only=True)
class Contrast:
    """CL4CVR's contrastive task.

    Attributes:
        weight: α, of its loss beside that of clicks and conversions, above 0.
        temperature: τ, 0.0125 or more.
        masking: How the two views are made, see `adlab.layers.embedding_masks`.
        keep: Chance that a mask keeps an element, between 0 and 1.
        false_negatives: Rows that are no negatives of each other: ``"identical"`` features (the paper), ``"cosine"`` of
            embeddings above 0.9 (the public code), or ``"none"``.
        supervised: Whether conversions are positives of each other (SPI).

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: A name is not a known one.
    """

    weight: float = 0.01
    temperature: float = 0.1
    masking: str = "independent"
    keep: float = 0.5
    false_negatives: str = "identical"
    supervised: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.weight < float("inf"):
            raise ConfigError(f"weight is {self.weight!r}; give a number above 0, or no contrast at all.")
        if not 0 < self.keep < 1:
            raise ConfigError(f"keep is {self.keep!r}; give a chance between 0 and 1.")
        if self.masking not in MASKINGS:
            raise UnknownNameError("masking", self.masking, MASKINGS)
        if self.false_negatives not in FALSE_NEGATIVES:
            raise UnknownNameError("false_negatives", self.false_negatives, FALSE_NEGATIVES)


@dataclass(frozen=True, kw_only=True)
class FunnelTraining:
    """How a funnel network is trained.

    Attributes:
        epochs: Passes over the log.
        batch_size: Rows a step.
        optimiser: ``"adam"`` (lazy on embeddings) or ``"adagrad"``.
        learning_rate: Above 0.
        accumulator: Where Adagrad's sums of squares begin. TensorFlow's 0.1, not torch's 0: from 0 the first step moves
            every parameter by the whole learning rate.
        contrast: The contrastive task, None for none.
        precision: Of products while training; parameters, sums and losses are float32 always. ``"auto"`` is bfloat16
            where the processor multiplies it natively and float32 elsewhere: results then depend on the machine.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: A name is not a known one.
    """

    epochs: int = 1
    batch_size: int = 1024
    optimiser: str = "adam"
    learning_rate: float = 1e-3
    accumulator: float = 0.1
    contrast: Contrast | None = None
    precision: str = "auto"

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1:
            raise ConfigError(f"epochs is {self.epochs} and batch_size {self.batch_size}; give 1 or more for both.")
        if not 0 < self.learning_rate < float("inf"):
            raise ConfigError(f"learning_rate is {self.learning_rate!r}; give a finite number above 0.")
        if not 0 <= self.accumulator < float("inf"):
            raise ConfigError(f"accumulator is {self.accumulator!r}; give a finite number of 0 or more.")
        if self.optimiser not in METHODS:
            raise UnknownNameError("optimiser", self.optimiser, METHODS)
        if self.precision not in PRECISIONS:
            raise UnknownNameError("precision", self.precision, PRECISIONS)

    @classmethod
    def public_code(cls) -> FunnelTraining:
        """What CL4CVR's public code does; it goes with `detach_ctr` in the network."""
        contrast = Contrast(weight=0.01, temperature=12.0, masking="complementary", false_negatives="cosine")
        return cls(epochs=2, batch_size=64, optimiser="adagrad", learning_rate=0.1, contrast=contrast)

    def resolved_precision(self) -> torch.dtype:
        """The type that products are taken in on this machine."""
        if self.precision == "auto":
            native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
            return torch.bfloat16 if native else torch.float32
        return torch.bfloat16 if self.precision == "bfloat16" else torch.float32
