"""What words and product stand on: the background, the product's stage and the block behind the words.

A block or a wash is as light or as dark as the wanted contrast of the words needs, in the hue of the background, so
that the dominant colour of the picture stays what it is.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from adlab.simulator import marks
from adlab.simulator.colouring import luminance, made_room_for, opposed, shade
from adlab.simulator.drawing.palette import PALETTE
from adlab.simulator.draws import Draws
from adlab.simulator.layout import EXTREME, Box, Layout
from adlab.simulator.templates import DEEPENED, RGB

_OPAQUE_BLOCKS = ("split", "card", "strip", "diagonal")
_BUSY = ("pattern", "scene")


def mean_colour(picture: Image.Image, box: Box) -> RGB:
    """Mean colour of a part of a picture."""
    width, height = picture.size
    left, top = min(max(box[0], 0), width - 1), min(max(box[1], 0), height - 1)
    part = picture.crop((left, top, max(min(box[2], width), left + 1), max(min(box[3], height), top + 1)))
    r, g, b = np.asarray(part).reshape(-1, 3).mean(axis=0)
    return round(r), round(g), round(b)


def mean_luminance(picture: Image.Image, box: Box) -> float:
    """Mean relative luminance of a part of a picture, 0–1."""
    width, height = picture.size
    left, top = min(max(box[0], 0), width - 1), min(max(box[1], 0), height - 1)
    part = picture.crop((left, top, max(min(box[2], width), left + 1), max(min(box[3], height), top + 1)))
    return float(luminance(np.asarray(part)).mean())


def lay_ground(picture: Image.Image, layout: Layout, ratio: float, style: str, colour: str, draws: Draws) -> bool:
    """Draw stage, block and ornaments into a background.

    Args:
        picture: The background, RGB; it is drawn into.
        layout: Where things go.
        ratio: Contrast ratio that the words shall have.
        style: Style of the background: a busy one is calmed behind the words and bears no stage.
        colour: Name of the background's colour, which block and wash must not change.
        draws: The row of chance for layout.

    Returns:
        Whether the words are to be lighter than what is behind them.
    """
    tint = mean_colour(picture, (0, 0, *picture.size))
    if style != "scene" or layout.template.stage == "tile":
        _stage(picture, layout, tint, draws)
    light = _block(picture, layout, tint, ratio, style, colour, draws)
    _ornaments(picture, layout, light, ratio)
    return light


def _stage(picture: Image.Image, layout: Layout, tint: RGB, draws: Draws) -> None:
    """A shape in another tone of the background behind the product."""
    kind = layout.template.stage
    if kind == "none":
        return
    behind = mean_luminance(picture, layout.stage)
    brighter = behind < 0.55 if draws.chance(10, 0.75) else behind < 0.25
    tone = shade(tint, min(behind * 1.5 + 0.09, 1.0) if brighter else behind * 0.66)
    left, top, right, bottom = layout.stage
    width, height = right - left, bottom - top
    middle, centre, reach = (left + right) // 2, (top + bottom) // 2, min(width, height)
    if kind in ("disc", "rings"):
        for scale in (1.25, 1.0, 0.75) if kind == "rings" else (0.94,):
            d = round(reach * scale)
            mask = marks.ellipse(d, d).point(lambda v: v * 110 // 255) if kind == "rings" else marks.ellipse(d, d)
            picture.paste(tone, (middle - d // 2, centre - d // 2), mask)
    elif kind == "blob":
        d = round(reach * 1.05)
        picture.paste(tone, (middle - d // 2, centre - d // 2), _blob(d, draws))
    elif kind == "arch":
        w, h = round(reach * 0.78), round(height * 0.9)
        if bottom < picture.height:  # it does not stand on the edge of the picture: round at both ends
            picture.paste(tone, (middle - w // 2, centre - h // 2), marks.rounded(w, h, min(w, h) // 2))
        else:
            picture.paste(tone, (middle - w // 2, bottom - h), marks.rounded(w, h + w, w // 2).crop((0, 0, w, h)))
    elif kind == "tile":
        edge = max(round(layout.unit * 0.045), 3)
        mask = marks.rounded(width - 2 * edge, height - 2 * edge, max(round(layout.unit * 0.05), 2))
        picture.paste(tone, (left + edge, top + edge), mask)
    elif kind == "rays":
        rays = _rays(picture.size, (middle, centre))
        picture.paste(tone, (0, 0), rays.point(lambda v: v * 130 // 255))
    elif kind == "podium":
        w, h = round(min(width * 0.86, height * 1.1)), max(round(height * 0.16), 6)
        y = bottom - round(height * 0.05) - h
        foot = shade(tint, behind * 0.8 + 0.02 if brighter else behind * 0.5)
        picture.paste(foot, (middle - w // 2, y + h // 3), marks.ellipse(w, h))
        picture.paste(tone, (middle - w // 2, y), marks.ellipse(w, h))


def _blob(size: int, draws: Draws) -> Image.Image:
    middle, points = size / 2, []
    for i in range(48):
        angle = 2 * math.pi * i / 48
        wobble = sum(0.09 * math.sin(k * angle + 6.283 * draws.share(11 + k)) for k in (2, 3))
        radius = middle * 0.82 * (1 + wobble)
        points.append((middle + radius * math.cos(angle), middle + radius * math.sin(angle)))
    return marks.polygon(tuple(points), size, size)


@lru_cache(maxsize=64)
def _rays(size: tuple[int, int], middle: tuple[int, int]) -> Image.Image:
    width, height = size
    mask = Image.new("L", (width * 2, height * 2))
    pen = ImageDraw.Draw(mask)
    x, y, far = middle[0] * 2, middle[1] * 2, float(width + height) * 2
    for i in range(12):
        ends = [(x + far * math.cos(t), y + far * math.sin(t)) for t in (math.pi * i / 6, math.pi * (i + 0.5) / 6)]
        pen.polygon([(x, y), *ends], fill=255)
    return mask.reduce(2)


def _block(
    picture: Image.Image, layout: Layout, tint: RGB, ratio: float, style: str, colour: str, draws: Draws
) -> bool:
    """What lies behind the words; returns whether the words are to be light."""
    block, reading = layout.template.block, layout.reading
    behind = mean_luminance(picture, reading)
    if colour in PALETTE:  # the full colour keeps its name in more shades than the mean of a pale picture does
        tint = PALETTE[colour].base
    deepened = colour in DEEPENED
    if block not in _OPAQUE_BLOCKS:
        words, reached = opposed(behind, ratio, behind < 0.18 + 0.25 * draws.share(15))
        if not reached:
            _wash(picture, layout, shade(tint, made_room_for(behind, ratio * 1.03, deepened)), 1.0)
            return deepened
        if style in _BUSY:
            _wash(picture, layout, mean_colour(picture, reading), 0.8)
        return words > behind
    light = deepened != draws.chance(16, 0.5 if block == "card" and deepened else 0.12)
    if light:
        wanted = behind * 0.5 if behind > 0.04 else behind * 1.5 + 0.012
    else:
        wanted = behind + (1 - behind) * (0.85 if block == "card" else 0.45)
    _solid(picture, layout, shade(tint, made_room_for(wanted, ratio * 1.03, light)))
    return light


def _wash(picture: Image.Image, layout: Layout, tone: RGB, strength: float) -> None:
    """A soft cover over the words' part that fades towards the product."""
    width, height = picture.size
    left, top, right, bottom = layout.zone
    reading = layout.reading
    if layout.side in ("left", "right"):
        solid = reading[2] if layout.side == "left" else width - reading[0]
        end = right if layout.side == "left" else width - left
        fade = _ramp(width, solid + layout.margin // 2, max(end, solid + layout.margin) + round(width * 0.14))
        ramp = fade if layout.side == "left" else fade[::-1]
        mask = Image.fromarray(np.broadcast_to(ramp[None, :], (height, width)).copy())
    else:
        solid = reading[3] if layout.side == "top" else height - reading[1]
        end = bottom if layout.side == "top" else height - top
        fade = _ramp(height, solid + layout.margin // 2, max(end, solid + layout.margin) + round(height * 0.14))
        ramp = fade if layout.side == "top" else fade[::-1]
        mask = Image.fromarray(np.broadcast_to(ramp[:, None], (height, width)).copy())
    picture.paste(tone, (0, 0), mask.point(lambda v: round(v * strength)))


def _ramp(length: int, solid: int, end: int) -> np.ndarray:
    """Opacity along a line: full up to one place, none from another, uint8."""
    place = (np.arange(length) - solid) / max(end - solid, 1)
    smooth = np.clip(1 - place, 0, 1)
    return (252 * smooth * smooth * (3 - 2 * smooth)).astype(np.uint8)


def _solid(picture: Image.Image, layout: Layout, tone: RGB) -> None:
    width, height = picture.size
    left, top, right, bottom = layout.zone
    block, margin = layout.template.block, layout.margin
    if block == "split":
        picture.paste(tone, layout.zone)
    elif block == "strip":
        group, gap = layout.group, round(margin * 0.7)
        high, low = (0, height) if width > EXTREME * height else (group[1] - gap, group[3] + gap)
        picture.paste(tone, (0, max(high, 0), width, min(low, height)))
    elif block == "card":
        inset = max(margin // 2, 2)
        group = layout.group
        high, low = max(group[1] - margin, top + inset), min(group[3] + margin, bottom - inset)
        box = (left + inset, high, right - inset, low)
        mask = marks.rounded(box[2] - box[0], box[3] - box[1], max(round(layout.unit * 0.045), 2))
        shadow = Image.new("L", picture.size)
        shadow.paste(70, (box[0], box[1] + inset // 2), mask)
        picture.paste((0, 0, 0), (0, 0), shadow.filter(ImageFilter.BoxBlur(max(inset * 0.5, 1))))
        picture.paste(tone, box[:2], mask)
    else:
        picture.paste(tone, (0, 0), _aslant(layout, width, height))


def _aslant(layout: Layout, width: int, height: int) -> Image.Image:
    left, top, right, bottom = layout.zone
    lean = 0.09
    edges: dict[str, tuple[tuple[float, float], ...]]
    if layout.side in ("left", "right"):
        near = width * lean
        edges = {
            "left": ((0, 0), (right + near, 0), (right - near * 0.3, height), (0, height)),
            "right": ((left + near * 0.3, 0), (width, 0), (width, height), (left - near, height)),
        }
    else:
        near = height * lean
        edges = {
            "top": ((0, 0), (width, 0), (width, bottom - near * 0.2), (0, bottom + near)),
            "bottom": ((0, top + near * 0.2), (width, top - near), (width, height), (0, height)),
        }
    return marks.polygon(edges[layout.side], width, height)


def _ornaments(picture: Image.Image, layout: Layout, light: bool, ratio: float) -> None:
    """Thin lines that hold the layout together."""
    decor = layout.template.decor
    if decor == "none":
        return
    width, height = picture.size
    behind = mean_luminance(picture, layout.reading)
    target, _ = opposed(behind, 1 + (min(ratio, 6) - 1) * 0.6, light)
    ink = shade(mean_colour(picture, layout.reading), target)
    thin = max(round(layout.unit / 130), 1)
    inset = max(round(layout.margin * 0.6), 3)
    if decor == "frame":
        picture.paste(ink, (inset, inset), marks.rounded(width - 2 * inset, height - 2 * inset, 1, thin))
    elif decor == "corners":
        arm = round(layout.unit * 0.09)
        mask = marks.rounded(width - 2 * inset, height - 2 * inset, 1, thin).copy()
        mask.paste(0, (arm, 0, mask.width - arm, mask.height))
        mask.paste(0, (0, arm, mask.width, mask.height - arm))
        picture.paste(ink, (inset, inset), mask)
    elif decor == "rule":
        left, top, _, bottom = layout.reading
        x = max(left - round(layout.margin * 0.5) - thin, 1)
        picture.paste(ink, (x, top, x + max(thin * 2, 2), bottom))
    else:
        step, dot = max(round(layout.unit * 0.035), 4), max(thin + 1, 2)
        right, top = layout.zone[2] - layout.margin // 2, layout.zone[1] + layout.margin // 3
        group = layout.group
        if right - 4 * step < group[2] and top + 2 * step > group[1]:
            return  # no room for them in the corner
        for i in range(4):
            for j in range(2):
                picture.paste(ink, (right - i * step - dot, top + j * step), marks.ellipse(dot, dot))
