"""What the student is asked about: graded pairs, the same with less of the ad, and pairs that nobody graded.

The last are what distillation is for: they cost a pass of the teacher and no judge. Half of them put any query of the
same source to an ad, half one that is near the ad's own query and yet another: the hard ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from adlab.data.relevance import RelevancePair
from adlab.models.pair_inputs import InputMode
from adlab.training.adscvlr_finetune_data import MODES, mode_of

NEAR = 20  # queries that count as near
HARD_SHARE = 0.5
LESS = (InputMode.IMAGE_ONLY, InputMode.TEXT_ONLY)
_AT_ONCE = 512
Vectors = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True, kw_only=True, slots=True)
class AskedPair:
    """A query, an ad, and what of the ad is read; no grade.

    Attributes:
        source: Name of the data set.
        query: What the viewer searched for.
        title: Headline.
        seller: Who sells.
        brand: Brand named by the ad.
        description: Body copy.
        image: Key of the picture, "" without one.
        mode: What of the ad is read; something that it has.
    """

    source: str
    query: str
    title: str
    seller: str
    brand: str
    description: str
    image: str
    mode: InputMode


def asked(pair: RelevancePair, mode: InputMode | None = None) -> AskedPair:
    """A graded pair without its grade, read in a mode; with all that it has by default."""
    return AskedPair(
        source=pair.source,
        query=pair.query,
        title=pair.title,
        seller=pair.seller,
        brand=pair.brand,
        description=pair.description,
        image=pair.image,
        mode=mode or mode_of(pair),
    )


def with_less(pairs: Sequence[AskedPair], share: float, rng: np.random.Generator) -> list[AskedPair]:
    """A share of the pairs that have picture and copy, once more by one of the two."""
    whole = [pair for pair in pairs if pair.mode is InputMode.IMAGE_TEXT]
    chosen = np.flatnonzero(rng.random(len(whole)) < share)
    return [replace(whole[row], mode=LESS[int(rng.integers(len(LESS)))]) for row in chosen]


def further_pairs(
    pairs: Sequence[AskedPair], counts: Mapping[str, int], encode: Vectors, rng: np.random.Generator
) -> list[AskedPair]:
    """Ads with queries of their source that they were not judged for.

    Args:
        pairs: Graded ones, of the training part.
        counts: How many of each source; those of a source with fewer than two queries are left out.
        encode: Queries -> vectors of length 1, (K, D); near queries are those of a high cosine.
        rng: Decides which.
    """
    found: list[AskedPair] = []
    for source in sorted(counts):
        own = [pair for pair in pairs if pair.source == source]
        queries = list(dict.fromkeys(pair.query for pair in own))
        if len(queries) < 2 or counts[source] < 1:
            continue
        number = {query: row for row, query in enumerate(queries)}
        near = nearest(encode(queries), min(NEAR, len(queries) - 1))
        known = {(pair.query, pair.title, pair.description, pair.image) for pair in own}
        for row in rng.integers(len(own), size=counts[source]):
            ad = own[row]
            if rng.random() < HARD_SHARE:
                other = int(near[number[ad.query], rng.integers(near.shape[1])])
            else:
                other = int(rng.integers(len(queries)))
            if (queries[other], ad.title, ad.description, ad.image) in known:
                continue
            mode = ad.mode
            if mode is InputMode.IMAGE_TEXT and rng.random() < 0.5:
                mode = LESS[int(rng.integers(len(LESS)))]
            found.append(replace(ad, query=queries[other], mode=mode))
    return found


def nearest(vectors: np.ndarray, count: int) -> np.ndarray:
    """Row numbers of those most alike to each row, itself left out, (N, count), in no order.

    Args:
        vectors: Of length 1, (N, D).
        count: Below N.
    """
    found = np.zeros((len(vectors), count), dtype=np.int64)
    for start in range(0, len(vectors), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(vectors)))
        alike = vectors[rows] @ vectors.T
        alike[np.arange(len(rows)), rows] = -np.inf
        found[rows] = np.argpartition(-alike, count - 1, axis=1)[:, :count]
    return found


def in_all_modes(pairs: Sequence[RelevancePair]) -> list[tuple[int, AskedPair]]:
    """Pairs in every mode that they can be read in, with their row numbers; mode by mode."""
    found = []
    for mode in MODES:
        for row, pair in enumerate(pairs):
            if mode_of(pair) in (mode, InputMode.IMAGE_TEXT):
                found.append((row, asked(pair, mode)))
    return found
