"""Explain: which parts of this picture does its rating rest on?"""

from __future__ import annotations

from adlab.app import scoring
from adlab.app.components import explain_page, frame

ad = scoring.ad_on_screen()
frame.draw_title(
    "Explain an ad", "Which parts of the picture raise the rating people would give, and which lower it; step by step."
)
explain_page.show(ad)
