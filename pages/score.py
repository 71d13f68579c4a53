"""Score: do this picture and this copy go together?"""

from __future__ import annotations

import streamlit as st

from adlab.app import scoring
from adlab.app.components import ad_preview, editor, example_picker, frame, outcome, picture_details

ad = scoring.ad_on_screen()
frame.draw_title(
    "Score an ad", "How picture and copy go together and what people would make of it, with how sure each model is."
)
left, right = st.columns([5, 7], gap="large")
with left, st.container(key="score.ad"):
    ad_preview.show(ad)
    example_picker.show(ad.example)
    frame.jump("Score your own ad", "your-ad")
result = right.container(key="score.result")
editor.show()
with result:  # last, so that the page stands while the models load
    outcome.show(ad, scoring.assess(ad, outcome.draw_assessment))
    picture_details.show(ad)
frame.scroll_up(scoring.just_asked())
