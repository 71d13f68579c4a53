"""Fits fields on training rows in one pass; memory grows with the number of levels, never with that of rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.feature_columns import lists_of, numbers_of
from adlab.data.feature_fields import FieldSpec, LevelField, NumberField
from adlab.data.funnel_labels import OUTCOMES, impressions_of, labels_of
from adlab.data.level_codes import counted_levels, levels_of
from adlab.errors import ConfigError, TableError, UnknownNameError

MIN_DEVIATION = 1e-9  # relative to the mean: a number that varies less counts as constant


def fit_fields(specs: Sequence[FieldSpec], tables: Iterable[pa.Table]) -> list[LevelField | NumberField]:
    """Fit every field on the rows of some tables, one after the other.

    Args:
        specs: What is asked for.
        tables: Training rows only: levels and means of test rows must not be known.

    Returns:
        One fitted field a spec, in order.

    Raises:
        ConfigError: A column is named twice, or is an outcome of the row.
        UnknownNameError: A column is not in a table.
        TableError: There are no rows, a column does not fit its role, or a dense one is never known.
    """
    check_specs(specs)
    fitted = [_Moments(spec) if spec.role == "dense" else _Counts(spec) for spec in specs]
    rows = 0
    for table in tables:
        for spec in specs:
            if spec.name not in table.column_names:
                raise UnknownNameError("column", spec.name, table.column_names)
        weight = impressions_of(labels_of(table, first_row=rows), table.num_rows)
        for field in fitted:
            field.add(table[field.spec.name], weight)
        rows += table.num_rows
    if not rows:
        raise TableError("There are no training rows; a feature schema is fitted on at least one.")
    return [field.fitted() for field in fitted]


def check_specs(specs: Sequence[FieldSpec]) -> None:
    """Refuse fields that cannot be features together.

    Raises:
        ConfigError: A column is named twice, or is an outcome of the row.
    """
    names = [spec.name for spec in specs]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ConfigError(f"The field {twice[0]!r} stands twice; give each column one role.")
    if late := [name for name in names if name in OUTCOMES]:
        raise ConfigError(f"{late[0]!r} is known only after the impression; a feature of it would leak the answer.")


class _Counts:
    """Impressions of each level."""

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec
        self._counts: dict[str, float] = {}

    def add(self, column: pa.ChunkedArray, weight: NDArray[np.float64]) -> None:
        if self.spec.role == "multi":
            lists = lists_of(self.spec.name, column, self.spec.separator)
            column, weight = pa.chunked_array([lists.values]), np.repeat(weight, np.diff(lists.offsets))
        if self.spec.buckets:
            for _ in levels_of(self.spec.name, column):  # nothing to learn, but the type has to fit
                pass
            return
        for level, count in counted_levels(self.spec.name, column, weight):
            self._counts[level] = self._counts.get(level, 0.0) + count

    def fitted(self) -> LevelField:
        spec = self.spec
        if spec.buckets:
            return LevelField(name=spec.name, buckets=spec.buckets, separator=spec.separator)
        kept = [level for level, count in self._counts.items() if count >= spec.min_count]
        if spec.max_levels:
            kept = sorted(kept, key=lambda level: (-self._counts[level], level))[: spec.max_levels]
        return LevelField(name=spec.name, levels=tuple(sorted(kept)), separator=spec.separator)


class _Moments:
    """Weighted mean and variance, merged piece by piece (Chan, Golub and LeVeque 1979)."""

    def __init__(self, spec: FieldSpec) -> None:
        self.spec = spec
        self._weight, self._mean, self._squares = 0.0, 0.0, 0.0

    def add(self, column: pa.ChunkedArray, weight: NDArray[np.float64]) -> None:
        values = numbers_of(self.spec.name, column)
        known = ~np.isnan(values) & (weight > 0)
        if not known.any():
            return
        values, weight = values[known], weight[known]
        total = float(weight.sum())
        mean = float(weight @ values) / total
        squares = float(weight @ np.square(values - mean))
        apart, both = mean - self._mean, self._weight + total
        self._mean += apart * total / both
        self._squares += squares + apart**2 * self._weight * total / both
        self._weight = both

    def fitted(self) -> NumberField:
        if not self._weight:
            raise TableError(f"The dense field {self.spec.name!r} is empty in all training rows; leave it out.")
        deviation = math.sqrt(self._squares / self._weight)
        constant = deviation <= MIN_DEVIATION * max(abs(self._mean), 1e-300)
        return NumberField(
            name=self.spec.name,
            mean=self._mean,
            deviation=1.0 if constant else deviation,
            flag_missing=self.spec.flag_missing,
        )
