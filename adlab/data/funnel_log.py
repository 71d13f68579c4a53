"""A log with what its reader knows of it, and the reader of the table contract's logs, the simulator's among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
import pyarrow as pa

from adlab.data.feature_fields import FieldSpec, Role
from adlab.data.feature_fitting import check_specs
from adlab.data.feature_schema import arrow_of
from adlab.data.funnel_labels import COUNTS, label_columns
from adlab.data.listing import listed
from adlab.data.table_check import Role as TableRole
from adlab.data.table_check import validate
from adlab.errors import TableError, UnknownNameError

USER_BUCKETS = 200_000  # of the paper's public code, for all its fields
# Columns of the contract that are features of an impression, as far as a log has them.
LEVELS = ("ad_id", "campaign", "seller", "brand", "category", "mid_category", "low_category", "position")
VIEWER = ("gender", "age_band", "month", "weekday", "hour")
USER = "user_id"
KEYS = ("ad_id", USER, "campaign", "date", "split")  # kept beside the features, to split by


class FunnelLog(NamedTuple):
    """A log in memory, before it is encoded.

    Attributes:
        table: One row an impression, or a group with counts; with the columns of its labels.
        fields: What its columns are as features.
        problems: What is amiss in the data, one sentence a kind.
    """

    table: pa.Table
    fields: tuple[FieldSpec, ...]
    problems: tuple[str, ...] = ()


def contract_fields(
    names: Sequence[str],
    roles: Mapping[str, Role] | None = None,
    *,
    min_count: int = 1,
    user_buckets: int = USER_BUCKETS,
    leave_out: Sequence[str] = (),
) -> tuple[FieldSpec, ...]:
    """The features of a log of the table contract: its known columns by meaning, further ones by role.

    Users are hashed, all other levels have a vocabulary. Counts, money, dates, ratings, copy and images are none.

    Args:
        names: Columns of the log.
        roles: For columns beyond the contract, or to read one of its columns otherwise.
        min_count: Impressions that a level of a vocabulary needs.
        user_buckets: Codes that users are hashed into.
        leave_out: Columns of the contract that are to be no features.

    Raises:
        UnknownNameError: A role is given to, or taken from, a column that the log does not have.
        ConfigError: A column with a role is an outcome, or there is no such role.
        TableError: No column is a feature.
    """
    roles = dict(roles or {})
    for name in (*roles, *leave_out):
        if name not in names:
            raise UnknownNameError("column", name, names)
    fields = [_field(name, role, min_count) for name, role in roles.items()]
    known = [name for name in (*LEVELS, *VIEWER) if name in names and name not in (*roles, *leave_out)]
    fields = [*(_field(name, "sparse", min_count) for name in known), *fields]
    if USER in names and USER not in (*roles, *leave_out):
        fields.insert(0, FieldSpec(name=USER, buckets=user_buckets))
    if not fields:
        raise TableError(f"No column of the log is a feature; give roles. It has: {listed(list(names), 30)}.")
    check_specs(fields)
    return tuple(fields)


def contract_log(frame: pd.DataFrame, roles: Mapping[str, Role] | None = None) -> FunnelLog:
    """A log of the table contract, checked as a whole.

    Args:
        frame: One row an impression or a group of them, as `read_table` gives it.
        roles: For columns beyond the contract.

    Returns:
        The log; rows that lack one of the counts are left out and reported.

    Raises:
        TableError: The table breaks the contract, or has no labels.
        UnknownNameError: A role is given to a column that is not there.
        ConfigError: A column with a role is an outcome.
    """
    fields = contract_fields(list(frame.columns), roles)
    rows, labels, problems = checked_rows(frame, roles)
    kept = dict.fromkeys([*(field.name for field in fields), *(k for k in KEYS if k in rows), *labels])
    return FunnelLog(arrow_of(rows[list(kept)]), fields, problems)


class CheckedRows(NamedTuple):
    """Rows of a log of the table contract that say what came of them.

    Attributes:
        rows: With their types, as `validate` gives them.
        labels: The columns that say it.
        problems: What was left out, one sentence a kind.
    """

    rows: pd.DataFrame
    labels: tuple[str, ...]
    problems: tuple[str, ...]


def checked_rows(frame: pd.DataFrame, roles: Mapping[str, Role] | None = None) -> CheckedRows:
    """The rows of a log that can be learned from; errors as `contract_log`'s."""
    plain: dict[str, TableRole] = {}
    for name, role in (roles or {}).items():
        if role != "multi":
            plain[name] = role
    rows = validate(frame, roles=plain, needs_creative=False)
    labels = label_columns(list(rows.columns))
    problems: tuple[str, ...] = ()
    if labels == COUNTS:
        whole = rows[list(COUNTS)].notna().all(axis=1)
        if not whole.all():
            empty = [str(row + 1) for row in rows.index[~whole]]
            problems = (f"row lacks impressions, clicks or conversions, left out: {len(empty):,} ({listed(empty)}).",)
        rows = rows[whole]
    if rows.empty:
        raise TableError("No row of the log has impressions, clicks and conversions; give all three.", problems)
    return CheckedRows(rows.reset_index(drop=True), labels, problems)


def _field(name: str, role: Role, min_count: int) -> FieldSpec:
    return FieldSpec(name=name, role=role, min_count=1 if role == "dense" else min_count)
