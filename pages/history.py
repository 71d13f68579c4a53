"""History: what was assessed in this browser, newest first."""

from __future__ import annotations

import streamlit as st

from adlab.app import history
from adlab.app.components import frame, history_list

frame.draw_title(
    "History", "Every ad assessed in this browser, newest first. Scores, titles and queries are kept, pictures are not."
)
if not history.enabled():
    st.info("The history is switched off on this server (ADLAB_HISTORY=off).", icon=":material/history_toggle_off:")
else:
    history_list.show()
