"""One column of a log as a feature: asked for by a `FieldSpec`, fitted on training rows, stored as plain JSON.

Codes of a sparse or multi-valued field: 0 missing (and the padding of a list), then

- with a vocabulary: 1 for a level that training did not see often enough, 2 … the levels in the order of their text;
- hashed: 1 … buckets.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import repeat
from typing import Any, Literal, get_args

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.level_codes import text_hashes
from adlab.errors import ConfigError, UnknownNameError

Role = Literal["sparse", "dense", "multi"]
ROLES: tuple[str, ...] = get_args(Role)
MISSING, UNSEEN = 0, 1
MAX_BUCKETS = 1 << 31


@dataclass(frozen=True, kw_only=True)
class FieldSpec:
    """What is asked of one column.

    Attributes:
        name: Of the column.
        role: "sparse" for one level a row, "multi" for a list of them, "dense" for a number.
        buckets: Hashed into so many codes; 0 for a vocabulary. Not for "dense".
        min_count: Impressions that a level of a vocabulary needs, 1 or more; rarer ones share the code of the unseen.
        max_levels: Most levels of a vocabulary, the most frequent; 0 for no limit.
        separator: Between the values of a "multi" cell that is text.
        flag_missing: Whether a further number says where a "dense" one is missing.

    Raises:
        ConfigError: A value is outside its range, or does not go with the role.
        UnknownNameError: There is no such role.
    """

    name: str
    role: Role = "sparse"
    buckets: int = 0
    min_count: int = 1
    max_levels: int = 0
    separator: str = "|"
    flag_missing: bool = False

    def __post_init__(self) -> None:
        if not self.name:
            raise ConfigError("A field has no name; name its column.")
        if self.role not in ROLES:
            raise UnknownNameError(f"role of {self.name!r}", str(self.role), ROLES)
        for name, least in (("buckets", 0), ("min_count", 1), ("max_levels", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= MAX_BUCKETS:
                raise ConfigError(f"{name} of {self.name!r} is {value!r}; give a whole number of {least} or more.")
        if self.role == "dense" and (self.buckets or self.min_count > 1 or self.max_levels):
            raise ConfigError(f"{self.name!r} is dense; buckets, min_count and max_levels are for levels.")
        if self.buckets and (self.min_count > 1 or self.max_levels):
            raise ConfigError(f"{self.name!r} is hashed; min_count and max_levels are for a vocabulary.")
        if self.flag_missing and self.role != "dense":
            raise ConfigError(f"{self.name!r} is {self.role}; flag_missing is for numbers, a missing level has a code.")
        if not self.separator:
            raise ConfigError(f"separator of {self.name!r} is empty; give the text between two values.")


@dataclass(frozen=True, kw_only=True)
class LevelField:
    """A fitted field of levels, one a row or many.

    Attributes:
        name: Of the column.
        levels: The vocabulary, sorted; None where it is hashed.
        buckets: Codes it is hashed into; 0 with a vocabulary.
        separator: Between the values of a cell that is text; for lists only.

    Raises:
        ConfigError: It has both a vocabulary and buckets, or neither, or a vocabulary that is not sound.
    """

    name: str
    levels: tuple[str, ...] | None = None
    buckets: int = 0
    separator: str = "|"

    def __post_init__(self) -> None:
        if (self.levels is None) == (self.buckets == 0) or self.buckets < 0:
            raise ConfigError(f"{self.name!r} has a vocabulary and buckets, or neither; give one of them.")
        if self.levels is not None:
            sound = all(isinstance(level, str) and level for level in self.levels)
            if not sound or list(self.levels) != sorted(set(self.levels)):
                raise ConfigError(f"levels of {self.name!r} are not sorted texts, each once; restore the checkpoint.")

    @property
    def size(self) -> int:
        """Number of codes, those of missing and unseen included."""
        return self.buckets + 1 if self.levels is None else len(self.levels) + 2

    @cached_property
    def _code_of(self) -> dict[str, int]:
        return {"": MISSING} | {level: code for code, level in enumerate(self.levels or (), start=UNSEEN + 1)}

    def codes(self, texts: pa.StringArray) -> NDArray[np.int64]:
        """Codes of some levels, (N,)."""
        if self.levels is None:
            codes = (text_hashes(texts) % np.uint64(self.buckets)).astype(np.int64) + 1
            codes[np.asarray(pa.compute.equal(texts, ""))] = MISSING
            return codes
        return np.fromiter(map(self._code_of.get, texts.to_pylist(), repeat(UNSEEN)), np.int64, len(texts))

    def level_at(self, code: int) -> str:
        """What a code stands for, in words."""
        if code == MISSING:
            return "(missing)"
        if self.levels is None:
            return f"(bucket {code})"
        return "(unseen)" if code == UNSEEN else self.levels[code - UNSEEN - 1]

    def to_plain(self) -> dict[str, Any]:
        """As plain JSON."""
        kept = {"buckets": self.buckets} if self.levels is None else {"levels": list(self.levels)}
        return {"name": self.name, **kept, "separator": self.separator}

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> LevelField:
        """What `to_plain` wrote."""
        levels = tuple(plain["levels"]) if "levels" in plain else None
        buckets, separator = int(plain.get("buckets", 0)), str(plain["separator"])
        return cls(name=str(plain["name"]), levels=levels, buckets=buckets, separator=separator)


@dataclass(frozen=True, kw_only=True)
class NumberField:
    """A fitted number; it is given as its distance from the mean in standard deviations, 0 where it is missing.

    Attributes:
        name: Of the column.
        mean: Over the impressions of training that know it.
        deviation: Standard deviation there, above 0; 1 where it did not vary.
        flag_missing: Whether a further number is 1 where it is missing, else 0.

    Raises:
        ConfigError: Mean or deviation cannot be used.
    """

    name: str
    mean: float
    deviation: float
    flag_missing: bool = False

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and math.isfinite(self.deviation) and self.deviation > 0):
            raise ConfigError(
                f"{self.name!r} has the mean {self.mean} and the deviation {self.deviation}; give finite numbers, "
                "the deviation above 0."
            )

    def to_plain(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "name": self.name,
            "mean": self.mean,
            "deviation": self.deviation,
            "flag_missing": self.flag_missing,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> NumberField:
        """What `to_plain` wrote."""
        return cls(
            name=str(plain["name"]),
            mean=float(plain["mean"]),
            deviation=float(plain["deviation"]),
            flag_missing=bool(plain["flag_missing"]),
        )
