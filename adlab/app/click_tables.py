"""The table twins of the charts of click rates, for the eye and as CSV with the source in every row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from adlab.app.audience import HOURS, WEEKDAYS
from adlab.app.clicks import Rate
from adlab.app.context_words import level_words
from adlab.app.exports import safe_cell
from adlab.data.assessment import Provenance
from adlab.data.creative import AGE_BANDS, Context

if TYPE_CHECKING:
    import pandas as pd


def week_table(week: Sequence[Rate]) -> pd.DataFrame:
    """One row an hour of the week; weekdays are numbered as in every table of ads, Monday 1."""
    import pandas as pd

    hours = [(day, hour) for day in WEEKDAYS for hour in HOURS]
    rows = [
        {"weekday": day, "day": level_words("weekday", day), "hour": hour, **_numbers(rate)}
        for (day, hour), rate in zip(hours, week, strict=True)
    ]
    return pd.DataFrame(rows)


def age_table(ages: Mapping[str | None, Sequence[Rate]]) -> pd.DataFrame:
    """One row an age band and gender."""
    import pandas as pd

    rows = [
        {"gender": gender or "", "age_band": band, **_numbers(rate)}
        for gender, rates in ages.items()
        for band, rate in zip(AGE_BANDS, rates, strict=True)
    ]
    return pd.DataFrame(rows)


def csv_of(table: pd.DataFrame, context: Context, source: Provenance) -> str:
    """A table as CSV, with the audience that it holds for and where the numbers come from in every row."""
    constant = {name: value for name, value in context.known.items() if name not in table}
    constant |= {"checkpoint": source.checkpoint, "sha256": source.sha256, "data_kind": source.data_kind.value}
    return table.assign(**constant).map(safe_cell).to_csv(index=False)


def _numbers(rate: Rate) -> dict[str, float]:
    rates = {"ctr": rate.value, "ctr_low": rate.low, "ctr_high": rate.high}
    return rates | {"lift": rate.lift, "lift_low": rate.lift_low, "lift_high": rate.lift_high}
