"""Settles where everything in the picture of an ad goes."""

from __future__ import annotations

from dataclasses import replace

from adlab.simulator.ad import AdPlan
from adlab.simulator.brands import BRAND_OF
from adlab.simulator.draws import Draws
from adlab.simulator.layout import EXTREME, Layout
from adlab.simulator.layout_banner import banner
from adlab.simulator.layout_stacked import stacked
from adlab.simulator.templates import TEMPLATES
from adlab.simulator.text_drawing import ALTERNATIVES, TYPEFACES


def arrange(plan: AdPlan, size: tuple[int, int], draws: Draws) -> Layout:
    """Settle where everything goes; which of its stages the product takes is left open.

    Args:
        plan: The ad.
        size: Width and height in pixels.
        draws: The row of chance for layout.
    """
    style = BRAND_OF[plan.brand].style
    faces = replace(TYPEFACES[style], display=draws.pick(1, ALTERNATIVES[style]))
    place = banner if size[0] > EXTREME * size[1] else stacked
    return place(plan, size, draws.pick(0, TEMPLATES), faces, _side(plan.factors.text_position, size), draws)


def _side(position: str, size: tuple[int, int]) -> str:
    """Where the words are drawn; see `layout`."""
    width, height = size
    if width > EXTREME * height:
        return {"top": "left", "bottom": "right"}.get(position, position)
    if height > EXTREME * width:
        return {"left": "top", "right": "bottom"}.get(position, position)
    return position
