"""What the grade of an ad rests on: each word of query and copy, each region of the picture, and where words look.

`adlab.explain.attention_relevance` says it by token. A word's weight is the sum over its tokens, so that long words
are not made small by being spelled out; where a word looks is the mean over them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from adlab.data.creative import Creative
from adlab.explain.attention_relevance import pair_relevance
from adlab.explain.grade_parts import GradeParts, grade_parts
from adlab.features.query_ad_tokens import FIELDS, TokenSpan
from adlab.inference.relevance import RelevanceHead
from adlab.metrics.arrays import FloatArray
from adlab.metrics.grades import shares_of
from adlab.models.pair_inputs import InputMode, PairInputs

NOTABLE = 0.1  # of the strongest word's weight


@dataclass(frozen=True, kw_only=True)
class Word:
    """A word as it stands in the ad.

    Attributes:
        field: One of `FIELDS`.
        text: As written.
        places: Its tokens' places in the row; none where it was cut off.
        weight: How far it raises the explained grade (or lowers it: negative), in units of the logit; 0 where it was
            cut off.
    """

    field: str
    text: str
    places: tuple[int, ...]
    weight: float

    @property
    def read(self) -> bool:
        """Whether the network saw it."""
        return bool(self.places)


@dataclass(frozen=True, kw_only=True)
class PairExplanation:
    """What one grade of one ad rests on.

    Attributes:
        mode: What of the ad was read.
        grade: The grade explained, 0–3.
        shares: Probability of each grade as the product states it, (4,).
        words: Of query and copy, in the order of the row; also those that were cut off.
        cells: Weight of each region: (side, side) where they divide the picture evenly, (R,) of a detector's boxes,
            0 for those it did not find. None without a picture.
        looks: Where each word looks, one row a word, (W, side, side) or (W, R); None without a picture.
        marks: Share of all weight, either sign, that lies on the marks between fields, 0–1.
        parts: How the logit of the grade adds up; None where the network reads no likeness of wholes.
        inputs: What the network read, a batch of one.
    """

    mode: InputMode
    grade: int
    shares: FloatArray = field(repr=False)
    words: tuple[Word, ...]
    cells: FloatArray | None = field(repr=False)
    looks: FloatArray | None = field(repr=False)
    marks: float
    parts: GradeParts | None
    inputs: PairInputs = field(repr=False)

    def strongest(self, sign: int, count: int = 3) -> tuple[Word, ...]:
        """The words that raise (`sign` 1) or lower (−1) the grade most, the strongest first.

        Those with less than a tenth of the weight of the strongest word of either sign are left out.
        """
        ranked = sorted(self.words, key=lambda word: -sign * word.weight)
        least = NOTABLE * max((abs(word.weight) for word in self.words), default=0.0)
        return tuple(word for word in ranked if sign * word.weight > 0 and abs(word.weight) >= least)[:count]


def explain_pair(
    head: RelevanceHead, creative: Creative, mode: InputMode | None = None, grade: int | None = None
) -> PairExplanation:
    """Explain a grade of one ad: one forward and one backward pass.

    Args:
        head: The loaded head; it is not changed.
        creative: With a query, and a picture or copy.
        mode: What of it is read; all that it has by default.
        grade: What is explained, 0–3; the likeliest one by default, as in the paper.

    Raises:
        InputError: The ad lacks something, or the grade is none.
    """
    mode = mode or next(iter(head.modes(creative)), InputMode.IMAGE_TEXT)
    inputs = head.inputs(creative, mode)
    found = pair_relevance(head.network, inputs, grade)
    logits = found.grade_logits[0].double().numpy()
    weights = found.of_tokens()[0].double().numpy()
    words = words_of(creative, head.tokenizer.spans(creative)[: found.tokens], weights, mode)
    named = [place for word in words for place in word.places]
    mass = np.abs(weights).sum() + found.of_regions().abs().sum().item()
    own = np.abs(weights[named]).sum() + found.of_regions().abs().sum().item()
    side, chosen = head.settings.side, int(logits.argmax()) if grade is None else grade
    shape = (-1,) if head.settings.visual == "roi" else (side, side)
    reads = head.network.config.whole_dim > 0
    cells = looks = None
    if inputs.regions is not None:
        cells = found.of_regions()[0].double().numpy().reshape(shape)
        looks = np.stack([_looks(found.relevance.signed[0], word, found.tokens, cells.shape) for word in words])
    return PairExplanation(
        mode=mode,
        grade=chosen,
        shares=shares_of(logits / head.settings.temperatures[mode.value]),
        words=words,
        cells=cells,
        looks=looks,
        marks=float(1 - own / mass) if mass else 0.0,
        parts=grade_parts(head.network, found.evidence, chosen) if reads else None,
        inputs=inputs,
    )


def words_of(
    creative: Creative, spans: Sequence[TokenSpan], weights: NDArray[np.floating], mode: InputMode
) -> tuple[Word, ...]:
    """The words of the fields that a mode reads, with the weight of their tokens.

    Args:
        creative: The ad.
        spans: Of the tokens of its row.
        weights: Of each token, (T,).
        mode: What is read; of a picture alone, the query is the only text.
    """
    places: dict[tuple[str, int], list[int]] = {}
    for number, span in enumerate(spans):
        if span.field:
            places.setdefault((span.field, span.word), []).append(number)
    found = []
    for name in FIELDS[:1] if mode is InputMode.IMAGE_ONLY else FIELDS:
        for number, text in enumerate(getattr(creative, name).split()):
            own = tuple(places.get((name, number), ()))
            found.append(Word(field=name, text=text, places=own, weight=float(sum(weights[place] for place in own))))
    return tuple(found)


def _looks(signed: torch.Tensor, word: Word, tokens: int, shape: tuple[int, ...]) -> FloatArray:
    """Where one word looks, in the shape of the regions; nowhere if it was cut off."""
    if not word.read:
        return np.zeros(shape)
    seen: FloatArray = signed[list(word.places), tokens:].mean(dim=0).double().numpy().reshape(shape)
    return seen
