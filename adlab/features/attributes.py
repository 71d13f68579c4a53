"""The auxiliary vector of M2FN (Table 1): who sees the ad, when and where, its colour, and its texts as vectors.

The schema belongs to a checkpoint and travels in its configuration, so widths follow from it and are written nowhere
else. The vector's order is: one-hot blocks, standardised numbers, text vectors. What is not known is all zeros; a
level that the checkpoint never saw counts as not known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np

from adlab.data.creative import AGE_BANDS, GENDERS
from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.features.dominant_colour import COLOUR_NAMES

# M2FN, Table 1, what is fixed by its meaning; names are those of `Context`, and the colour.
FIXED_LEVELS: dict[str, tuple[str, ...]] = {
    "gender": GENDERS,
    "age_band": AGE_BANDS,
    "month": tuple(str(month) for month in range(1, 13)),
    "weekday": tuple(str(day) for day in range(1, 8)),
    "hour": tuple(str(hour) for hour in range(24)),
    "colour": COLOUR_NAMES,
}
# M2FN, Table 1, what another platform or catalogue has its own levels for.
TABLE_1_POSITIONS = ("1", "2", "3", "4")
TABLE_1_MID_CATEGORIES = ("casual", "gambling", "mid-core", "core")
TABLE_1_LOW_CATEGORIES = (
    *("RPG", "sports", "simulation", "action", "adventure"),
    *("strategy", "casino", "casual", "puzzle"),
)
TEXT_SLOTS = ("title", "description", "ocr")

Value = str | int | float | None
Row = Mapping[str, Value]


@dataclass(frozen=True, kw_only=True)
class AttributeSchema:
    """Which attributes a network takes, in which order, and how each becomes numbers.

    Attributes:
        levels: Levels of each one-hot attribute, by name, in order.
        numbers: Mean and standard deviation of each number, by name, in order; the vector holds its distance from the
            mean in standard deviations, and 0 where it is unknown.
        texts: Text slots in order; an empty text is all zeros.
        text_dim: Width of a text's vector, the text encoder's `output_dim`; 0 without texts.

    Raises:
        ConfigError: A name stands twice, an attribute has no levels or one twice, a number's mean or deviation is
            unusable, or `text_dim` does not fit `texts`.
    """

    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    numbers: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    texts: tuple[str, ...] = ()
    text_dim: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "levels", {name: tuple(levels) for name, levels in self.levels.items()})
        numbers = {name: (float(mean), float(deviation)) for name, (mean, deviation) in self.numbers.items()}
        object.__setattr__(self, "numbers", numbers)
        object.__setattr__(self, "texts", tuple(self.texts))
        names = [*self.levels, *self.numbers, *self.texts]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigError(f"The attribute {twice[0]!r} stands twice; give each attribute one place.")
        for name, levels in self.levels.items():
            if not levels or len(set(levels)) < len(levels) or not all(isinstance(x, str) and x for x in levels):
                raise ConfigError(f"levels of {name} are {levels!r}; give one or more texts, each once, none empty.")
        for name, (mean, deviation) in self.numbers.items():
            if not (math.isfinite(mean) and math.isfinite(deviation) and deviation > 0):
                raise ConfigError(f"numbers[{name!r}] is {(mean, deviation)}; give a mean and a deviation above 0.")
        if isinstance(self.text_dim, bool) or not isinstance(self.text_dim, int) or self.text_dim < 0:
            raise ConfigError(f"text_dim is {self.text_dim!r}; give a whole number of 0 or more.")
        if bool(self.texts) != bool(self.text_dim):
            raise ConfigError(f"text_dim is {self.text_dim} with {len(self.texts)} texts; give both or neither.")

    @classmethod
    def table_1(
        cls,
        *,
        text_dim: int,
        positions: Sequence[str] = TABLE_1_POSITIONS,
        mid_categories: Sequence[str] = TABLE_1_MID_CATEGORIES,
        low_categories: Sequence[str] = TABLE_1_LOW_CATEGORIES,
    ) -> AttributeSchema:
        """The attributes of M2FN, Table 1: 81 one-hot numbers with its own levels, and three texts.

        Args:
            text_dim: Width of a text's vector; 768 in the paper, which makes 2,385 in all.
            positions: Placement slots.
            mid_categories: Levels of the middle category.
            low_categories: Levels of the low category.
        """
        own = {"position": positions, "mid_category": mid_categories, "low_category": low_categories}
        order = ("gender", "age_band", "month", "weekday", "hour", *own, "colour")
        levels = {name: tuple(own[name] if name in own else FIXED_LEVELS[name]) for name in order}
        return cls(levels=levels, texts=TEXT_SLOTS, text_dim=text_dim)

    @classmethod
    def of_rows(
        cls,
        rows: Sequence[Row],
        *,
        one_hot: Sequence[str] = (),
        numbers: Sequence[str] = (),
        texts: Sequence[str] = (),
        text_dim: int = 0,
    ) -> AttributeSchema:
        """The schema that training rows imply.

        Args:
            rows: Training rows only: levels and means of test rows must not be known.
            one_hot: Names of one-hot attributes. Those of `FIXED_LEVELS` have their levels by meaning, all others
                those that occur, sorted.
            numbers: Names of numbers, standardised over the rows that know them.
            texts: Text slots.
            text_dim: Width of a text's vector.

        Raises:
            ConfigError: An attribute is unknown in every row, or a number does not vary.
            InputError: A number is not one.
        """
        levels = {name: FIXED_LEVELS.get(name) or _levels_in(rows, name) for name in one_hot}
        spreads = {}
        for name in numbers:
            known = [value for row in rows if (value := _number(name, row.get(name))) is not None]
            spreads[name] = (float(np.mean(known)), float(np.std(known))) if known else (math.nan, math.nan)
        return cls(levels=levels, numbers=spreads, texts=tuple(texts), text_dim=text_dim)

    @property
    def width(self) -> int:
        """Length of the vector."""
        return sum(map(len, self.levels.values())) + len(self.numbers) + len(self.texts) * self.text_dim

    @property
    def slices(self) -> dict[str, slice]:
        """Where each attribute sits in the vector, by name."""
        widths = chain(
            ((name, len(levels)) for name, levels in self.levels.items()),
            ((name, 1) for name in self.numbers),
            ((name, self.text_dim) for name in self.texts),
        )
        places, start = {}, 0
        for name, width in widths:
            places[name] = slice(start, start + width)
            start += width
        return places

    def encode(self, rows: Sequence[Row], texts: Mapping[str, np.ndarray] | None = None) -> np.ndarray:
        """The vectors of some rows, (N, width) float32.

        Args:
            rows: Values by attribute name. A missing name, None, an empty text and NaN are unknown; a whole number
                stands for the level of its digits, 3 and 3.0 for "3". Other names than the schema's are not read,
                see `unread`.
            texts: Vectors by slot, (N, text_dim) each, zeros where a text is empty (see `text_vectors`); a slot left
                out is empty in every row.

        Raises:
            InputError: A number is not one, or vectors have another shape or are not finite.
            UnknownNameError: There is no such text slot.
        """
        out = np.zeros((len(rows), self.width), dtype=np.float32)
        places = self.slices
        for name, levels in self.levels.items():
            column = {level: places[name].start + i for i, level in enumerate(levels)}
            for i, row in enumerate(rows):
                if (at := column.get(_level(row.get(name)))) is not None:
                    out[i, at] = 1
        for name, (mean, deviation) in self.numbers.items():
            for i, row in enumerate(rows):
                if (value := _number(name, row.get(name))) is not None:
                    out[i, places[name].start] = (value - mean) / deviation
        for name, vectors in (texts or {}).items():
            if name not in self.texts:
                raise UnknownNameError("text slot", name, self.texts)
            out[:, places[name]] = self._checked(name, vectors, len(rows))
        return out

    def unread(self, rows: Iterable[Row]) -> tuple[str, ...]:
        """Names that some row has a value for and the schema has no place for, sorted."""
        given = {name for row in rows for name, value in row.items() if _level(value)}
        return tuple(sorted(given - {*self.levels, *self.numbers}))

    def to_plain(self) -> dict[str, Any]:
        """As plain JSON; in lists, because their order is kept by every writer."""
        return {
            "levels": [[name, list(levels)] for name, levels in self.levels.items()],
            "numbers": [[name, list(spread)] for name, spread in self.numbers.items()],
            "texts": list(self.texts),
            "text_dim": self.text_dim,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> AttributeSchema:
        """The schema that `to_plain` wrote.

        Raises:
            ConfigError: The content is not a schema.
        """
        try:
            levels = {str(name): tuple(levels) for name, levels in plain["levels"]}
            numbers = {str(name): (float(mean), float(deviation)) for name, (mean, deviation) in plain["numbers"]}
            return cls(levels=levels, numbers=numbers, texts=tuple(plain["texts"]), text_dim=plain["text_dim"])
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"The attribute schema is unreadable ({error!r}); restore the checkpoint.") from error

    def _checked(self, name: str, vectors: np.ndarray, rows: int) -> np.ndarray:
        if np.shape(vectors) != (rows, self.text_dim):
            raise InputError(f"texts[{name!r}] has shape {np.shape(vectors)}; give {(rows, self.text_dim)}.")
        if not np.isfinite(vectors).all():
            raise InputError(f"texts[{name!r}] holds a value that is not finite; check the text encoder.")
        return vectors


def text_vectors(encode: Callable[[Sequence[str]], np.ndarray], texts: Sequence[str], text_dim: int) -> np.ndarray:
    """Vectors of texts with zeros where a text is empty, (N, text_dim) float32.

    Args:
        encode: From K texts to (K, text_dim), for example a text encoder's; not called for empty texts, whose vector
            would be that of the encoder's special tokens.
        texts: N texts; white space alone is empty.
        text_dim: Width of a vector.
    """
    out = np.zeros((len(texts), text_dim), dtype=np.float32)
    full = [i for i, text in enumerate(texts) if text.strip()]
    if full:
        out[full] = encode([texts[i] for i in full])
    return out


def _level(value: Value) -> str:
    """The level that a value stands for, or an empty text where it is unknown."""
    if value is None or (isinstance(value, float | np.floating) and math.isnan(value)):
        return ""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))  # a column of whole numbers with a gap in it is read as floats
    return str(value).strip()


def _number(name: str, value: Value) -> float | None:
    if not _level(value):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]  # None is unknown and was met above
    except (TypeError, ValueError):
        number = math.inf
    if not math.isfinite(number):
        raise InputError(f"{name} is {value!r}; give a finite number, or leave it empty.")
    return number


def _levels_in(rows: Iterable[Row], name: str) -> tuple[str, ...]:
    return tuple(sorted({level for row in rows if (level := _level(row.get(name)))}))
