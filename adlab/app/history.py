"""One append-only table of finished assessments: what was said, when, by which weights; never the picture.

The table is a SQLite file in the cache folder unless the deployment's secrets name another database under
`[connections.history]`. Rows are read by browser id only. `ADLAB_HISTORY=off` keeps nothing.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from adlab.app import state
from adlab.app.state import Ad
from adlab.data.assessment import Assessment
from adlab.errors import InputError
from adlab.paths import cache_dir

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import Engine

MAX_ROWS = 500
MAX_LABEL, MAX_QUERY = 120, 44  # characters
MAX_TITLE = MAX_LABEL - MAX_QUERY - len(" · searched “”")


class Entry(NamedTuple):
    """A row of the history.

    Attributes:
        created: When it was assessed, UTC.
        label: Title of the ad, and the query that it was judged for.
        assessment: What was said.
    """

    created: datetime
    label: str
    assessment: Assessment


def enabled() -> bool:
    """Whether a history is kept."""
    return os.environ.get("ADLAB_HISTORY", "").strip().lower() not in ("off", "0", "false", "no")


def keep(ad: Ad, assessment: Assessment, *, again: bool) -> str:
    """Append an assessment; without `again`, only if this browser has no equal one.

    Returns:
        Why it could not be kept, for the user; empty if it was, or if no history is kept.
    """
    from sqlalchemy.exc import SQLAlchemyError

    if not enabled() or not assessment.heads:
        return ""
    try:
        _append(label_of(ad), assessment, again=again)
    except (SQLAlchemyError, OSError) as error:
        return f"This assessment is not in the history: the database cannot be written ({_reason(error)})."
    return ""


def label_of(ad: Ad) -> str:
    """What to call an ad in the list: its title and, as the relevance is about it, its query."""
    query = " ".join(ad.query.split())
    if not query:
        return ad.label
    return f"{_short(ad.label, MAX_TITLE)} · searched “{_short(query, MAX_QUERY)}”"


def entries() -> list[Entry]:
    """This browser's assessments, newest first, at most `MAX_ROWS`.

    Raises:
        InputError: The database cannot be read.
    """
    from sqlalchemy import select
    from sqlalchemy.exc import SQLAlchemyError

    if not enabled():
        return []
    table = _table()
    query = select(table.c.created_at, table.c.label, table.c.assessment)
    query = query.where(table.c.browser == state.browser_id()).order_by(table.c.id.desc()).limit(MAX_ROWS)
    try:
        with _engine().connect() as connection:
            rows = connection.execute(query).all()
    except (SQLAlchemyError, OSError) as error:
        raise InputError(f"The history cannot be read ({_reason(error)}); check its database.") from error
    return [
        Entry(datetime.fromisoformat(created), label, Assessment.from_dict(json.loads(text)))
        for created, label, text in rows
    ]


def _append(label: str, assessment: Assessment, *, again: bool) -> None:
    from sqlalchemy import insert, select

    table = _table()
    row = {
        "browser": state.browser_id(),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "label": label,
        "content_hash": assessment.content_hash,
        "checkpoints": json.dumps(sorted({head.provenance.sha256 for head in assessment.heads})),
        "assessment": assessment.to_json(indent=None),
    }
    with _engine().begin() as connection:
        same = [table.c[name] == row[name] for name in ("browser", "content_hash", "checkpoints")]
        equal = connection.execute(select(table.c.assessment).where(*same)).scalars()
        if again or not any(json.loads(text).get("context", {}) == assessment.context for text in equal):
            connection.execute(insert(table).values(**row))


def _engine() -> Engine:
    """The database, its table made where missing."""
    from sqlalchemy.schema import CreateIndex, CreateTable

    url = _url()
    database = st.connection("history", type="sql", url=url) if url else st.connection("history", type="sql")
    engine: Engine = database.engine
    table = _table()
    with engine.begin() as connection:
        connection.execute(CreateTable(table, if_not_exists=True))
        for index in table.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))
    return engine


def _url() -> str:
    """The default file's address, or nothing where the secrets name a database."""
    if st.secrets.load_if_toml_exists() and "history" in st.secrets.get("connections", {}):
        return ""
    folder = cache_dir()
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / 'history.sqlite'}"


def _table() -> Table:
    from sqlalchemy import Column, Index, Integer, MetaData, String, Table, Text

    return Table(
        "adlab_history",
        MetaData(),
        Column("id", Integer, primary_key=True, autoincrement=True),
        Column("browser", String(64), nullable=False),
        Column("created_at", String(32), nullable=False),
        Column("label", String(MAX_LABEL), nullable=False),
        Column("content_hash", String(64), nullable=False),
        Column("checkpoints", Text, nullable=False),
        Column("assessment", Text, nullable=False),
        Index("adlab_history_browser", "browser", "id"),
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _reason(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]
