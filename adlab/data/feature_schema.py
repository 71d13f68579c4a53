"""Which columns of a log a funnel model reads, in which order, and how each becomes numbers.

Fitted on training rows in one pass, stored as plain JSON with the checkpoint: widths and vocabularies follow from it
and are written nowhere else. `FeatureSchema.encode` turns a table into a `FunnelBatch`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.feature_columns import bag_of, fill_codes, numbers_of
from adlab.data.feature_fields import FieldSpec, LevelField, NumberField
from adlab.data.feature_fitting import fit_fields
from adlab.data.funnel_batch import NO_AD, Bag, FunnelBatch
from adlab.data.funnel_labels import RowLabels, label_columns, labels_of
from adlab.data.level_codes import levels_of
from adlab.errors import ConfigError, TableError, UnknownNameError

if TYPE_CHECKING:
    import pandas as pd  # a head that scores ads reads no frame

AD = "ad_id"


@dataclass(frozen=True, kw_only=True)
class FeatureSchema:
    """A fitted schema.

    Attributes:
        sparse: Fields of one level a row, in order.
        dense: Numbers, in order; their flags follow behind all of them.
        multi: Fields of lists, in order.
        ad: Column that names the ad, for its creative vector; empty if there is none.

    Raises:
        ConfigError: A column stands twice, or there is no field at all.
    """

    sparse: tuple[LevelField, ...] = ()
    dense: tuple[NumberField, ...] = ()
    multi: tuple[LevelField, ...] = ()
    ad: str = AD

    def __post_init__(self) -> None:
        names = self.names
        if not names:
            raise ConfigError("The schema has no field; give at least one column.")
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ConfigError(f"The field {twice[0]!r} stands twice; give each column one role.")

    @classmethod
    def fit(
        cls, specs: Sequence[FieldSpec], tables: Iterable[pa.Table | pd.DataFrame], *, ad: str = AD
    ) -> FeatureSchema:
        """The schema that training rows imply.

        Args:
            specs: What is asked of each column; within a role their order is kept.
            tables: Training rows, table after table, each looked at once.
            ad: Column that names the ad; it is a feature only where a spec names it as well.

        Raises:
            ConfigError: A column is named twice, or is an outcome of the row.
            UnknownNameError: A column is not in a table.
            TableError: Rows, labels or cells cannot be used.
        """
        fields = fit_fields(specs, (arrow_of(table) for table in tables))
        levels = [
            (spec.role, field) for spec, field in zip(specs, fields, strict=True) if isinstance(field, LevelField)
        ]
        return cls(
            sparse=tuple(field for role, field in levels if role == "sparse"),
            dense=tuple(field for field in fields if isinstance(field, NumberField)),
            multi=tuple(field for role, field in levels if role == "multi"),
            ad=ad,
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Columns that are features, sparse before dense before multi."""
        levels = [[field.name for field in fields] for fields in (self.sparse, self.multi)]
        return (*levels[0], *(field.name for field in self.dense), *levels[1])

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of codes of each sparse field: the rows of its embedding."""
        return tuple(field.size for field in self.sparse)

    @property
    def bag_sizes(self) -> dict[str, int]:
        """Number of codes of each multi-valued field, by name."""
        return {field.name: field.size for field in self.multi}

    @property
    def dense_names(self) -> tuple[str, ...]:
        """What each column of `FunnelBatch.dense` holds."""
        flags = (f"{field.name} missing" for field in self.dense if field.flag_missing)
        return (*(field.name for field in self.dense), *flags)

    def columns(self, names: Sequence[str], *, labels: bool = True) -> list[str]:
        """The columns of a file with the columns `names` that `encode` reads.

        Raises:
            UnknownNameError: A field has no column; all of the file's are named.
            TableError: There are no labels.
        """
        for name in self.names:
            if name not in names:
                raise UnknownNameError("column", name, names)
        wanted = [*self.names, *([self.ad] if self.ad in names else []), *(label_columns(names) if labels else ())]
        return list(dict.fromkeys(wanted))

    def encode(
        self,
        rows: pa.Table | pd.DataFrame,
        ads: Mapping[str, int] | None = None,
        *,
        name: str = "The log",
        first_row: int = 0,
    ) -> FunnelBatch:
        """Rows with their labels; a row of counts becomes up to three.

        Args:
            rows: With the columns of all fields and those of the labels.
            ads: Row of each ad in the matrix of creative vectors, by name; None for none.
            name: What the table is, for messages.
            first_row: Number of rows before it, for messages.

        Raises:
            UnknownNameError: A field has no column.
            TableError: Labels or cells cannot be used.
        """
        table = arrow_of(rows)
        labels = labels_of(table, name=name, first_row=first_row)
        return self._encode(table, labels, ads)

    def encode_unlabelled(
        self, rows: pa.Table | pd.DataFrame, ads: Mapping[str, int] | None = None, *, absent_ok: bool = True
    ) -> FunnelBatch:
        """Rows of which nothing is known yet, for prediction: labels are 0, weights 1.

        Args:
            rows: Any of the fields' columns.
            ads: As for `encode`.
            absent_ok: Whether a field without a column is missing in every row.

        Raises:
            UnknownNameError: A field has no column, and may not.
            TableError: Cells cannot be used.
        """
        table = arrow_of(rows)
        for name in self.names:
            if name not in table.column_names:
                if not absent_ok:
                    raise UnknownNameError("column", name, table.column_names)
                table = table.append_column(name, pa.nulls(table.num_rows))
        none = np.zeros(table.num_rows, dtype=np.float32)
        return self._encode(table, RowLabels(None, none, none.copy(), np.ones_like(none)), ads)

    def to_plain(self) -> dict[str, Any]:
        """As plain JSON."""
        return {
            "ad": self.ad,
            "sparse": [field.to_plain() for field in self.sparse],
            "dense": [field.to_plain() for field in self.dense],
            "multi": [field.to_plain() for field in self.multi],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> FeatureSchema:
        """The schema that `to_plain` wrote.

        Raises:
            ConfigError: The content is not a schema.
        """
        try:
            return cls(
                sparse=tuple(LevelField.from_plain(field) for field in plain["sparse"]),
                dense=tuple(NumberField.from_plain(field) for field in plain["dense"]),
                multi=tuple(LevelField.from_plain(field) for field in plain["multi"]),
                ad=str(plain["ad"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"The feature schema is unreadable ({error!r}); restore the checkpoint.") from error

    def _encode(self, table: pa.Table, labels: RowLabels, ads: Mapping[str, int] | None) -> FunnelBatch:
        for name in self.names:
            if name not in table.column_names:
                raise UnknownNameError("column", name, table.column_names)
        sparse = np.empty((table.num_rows, len(self.sparse)), dtype=np.int64)
        for place, field in enumerate(self.sparse):
            fill_codes(field, table[field.name], sparse[:, place])
        dense, ad = self._dense(table), _ad_rows(table, self.ad, ads)
        bags: dict[str, Bag] = {field.name: bag_of(field, table[field.name]) for field in self.multi}
        if (own := labels.source) is not None:  # encoded once, then repeated
            sparse, dense, ad = sparse[own], dense[own], ad[own]
            bags = {name: bag.take(own) for name, bag in bags.items()}
        return FunnelBatch(sparse, dense, bags, ad, labels.click, labels.conversion, labels.weight)

    def _dense(self, table: pa.Table) -> NDArray[np.float32]:
        out = np.zeros((table.num_rows, len(self.dense_names)), dtype=np.float32)
        flag = len(self.dense)
        for place, field in enumerate(self.dense):
            values = numbers_of(field.name, table[field.name])
            missing = np.isnan(values)
            out[:, place] = np.where(missing, 0.0, (values - field.mean) / field.deviation)
            if field.flag_missing:
                out[:, flag] = missing
                flag += 1
        return out


def arrow_of(rows: pa.Table | pd.DataFrame) -> pa.Table:
    """A table as Arrow's.

    Raises:
        TableError: A column of the frame mixes types.
    """
    if isinstance(rows, pa.Table):
        return rows
    try:
        return pa.Table.from_pandas(rows, preserve_index=False)
    except pa.ArrowException as error:
        raise TableError(f"A column of the table mixes types ({error}); give it one.") from error


def _ad_rows(table: pa.Table, column: str, ads: Mapping[str, int] | None) -> NDArray[np.int64]:
    """Row of each ad's vector, (N,)."""
    out = np.full(table.num_rows, NO_AD, dtype=np.int64)
    if not ads:
        return out
    if column not in table.column_names:
        raise TableError(f"The log has no column {column!r}, which names the ad of a creative vector; give it.")
    start = 0
    for places, texts in levels_of(column, table[column]):
        rows = np.array([*(ads.get(text, NO_AD) for text in texts.to_pylist()), NO_AD], dtype=np.int64)
        out[start : start + len(places)] = rows[places]
        start += len(places)
    return out
