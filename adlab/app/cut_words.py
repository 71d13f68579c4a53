"""What query relevance does not read of long copy, in words; nothing where all of it is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from adlab.app import caching
from adlab.app.wording import COPY_NAMES

if TYPE_CHECKING:
    from adlab.app.state import Ad
    from adlab.features.copy_cut import CutField

QUERY = "query"


def cut_line(ad: Ad) -> str:
    """What the head does not read of an ad that it has graded; empty where the whole is read."""
    head = caching.assessor().relevance
    if head is None:
        return ""
    from adlab.features.copy_cut import cut_fields  # imports torch, which the models have brought by now
    from adlab.features.query_ad_tokens import FIELDS
    from adlab.features.whole_copy import whole_copy

    texts = caching.creative_of(replace(ad, picture=None))  # no picture need be decoded for it
    wholes: tuple[str, ...] = ()
    if head.network.config.whole_dim:
        copy = next((name for name in FIELDS[1:] if getattr(texts, name) == whole_copy(texts)), "")
        wholes = (QUERY, copy)
    return words(cut_fields(head.tokenizer, texts), wholes)


def words(cut: tuple[CutField, ...], wholes: tuple[str, ...]) -> str:
    """The sentences for the fields that are cut.

    Args:
        cut: The fields.
        wholes: Names of fields that the head also compares as whole texts, beside its reading word by word.
    """
    if not cut:
        return ""
    read = _listed([f"{_part(field)} of the {_name(field.name)}" for field in cut])
    later = [f"the {_name(field.name)}" for field in cut if field.name in wholes]
    but = f", except where {_listed(later)} is compared as a whole" if later else ""
    return f"Longer than this model can read: it reads {read}. What comes later does not count{but}."


def _part(field: CutField) -> str:
    return f"the first {field.read:,} of {field.words:,} words" if field.read else "no word"


def _name(field: str) -> str:
    return COPY_NAMES[field].lower()


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
