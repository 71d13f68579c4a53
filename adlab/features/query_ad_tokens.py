"""From the texts of a query and an ad to one row of tokens: AdsCVLR's input (§4.2 and §III).

    [CLS] query ##! title ##! seller ##! brand ##! description [SEP]

``[CLS]`` and ``[SEP]`` are the tokenizer's own marks of start and end: ``<s>`` and ``</s>`` in RoBERTa's. Fields stand
in this order always; an empty one leaves its ``##!``, so that the count of marks tells the field, but marks behind the
last field that has text are left out. Without ad text the row is ``[CLS] query``.

A row longer than the limit is cut: first the description from its end, then the brand, the seller and the title, and
the query last. In training, descriptions have a limit of their own (32 tokens): most of the time would go into them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from adlab.errors import ConfigError
from adlab.features.ad_vocabulary import AdVocabulary
from adlab.models.pair_inputs import AD_TEXT, MAX_TOKENS, QUERY, PairInputs
from adlab.models.visual_embedders import Regions

FIELDS = ("query", "title", "seller", "brand", "description")
CUT_ORDER = ("description", "brand", "seller", "title", "query")
TRAINING_DESCRIPTION = 32


class QueryAd(Protocol):
    """Anything with the texts of a query and an ad: a `Creative` or a `RelevancePair`."""

    @property
    def query(self) -> str: ...  # noqa: D102
    @property
    def title(self) -> str: ...  # noqa: D102
    @property
    def seller(self) -> str: ...  # noqa: D102
    @property
    def brand(self) -> str: ...  # noqa: D102
    @property
    def description(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, kw_only=True)
class TokenLimits:
    """Where rows are cut.

    Attributes:
        total: Most tokens of a row, marks included, 2 to `MAX_TOKENS`.
        description: Most tokens of a description, 0 or more; `TRAINING_DESCRIPTION` for training.

    Raises:
        ConfigError: A number is outside its range.
    """

    total: int = MAX_TOKENS
    description: int = MAX_TOKENS

    def __post_init__(self) -> None:
        for name, low, high in (("total", 2, MAX_TOKENS), ("description", 0, MAX_TOKENS)):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; give a whole number from {low} to {high}.")


class PairTokens(NamedTuple):
    """One row.

    Attributes:
        ids: (T,) int32.
        segments: (T,) int8, `QUERY` or `AD_TEXT`.
    """

    ids: NDArray[np.int32]
    segments: NDArray[np.int8]


class TokenSpan(NamedTuple):
    """Where a token of a row stands in the pair's texts.

    Attributes:
        field: One of `FIELDS`; "" for ``[CLS]``, ``##!`` and ``[SEP]``.
        word: Number of the word in the field, from 0, as ``text.split(" ")`` parts it; −1 for marks.
        start: First character in the field's text.
        end: Character behind the last; equal to `start` for marks.
    """

    field: str
    word: int
    start: int
    end: int


_MARK = TokenSpan("", -1, 0, 0)


class QueryAdTokenizer:
    """Lays out queries and ads as rows of tokens; read-only after construction, hence thread-safe.

    Args:
        vocabulary: As `adlab.features.ad_vocabulary.extend` gives it.
        limits: Where rows are cut.
    """

    def __init__(self, vocabulary: AdVocabulary, limits: TokenLimits | None = None) -> None:
        self.vocabulary, self.limits = vocabulary, limits or TokenLimits()
        self._start, self._end = vocabulary.marks.start, vocabulary.marks.end

    def tokens(self, pairs: Sequence[QueryAd]) -> list[PairTokens]:
        """One row a pair; each distinct text is encoded once."""
        distinct = list(dict.fromkeys(text for pair in pairs for text in _texts(pair)))
        encoded = self.vocabulary.tokenizer.encode_batch_fast(distinct, add_special_tokens=False)
        ids = {text: encoding.ids for text, encoding in zip(distinct, encoded, strict=True)}
        return [self._row([ids[text] for text in _texts(pair)]) for pair in pairs]

    def spans(self, pair: QueryAd) -> tuple[TokenSpan, ...]:
        """What each token of the pair's row stands for, in the order of the row."""
        texts = _texts(pair)
        encoded = [self.vocabulary.tokenizer.encode(text, add_special_tokens=False) for text in texts]
        kept = self._kept([len(encoding.ids) for encoding in encoded])
        spans = [_MARK]
        for place, (text, encoding) in enumerate(zip(texts, encoded, strict=True)):
            if place > _last(kept):
                break
            if place > 0:
                spans.append(_MARK)
            spans += _spans_of(FIELDS[place], text, encoding.offsets[: kept[place]])
        return (*spans, _MARK) if _last(kept) > 0 else tuple(spans)

    def _row(self, fields: Sequence[Sequence[int]]) -> PairTokens:
        kept = self._kept([len(field) for field in fields])
        ids = [self._start, *fields[0][: kept[0]]]
        n_query = len(ids)
        for place in range(1, _last(kept) + 1):
            ids += [self.vocabulary.separator_id, *fields[place][: kept[place]]]
        if _last(kept) > 0:
            ids.append(self._end)
        segments = np.full(len(ids), AD_TEXT, dtype=np.int8)
        segments[:n_query] = QUERY
        return PairTokens(np.array(ids, dtype=np.int32), segments)

    def _kept(self, lengths: Sequence[int]) -> list[int]:
        """Tokens kept of each field."""
        kept = list(lengths)
        kept[-1] = min(kept[-1], self.limits.description)
        for name in CUT_ORDER:
            excess = _length(kept) - self.limits.total
            if excess <= 0:
                break
            place = FIELDS.index(name)
            kept[place] = max(0, kept[place] - excess)
        return kept


