"""One vector an ad for models that otherwise know it by its ids: FOCAL's embeddings and M2FN's attributes, frozen.

Blocks in order, as far as they are asked for:

- "focal": shared and private embedding of the picture, then of the copy, from one member of a FOCAL ensemble (the
  spaces of two members have nothing to do with each other, so a mean over members would mean nothing);
- "attributes": dominant colour as one of ten (M2FN, Table 1), and the words in the picture as a text vector.

Numbers are standardised over training ads, one-hot ones left as they are. What an ad does not have, a picture or a
copy, stands at zero, the mean of the training ads.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.features.attributes import AttributeSchema, text_vectors
from adlab.features.dominant_colour import COLOUR_NAMES
from adlab.models.focal import Focal

PARTS = ("focal", "attributes")
MIN_DEVIATION = 1e-6
TextEncode = Callable[[Sequence[str]], np.ndarray]


class CreativeInputs(NamedTuple):
    """What is known of N ads.

    Attributes:
        image: Detailed features of the pictures, (N, d_A); a row of NaN where there is none.
        copy: Features of the copies, (N, d_B); a row of NaN where there is none.
        colours: Dominant colours; None where not known.
        words: Words in the pictures; None where not read, "" where there are none.
    """

    image: NDArray[np.float32]
    copy: NDArray[np.float32]
    colours: Sequence[str | None]
    words: Sequence[str | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class CreativeEncoder:
    """Makes the vectors, with the scale of the training ads.

    Attributes:
        parts: Of `PARTS`, one or both.
        focal: The member whose embeddings are taken; None without "focal".
        text_dim: Width of the text vectors of "attributes".
        mean: Subtracted, (V,).
        deviation: Divided by, (V,), above 0.

    Raises:
        UnknownNameError: There is no such part.
        ConfigError: No part is named, one twice, or "focal" without a network.
    """

    parts: tuple[str, ...]
    focal: Focal | None
    text_dim: int
    mean: NDArray[np.float32]
    deviation: NDArray[np.float32]

    def __post_init__(self) -> None:
        _check_parts(self.parts, self.focal)
        width = sum(self.widths.values())
        if self.mean.shape != (width,) or self.deviation.shape != (width,):
            raise ConfigError(f"mean and deviation have {self.mean.shape} numbers, the vectors {width}; fit them anew.")

    @classmethod
    def fit(
        cls,
        inputs: CreativeInputs,
        train: NDArray[np.integer],
        encode: TextEncode,
        *,
        focal: Focal | None,
        text_dim: int,
        parts: Sequence[str] = PARTS,
    ) -> CreativeEncoder:
        """The encoder with the scale of some ads.

        Args:
            inputs: Ads.
            train: Rows of the training ads, one or more.
            encode: Texts to vectors, (K, text_dim).
            focal: The member of a FOCAL ensemble.
            text_dim: Width of a text vector.
            parts: What the vectors are to hold.

        Raises:
            InputError: There are no training ads.
        """
        if not len(train):
            raise InputError("There are no training ads to take the scale from; give one or more.")
        _check_parts(tuple(parts), focal)
        width = sum(_widths(tuple(parts), focal, text_dim).values())
        plain = cls(
            parts=tuple(parts),
            focal=focal,
            text_dim=text_dim,
            mean=np.zeros(width, dtype=np.float32),
            deviation=np.ones(width, dtype=np.float32),
        )
        raw = plain._raw(inputs, encode)
        known = ~np.isnan(raw[train])
        counts = np.maximum(known.sum(axis=0), 1)
        filled = np.where(known, raw[train], 0).astype(np.float64)
        mean = filled.sum(axis=0) / counts
        deviation = np.sqrt((np.where(known, filled - mean, 0) ** 2).sum(axis=0) / counts)
        deviation[deviation < MIN_DEVIATION] = 1
        place = 0
        for name, block in plain.widths.items():
            if name == "colour":
                mean[place : place + block], deviation[place : place + block] = 0, 1
            place += block
        return cls(
            parts=plain.parts,
            focal=focal,
            text_dim=text_dim,
            mean=mean.astype(np.float32),
            deviation=deviation.astype(np.float32),
        )

    @property
    def widths(self) -> dict[str, int]:
        """Width of each block, by name, in order."""
        return _widths(self.parts, self.focal, self.text_dim)

    def vectors(self, inputs: CreativeInputs, encode: TextEncode) -> NDArray[np.float32]:
        """The vectors of N ads, (N, V).

        Args:
            inputs: The ads.
            encode: Texts to vectors, (K, text_dim); the encoder of `fit`.
        """
        return np.nan_to_num((self._raw(inputs, encode) - self.mean) / self.deviation).astype(np.float32)

    def to_plain(self) -> dict[str, Any]:
        """What is no tensor, as plain JSON; `tensors` holds the rest, but for the network."""
        return {"parts": list(self.parts), "text_dim": self.text_dim}

    @property
    def tensors(self) -> dict[str, Tensor]:
        """The scale, as a checkpoint stores it."""
        return {"mean": torch.from_numpy(self.mean), "deviation": torch.from_numpy(self.deviation)}

    @classmethod
    def from_stored(
        cls, plain: Mapping[str, Any], tensors: Mapping[str, Tensor], focal: Focal | None
    ) -> CreativeEncoder:
        """The encoder that `to_plain` and `tensors` describe, with its network.

        Raises:
            ConfigError: The content does not describe one.
        """
        try:
            return cls(
                parts=tuple(plain["parts"]),
                focal=focal,
                text_dim=int(plain["text_dim"]),
                mean=tensors["mean"].numpy(),
                deviation=tensors["deviation"].numpy(),
            )
        except (KeyError, TypeError) as error:
            raise ConfigError(f"The creative encoder is unreadable ({error!r}); restore the checkpoint.") from error

    @cached_property
    def _double(self) -> Focal | None:
        """A copy in double precision, where rounding does not depend on the size of a batch."""
        if self.focal is None or "focal" not in self.parts:
            return None
        return copy.deepcopy(self.focal).double().eval()

    def _raw(self, inputs: CreativeInputs, encode: TextEncode) -> NDArray[np.float64]:
        """Not scaled; NaN where not known."""
        blocks: list[NDArray[np.float64]] = []
        if self._double is not None:
            blocks += _embedded(self._double, inputs)
        if "attributes" in self.parts:
            schema = AttributeSchema(levels={"colour": COLOUR_NAMES}, texts=("ocr",), text_dim=self.text_dim)
            words = text_vectors(encode, [text or "" for text in inputs.words], self.text_dim)
            rows = schema.encode([{"colour": colour} for colour in inputs.colours], {"ocr": words}).astype(np.float64)
            rows[[text is None for text in inputs.words], len(COLOUR_NAMES) :] = np.nan
            blocks.append(rows)
        return np.concatenate(blocks, axis=1)


def _embedded(focal: Focal, inputs: CreativeInputs) -> list[NDArray[np.float64]]:
    """Shared and private embedding of pictures, then of copies, (N, D) each."""
    blocks = []
    with torch.inference_mode():
        for features, embed in ((inputs.image, focal.encode_image), (inputs.copy, focal.encode_text)):
            known = ~np.isnan(features).any(axis=1)
            for part in embed(torch.from_numpy(np.nan_to_num(features).astype(np.float64))):
                block = part.numpy().copy()
                block[~known] = np.nan
                blocks.append(block)
    return blocks


def _widths(parts: tuple[str, ...], focal: Focal | None, text_dim: int) -> dict[str, int]:
    widths: dict[str, int] = {}
    if "focal" in parts and focal is not None:
        names = ("shared image", "private image", "shared copy", "private copy")
        widths |= dict.fromkeys(names, focal.config.latent_dim)
    if "attributes" in parts:
        widths |= {"colour": len(COLOUR_NAMES), "words": text_dim}
    return widths


def _check_parts(parts: tuple[str, ...], focal: Focal | None) -> None:
    for part in parts:
        if part not in PARTS:
            raise UnknownNameError("part of a creative vector", part, PARTS)
    if not parts or len(set(parts)) < len(parts):
        raise ConfigError(f"parts are {parts!r}; name one or both of {', '.join(PARTS)}, once each.")
    if "focal" in parts and focal is None:
        raise ConfigError("parts name 'focal' but there is no network; give a member of a FOCAL checkpoint.")
