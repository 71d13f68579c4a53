"""A log of any layout as rows about ads, with what is a feature of them: what the product's funnel is trained on.

An ad that is to be scored has no id that a log could know, so ids of ads, users and campaigns are no features unless a
role says so. What an ad lacks of the fields of its texts and its context is averaged over; further columns, those of
another layout and those with a role, count as missing where it lacks them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, get_args

import pandas as pd
import pyarrow as pa

from adlab.data.creative import COPY_FIELDS, Context
from adlab.data.feature_fields import FieldSpec, Role
from adlab.data.feature_fitting import check_specs
from adlab.data.feature_schema import AD, arrow_of
from adlab.data.funnel_labels import label_columns
from adlab.data.funnel_log import FunnelLog, checked_rows
from adlab.data.listing import listed
from adlab.data.table_columns import column_of
from adlab.errors import ConfigError, TableError, UnknownNameError

AskedRole = Literal["sparse", "dense", "multi", "hashed"]
ADS, ROWS = "ads", "rows"
ASKED_ROLES: tuple[str, ...] = get_args(AskedRole)
KNOWN_OF_A_NEW_AD = ("seller", "brand", "category", *(field.name for field in fields(Context)))
READ_OF_AN_AD = ("title", "description", "image", "ocr_text", "split")  # beside the features; a query is the viewer's
MIN_IMPRESSIONS = 20  # of a level; rarer ones are no level
BUCKETS = 20_000  # of a hashed column: a table of 0.4 MB a network


@dataclass(frozen=True, kw_only=True, eq=False)
class AdRows:
    """R rows about N ads.

    Attributes:
        table: The rows, with `ad_id` as text, the features and the labels.
        fields: What of its columns are features.
        columns: Names of those that count as missing where an ad to be scored lacks them.
        ads: One row an ad, in the order in which they come: `ad_id`, and what is known of it.
        keys: What the part of each ad follows from, N of them: no key is in two parts.
        unit: What they are, in words; `ADS` where an ad has many impressions.
        parted_by: What the keys are, in words.
        problems: What is amiss in the data, one sentence a kind.
        notes: What else is to be said of how it was read.
        images: Folder of the pictures that comes with the log, None where there is none.
    """

    table: pa.Table
    fields: tuple[FieldSpec, ...]
    columns: tuple[str, ...]
    ads: pd.DataFrame
    keys: tuple[str, ...]
    unit: str = ADS
    parted_by: str = "ad"
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    images: Path | None = None


def contract_rows(frame: pd.DataFrame, name: str, roles: Mapping[str, AskedRole] | None = None) -> AdRows:
    """A log of the table contract.

    Args:
        frame: One row an impression or a group of them, as `read_table` gives it.
        name: Of the log, for messages.
        roles: For columns that are no features by themselves, or to read one that is otherwise.

    Raises:
        TableError: The table breaks the contract, has no labels, or nothing that is known of a new ad.
        UnknownNameError: A role is given to a column that is not there, or there is no such role.
        ConfigError: A column with a role is the ad's name or an outcome.
    """
    asked = asked_fields(roles or {}, list(frame.columns))
    rows, labels, problems = checked_rows(frame, {field.name: field.role for field in asked})
    rows = rows.assign(**{AD: ad_names(rows)})
    taken = {field.name for field in asked}
    present = [n for n in KNOWN_OF_A_NEW_AD if n in rows and n not in taken and (rows[n].astype(str) != "").any()]
    if not present and not asked:
        raise TableError(
            f"{name} has no column that is known of a new ad; give one or more of {listed(KNOWN_OF_A_NEW_AD, 12)}, or "
            "a further column with --role."
        )
    own = tuple(FieldSpec(name=n, min_count=MIN_IMPRESSIONS) for n in present)
    first = rows.drop_duplicates(AD).reset_index(drop=True)
    filled = [str(n) for n in rows.columns if (rows[n].astype(str) != "").any()]
    return AdRows(
        table=arrow_of(rows[list(dict.fromkeys([AD, *present, *taken, *labels]))]),
        fields=(*own, *asked),
        columns=tuple(field.name for field in asked),
        ads=first,
        keys=tuple(first[AD]),
        problems=problems,
        notes=left_out(filled, {*present, *taken, *labels, *READ_OF_AN_AD, AD}),
    )


def rows_of_log(
    log: FunnelLog,
    roles: Mapping[str, AskedRole] | None = None,
    *,
    ad: str | None = None,
    part: str | None = None,
    unit: str = ADS,
    parted_by: str = "ad",
) -> AdRows:
    """A log of another layout, of whose ads nothing is known but the columns of its rows.

    Args:
        log: As its reader gives it.
        roles: For columns that the reader keeps and takes for no features, or to read one otherwise.
        ad: Column that names the ad; None where every row stands for itself.
        part: Column that no two parts share a level of; None for the ad.
        unit: What the ads are, in words.
        parted_by: What that is, in words.

    Raises:
        UnknownNameError: A role is given to a column that is not there, or there is no such role.
        ConfigError: A column with a role names the ad, or is an outcome.
    """
    table, count = log.table, log.table.num_rows
    names = pa.array([str(row + 1) for row in range(count)]) if ad is None else _texts(table[ad])
    table = table.select([name for name in table.column_names if name not in (AD, ad)]).append_column(AD, names)
    labels = label_columns(table.column_names)
    asked = {field.name: field for field in asked_fields(roles or {}, table.column_names)}
    own = [asked.pop(field.name, _adapted(field)) for field in log.fields]
    specs = (*own, *asked.values())
    keys = pd.Series(names.to_pylist() if part is None else _texts(table[part]).to_pylist())
    first = ~pd.Series(names.to_pylist()).duplicated()
    averaged = [f.name for f in specs if f.name in KNOWN_OF_A_NEW_AD and f.name not in (roles or {})]
    used = {AD, *(field.name for field in specs), *labels, *READ_OF_AN_AD}
    return AdRows(
        table=table.select([AD, *(field.name for field in specs), *labels]),
        fields=specs,
        columns=tuple(field.name for field in specs if field.name not in averaged),
        ads=pd.DataFrame({AD: pd.Series(names.to_pylist())[first]}).reset_index(drop=True),
        keys=tuple(keys[first]),
        unit=unit,
        parted_by=parted_by,
        problems=log.problems,
        notes=left_out(table.column_names, used),
    )


def asked_fields(roles: Mapping[str, AskedRole], names: Sequence[str]) -> tuple[FieldSpec, ...]:
    """The fields that roles ask for.

    Raises:
        UnknownNameError: There is no such column, or no such role.
        ConfigError: The column names the ad, or is an outcome.
    """
    specs = []
    for name, role in roles.items():
        if name not in names:
            raise UnknownNameError("column", name, names)
        if role not in ASKED_ROLES:
            raise UnknownNameError(f"role of {name!r}", str(role), ASKED_ROLES)
        if name == AD:
            raise ConfigError(f"{AD!r} is given a role; a new ad has none that the log knows, leave it out.")
        if role == "hashed":
            specs.append(FieldSpec(name=name, buckets=BUCKETS))
        else:
            kind: Role = role
            specs.append(_adapted(FieldSpec(name=name, role=kind)))
    check_specs(specs)
    return tuple(specs)


def left_out(names: Iterable[str], used: set[str]) -> tuple[str, ...]:
    """What is to be said of columns that nothing reads."""
    rest = [name for name in names if name not in used]
    further, known = ([n for n in rest if (column_of(n) is None) is own] for own in (True, False))
    notes = []
    if further:
        notes.append(
            f"Columns without a role, left out: {listed(further, 30)}. To use one give --role NAME=ROLE, ROLE of "
            f"{', '.join(ASKED_ROLES)}."
        )
    if known:
        notes.append(f"Columns of the table contract that are no features, left out: {listed(known, 30)}.")
    return tuple(notes)


def _adapted(spec: FieldSpec) -> FieldSpec:
    """The field with rare levels left out of its vocabulary, and with a flag where a number is missing."""
    if spec.role == "dense":
        return replace(spec, flag_missing=True)
    return spec if spec.buckets else replace(spec, min_count=max(spec.min_count, MIN_IMPRESSIONS))


def ad_names(frame: pd.DataFrame) -> pd.Series:
    """Name of each row's ad: its id, else what it shows and says."""
    shown = [name for name in ("image", *COPY_FIELDS) if name in frame]
    if AD in frame and (frame[AD] != "").all():
        return frame[AD]
    if not shown:
        raise TableError(f"The log does not say which ad a row is about; fill the column {AD!r} in every row.")
    content = frame[shown].astype(str).agg(" · ".join, axis=1)
    return content.where(frame[AD] == "", frame[AD]) if AD in frame else content


def _texts(column: pa.ChunkedArray) -> pa.Array:
    """A column as text, "(none)" where it is missing."""
    return column.cast(pa.string()).fill_null("(none)").combine_chunks()
