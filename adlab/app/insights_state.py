"""What the Insights page remembers between clicks and page changes."""

from __future__ import annotations

import streamlit as st

LOG, LEAST, UPLOAD = (f"insights.{name}" for name in ("log", "least", "upload"))
JOB, FILE_NAME, FILE_ID = "insights.job", "insights.file-name", "insights.file-id"


def job() -> str:
    """Key of the job that reads, or has read, the user's log; empty for none."""
    return str(st.session_state.get(JOB, ""))


def file_name() -> str:
    """Name of the user's log."""
    return str(st.session_state.get(FILE_NAME, ""))


def file_id() -> str:
    """Which upload was read last; empty for none."""
    return str(st.session_state.get(FILE_ID, ""))


def set_job(key: str, name: str, file_id: str) -> None:
    """Remember the job of the user's log, its name, and which upload it was."""
    st.session_state[JOB], st.session_state[FILE_NAME], st.session_state[FILE_ID] = key, name, file_id
