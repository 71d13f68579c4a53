"""What came of each row of a log: columns of labels, or counts that become weighted rows.

A row holds either one impression, `click` and `conversion` as 0 or 1 and, if it stands for more, its `weight`; or the
counts of the table contract, `impressions`, `clicks` and `conversions`. A row of I impressions, C clicks and V
conversions becomes up to three: I − C impressions without a click, C − V clicks without a conversion, V conversions.
Their weights sum to I, and nothing that a likelihood or a weighted AUC sees is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adlab.data.listing import listed
from adlab.errors import TableError

COUNTS = ("impressions", "clicks", "conversions")
LABELS = ("click", "conversion")
WEIGHT = "weight"
# Known only after the impression, or from other people's answers: no feature of it.
OUTCOMES = (*COUNTS, *LABELS, WEIGHT, "cost", "revenue", "split", "relevance_grade", "relevance_confidence")


class RowLabels(NamedTuple):
    """Labels of N rows, made of M rows of a table.

    Attributes:
        source: Row of the table that each is made of, ascending, (N,); None where each row is made of its own.
        click: 0 or 1, (N,) float32.
        conversion: 0 or 1, never above `click`, (N,) float32.
        weight: Impressions, above 0, (N,) float32.
    """

    source: NDArray[np.int64] | None
    click: NDArray[np.float32]
    conversion: NDArray[np.float32]
    weight: NDArray[np.float32]


def label_columns(names: Sequence[str]) -> tuple[str, ...]:
    """Those columns of a log that its labels are read from.

    Raises:
        TableError: There are neither labels nor counts.
    """
    if set(LABELS) <= set(names):
        return (*LABELS, WEIGHT) if WEIGHT in names else LABELS
    if set(COUNTS) <= set(names):
        return COUNTS
    raise TableError(
        f"The log says not what came of its rows; give the columns {listed(LABELS)}, or {listed(COUNTS)}. "
        f"It has: {listed(list(names), 30)}."
    )


def labels_of(table: pa.Table, *, name: str = "The log", first_row: int = 0) -> RowLabels:
    """Read the labels of a table.

    Args:
        table: With the columns of one of the two layouts.
        name: What the table is, for messages.
        first_row: Number of rows before it, for messages.

    Raises:
        TableError: Columns are missing, or a row has labels that cannot be.
    """
    columns = label_columns(table.column_names)
    values = {column: _numbers(table, column, name, first_row) for column in columns}
    if columns == COUNTS:
        return _from_counts(*values.values(), name=name, first_row=first_row)
    click, conversion = values["click"], values["conversion"]
    weight = values.get(WEIGHT, np.ones(len(click)))
    problems = {
        "click is not 0 or 1": ~np.isin(click, (0, 1)),
        "conversion is not 0 or 1": ~np.isin(conversion, (0, 1)),
        "there is a conversion without a click": conversion > click,
        "weight is not above 0": ~((weight > 0) & np.isfinite(weight)),
    }
    _refuse(problems, name, first_row)
    return RowLabels(None, click.astype(np.float32), conversion.astype(np.float32), weight.astype(np.float32))


def impressions_of(labels: RowLabels, rows: int) -> NDArray[np.float64]:
    """Impressions that each row of the table stands for, (rows,)."""
    if labels.source is None:
        return labels.weight.astype(np.float64)
    return np.bincount(labels.source, labels.weight, rows).astype(np.float64)


def _from_counts(
    impressions: NDArray[np.float64],
    clicks: NDArray[np.float64],
    conversions: NDArray[np.float64],
    *,
    name: str,
    first_row: int,
) -> RowLabels:
    problems = {
        "conversions are negative": conversions < 0,
        "there are more conversions than clicks": conversions > clicks,
        "there are more clicks than impressions": clicks > impressions,
        "a count is not a whole number": (impressions % 1 != 0) | (clicks % 1 != 0) | (conversions % 1 != 0),
    }
    _refuse(problems, name, first_row)
    if len(impressions) and impressions.min() == impressions.max() == 1:
        ones = np.ones(len(impressions), dtype=np.float32)
        return RowLabels(None, clicks.astype(np.float32), conversions.astype(np.float32), ones)
    weights = np.stack([impressions - clicks, clicks - conversions, conversions], axis=1)
    source, kind = np.nonzero(weights)
    return RowLabels(
        source,
        (kind >= 1).astype(np.float32),
        (kind == 2).astype(np.float32),
        weights[source, kind].astype(np.float32),
    )


def _numbers(table: pa.Table, column: str, name: str, first_row: int) -> NDArray[np.float64]:
    cells = table[column]
    if cells.null_count:
        empty = np.asarray(cells.is_null().to_numpy(), dtype=bool)
        _refuse({f"{column} is empty; give 0 where nothing came of it": empty}, name, first_row)
    try:
        values = cells.cast(pa.float64()).to_numpy()
    except pa.ArrowException as error:
        raise TableError(f"{name}: the column {column!r} holds {cells.type}, no numbers ({error}).") from error
    return np.asarray(values)


def _refuse(problems: dict[str, NDArray[np.bool_]], name: str, first_row: int) -> None:
    found = []
    for words, bad in problems.items():
        if bad.any():
            rows = [f"{first_row + row + 1:,}" for row in np.flatnonzero(bad)]
            found.append(f"row{'s' if len(rows) > 1 else ''} {listed(rows)}: {words}.")
    if found:
        raise TableError(f"{name} has labels that cannot be; check these rows.", found)
