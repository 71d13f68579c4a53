"""The layout of all but banners: words one below another, and the product above, below or beside them.

The product comes first: words are set smaller until they leave it its share of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from adlab.simulator.ad import AdPlan
from adlab.simulator.draws import Draws
from adlab.simulator.layout import Box, Layout, Words, aligned
from adlab.simulator.layout_parts import (
    Price,
    brand_width,
    button_height,
    button_width,
    headline_text,
    set_badge,
    set_price,
    set_wordmark,
)
from adlab.simulator.templates import Template
from adlab.simulator.text_drawing import Setting, Typefaces, fit

_SCALES = (1.0, 0.93, 0.86, 0.79, 0.72)
_MOST_WORDS = 0.52  # of the height, where the words stand above or below the product
_TALL = 1.2  # height to width from which two columns would be slivers: words and product are staggered instead
_STAGGERED_WORDS, _STAGGERED_STAGE = 0.62, 0.86  # of the width
_STAGGERED_HEIGHT = 0.5  # most of the height that belongs to staggered words


@dataclass(frozen=True, kw_only=True)
class _Stack:
    """The words, set, in the order in which they stand.

    Attributes:
        headline: The headline.
        subline: The smaller line.
        price: The price.
        label: Words of the button.
        button: Width and height of the button.
        beside: Whether price and button share a row.
        gap: Pixels between rows.
        height: Pixels of all rows and the gaps between them.
    """

    headline: Setting
    subline: Setting | None
    price: Price | None
    label: Setting | None
    button: tuple[int, int]
    beside: bool
    gap: int
    height: int

    @property
    def last_row(self) -> tuple[int, int]:
        """Width and height of the row of price and button where they share it or only one is there, else (0, 0)."""
        parts = [(self.price.width, self.price.height)] if self.price else []
        parts += [self.button] if self.label else []
        if not parts or (len(parts) == 2 and not self.beside):
            return 0, 0
        return sum(w for w, _ in parts) + 2 * self.gap * (len(parts) - 1), max(h for _, h in parts)


@dataclass(frozen=True, kw_only=True)
class _Frame:
    """What the words are set in.

    Attributes:
        plan: The ad.
        template: The layout's kind.
        faces: Typefaces.
        size: Width and height of the picture in pixels.
        side: Where the words are drawn.
        unit: Length that sizes are shares of, in pixels.
        margin: Pixels kept free along the edge.
        draws: The row of chance for layout.
    """

    plan: AdPlan
    template: Template
    faces: Typefaces
    size: tuple[int, int]
    side: str
    unit: float
    margin: int
    draws: Draws

    @property
    def wide(self) -> bool:
        """Whether the words have the width of the picture."""
        return self.side in ("top", "bottom")

    @property
    def staggered(self) -> bool:
        """Whether words and product stand side by side but one higher than the other."""
        return not self.wide and self.size[1] > _TALL * self.size[0]

    def inner(self, zone: Box) -> Box:
        """The part of a zone that words may fill: a full margin at the picture's edge, less towards the product."""
        template, margin, side = self.template, self.margin, self.side
        left, top, right, bottom = (round(margin * 0.9) if template.block == "card" else round(margin * 0.5),) * 4
        outer = margin
        if template.block == "card" or template.decor in ("frame", "corners"):
            outer = round(margin * 1.4)
        if side != "right":
            left = outer
        if side != "left":
            right = outer
        if side != "bottom":
            top = outer
        if side != "top":
            bottom = outer
        return zone[0] + left, zone[1] + top, zone[2] - right, zone[3] - bottom


def stacked(
    plan: AdPlan, size: tuple[int, int], template: Template, faces: Typefaces, side: str, draws: Draws
) -> Layout:
    """Settle where everything goes.

    Args:
        plan: The ad.
        size: Width and height in pixels.
        template: The layout's kind.
        faces: Typefaces.
        side: Where the words go, "top", "bottom", "left" or "right".
        draws: The row of chance for layout.
    """
    width, height = size
    unit = min((width * height) ** 0.5, 1.3 * min(width, height))
    margin = max(round(unit * (0.065 + 0.02 * draws.share(2))), 4)
    frame = _Frame(
        plan=plan, template=template, faces=faces, size=size, side=side, unit=unit, margin=margin, draws=draws
    )
    share = template.share + 0.05 * (draws.share(3) - 0.5)
    if frame.wide:
        return _above_or_below(frame, min(share, _MOST_WORDS))
    return _beside(frame, _STAGGERED_WORDS if frame.staggered else min(share + 0.04, 0.54))