def pair_inputs(rows: Sequence[PairTokens], regions: Regions | None = None, wholes: Tensor | None = None) -> PairInputs:
    """Rows as one batch, filled up to the longest by zeros that the mask hides: what stands there is never read.

    Args:
        rows: One or more.
        regions: The pictures' regions, row by row, those of a pair without a picture masked; None without pictures.
        wholes: As `PairInputs` has them, (B, 4, W).

    Raises:
        ConfigError: There is no row.
    """
    if not rows:
        raise ConfigError("A batch of no pairs was asked for; give one or more.")
    shape = (len(rows), max(len(row.ids) for row in rows))
    ids, segments = torch.zeros(shape, dtype=torch.long), torch.zeros(shape, dtype=torch.long)
    mask = torch.zeros(shape, dtype=torch.bool)
    for place, row in enumerate(rows):
        ids[place, : len(row.ids)] = torch.from_numpy(row.ids)
        segments[place, : len(row.ids)] = torch.from_numpy(row.segments)
        mask[place, : len(row.ids)] = True
    if regions is None:
        return PairInputs(ids, segments, mask, wholes=wholes)
    picture = (regions.features.float(), regions.boxes.float(), regions.mask)
    return PairInputs(ids, segments, mask, *picture, wholes)


def _texts(pair: QueryAd) -> tuple[str, ...]:
    return pair.query, pair.title, pair.seller, pair.brand, pair.description


def _last(kept: Sequence[int]) -> int:
    """Place of the last field with text; 0, the query's, without ad text."""
    return max((place for place, count in enumerate(kept) if count and place), default=0)


def _length(kept: Sequence[int]) -> int:
    """Tokens of a row: [CLS], the texts, a mark before each field up to the last, [SEP] behind ad text."""
    return 1 + sum(kept) + _last(kept) + (_last(kept) > 0)


def _spans_of(field: str, text: str, offsets: Sequence[tuple[int, int]]) -> list[TokenSpan]:
    spaces_before = list(accumulate((int(character == " ") for character in text), initial=0))
    found = []
    for first, end in offsets:
        start = first
        while start < end and text[start] == " ":  # byte-level BPE has the space before a word in its token
            start += 1
        found.append(TokenSpan(field, spaces_before[start], start, end))
    return found
