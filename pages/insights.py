"""Insights: when, and for whom, do ads get clicked?"""

from __future__ import annotations

from adlab.app.components import frame, insights_page
from adlab.app.insights_words import LEAD, QUESTION

frame.draw_title(QUESTION, LEAD)
insights_page.show()
