"""Vectors of pictures and texts: computed once per content hash, shared by all heads and threads."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import torch

from adlab.data.image_intake import AdImage
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder

Item = TypeVar("Item")


class VectorCache:
    """The last `size` vectors by key; safe to share between threads.

    Args:
        size: Vectors kept.
    """

    def __init__(self, size: int = 4096) -> None:
        self._size, self._lock = size, threading.Lock()
        self._rows: OrderedDict[str, np.ndarray] = OrderedDict()

    def get(self, key: str) -> np.ndarray | None:
        """The vector, or None."""
        with self._lock:
            if key in self._rows:
                self._rows.move_to_end(key)
            return self._rows.get(key)

    def put(self, key: str, row: np.ndarray) -> None:
        """Keep a vector; the one unused for longest gives way."""
        with self._lock:
            self._rows[key] = row
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)


class Vectors:
    """Encodes creatives' pictures and texts, each distinct one once.

    A batch is never larger than `batch_size`, whatever is asked for. If a GPU runs out of memory the batch is
    halved, and at a single item the encoder moves to the CPU with a warning.

    Args:
        image_encoder: For pictures.
        text_encoder: For texts.
        batch_size: Most items a pass.
        cache_size: Vectors kept of each kind.
    """

    def __init__(
        self, image_encoder: ImageEncoder, text_encoder: TextEncoder, *, batch_size: int = 32, cache_size: int = 4096
    ) -> None:
        self.image_encoder, self.text_encoder, self.batch_size = image_encoder, text_encoder, batch_size
        self._image_cache, self._text_cache = VectorCache(cache_size), VectorCache(cache_size)

    @property
    def encoder_ids(self) -> dict[str, str]:
        """Identity of the encoders by modality."""
        return {"image": self.image_encoder.spec.encoder_id, "text": self.text_encoder.spec.encoder_id}

    def images(self, images: Sequence[AdImage]) -> np.ndarray:
        """(N, d_A) float32."""
        return self._encode(
            [image.content_hash for image in images],
            images,
            self._image_cache,
            lambda batch: self.image_encoder.encode([image.pixels for image in batch], len(batch)),
            self.image_encoder.output_dim,
        )

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(N, d_B) float32."""
        return self._encode(
            texts, texts, self._text_cache, lambda batch: self.text_encoder.encode(batch, len(batch)), self.text_encoder.output_dim
        )

    def _encode(
        self,
        keys: Sequence[str],
        items: Sequence[Item],
        cache: VectorCache,
        encode: Callable[[list[Item]], np.ndarray],
        width: int,
    ) -> np.ndarray:
        out = np.zeros((len(keys), width), dtype=np.float32)
        missing: dict[str, list[int]] = {}
        for row, key in enumerate(keys):
            found = cache.get(key)
            if found is None:
                missing.setdefault(key, []).append(row)
            else:
                out[row] = found
        distinct = list(missing)
        start, step = 0, self.batch_size
        while start < len(distinct):
            batch = distinct[start : start + step]
            try:
                rows = encode([items[missing[key][0]] for key in batch])
            except torch.cuda.OutOfMemoryError:
                step = self._after_out_of_memory(step)
                continue
            for key, vector in zip(batch, rows, strict=True):
                out[missing[key]] = vector
                cache.put(key, vector)
            start += len(batch)
        return out

    def _after_out_of_memory(self, step: int) -> int:
        torch.cuda.empty_cache()
        if step > 1:
            return step // 2
        warnings.warn("The GPU is out of memory even for one item; encoding goes on on the CPU.", stacklevel=3)
        self.image_encoder.to("cpu")
        self.text_encoder.to("cpu")
        return self.batch_size
