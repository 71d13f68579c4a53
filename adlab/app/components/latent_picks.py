"""The ads that were selected on a map: thumbnails where they may be shown, a table, and its CSV."""

from __future__ import annotations

import base64
from collections.abc import Callable
from html import escape

import pandas as pd
import streamlit as st

from adlab.app import latent_state
from adlab.app.latent_names import unit_of
from adlab.app.latent_shown import Shown, table_csv
from adlab.app.latent_words import SPACE_TITLES

MOST_THUMBNAILS = 24
NO_PICTURE = '<div class="ad-none">no picture</div>'


def show(shown: Shown, table: Callable[[], pd.DataFrame]) -> None:
    """Draw the selection, or how to make one."""
    rows, unit = list(latent_state.picked()), unit_of(shown.ads)
    st.subheader(f"Selected {unit}s", anchor=False)
    if not rows:
        st.caption(
            "Draw a lasso around points: they are listed here and marked on all maps. "
            "With the tool Pan above a map, a click selects one."
        )
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{len(rows):,}** of {len(shown.names):,} {unit}s, selected on *{SPACE_TITLES[latent_state.picked_in()]}*"
        )
        st.button("Clear", key="latent.clear", icon=":material/close:", on_click=latent_state.unpick)
        picked = table().iloc[rows]
        st.download_button(
            "CSV",
            lambda: table_csv(picked),
            file_name=f"adlab-latent-{len(rows)}-ads.csv",
            mime="text/csv",
            key="latent.download-picked",
            icon=":material/download:",
            on_click="ignore",
        )
    _thumbnails(shown, rows)
    st.dataframe(picked, hide_index=True, key="latent.picked-table", height=min(38 * (len(rows) + 1), 380))


def _thumbnails(shown: Shown, rows: list[int]) -> None:
    if shown.why:
        st.caption(f":material/visibility_off: {shown.why}")
        return
    cells = []
    for row in rows[:MOST_THUMBNAILS]:
        jpeg = shown.thumbnail(row)
        data = base64.b64encode(jpeg).decode("ascii") if jpeg else ""
        picture = f'<img alt="" src="data:image/jpeg;base64,{data}">' if data else NO_PICTURE
        words = escape(shown.copy[row] or shown.names[row])
        cells.append(f'<figure title="{words}">{picture}<figcaption>{words}</figcaption></figure>')
    st.html(f'<div class="ad ad-thumbs">{"".join(cells)}</div>')
    if len(rows) > MOST_THUMBNAILS:
        st.caption(f"The first {MOST_THUMBNAILS} of {len(rows):,} are pictured; the table has all.")
