"""Reader of the MineThatData e-mail challenge (Hillstrom 2008): customers, a random mailing, visits, conversions.

The funnel is mailing → visit → conversion: a visit stands for the click. `segment` is the arm of a randomised test.
`spend` is what a conversion brought, known only afterwards, so it is no feature and is not read.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa

from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import arrow_of
from adlab.data.funnel_log import FunnelLog
from adlab.data.listing import listed
from adlab.errors import DataUnavailableError

FIELDS = (
    *(FieldSpec(name=name) for name in ("segment", "history_segment", "zip_code", "channel")),
    *(FieldSpec(name=name) for name in ("mens", "womens", "newbie")),
    *(FieldSpec(name=name, role="dense") for name in ("recency", "history")),
)
_LABELS = {"visit": "click", "conversion": "conversion"}
_REMEDY = "Give the challenge's CSV file, header and all, as it is or as .gz."


def read_hillstrom(path: Path) -> FunnelLog:
    """Read the file, one row a customer.

    Args:
        path: The CSV file, or its `.gz`; or the folder that holds one of them.

    Returns:
        The log; `row` numbers its customers from 1, to split by.

    Raises:
        DataUnavailableError: The file is missing or has another layout.
    """
    frame = _frame(Path(path))
    names = [field.name for field in FIELDS]
    if missing := [name for name in (*names, *_LABELS) if name not in frame]:
        raise DataUnavailableError(f"{str(path)!r} has no column {listed(missing)}. {_REMEDY}")
    bad = (frame["conversion"] > frame["visit"]) | ~frame["visit"].isin([0, 1]) | ~frame["conversion"].isin([0, 1])
    rows = [str(row + 1) for row in frame.index[bad]]
    problems = (f"customer converted without a visit, left out: {len(rows):,} ({listed(rows)}).",) if rows else ()
    frame = frame.assign(row=frame.index + 1)[~bad].rename(columns=_LABELS)
    table: pa.Table = arrow_of(frame[["row", *names, *_LABELS.values()]])
    return FunnelLog(table, FIELDS, problems)


def _frame(path: Path) -> pd.DataFrame:
    files = sorted(path.glob("*.csv*")) if path.is_dir() else [path]
    if len(files) != 1:
        raise DataUnavailableError(f"{str(path)!r} holds {len(files)} CSV files, not one. {_REMEDY}")
    try:
        return pd.read_csv(files[0])
    except (OSError, EOFError, ValueError) as error:
        raise DataUnavailableError(f"{str(files[0])!r} cannot be read ({error}). {_REMEDY}") from error
