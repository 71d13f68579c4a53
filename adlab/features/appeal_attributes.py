"""What the appeal model takes in beside the picture: its shape, and the words in it.

The rated ads come as screenshots. Their size in pixels is that of a browser's slot; an uploaded creative's says nothing
about how large it will be shown, so only the aspect ratio is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from adlab.features.attributes import AttributeSchema, Row, text_vectors

NUMBERS = ("aspect", "words")
TEXTS = ("ocr",)


def row_of(width: int, height: int, words: str | None) -> Row:
    """Attributes of one ad.

    Args:
        width: Of the picture, pixels.
        height: Of the picture, pixels.
        words: The words in it; None where they were not read.

    Returns:
        `aspect`, the logarithm of width by height, and `words`, that of one plus their number.
    """
    return {"aspect": math.log(width / height), "words": None if words is None else math.log1p(len(words.split()))}


def schema_of(rows: Sequence[Row], text_dim: int) -> AttributeSchema:
    """The schema that training ads imply."""
    return AttributeSchema.of_rows(rows, numbers=NUMBERS, texts=TEXTS, text_dim=text_dim)


def vectors_of(
    schema: AttributeSchema,
    rows: Sequence[Row],
    words: Sequence[str | None],
    encode: Callable[[Sequence[str]], np.ndarray],
) -> np.ndarray:
    """Attribute vectors of N ads, (N, schema.width) float32; words that were not read count as unknown.

    Args:
        schema: Of the checkpoint.
        rows: As `row_of` gives them.
        words: The words in each picture.
        encode: Texts -> vectors.
    """
    return schema.encode(rows, {"ocr": text_vectors(encode, [text or "" for text in words], schema.text_dim)})
