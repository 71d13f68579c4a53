"""Explain: which words and which parts of the picture does a score rest on?"""

from __future__ import annotations

from adlab.app import scoring
from adlab.app.components import explain_choice, frame

ad = scoring.ad_on_screen()
frame.draw_title("Explain an ad", "Which words and which parts of the picture a score rests on, for and against.")
explain_choice.show(ad)
