"""Vectors of pictures and texts: computed once per content hash, shared by all heads and threads."""

from __future__ import annotations

import threading
import warnings
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from adlab.data.image_intake import AdImage
from adlab.encoders.device import precision_of
from adlab.encoders.image import ImageEncoder
from adlab.encoders.text import TextEncoder
from adlab.errors import ConfigError
from adlab.models.visual_embedders import Regions, grid_regions

MAPS_KEPT = 64  # of 250 KB each


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

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._rows.clear()

    def put(self, key: str, row: np.ndarray) -> None:
        """Keep a vector; the one unused for longest gives way."""
        with self._lock:
            self._rows[key] = row
            while len(self._rows) > self._size:
                self._rows.popitem(last=False)


class Vectors:
    """Encodes creatives' pictures and texts, each distinct one once.

    On a CPU every item has a pass of its own: matrix products of another height round otherwise, and a percentile
    would depend on what else is in the batch. On a GPU a pass takes up to `batch_size` items; if the GPU runs out of
    memory that is halved, and at a single item both encoders move to the CPU with a warning; what was encoded on the
    GPU is then forgotten, so that `device` and `precision` hold for every vector given out afterwards.

    One pass runs at a time, because a pass uses every core: threads take turns, and one that waited finds what
    another thread has encoded meanwhile. The pass that gives a picture's vector gives its map, too: the last maps are
    kept for `regions`.

    Args:
        image_encoder: For pictures.
        text_encoder: For texts.
        batch_size: Most items a pass.
        cache_size: Vectors kept of each kind.

    Raises:
        ConfigError: A size is below 1.
    """

    def __init__(
        self, image_encoder: ImageEncoder, text_encoder: TextEncoder, *, batch_size: int = 32, cache_size: int = 4096
    ) -> None:
        if batch_size < 1 or cache_size < 1:
            raise ConfigError(f"batch_size is {batch_size} and cache_size {cache_size}; give 1 or more for both.")
        self.image_encoder, self.text_encoder, self.batch_size = image_encoder, text_encoder, batch_size
        self._image_cache, self._text_cache = VectorCache(cache_size), VectorCache(cache_size)
        self._map_cache = VectorCache(MAPS_KEPT)
        self._turn = threading.Lock()

    @property
    def encoder_ids(self) -> dict[str, str]:
        """Identity of the encoders by modality."""
        return {"image": self.image_encoder.spec.encoder_id, "text": self.text_encoder.spec.encoder_id}

    @property
    def device(self) -> torch.device:
        """Where vectors are computed now; a GPU that ran out of memory gives way to the CPU."""
        return self.image_encoder.device

    @property
    def precision(self) -> str:
        """The floating-point format they are computed in."""
        return precision_of(self.device)

    def images(self, images: Sequence[AdImage], *, width: int | None = None) -> np.ndarray:
        """Detailed representations of pictures, cut to what a network reads.

        Args:
            images: N pictures.
            width: How many columns, from the first; the encoder's plain representation if not given.

        Returns:
            (N, width) float32.

        Raises:
            ConfigError: The encoder gives fewer columns.
        """
        encoder, width = self.image_encoder, width or self.image_encoder.output_dim
        if width > _width(encoder):
            raise ConfigError(f"{width} columns are asked for, the image encoder gives {_width(encoder)}.")
        by_key = {image.content_hash: image.pixels for image in images}
        rows = self._rows([image.content_hash for image in images], by_key, self._image_cache, encoder)
        return rows[:, :width]

    def texts(self, texts: Sequence[str]) -> np.ndarray:
        """(N, d_B) float32."""
        return self._rows(texts, {text: text for text in texts}, self._text_cache, self.text_encoder)

    def regions(self, images: Sequence[AdImage], side: int) -> Regions:
        """Cells of the image network's last map, as networks that read regions take them.

        Args:
            images: N pictures, one or more.
            side: Cells a side, 1 or more; the map is averaged to side × side cells.

        Returns:
            (N, side², D) on the CPU, rounded to 16 bits: networks are trained on stored regions, which are.

        Raises:
            ConfigError: `side` is below 1.
        """
        by_key = {image.content_hash: image.pixels for image in images}
        maps = self._rows([image.content_hash for image in images], by_key, self._map_cache, self.image_encoder)
        found = grid_regions(torch.from_numpy(maps), side=side)
        return found._replace(features=found.features.half().float())

    def _rows(
        self, keys: Sequence[str], items: dict[str, Any], cache: VectorCache, encoder: ImageEncoder | TextEncoder
    ) -> np.ndarray:
        step, device = self.batch_size, self.device
        found = {key: vector for key in items if (vector := cache.get(key)) is not None}
        waiting = [key for key in items if key not in found]
        while waiting:
            with self._turn:
                if self.device != device:  # another thread met the end of the GPU's memory, or this one did
                    found, waiting, device = {}, list(items), self.device
                batch = waiting[: step if encoder.device.type == "cuda" else 1]
                found |= {key: vector for key in batch if (vector := cache.get(key)) is not None}
                new = [key for key in batch if key not in found]
                passed = self._encode([items[key] for key in new], encoder) if new else []
                if passed is None:
                    step = self._after_out_of_memory(len(new))
                    continue
                for kept, vectors in passed:
                    for key, vector in zip(new, vectors, strict=True):
                        own = vector.copy()  # a view would keep its whole batch in memory
                        kept.put(key, own)
                        if kept is cache:
                            found[key] = own
            waiting = waiting[len(batch) :]
        rows = [found[key] for key in keys]
        return np.stack(rows) if rows else np.zeros((0, _width(encoder)), dtype=np.float32)

    def _encode(
        self, items: list[Any], encoder: ImageEncoder | TextEncoder
    ) -> list[tuple[VectorCache, np.ndarray]] | None:
        """What one pass gives and where it is kept, or None where the GPU ran out of memory.

        What a failed pass held is free on return.
        """
        try:
            if isinstance(encoder, ImageEncoder):
                vectors, maps = encoder.encode_with_maps(items)
                return [(self._image_cache, vectors), (self._map_cache, maps)]
            cache = self._text_cache if encoder is self.text_encoder else self._image_cache
            return [(cache, encoder.encode(items, max(1, len(items))))]
        except torch.cuda.OutOfMemoryError:
            return None

    def _after_out_of_memory(self, tried: int) -> int:
        torch.cuda.empty_cache()
        if tried > 1:
            return tried // 2
        warnings.warn("The GPU is out of memory even for one item; encoding goes on on the CPU.", stacklevel=4)
        self.image_encoder.to("cpu")
        self.text_encoder.to("cpu")
        self._image_cache.clear()
        self._map_cache.clear()
        self._text_cache.clear()
        return self.batch_size


def _width(encoder: ImageEncoder | TextEncoder) -> int:
    return encoder.detailed_dim if isinstance(encoder, ImageEncoder) else encoder.output_dim
