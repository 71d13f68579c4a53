"""Which words of a query and an ad a tokenizer cuts off: AdsCVLR reads a limited number of tokens."""

from __future__ import annotations

from typing import NamedTuple

from adlab.features.query_ad_tokens import FIELDS, QueryAd, QueryAdTokenizer


class CutField(NamedTuple):
    """A field whose end is not read.

    Attributes:
        name: One of `FIELDS`.
        read: Words read from its beginning; one of which only some tokens are read counts.
        words: Words that it has, as spaces part them.
    """

    name: str
    read: int
    words: int


def cut_fields(tokenizer: QueryAdTokenizer, pair: QueryAd) -> tuple[CutField, ...]:
    """The fields of a pair that are not read to their last word, in the order of the row.

    Args:
        tokenizer: With the limits of the network that reads the row.
        pair: Texts with single spaces, as a `Creative` has them.
    """
    spans, found = tokenizer.spans(pair), []
    for name in FIELDS:
        text = str(getattr(pair, name))
        own = [span for span in spans if span.field == name]
        read, end = (own[-1].word + 1, own[-1].end) if own else (0, 0)
        rest = tokenizer.vocabulary.tokenizer.encode(text[end:], add_special_tokens=False)
        if read < len(text.split()) and rest.ids:  # an end without tokens is not cut off: there is nothing to read
            found.append(CutField(name, read, len(text.split())))
    return tuple(found)
