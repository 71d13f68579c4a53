"""What the click model takes in beside the picture: who sees the ad and when, its dominant colour, and its words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields, replace

import numpy as np

from adlab.data.creative import Context, Creative
from adlab.features.attributes import AttributeSchema, text_vectors

COLOUR = "colour"
CONTEXT_NAMES = tuple(field.name for field in fields(Context))


def context_levels(schema: AttributeSchema) -> dict[str, tuple[str, ...]]:
    """The fields of a context that a schema reads, and their levels."""
    return {name: levels for name, levels in schema.levels.items() if name in CONTEXT_NAMES}


def readable(context: Context, schema: AttributeSchema) -> tuple[Context, dict[str, str]]:
    """A context without what a schema cannot read.

    Returns:
        The context, in which a value of a level that the schema does not have is unknown; and those values by field.
    """
    levels = context_levels(schema)
    strange = {
        name: str(value) for name, value in context.known.items() if name in levels and str(value) not in levels[name]
    }
    other = [name for name in context.known if name not in levels]
    return replace(context, **dict.fromkeys([*strange, *other])), strange


def vectors_of(
    schema: AttributeSchema,
    creative: Creative,
    colour: str,
    words: str | None,
    contexts: Sequence[Context],
    encode: Callable[[Sequence[str]], np.ndarray],
) -> np.ndarray:
    """Attribute vectors of one ad in K contexts, (K, schema.width) float32.

    Args:
        schema: Of the checkpoint.
        creative: The ad; a text that it lacks is unknown.
        colour: Dominant colour of its picture.
        words: The words in its picture, None where they were not read.
        contexts: With every field that the schema reads.
        encode: Texts -> vectors.
    """
    texts = {"title": creative.title, "description": creative.description, "ocr": words or ""}
    slots = [texts[name] for name in schema.texts]
    of_slots = text_vectors(encode, slots, schema.text_dim)
    rows = [{**context.known, COLOUR: colour} for context in contexts]
    tiled = {name: np.tile(vector, (len(rows), 1)) for name, vector in zip(schema.texts, of_slots, strict=True)}
    return schema.encode(rows, tiled)
