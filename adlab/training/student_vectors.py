"""Vectors of queries, pictures and copy by the frozen encoders, each distinct one once, and pairs as rows of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from adlab.encoders.image import ImageEncoder
from adlab.encoders.spec import EncodesTexts
from adlab.features.stored import Progress, no_progress, stored_texts
from adlab.features.whole_copy import whole_copy
from adlab.models.pair_inputs import InputMode
from adlab.models.two_tower import AdVectors
from adlab.training.picture_vectors import Pictures, picture_vectors
from adlab.training.student_pairs import AskedPair

ABSENT = -1


@dataclass(frozen=True)
class PairVectors:
    """N pairs as rows of three tables.

    Attributes:
        queries: (Q, query_dim) float32.
        images: (I, image_dim) float32.
        copies: (C, copy_dim) float32.
        rows: Of query, picture and copy of each pair, (N, 3); `ABSENT` for a part that is not read.
    """

    queries: Tensor
    images: Tensor
    copies: Tensor
    rows: Tensor

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, numbers: Tensor) -> tuple[Tensor, AdVectors]:
        """Query vectors and ads of some pairs, by row numbers (B,)."""
        query, image, copy = self.rows[numbers].unbind(dim=1)
        return self.queries[query], AdVectors(
            _table(self.images, image), _table(self.copies, copy), image != ABSENT, copy != ABSENT
        )


def pair_vectors(
    pairs: Sequence[AskedPair],
    pictures: Pictures,
    image_encoder: ImageEncoder,
    text_encoder: EncodesTexts,
    progress: Progress = no_progress,
) -> PairVectors:
    """Encode what is new; the rest comes from the cache.

    Args:
        pairs: N pairs.
        pictures: Has every picture that a pair shows.
        image_encoder: For pictures.
        text_encoder: For queries and copy.
        progress: Called with (done, total) of each stage.
    """
    queries, copies, images = (_numbers(parts) for parts in zip(*map(_parts, pairs), strict=True))
    rows = np.array(
        [
            [queries[query], images.get(image, ABSENT), copies.get(copy, ABSENT)]
            for query, copy, image in map(_parts, pairs)
        ],
        dtype=np.int64,
    ).reshape(len(pairs), 3)
    width = text_encoder.output_dim
    return PairVectors(
        torch.from_numpy(stored_texts(text_encoder, list(queries), progress)).reshape(-1, width),
        torch.from_numpy(picture_vectors(list(images), pictures, image_encoder, progress)),
        torch.from_numpy(stored_texts(text_encoder, list(copies), progress)).reshape(-1, width),
        torch.from_numpy(rows),
    )


def _parts(pair: AskedPair) -> tuple[str, str, str]:
    """Query, copy and picture of a pair, "" for a part that is not read."""
    copy = "" if pair.mode is InputMode.IMAGE_ONLY else whole_copy(pair)
    return pair.query, copy, "" if pair.mode is InputMode.TEXT_ONLY else pair.image


def _numbers(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(dict.fromkeys(name for name in names if name))}


def _table(table: Tensor, rows: Tensor) -> Tensor:
    """Rows of a table, zeros for `ABSENT`."""
    if not len(table):
        return table.new_zeros(len(rows), table.shape[1])
    return torch.where((rows != ABSENT)[:, None], table[rows.clamp_min(0)], 0.0)


def copy_cosine(vectors: PairVectors) -> np.ndarray:
    """Cosine of the encoder's vectors of query and copy, which are of length 1; NaN where no copy is read, (N,)."""
    query, ad = vectors.of(torch.arange(len(vectors)))
    found: np.ndarray = (query * ad.copy).sum(dim=1).double().numpy()
    return np.where(ad.has_copy.numpy(), found, np.nan)
