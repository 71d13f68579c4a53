"""Simulator: what does a planted cause do to the picture, and to the true response?"""

from __future__ import annotations

from adlab.app.components import frame, simulator_page

frame.draw_title(
    "Simulator", "Move a cause and see the ad and its true response change. Every number here is known, not estimated."
)
simulator_page.show()
