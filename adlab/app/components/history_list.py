"""The History page's list: one line an assessment, its whole card on request."""

from __future__ import annotations

from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from adlab.app import exports, history
from adlab.app.components.outcome import draw_assessment
from adlab.app.components.text import isolated, plain
from adlab.app.context_words import known_words
from adlab.app.head_words import words_for
from adlab.app.history import Entry
from adlab.app.wording import unbroken
from adlab.data.assessment import DataKind, HeadResult
from adlab.data.score_text import number
from adlab.errors import AdlabError

SHOWN = 25
SIMULATED = "from simulated responses:"


def show() -> None:
    """Draw this browser's list with its downloads, or say that there is none yet, or why it cannot be read."""
    try:
        entries = history.entries()
    except AdlabError as error:
        st.error(plain(str(error)), icon=":material/report:")
        return
    if not entries:
        with st.container(border=True, key="history.empty"):
            st.markdown("#### Nothing assessed yet")
            st.markdown("Score an ad, and it will be listed here.")
            st.page_link("pages/score.py", label="Score an ad", icon=":material/speed:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"{len(entries)} assessment{'s' if len(entries) > 1 else ''}", width="content")
        for kind, mime, write in (
            ("CSV", "text/csv", exports.history_csv),
            ("JSON", "application/json", exports.history_json),
        ):
            st.download_button(
                kind,
                write(entries),
                file_name=f"adlab-history.{kind.lower()}",
                mime=mime,
                key=f"history.download-{kind.lower()}",
                icon=":material/download:",
                on_click="ignore",
            )
    zone = visitor_zone()
    shown = st.session_state.get("history.shown", SHOWN)
    for row, entry in enumerate(entries[:shown]):
        with st.expander(line(entry, zone), key=f"history.entry-{len(entries) - row}"):
            draw_assessment(entry.assessment)
    if len(entries) > shown:
        st.button(f"Show {SHOWN} more", key="history.more", on_click=_more, args=(shown,))


def line(entry: Entry, zone: tzinfo = UTC) -> str:
    """One line of Markdown: title, scores with their intervals, time; the user's words cannot format.

    What was learned from simulated responses stands last, under that name.
    """
    simulated = [head for head in entry.assessment.heads if head.provenance.data_kind is DataKind.SIMULATION]
    others = [head for head in entry.assessment.heads if head not in simulated]
    parts = [", ".join(map(_score, others)), f"{SIMULATED} {', '.join(map(_score, simulated))}" if simulated else ""]
    scores = "; ".join(filter(None, parts))
    whom = f" · for {plain(known_words(entry.assessment.context))}" if entry.assessment.context else ""
    return f"**{plain(isolated(entry.label))}** · {scores}{whom} · {entry.created.astimezone(zone):%d %b %Y, %H:%M}"


def _score(head: HeadResult) -> str:
    low, high = (number(end, head.unit) for end in (head.interval.low, head.interval.high))
    value, ends = unbroken(number(head.value, head.unit)), unbroken(f"({low} – {high})")
    return f"**{value}** {words_for(head.head).title.lower()} {ends}"


def visitor_zone() -> tzinfo:
    """Time zone of the browser, UTC where it is not known."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _more(shown: int) -> None:
    st.session_state["history.shown"] = shown + SHOWN
