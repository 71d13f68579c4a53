"""Simulated ads by what they look like, drawn only where their pixels are wanted.

What is computed of a picture is kept under the digest of its pixels. An ad would have to be drawn to learn that digest,
which costs far more than reading a kept vector, so the digest is kept too: under the plan and the identity of what
draws. A change of the renderer cannot leave old features behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from adlab.data.array_store import ArrayStore, compute_missing
from adlab.paths import cache_dir
from adlab.simulator.ad import AdPlan
from adlab.simulator.identity import drawing_digest
from adlab.simulator.render import draw

BATCH = 64


class DrawnAds:
    """Some simulated ads, drawn at the app's usual size.

    Args:
        plans: The ads.
        store: Where digests of pixels are kept, `digest_store`.

    Attributes:
        keys: Digest of the pixels of each ad, in order.
    """

    def __init__(self, plans: Sequence[AdPlan], store: ArrayStore) -> None:
        self._pictures: dict[AdPlan, Image.Image] = {}
        names = {hashlib.sha256(repr(plan).encode()).hexdigest(): plan for plan in plans}

        def digests(missing: Sequence[str]) -> np.ndarray:
            pixels = (self._draw(names[name]).tobytes() for name in missing)
            return np.stack([np.frombuffer(hashlib.sha256(each).digest(), dtype=np.uint8) for each in pixels])

        compute_missing(store, list(names), digests, batch_size=BATCH)
        of = dict(zip(names.values(), store.get(list(names)), strict=True))
        self.keys = [of[plan].tobytes().hex() for plan in plans]
        self._plans = dict(zip(self.keys, plans, strict=True))

    def picture(self, key: str) -> Image.Image:
        """What an ad looks like, by its key."""
        return self._draw(self._plans[key])

    def _draw(self, plan: AdPlan) -> Image.Image:
        found = self._pictures.get(plan)
        if found is None:
            found = self._pictures[plan] = draw(plan).image
        return found


def digest_store() -> ArrayStore:
    """Digests of pixels by the digest of the plan; another renderer has another store."""
    return ArrayStore(cache_dir() / "vectors", encoder_id=f"drawn-{drawing_digest()}", shape=(32,), dtype="uint8")


def drawn_batches(plans: Sequence[AdPlan], size: int = BATCH) -> Iterator[DrawnAds]:
    """The ads in order, some at a time; pictures of a batch are gone with it."""
    store = digest_store()
    for start in range(0, len(plans), size):
        yield DrawnAds(plans[start : start + size], store)
