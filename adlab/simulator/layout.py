"""Where things go: zones for words and product, and the words set to fit.

Words are at the top, bottom, left or right. In a picture more than 2.2 times as wide as high there is no top or
bottom to speak of: "top" is drawn as "left" and "bottom" as "right". In one more than 2.2 times as high as wide "left"
is drawn as "top" and "right" as "bottom".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from adlab.simulator.ad import AdPlan
from adlab.simulator.brands import BRAND_OF
from adlab.simulator.draws import Draws
from adlab.simulator.templates import TEMPLATES, Template
from adlab.simulator.text_drawing import ALTERNATIVES, TYPEFACES, Setting, Typefaces, fit, heights, longest_line

Box = tuple[int, int, int, int]
_EXTREME = 2.2


@dataclass(frozen=True, kw_only=True)
class Words:
    """One piece of words and its place.

    Attributes:
        name: The element that it belongs to.
        setting: The words, set.
        x: Left, middle or right of the lines in pixels, as `align` says.
        top: Top of the first line's capitals.
        align: "left", "centre" or "right".
    """

    name: str
    setting: Setting
    x: int
    top: int
    align: str

    @property
    def box(self) -> Box:
        """The pixels it takes: left, top, right, bottom."""
        width = longest_line(self.setting)
        left = {"left": self.x, "centre": self.x - width // 2, "right": self.x - width}[self.align]
        return left, self.top, left + width, self.top + self.setting.height


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The places of everything in one picture.

    Attributes:
        template: The layout's kind.
        faces: Typefaces.
        side: Where the words are drawn: "top", "bottom", "left" or "right".
        unit: Length that sizes are shares of, in pixels.
        margin: Pixels kept free along the edge.
        zone: Part of the picture that belongs to the words.
        stage: Part that belongs to the product.
        words: Headline, subline and price.
        plate: Box of the plate behind the price; None without one.
        button: Box of the button; None without one.
        button_label: The words on it, set.
        brand: Box of the brand's mark and wordmark, whose height is that of the mark.
        wordmark: The brand's name, set.
        badge: Box of the badge; None without one.
    """

    template: Template
    faces: Typefaces
    side: str
    unit: float
    margin: int
    zone: Box
    stage: Box
    words: tuple[Words, ...]
    plate: Box | None
    button: Box | None
    button_label: Setting | None
    brand: Box
    wordmark: Setting
    badge: Box | None

    @property
    def reading(self) -> Box:
        """The smallest box around headline, subline and price."""
        return around([words.box for words in self.words] + ([self.plate] if self.plate else []))

    @property
    def group(self) -> Box:
        """The smallest box around all that stands in the words' part."""
        own = [box for box in (self.button, self.brand) if box and _within(box, self.zone)]
        return around([self.reading, *own])


def around(boxes: Sequence[Box]) -> Box:
    """The smallest box around some boxes."""
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )


def _within(box: Box, zone: Box) -> bool:
    x, y = (box[0] + box[2]) // 2, (box[1] + box[3]) // 2
    return zone[0] <= x < zone[2] and zone[1] <= y < zone[3]


def arrange(plan: AdPlan, size: tuple[int, int], draws: Draws) -> Layout:
    """Settle where everything goes.

    Args:
        plan: The ad.
        size: Width and height in pixels.
        draws: The row of chance for layout.
    """
    width, height = size
    template = draws.pick(0, TEMPLATES)
    side = _side(plan.factors.text_position, width, height)
    style = BRAND_OF[plan.brand].style
    faces = replace(TYPEFACES[style], display=draws.pick(1, ALTERNATIVES[style]))
    unit = min((width * height) ** 0.5, 1.3 * min(width, height))
    if width > _EXTREME * height:
        return _strip(plan, size, template, faces, side, draws)
    margin = max(round(unit * (0.065 + 0.02 * draws.share(2))), 4)
    share = template.share + 0.05 * (draws.share(3) - 0.5)
    zone, stage = _zones(size, side, share if side in ("top", "bottom") else share + 0.04)
    return _stacked(plan, template, faces, side, unit, margin, zone, stage, draws)


def _side(position: str, width: int, height: int) -> str:
    if width > _EXTREME * height:
        return {"top": "left", "bottom": "right"}.get(position, position)
    if height > _EXTREME * width:
        return {"left": "top", "right": "bottom"}.get(position, position)
    return position


