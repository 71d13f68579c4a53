"""Modalities: does the image earn its place?"""

from __future__ import annotations

from adlab.app.components import frame, modalities_page
from adlab.app.modalities_words import LEAD, QUESTION

frame.draw_title(QUESTION, LEAD)
modalities_page.show()
