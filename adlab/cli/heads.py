"""The heads of the command-line contract: which columns each fills, and which of them ship."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from adlab.data.assessment import HeadResult
from adlab.errors import InputError, UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Head:
    """One head of the contract.

    Attributes:
        columns: The columns it fills, in order.
        optional: Those of them that stay empty where what fills them does not ship.
        needs: What a row must hold.
    """

    columns: tuple[str, ...]
    needs: str
    optional: tuple[str, ...] = ()


def _with_interval(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{end}" for name in names for end in ("", "_low", "_high"))


_GRADES = ("relevance_bad", "relevance_fair", "relevance_good", "relevance_excellent", "relevance_student")
HEADS: dict[str, Head] = {
    "agreement": Head(columns=_with_interval("agreement"), needs="image, text"),
    "conversion": Head(columns=_with_interval("conversion"), needs="image, text"),
    "appeal": Head(columns=(*_with_interval("appeal"), "appeal_std"), needs="image"),
    "ctr": Head(columns=_with_interval("ctr"), needs="image"),
    "relevance": Head(
        columns=(*_with_interval("relevance"), *_GRADES), needs="query and (image or text)", optional=_GRADES[-1:]
    ),
    "funnel": Head(columns=_with_interval("pctr", "pcvr", "pctcvr"), needs="image or text"),
    "headline": Head(columns=_with_interval("headline"), needs="title"),
}
NOTES, ERROR = "notes", "error"


def choose_heads(wanted: Sequence[str] | None, shipped: Iterable[str]) -> tuple[str, ...]:
    """The heads asked for, or all that ship.

    Raises:
        UnknownNameError: No such head is known.
        InputError: The head is known but does not ship, or none ships at all; the shipped ones are named.
    """
    found = set(shipped)
    shipped = tuple(name for name in HEADS if name in found)
    if not shipped:
        raise InputError("No checkpoint that serves a head was found; restore models/, or set ADLAB_MODELS.")
    for name in wanted or ():
        if name not in HEADS:
            raise UnknownNameError("head", name, shipped, note="These are the heads that ship.")
        if name not in shipped:
            raise InputError(f"The head {name!r} does not ship yet; the shipped ones are {', '.join(shipped)}.")
    return tuple(wanted or shipped)


def values_of(result: HeadResult) -> dict[str, float]:
    """What one result puts into its head's columns."""
    own = {
        result.head: result.value,
        f"{result.head}_low": result.interval.low,
        f"{result.head}_high": result.interval.high,
    }
    named = dict.fromkeys(HEADS[result.head].optional, math.nan) | own | result.details
    return {column: named[column] for column in HEADS[result.head].columns}