def _zones(size: tuple[int, int], side: str, share: float) -> tuple[Box, Box]:
    width, height = size
    if side in ("top", "bottom"):
        cut = round(height * share)
        top, bottom = (0, 0, width, cut), (0, height - cut, width, height)
        return (top, (0, cut, width, height)) if side == "top" else (bottom, (0, 0, width, height - cut))
    cut = round(width * share)
    left, right = (0, 0, cut, height), (width - cut, 0, width, height)
    return (left, (cut, 0, width, height)) if side == "left" else (right, (0, 0, width - cut, height))


def _inner(zone: Box, side: str, margin: int, template: Template) -> Box:
    """The part of the zone that words may fill: a full margin at the edge of the picture, less towards the product."""
    left, top, right, bottom = (margin if template.block == "card" else round(margin * 0.5),) * 4
    outer = margin
    if template.block == "card" or template.decor in ("frame", "corners"):
        outer = round(margin * 1.5)
    if side != "right":
        left = outer
    if side != "left":
        right = outer
    if side != "bottom":
        top = outer
    if side != "top":
        bottom = outer
    return zone[0] + left, zone[1] + top, zone[2] - right, zone[3] - bottom


@dataclass(frozen=True, kw_only=True)
class _Price:
    """The price, set, and the space of a plate around it (0 without one)."""

    setting: Setting
    pad: int

    @property
    def width(self) -> int:
        return longest_line(self.setting) + 3 * self.pad

    @property
    def height(self) -> int:
        return _figure_height(self.setting) + 2 * self.pad

    def at(self, x: int, y: int, align: str) -> tuple[Words, Box | None]:
        """The words, and the plate's box, with the upper edge at a height."""
        left = {"left": x, "centre": x - self.width // 2, "right": x - self.width}[align]
        inside = left + (self.width - longest_line(self.setting)) // 2
        words = Words(name="price", setting=self.setting, x=inside, top=y + self.pad, align="left")
        return words, (left, y, left + self.width, y + self.height) if self.pad else None


def _price(plan: AdPlan, faces: Typefaces, box: tuple[float, float], largest: float, draws: Draws) -> _Price | None:
    if not plan.price:
        return None
    setting = fit(plan.price, faces.strong, box, largest, 1)
    return _Price(setting=setting, pad=max(round(setting.size * 0.24), 2) if draws.chance(23, 0.4) else 0)


def _stacked(
    plan: AdPlan,
    template: Template,
    faces: Typefaces,
    side: str,
    unit: float,
    margin: int,
    zone: Box,
    stage: Box,
    draws: Draws,
) -> Layout:
    """Words one below another: headline, subline, then price and button, beside or below each other."""
    inner = _inner(zone, side, margin, template)
    wide = side in ("top", "bottom")
    room_x, room_y = inner[2] - inner[0], inner[3] - inner[1]
    gap = max(round(unit * 0.036), 3)
    mark = max(round(unit * 0.07), 9)
    wordmark = _wordmark(plan, faces, (room_x - 1.4 * mark, mark * 0.9), mark)
    label = _label(plan, faces, unit, room_x * (0.62 if wide and plan.price else 1.0))
    button_h = _button_height(plan, unit) if label else 0
    subline = fit(plan.subline, faces.text, (room_x, unit * 0.15), unit * 0.064, 2) if plan.subline else None
    price = _price(plan, faces, (room_x * 0.5, unit * 0.1), unit * 0.1, draws)
    beside = wide and label is not None and price is not None
    if beside and price and label:
        beside = longest_line(label) + round(button_h * 1.3) + gap * 2 + price.width <= room_x
    rows = [subline.height] if subline else []
    last = [h for h in (price.height if price else 0, button_h) if h]
    rows += [max(last)] if beside else last
    brand_row = 0 if wide else mark + gap
    left = room_y - sum(rows) - gap * len(rows) - brand_row
    head_text = plan.headline.upper() if template.capitals or faces.capitals else plan.headline
    most = 2 if wide and not template.capitals else 4
    headline = fit(head_text, faces.display, (room_x, max(left, unit * 0.09)), unit * template.headline, most)
    total = headline.height + sum(rows) + gap * len(rows) + brand_row
    if wide:  # what the words leave belongs to the product, and what they lack is taken from it
        spare = min(max(room_y - total - gap, -round(unit * 0.2)), room_y // 2)
        zone, stage = _tightened(zone, stage, side, spare)
        inner = _inner(zone, side, margin, template)
        room_y = inner[3] - inner[1]
    y = inner[1] + max((room_y - total) // 2, 0)
    align = template.align
    x = inner[0] if align == "left" else (inner[0] + inner[2]) // 2
    brand_w = round(mark * 1.35) + longest_line(wordmark)
    brand = _beside_stage(stage, margin, brand_w, mark, side, draws)
    if not wide:
        brand = _aligned(x, y, brand_w, mark, align)
        y += brand_row
    words = [Words(name="headline", setting=headline, x=x, top=y, align=align)]
    y += headline.height + gap
    if subline:
        words.append(Words(name="subline", setting=subline, x=x, top=y, align=align))
        y += subline.height + gap
    button = plate = None
    if beside and price and label:
        row, button_w = max(price.height, button_h), _button_width(label, button_h, room_x, draws)
        start = x if align == "left" else x - (button_w + gap * 2 + price.width) // 2
        button = (start, y + (row - button_h) // 2, start + button_w, y + (row - button_h) // 2 + button_h)
        cost, plate = price.at(start + button_w + gap * 2, y + (row - price.height) // 2, "left")
        words.append(cost)
    else:
        if price:
            cost, plate = price.at(x, y, align)
            words.append(cost)
            y += price.height + gap
        if label:
            button = _aligned(x, y, _button_width(label, button_h, room_x, draws), button_h, align)
    return Layout(
        template=template,
        faces=faces,
        side=side,
        unit=unit,
        margin=margin,
        zone=zone,
        stage=_cleared(stage, brand, margin, side) if wide and stage[3] - stage[1] > 0.38 * unit else stage,
        words=tuple(words),
        plate=plate,
        button=button,
        button_label=label,
        brand=brand,
        wordmark=wordmark,
        badge=_badge(plan, stage, unit, side, brand, draws),
    )


def _tightened(zone: Box, stage: Box, side: str, spare: int) -> tuple[Box, Box]:
    """The zones, with so many pixels of height given from the words to the product (below 0: taken)."""
    if side == "top":
        return (*zone[:3], zone[3] - spare), (stage[0], stage[1] - spare, *stage[2:])
    return (zone[0], zone[1] + spare, *zone[2:]), (*stage[:3], stage[3] + spare)


def _strip(
    plan: AdPlan, size: tuple[int, int], template: Template, faces: Typefaces, side: str, draws: Draws
) -> Layout:
    """A banner: words at one end, the product beside them, the offer at the other end."""
    width, height = size
    unit, margin = height * 1.3, max(round(height * 0.12), 4)
    text_w, stage_w = round(width * 0.46), round(min(height * 1.9, width * 0.26))
    if side == "left":
        zone = (0, 0, text_w, height)
        stage, offer = (text_w, 0, text_w + stage_w, height), (text_w + stage_w, 0, width, height)
    else:
        zone = (width - text_w, 0, width, height)
        stage = (width - text_w - stage_w, 0, width - text_w, height)
        offer = (0, 0, width - text_w - stage_w, height)
    mark = max(round(height * 0.2), 8)
    wordmark = _wordmark(plan, faces, ((offer[2] - offer[0]) * 0.6, mark * 0.9), mark)
    brand_w = round(mark * 1.35) + longest_line(wordmark)
    inner_w, inner_h = text_w - 2 * margin, height - 2 * margin
    price = _price(plan, faces, (inner_w * 0.25, height * 0.3), height * 0.26, draws)
    for_price = price.width + margin if price else 0
    subline = (
        fit(plan.subline, faces.text, (inner_w - for_price, height * 0.2), height * 0.15, 1) if plan.subline else None
    )
    gap = round(height * 0.08)
    below = subline.height + gap if subline else 0
    head_text = plan.headline.upper() if template.capitals or faces.capitals else plan.headline
    headline = fit(head_text, faces.display, (inner_w - for_price, inner_h - below), height * 0.34, 2)
    x, y = zone[0] + margin, (height - headline.height - below) // 2
    words = [Words(name="headline", setting=headline, x=x, top=y, align="left")]
    if subline:
        words.append(Words(name="subline", setting=subline, x=x, top=y + headline.height + gap, align="left"))
    plate = None
    if price:
        cost, plate = price.at(zone[2] - margin, (height - price.height) // 2, "right")
        words.append(cost)
    middle = (offer[0] + offer[2]) // 2
    button_h = round(height * (0.24 + 0.14 * plan.factors.cta))
    room = (offer[2] - offer[0] - 2 * margin) * 0.76
    label = fit(plan.button, faces.strong, (room, button_h), button_h * 0.46, 1) if plan.button else None
    top = (height - mark - (button_h + gap if label else 0)) // 2
    brand = _aligned(middle, top, brand_w, mark, "centre")
    button = None
    if label:
        button = _aligned(
            middle, top + mark + gap, _button_width(label, button_h, room / 0.76, draws), button_h, "centre"
        )
    return Layout(
        template=template,
        faces=faces,
        side=side,
        unit=unit,
        margin=margin,
        zone=zone,
        stage=stage,
        words=tuple(words),
        plate=plate,
        button=button,
        button_label=label,
        brand=brand,
        wordmark=wordmark,
        badge=_badge(plan, stage, height * 1.9, side, brand, draws),
    )


def _aligned(x: int, y: int, width: int, height: int, align: str) -> Box:
    left = x if align == "left" else x - width // 2
    return left, y, left + width, y + height


def _wordmark(plan: AdPlan, faces: Typefaces, box: tuple[float, float], mark: int) -> Setting:
    capitals = BRAND_OF[plan.brand].capitals
    name = plan.brand.upper() if capitals else plan.brand
    return fit(name, faces.strong, box, mark * (0.72 if capitals else 0.86), 1, tracking=0.08 if capitals else 0.0)


def _label(plan: AdPlan, faces: Typefaces, unit: float, room: float) -> Setting | None:
    if not plan.button:
        return None
    return fit(plan.button, faces.strong, (room * 0.76, unit * 0.08), _button_height(plan, unit) * 0.46, 1)


def _button_height(plan: AdPlan, unit: float) -> int:
    """Pixels; one half of the cause `cta` is the size of the button."""
    return round(unit * (0.075 + 0.055 * plan.factors.cta))


def _button_width(label: Setting, height: int, room: float, draws: Draws) -> int:
    return min(longest_line(label) + round(height * (0.9 + 0.4 * draws.share(5))), int(room))


def _figure_height(price: Setting) -> int:
    return round(price.size * heights(price.face)[0])  # figures have no descenders


def _beside_stage(stage: Box, margin: int, width: int, height: int, side: str, draws: Draws) -> Box:
    """A corner of the product's part, at the edge of the picture that is away from the words."""
    x = stage[0] + margin if draws.chance(4, 0.5) else stage[2] - margin - width
    y = stage[3] - margin - height if side == "top" else stage[1] + margin
    return x, y, x + width, y + height


def _cleared(stage: Box, brand: Box, margin: int, side: str) -> Box:
    """The product's part without the row of the brand."""
    if side == "top":
        return stage[0], stage[1], stage[2], brand[1] + margin // 2
    return stage[0], brand[3] - margin // 2, stage[2], stage[3]


def _badge(plan: AdPlan, stage: Box, unit: float, side: str, brand: Box, draws: Draws) -> Box | None:
    """A corner of the product's part that is not the brand's."""
    if not plan.badge:
        return None
    side_px = round(unit * (0.19 + 0.05 * draws.share(6)))
    edge = max(round(unit * 0.03), 2)
    right = brand[0] + brand[2] < stage[0] + stage[2] if side in ("top", "bottom") else side == "left"
    x = stage[2] - edge - side_px if right else stage[0] + edge
    high = draws.chance(7, 0.7) if side in ("left", "right") else side == "bottom"
    y = stage[1] + edge if high else stage[3] - edge - side_px
    if x < brand[2] and brand[0] < x + side_px and y < brand[3] and brand[1] < y + side_px:
        y = stage[3] - edge - side_px if high else stage[1] + edge
    return x, y, x + side_px, y + side_px
