"""Reader of the Facebook campaign table (KAG_conversion_data.csv): counts of an ad in one group of viewers.

A row's counts become up to three weighted rows when it is encoded, and its impressions all count. The table counts
conversions that no click of the ad led to; they are no part of a funnel from click to conversion, so a row's
conversions are at most its clicks, and those cut off are reported. What was spent follows from the clicks and is no
feature.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pandas as pd

from adlab.data.feature_fields import FieldSpec
from adlab.data.feature_schema import arrow_of
from adlab.data.funnel_log import FunnelLog
from adlab.data.listing import listed
from adlab.errors import DataUnavailableError, UnknownNameError

FILE = "KAG_conversion_data.csv"
FIELDS = tuple(FieldSpec(name=name) for name in ("campaign", "gender", "age_band", "interest"))
CONVERSIONS = {"approved": "Approved_Conversion", "total": "Total_Conversion"}
_COLUMNS = {
    "Date": "date",
    "ad_id": "ad_id",
    "xyz_campaign_id": "campaign",
    "fb_campaign_id": "fb_campaign",
    "age": "age_band",
    "gender": "gender",
    "interest": "interest",
    "Impressions": "impressions",
    "Clicks": "clicks",
}
_GENDERS = {"F": "female", "M": "male"}
_REMEDY = f"Give {FILE}, header and all."


def read_facebook_ads(path: Path, conversions: Literal["approved", "total"] = "approved") -> FunnelLog:
    """Read the table, one row an ad and group of viewers.

    Args:
        path: The CSV file, or its folder.
        conversions: "approved" for purchases, "total" for enquiries.

    Returns:
        The log; the names of ads and of Facebook's own campaigns, of which each has a few rows, are no features.

    Raises:
        DataUnavailableError: The file is missing or has another layout.
        UnknownNameError: There is no such kind of conversion.
    """
    if conversions not in CONVERSIONS:
        raise UnknownNameError("kind of conversion", str(conversions), CONVERSIONS)
    path = Path(path)
    path = path / FILE if path.is_dir() else path
    try:
        frame = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise DataUnavailableError(f"{str(path)!r} cannot be read ({error}). {_REMEDY}") from error
    if missing := [name for name in (*_COLUMNS, CONVERSIONS[conversions]) if name not in frame]:
        raise DataUnavailableError(f"{str(path)!r} has no column {listed(missing)}. {_REMEDY}")
    rows = frame.rename(columns=_COLUMNS)[list(_COLUMNS.values())]
    try:
        days = pd.to_datetime(rows["date"], format="%d-%m-%Y").dt.strftime("%Y-%m-%d")
    except ValueError as error:
        raise DataUnavailableError(
            f"{str(path)!r} has a date that is not day-month-year ({error}). {_REMEDY}"
        ) from error
    counted = frame[CONVERSIONS[conversions]]
    kept = counted.clip(upper=rows["clicks"])
    rows = rows.assign(date=days, gender=rows["gender"].replace(_GENDERS), conversions=kept)
    return FunnelLog(arrow_of(rows), FIELDS, _problems(counted, kept))


def _problems(counted: pd.Series, kept: pd.Series) -> tuple[str, ...]:
    if not (more := counted > kept).any():
        return ()
    lost = int((counted - kept).sum())
    rows = [str(row + 1) for row in counted.index[more]]
    return (
        f"row has more conversions than clicks, cut to its clicks: {len(rows):,} ({listed(rows)}); "
        f"{lost:,} of {int(counted.sum()):,} conversions are left out.",
    )
