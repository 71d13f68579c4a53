"""Graded pairs of a query and an ad: the one type that every relevance data set is read into (AdsCVLR, §3).

Grades are 0 Bad, 1 Fair, 2 Good and 3 Excellent. A grade that people gave and one that follows from a rule are never
mixed up: each pair says which it is, and a set of pairs says what it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adlab.data.creative import tidy
from adlab.errors import InputError, UnknownNameError

OWN_PAIRS = "commercial-ads"  # source of a table of one's own; checkpoints that learned from one name it
GRADES = ("Bad", "Fair", "Good", "Excellent")
Labels = Literal["human", "rule"]
Unit = Literal["query", "image", "product"]
UNITS: tuple[Unit, ...] = ("query", "image", "product")
_TEXTS = ("query", "title", "seller", "brand", "description")


@dataclass(frozen=True, kw_only=True, slots=True)
class RelevancePair:
    """A query, an ad, and how well the one answers the other.

    Attributes:
        query: What the viewer searched for.
        title: Headline.
        seller: Who sells.
        brand: Brand named by the ad.
        description: Body copy.
        image: Key of the ad's picture, "" without one; equal keys are equal pictures.
        grade: 0 Bad – 3 Excellent.
        mean_grade: The same judgement before rounding, 0–3, where the data has it.
        confidence: How far the judges agree, 0–1; 1 for a rule.
        labels: ``"human"`` where people judged, ``"rule"`` where the grade follows from attributes.
        source: Name of the data set.
        product: Id of what is offered, unique within its source; "" where unknown.
        only_in_image: What the query asks for and only the picture tells, for example ``"colour"``; else "".

    Raises:
        InputError: A field is outside its range, the query is empty, or there is neither ad text nor a picture.
    """

    query: str
    title: str = ""
    seller: str = ""
    brand: str = ""
    description: str = ""
    image: str = ""
    grade: int
    mean_grade: float | None = None
    confidence: float = 1.0
    labels: Labels
    source: str
    product: str = ""
    only_in_image: str = ""

    def __post_init__(self) -> None:
        for name in _TEXTS:
            object.__setattr__(self, name, tidy(getattr(self, name)))
        if self.grade not in range(len(GRADES)):
            raise InputError(f"grade is {self.grade!r}; give 0 (Bad) to 3 (Excellent).")
        if self.mean_grade is not None and not 0 <= self.mean_grade <= len(GRADES) - 1:
            raise InputError(f"mean_grade is {self.mean_grade!r}; give a number from 0 to 3, or None.")
        if not 0 <= self.confidence <= 1:
            raise InputError(f"confidence is {self.confidence!r}; give a number from 0 to 1.")
        if self.labels not in get_args(Labels):
            raise UnknownNameError("kind of labels", self.labels, get_args(Labels))
        if not self.query:
            raise InputError("The query is empty; a pair needs one.")
        if not (self.image or self.title or self.seller or self.brand or self.description):
            raise InputError(f"The ad of the query {self.query!r} has neither text nor a picture; give one of them.")

    def unit(self, unit: Unit) -> str:
        """Name of the query, image or product for splitting, or "" without one; sources share their queries."""
        if unit == "query":
            return self.query.casefold()
        if unit == "image":
            return self.image
        return f"{self.source}:{self.product}" if self.product else ""


@dataclass(frozen=True)
class RelevanceSet:
    """Many pairs.

    Attributes:
        pairs: In the order of the data.
        files: Where pictures lie, by key; simulated pictures are drawn and have no file.
        problems: What is amiss in the data, one sentence a kind.
    """

    pairs: tuple[RelevancePair, ...]
    files: Mapping[str, Path] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.pairs)

    @property
    def grades(self) -> NDArray[np.int64]:
        """(N,), 0–3."""
        return np.array([pair.grade for pair in self.pairs], dtype=np.int64)

    @property
    def mean_grades(self) -> NDArray[np.float64]:
        """Judgements before rounding, (N,), 0–3; the grade where the data has nothing finer."""
        fine = [pair.grade if pair.mean_grade is None else pair.mean_grade for pair in self.pairs]
        return np.array(fine, dtype=np.float64)

    @property
    def confidences(self) -> NDArray[np.float64]:
        """(N,), 0–1."""
        return np.array([pair.confidence for pair in self.pairs], dtype=np.float64)

    @property
    def labels(self) -> frozenset[str]:
        """The kinds of labels in the set: ``"human"``, ``"rule"``, or both."""
        return frozenset(pair.labels for pair in self.pairs)

    def units(self, unit: Unit) -> tuple[str, ...]:
        """Name of each pair's query, image or product, "" without one; for splits and for resampling."""
        return tuple(pair.unit(unit) for pair in self.pairs)

    def rows(self, rows: ArrayLike) -> RelevanceSet:
        """Chosen pairs, by row numbers or by a mask (N,)."""
        chosen = np.asarray(rows)
        numbers = np.flatnonzero(chosen) if chosen.dtype == np.bool_ else chosen.astype(np.int64)
        return RelevanceSet(tuple(self.pairs[row] for row in numbers), self.files, self.problems)

    def labelled_by(self, labels: Labels) -> RelevanceSet:
        """The pairs with one kind of labels."""
        return self.rows(np.array([pair.labels == labels for pair in self.pairs], dtype=np.bool_))

    def of_source(self, source: str) -> RelevanceSet:
        """The pairs of one data set."""
        return self.rows(np.array([pair.source == source for pair in self.pairs], dtype=np.bool_))

    def grade_shares(self) -> dict[str, float]:
        """Share of each grade among the pairs, 0–1, by name; empty without pairs."""
        counts = Counter(pair.grade for pair in self.pairs)
        return {name: counts[grade] / len(self) for grade, name in enumerate(GRADES)} if self.pairs else {}


def join_sets(sets: Iterable[RelevanceSet]) -> RelevanceSet:
    """Several sets as one, in order.

    Raises:
        InputError: One key names two files.
    """
    pairs: list[RelevancePair] = []
    files: dict[str, Path] = {}
    problems: list[str] = []
    for part in sets:
        for key, file in part.files.items():
            if files.setdefault(key, file) != file:
                raise InputError(f"The image key {key!r} names {files[key]} and {file}; give each picture its own key.")
        pairs += part.pairs
        problems += part.problems
    return RelevanceSet(tuple(pairs), files, tuple(dict.fromkeys(problems)))


def agreement_confidence(spread: float, low: float, high: float) -> float:
    """How far judges agree, from the standard deviation of their grades: 1 − spread / largest possible spread.

    The spread is largest where half of the judges give the lowest grade and half the highest: (high − low) / 2.

    Args:
        spread: Population standard deviation of the grades of one pair.
        low: Lowest grade of the scale.
        high: Highest grade of the scale.

    Returns:
        0 (as far apart as can be) – 1 (all judges say the same).

    Raises:
        InputError: The spread is negative, or larger than the scale allows.
    """
    largest = (high - low) / 2
    if not 0 <= spread <= largest * 1.001:  # published spreads are rounded
        raise InputError(f"The spread is {spread!r}; on a scale from {low:g} to {high:g} it is 0 to {largest:g}.")
    return max(0.0, 1 - spread / largest)


def spread_of(grades: Sequence[float]) -> float:
    """Population standard deviation of the grades that judges gave to one pair."""
    return float(np.std(np.asarray(grades, dtype=np.float64)))