def _set(frame: _Frame, width: int, room: int) -> _Stack:
    """The words as large as a height allows; at the smallest scale they may exceed it."""
    stack = _set_at(frame, _SCALES[0], width, room)
    for scale in _SCALES[1:]:
        if stack.height <= room:
            break
        stack = _set_at(frame, scale, width, room)
    return stack


def _set_at(frame: _Frame, scale: float, width: int, room: int) -> _Stack:
    """The words at a scale; the button keeps its size, which is a cause, and the headline takes what is left."""
    plan, faces, unit = frame.plan, frame.faces, frame.unit * scale
    gap = max(round(unit * 0.036), 3)
    button_h = button_height(plan, frame.unit) if plan.button else 0
    label_w = width * (0.62 if frame.wide and plan.price else 1.0) * 0.76
    label = fit(plan.button, faces.strong, (label_w, frame.unit * 0.08), button_h * 0.46, 1) if button_h else None
    button_w = button_width(label, button_h, width, frame.draws) if label else 0
    subline = fit(plan.subline, faces.text, (width, unit * 0.15), unit * 0.064, 2) if plan.subline else None
    price = set_price(plan, faces, (width * 0.5, unit * 0.1), unit * 0.1, frame.draws)
    beside = bool(frame.wide and label and price and button_w + gap * 2 + price.width <= width)
    last = [h for h in (price.height if price else 0, button_h) if h]
    rows = ([subline.height] if subline else []) + ([max(last)] if beside else last)
    below = sum(rows) + gap * len(rows)
    most = 2 if frame.wide and not frame.template.capitals else 4
    headline = fit(
        headline_text(plan, frame.template, faces),
        faces.display,
        (width, max(room - below, unit * 0.15)),
        unit * frame.template.headline,
        most,
    )
    return _Stack(
        headline=headline,
        subline=subline,
        price=price,
        label=label,
        button=(button_w, button_h),
        beside=beside,
        gap=gap,
        height=headline.height + below,
    )


