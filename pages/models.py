"""Models: what speaks here, how well it was measured to do, and what it must not be used for."""

from __future__ import annotations

import streamlit as st

from adlab.app import shelf
from adlab.app.components import checkpoint_card, frame

frame.draw_title(
    "Models", "Every checkpoint behind a score: what was measured against what was aimed at, and its limits."
)
found = shelf.checkpoints()
for problem in found.problems:
    st.error(problem, icon=":material/report:")
if not found.checkpoints:
    st.info(
        "No checkpoint is installed, so nothing can be scored. Restore the folder models/.",
        icon=":material/inventory_2:",
    )
elif len(found.checkpoints) > 1:
    st.html(checkpoint_card.contents(found.checkpoints))
for checkpoint in found.checkpoints:
    checkpoint_card.show(checkpoint)
