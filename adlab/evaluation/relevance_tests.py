"""Two tests of query relevance beyond graded pairs: the colour that only the picture tells, and retrieval of photos.

The colour test holds one query and one text against two pictures, one in the colour asked for. Without the pictures the
two ads are one input, so that a model wins half of the comparisons, ties counting half.

Retrieval puts captions to photos that nobody judged, all with all. The image encoder was aligned with captions of other
photos of this collection, and so was AdsCVLR: it is in-domain, not the paper's zero-shot.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from adlab.checkpoints.manifest import Measure
from adlab.data.fashion_colour_test import ColourTest
from adlab.data.flickr8k import Flickr8k
from adlab.data.flickr8k_judgements import image_key, retrieval_set
from adlab.metrics.bootstrap import bootstrap_interval
from adlab.metrics.ranking import retrieval_ranks
from adlab.metrics.relevance import win_share_interval
from adlab.models.pair_inputs import InputMode
from adlab.training.student_pairs import AskedPair, asked

Scorer = Callable[[Sequence[AskedPair]], np.ndarray]
RESAMPLES = 500
GALLERY = 200  # photos a network that reads pairs is asked about: all with all is a pass for each of 40,000 pairs
COLOUR = "colour test"
COLOUR_AIMS = {InputMode.IMAGE_TEXT: "≥ 0.90", InputMode.TEXT_ONLY: "0.50 ± 0.03"}
_FROM_PHOTOS = "flickr8k"


class Gallery(NamedTuple):
    """Photos with captions to be found.

    Attributes:
        names: Of the photos.
        captions: One or more each.
    """

    names: tuple[str, ...]
    captions: tuple[tuple[str, ...], ...]


def measure_colour(test: ColourTest, score: Scorer) -> list[Measure]:
    """Share of comparisons that the right-coloured picture wins, by what of the ads is read; by query.

    Args:
        test: The comparisons.
        score: How well pairs fit, (N,), higher is better.
    """
    units = np.array([pair.unit("query") for pair in test.right.pairs])
    if len(set(units.tolist())) < 2:
        return []
    found = []
    for mode in InputMode:
        right, wrong = (score([asked(pair, mode) for pair in side.pairs]) for side in (test.right, test.wrong))
        interval = win_share_interval(right, wrong, units, n_resamples=RESAMPLES)
        found.append(
            Measure.of(
                f"{COLOUR}: {mode.value}",
                interval,
                n=len(units),
                data="fashion, test products, titles without words for colours, rule labels",
                aim=COLOUR_AIMS.get(mode, ""),
                note=f"the right-coloured picture against a wrong-coloured one; {len(set(units.tolist())):,} queries"
                if mode is not InputMode.TEXT_ONLY
                else "without pictures the two ads are one input",
            )
        )
    return found


def gallery_of(photos: Flickr8k, most: int | None = None, captions: int | None = None, seed: int = 0) -> Gallery:
    """Test photos that nobody judged, with captions that no judgement used.

    Args:
        photos: The collection.
        most: Photos, drawn; all of them if not given.
        captions: Captions of each, the first ones; all if not given.
        seed: Of the draw.
    """
    unjudged = retrieval_set(photos)
    rows = np.sort(np.random.default_rng(seed).permutation(len(unjudged.names))[:most])
    names = tuple(unjudged.names[row] for row in rows)
    return Gallery(names, tuple(unjudged.captions[name][:captions] for name in names))


def all_with_all(gallery: Gallery) -> list[AskedPair]:
    """Every photo with every caption, photo by photo."""
    flat = [caption for captions in gallery.captions for caption in captions]
    return [captioned(name, caption) for name in gallery.names for caption in flat]


def captioned(name: str, caption: str) -> AskedPair:
    """A photo and a caption as a query for it."""
    return AskedPair(
        source=_FROM_PHOTOS,
        query=caption,
        title="",
        seller="",
        brand="",
        description="",
        image=image_key(name),
        mode=InputMode.IMAGE_ONLY,
    )


def measure_retrieval(similarity: np.ndarray, gallery: Gallery, words: str = "") -> list[Measure]:
    """Recall at 1, 5 and 10 both ways; intervals resample photos.

    Args:
        similarity: (photos, captions), higher fits better.
        gallery: The photos and their captions.
        words: Put behind the description of the gallery.
    """
    owner = np.repeat(np.arange(len(gallery.names)), [len(captions) for captions in gallery.captions])
    if len(gallery.names) < 2:
        return []
    ranks = retrieval_ranks(similarity, owner)
    ways: Mapping[str, tuple[np.ndarray, np.ndarray]] = {
        "image→text": (ranks.image_to_text, np.arange(len(gallery.names))),
        "text→image": (ranks.text_to_image, owner),
    }
    found = []
    for way, (own, groups) in ways.items():
        for k in (1, 5, 10):
            hits = (own <= k).astype(np.float64)
            interval = bootstrap_interval(_mean(hits), groups, n_resamples=RESAMPLES)
            found.append(
                Measure.of(
                    f"R@{k} {way}",
                    interval,
                    n=len(hits),
                    data=f"Flickr8k, {len(gallery.names):,} test photos that nobody judged, {len(owner):,} captions, "
                    f"in-domain{words}",
                )
            )
    return found


def _mean(values: np.ndarray) -> Callable[[np.ndarray], float]:
    return lambda rows: float(values[rows].mean())
