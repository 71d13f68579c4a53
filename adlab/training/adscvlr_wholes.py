"""Vectors of whole queries, copies and pictures, and pictures' colours, for AdsCVLR: each distinct one once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.errors import ConfigError, InputError
from adlab.features.colour_histogram import beside_wholes
from adlab.features.query_ad_tokens import QueryAd
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.features.whole_copy import whole_copy
from adlab.models.pair_inputs import AD_TEXT, COLOURS, IMAGE, QUERY, WHOLES
from adlab.training.picture_vectors import Pictures, picture_looks


class KeyedPair(QueryAd, Protocol):
    """A query and an ad whose picture has a key, "" without one."""

    @property
    def image(self) -> str:
        """Key of the picture."""


@dataclass(frozen=True)
class WholeBank:
    """Vectors of length 1 in the space of texts; read-only.

    Attributes:
        texts: Of queries and copies, (T, W) float32.
        text_places: Row of each text.
        pictures: Of pictures, (P, W) float32.
        colours: Histograms of their colours, (P, W) float32, filled up with zeros.
        picture_places: Row of each picture by its key.
    """

    texts: np.ndarray
    text_places: Mapping[str, int]
    pictures: np.ndarray
    colours: np.ndarray
    picture_places: Mapping[str, int]

    @property
    def width(self) -> int:
        """W."""
        return int(self.texts.shape[1])

    def of(self, pairs: Sequence[KeyedPair]) -> Tensor:
        """Wholes of a batch, (B, 4, W) float32, zeros for what a pair has not.

        Raises:
            InputError: A query, copy or picture is not here; the first one is named.
        """
        found = np.zeros((len(pairs), WHOLES, self.width), dtype=np.float32)
        parts = (
            (QUERY, self.texts, self.text_places, [pair.query for pair in pairs]),
            (AD_TEXT, self.texts, self.text_places, [whole_copy(pair) for pair in pairs]),
            (IMAGE, self.pictures, self.picture_places, [pair.image for pair in pairs]),
            (COLOURS, self.colours, self.picture_places, [pair.image for pair in pairs]),
        )
        for part, vectors, places, keys in parts:
            if absent := [key for key in keys if key and key not in places]:
                raise InputError(f"{absent[0]!r} has no vector here; encode the pairs' texts and pictures first.")
            rows = [row for row, key in enumerate(keys) if key]
            found[rows, part] = vectors[[places[keys[row]] for row in rows]]
        return torch.from_numpy(found)

    def including(
        self, pairs: Sequence[KeyedPair], encoder: TextEncoder, progress: Progress = no_progress
    ) -> WholeBank:
        """The same with the queries and copies of further pairs; pictures stay as they are.

        Args:
            pairs: Whose texts are wanted.
            encoder: That gave the texts here.
            progress: Called with (done, total) of texts.
        """
        new = [text for text in _texts_of(pairs) if text not in self.text_places]
        if not new:
            return self
        known = len(self.texts)
        texts = np.concatenate([self.texts, stored_texts(encoder, new, progress)])
        places = {**self.text_places, **{text: known + row for row, text in enumerate(new)}}
        return replace(self, texts=texts, text_places=places)


def whole_bank(
    pairs: Sequence[KeyedPair],
    pictures: Pictures,
    image_encoder: ImageEncoder,
    text_encoder: TextEncoder,
    progress: Progress = no_progress,
    *,
    queries: Sequence[str] = (),
) -> WholeBank:
    """Encode what is new; the rest comes from the cache.

    Args:
        pairs: Whose queries, copies and pictures are wanted.
        pictures: Has every picture of theirs.
        image_encoder: With a joint space of pictures and texts.
        text_encoder: Of the same space.
        progress: Called with (done, total) of each stage.
        queries: Further ones that are wanted.

    Raises:
        ConfigError: The encoders share no space, or one too narrow for a histogram of colours.
    """
    if image_encoder.text_dim != text_encoder.output_dim:
        raise ConfigError(
            f"{image_encoder.spec.name} brings pictures to {image_encoder.text_dim} numbers, {text_encoder.spec.name} "
            f"gives texts {text_encoder.output_dim}; give encoders that share a space."
        )
    texts = _distinct([*_texts_of(pairs), *queries])
    keys = _distinct([pair.image for pair in pairs])
    width = text_encoder.output_dim
    seen, colours = picture_looks(keys, pictures, image_encoder, progress)
    return WholeBank(
        stored_texts(text_encoder, texts, progress).reshape(-1, width),
        {text: row for row, text in enumerate(texts)},
        image_encoder.as_text(seen).reshape(-1, width),
        beside_wholes(colours, width),
        {key: row for row, key in enumerate(keys)},
    )


def _texts_of(pairs: Sequence[KeyedPair]) -> list[str]:
    return _distinct([text for pair in pairs for text in (pair.query, whole_copy(pair))])


def _distinct(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))
