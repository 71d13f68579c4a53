"""What is on screen about one ad, to take along: as JSON and as CSV."""

from __future__ import annotations

import streamlit as st


def show(page: str, name: str, *, as_json: str, as_csv: str) -> None:
    """Draw a button for each form.

    Args:
        page: Name of the page, for the keys of the widgets.
        name: Of the files, without their endings.
        as_json: What the JSON file holds.
        as_csv: What the CSV file holds.
    """
    with st.container(horizontal=True, key=f"{page}.downloads", vertical_alignment="center"):
        st.caption("Download what I see", width="content")
        for kind, mime, text in (("JSON", "application/json", as_json), ("CSV", "text/csv", as_csv)):
            st.download_button(
                kind,
                text,
                file_name=f"{name}.{kind.lower()}",
                mime=mime,
                key=f"{page}.download-{kind.lower()}",
                icon=":material/download:",
                on_click="ignore",
            )
