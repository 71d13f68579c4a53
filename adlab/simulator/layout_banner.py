"""The layout of a banner: words at one end, the product beside them, brand and button at the other end."""

from __future__ import annotations

from adlab.simulator.ad import AdPlan
from adlab.simulator.draws import Draws
from adlab.simulator.layout import Layout, Words, aligned
from adlab.simulator.layout_parts import (
    brand_width,
    button_width,
    headline_text,
    set_badge,
    set_price,
    set_wordmark,
)
from adlab.simulator.templates import Template
from adlab.simulator.text_drawing import Typefaces, fit


def banner(
    plan: AdPlan, size: tuple[int, int], template: Template, faces: Typefaces, side: str, draws: Draws
) -> Layout:
    """Settle where everything goes in a picture far wider than high.

    Args:
        plan: The ad.
        size: Width and height in pixels.
        template: The layout's kind.
        faces: Typefaces.
        side: End that has the words, "left" or "right".
        draws: The row of chance for layout.
    """
    width, height = size
    framed = template.decor in ("frame", "corners")
    unit, margin = height * 1.3, max(round(height * (0.16 if framed else 0.12)), 4)
    text_w, stage_w = round(width * 0.46), round(min(height * 2.1, width * 0.26))
    if side == "left":
        zone = (0, 0, text_w, height)
        stage, offer = (text_w, 0, text_w + stage_w, height), (text_w + stage_w, 0, width, height)
    else:
        zone = (width - text_w, 0, width, height)
        stage = (width - text_w - stage_w, 0, width - text_w, height)
        offer = (0, 0, width - text_w - stage_w, height)
    inner_w, inner_h = text_w - 2 * margin, height - 2 * margin
    price = set_price(plan, faces, (inner_w * 0.25, height * 0.3), height * 0.26, draws)
    for_price = price.width + margin if price else 0
    gap = round(height * 0.08)
    room = inner_w - for_price
    subline = fit(plan.subline, faces.text, (room, height * 0.2), height * 0.15, 1) if plan.subline else None
    below = subline.height + gap if subline else 0
    headline = fit(headline_text(plan, template, faces), faces.display, (room, inner_h - below), height * 0.34, 2)
    x, y = zone[0] + margin, (height - headline.height - below) // 2
    words = [Words(name="headline", setting=headline, x=x, top=y, align="left")]
    if subline:
        words.append(Words(name="subline", setting=subline, x=x, top=y + headline.height + gap, align="left"))
    plate = None
    if price:
        cost, plate = price.at(zone[2] - margin, (height - price.height) // 2, "right")
        words.append(cost)
    mark = max(round(height * 0.2), 8)
    wordmark = set_wordmark(plan, faces, ((offer[2] - offer[0]) * 0.6, mark * 0.9), mark)
    middle = (offer[0] + offer[2]) // 2
    button_h = round(height * (0.24 + 0.14 * plan.factors.cta))
    room = offer[2] - offer[0] - 2 * margin
    label = fit(plan.button, faces.strong, (room * 0.76, button_h), button_h * 0.46, 1) if plan.button else None
    top = (height - mark - (button_h + gap if label else 0)) // 2
    brand = aligned(middle, top, brand_width(mark, wordmark), mark, "centre")
    button = None
    if label:
        button_w = button_width(label, button_h, room, draws)
        button = aligned(middle, top + mark + gap, button_w, button_h, "centre")
    return Layout(
        template=template,
        faces=faces,
        side=side,
        unit=unit,
        margin=margin,
        zone=zone,
        stages=(stage,),
        words=tuple(words),
        plate=plate,
        button=button,
        button_label=label,
        brand=brand,
        wordmark=wordmark,
        badges=(set_badge(plan, stage, stage, height * 1.9, side, brand, draws),),
    )