def _above_or_below(frame: _Frame, share: float) -> Layout:
    """Words over the width of the picture, the product above or below them."""
    width, height = frame.size
    zone = _end(frame, round(height * share))
    inner = frame.inner(zone)
    stack = _set(frame, inner[2] - inner[0], inner[3] - inner[1])
    # What the words leave belongs to the product, and what they lack is taken from it.
    room = inner[3] - inner[1]
    spare = min(room - stack.height - stack.gap, room // 2)
    zone = _end(frame, round(height * share) - spare)
    inner = frame.inner(zone)
    y = inner[1] + max((inner[3] - inner[1] - stack.height) // 2, 0)
    stage = (0, zone[3], width, height) if frame.side == "top" else (0, 0, width, zone[1])
    mark = max(round(frame.unit * 0.07), 9)
    wordmark = set_wordmark(frame.plan, frame.faces, (inner[2] - inner[0] - 1.4 * mark, mark * 0.9), mark)
    brand_w = brand_width(mark, wordmark)
    row_w, row_h = stack.last_row
    free = inner[2] - inner[0] - row_w - 3 * stack.gap
    if frame.side == "bottom" and frame.template.align == "left" and row_w and brand_w <= free:
        top = y + stack.height - row_h + (row_h - mark) // 2
        brand: Box = (inner[2] - brand_w, top, inner[2], top + mark)
        stages: tuple[Box, ...] = (stage,)
    else:
        brand = _corner(frame, stage, brand_w, mark)
        stages = _clear_of(stage, brand, frame)
    return _placed(frame, stack, zone, inner, y, stage, stages, brand, wordmark)


def _beside(frame: _Frame, share: float) -> Layout:
    """Words in a column, brand above them; the product in the other column, or staggered."""
    width, height = frame.size
    cut = round(width * share)
    zone = (0, 0, cut, height) if frame.side == "left" else (width - cut, 0, width, height)
    inner = frame.inner(zone)
    mark = max(round(frame.unit * 0.07), 9)
    wordmark = set_wordmark(frame.plan, frame.faces, (inner[2] - inner[0] - 1.4 * mark, mark * 0.9), mark)
    brand_row = mark + max(round(frame.unit * 0.036), 3)
    room = inner[3] - inner[1] if not frame.staggered else round(height * _STAGGERED_HEIGHT) - frame.margin
    stack = _set(frame, inner[2] - inner[0], room - brand_row)
    total = stack.height + brand_row
    column = (cut, 0, width, height) if frame.side == "left" else (0, 0, width - cut, height)
    if frame.staggered:  # a tall product may still be largest beside the words
        y, stage = _stagger(frame, total)
        stages: tuple[Box, ...] = (stage, column)
    else:
        y, stages = inner[1] + max((inner[3] - inner[1] - total) // 2, 0), (column,)
    x = inner[0] if frame.template.align == "left" else (inner[0] + inner[2]) // 2
    brand = aligned(x, y, brand_width(mark, wordmark), mark, frame.template.align)
    return _placed(frame, stack, zone, inner, y + brand_row, column, stages, brand, wordmark)


def _stagger(frame: _Frame, total: int) -> tuple[int, Box]:
    """Top of staggered words of a height, and the part of the picture that is left to the product."""
    width, height = frame.size
    reach = round(width * _STAGGERED_STAGE)
    left = 0 if frame.side == "right" else width - reach
    spare = max(height - total - reach - 3 * frame.margin, 0)
    y = round(frame.margin * 1.25) + round(spare * 0.35)
    if frame.draws.chance(8, 0.5):  # words first
        return y, (left, y + total + frame.margin // 4, left + reach, height)
    y = height - y - total
    return y, (left, 0, left + reach, y - frame.margin // 4)


def _end(frame: _Frame, cut: int) -> Box:
    """The upper or lower part of the picture, so many pixels high."""
    width, height = frame.size
    return (0, 0, width, cut) if frame.side == "top" else (0, height - cut, width, height)


def _corner(frame: _Frame, stage: Box, width: int, height: int) -> Box:
    """A corner of the product's part, at the edge of the picture that is away from the words."""
    margin = frame.margin
    x = stage[0] + margin if frame.draws.chance(4, 0.5) else stage[2] - margin - width
    y = stage[3] - margin - height if frame.side == "top" else stage[1] + margin
    return x, y, x + width, y + height


def _clear_of(stage: Box, brand: Box, frame: _Frame) -> tuple[Box, ...]:
    """The product's part without the brand: the middle, without the brand's row, and what lies beside the brand."""
    left, top, right, bottom = stage
    gap = frame.margin // 4
    row = (left, top, right, brand[1] - gap) if frame.side == "top" else (left, brand[3] + gap, right, bottom)
    if brand[0] + brand[2] < left + right:
        column, inset = (brand[2] + gap, top, right, bottom), brand[2] + gap - left
    else:
        column, inset = (left, top, brand[0] - gap, bottom), right - brand[0] + gap
    middle = (left + inset, top, right - inset, bottom)
    boxes = [middle, row, column] if middle[2] - middle[0] > (right - left) // 4 else [row, column]
    return tuple(boxes)


def _placed(
    frame: _Frame,
    stack: _Stack,
    zone: Box,
    inner: Box,
    y: int,
    whole: Box,
    stages: tuple[Box, ...],
    brand: Box,
    wordmark: Setting,
) -> Layout:
    """The layout once it is known where the words begin."""
    align, gap = frame.template.align, stack.gap
    x = inner[0] if align == "left" else (inner[0] + inner[2]) // 2
    words = [Words(name="headline", setting=stack.headline, x=x, top=y, align=align)]
    y += stack.headline.height + gap
    if stack.subline:
        words.append(Words(name="subline", setting=stack.subline, x=x, top=y, align=align))
        y += stack.subline.height + gap
    button = plate = None
    button_w, button_h = stack.button
    if stack.beside and stack.price:
        row_w, row_h = stack.last_row
        start = x if align == "left" else x - row_w // 2
        button = aligned(start, y + (row_h - button_h) // 2, button_w, button_h, "left")
        cost, plate = stack.price.at(button[2] + gap * 2, y + (row_h - stack.price.height) // 2, "left")
        words.append(cost)
    else:
        if stack.price:
            cost, plate = stack.price.at(x, y, align)
            words.append(cost)
            y += stack.price.height + gap
        if stack.label:
            button = aligned(x, y, button_w, button_h, align)
    return Layout(
        template=frame.template,
        faces=frame.faces,
        side=frame.side,
        unit=frame.unit,
        margin=frame.margin,
        zone=zone,
        stages=stages,
        words=tuple(words),
        plate=plate,
        button=button,
        button_label=stack.label,
        brand=brand,
        wordmark=wordmark,
        badges=tuple(
            set_badge(frame.plan, whole, stage, frame.unit, frame.side, brand, frame.draws) for stage in stages
        ),
    )
