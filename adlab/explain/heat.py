"""A signed map as colours on a picture, as words and as a table.

Colours are even steps in OKLab (Ottosson 2020), where equal distances look equal: from a pale grey to orange for what
raises the number, and to blue for what lowers it, both equally dark at equal strength. The two differ to people who
see no red or no green, and the strongest place of either sign is marked with a triangle, ▲ or ▼: colour is never the
only signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from adlab.explain.fusion_maps import FusionMap

STEPS_OF_COLOUR = 256
PALE = (0.93, 0.0, 0.0)  # OKLab: lightness, green to red, blue to yellow
RAISES = (0.60, 0.115, 0.115)
LOWERS = (0.60, -0.055, -0.153)
MARK_SHARE = 1 / 22  # of the picture's longer side
_LMS = np.array([[1, 0.3963377774, 0.2158037573], [1, -0.1055613458, -0.0638541728], [1, -0.0894841775, -1.2914855480]])
_RGB = np.array(
    [
        [4.0767416621, -3.3077115913, 0.2309699292],
        [-1.2684380046, 2.6097574011, -0.3413193965],
        [-0.0041960863, -0.7034186147, 1.7076147010],
    ]
)


class Outline(NamedTuple):
    """A box on a picture, its sides as shares of the picture's.

    Attributes:
        left: 0–1, as are the next three.
        top: Likewise.
        right: Likewise.
        bottom: Likewise.
        weight: Positive where it raises the number explained.
    """

    left: float
    top: float
    right: float
    bottom: float
    weight: float


def ramp(end: tuple[float, float, float]) -> NDArray[np.uint8]:
    """Even steps from pale to `end`, (256, 3) sRGB."""
    lab = np.linspace(PALE, end, STEPS_OF_COLOUR)
    linear = np.clip((lab @ _LMS.T) ** 3 @ _RGB.T, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return np.round(255 * srgb).astype(np.uint8)


def layer(values: NDArray[np.floating], scale: float) -> Image.Image:
    """A map as a see-through picture: clear where it is 0, in full colour at `scale` and beyond.

    Args:
        values: (h, w); positive in the colour of raising, negative in that of lowering.
        scale: The value of the full colour, above 0: the same for maps that are to be compared.
    """
    strength = np.clip(np.abs(values) / scale, 0, 1)
    step = np.round(strength * (STEPS_OF_COLOUR - 1)).astype(int)
    colour = np.where((values >= 0)[..., None], ramp(RAISES)[step], ramp(LOWERS)[step])
    # Weak values let the picture through; the root lifts them enough to be seen at all.
    alpha = np.round(255 * np.sqrt(strength)).astype(np.uint8)
    return Image.fromarray(np.dstack([colour.astype(np.uint8), alpha]))


def overlay(picture: Image.Image, values: NDArray[np.floating], scale: float, opacity: float = 0.75) -> Image.Image:
    """The map over the picture, with its strongest places marked.

    The picture loses its colours beneath: an orange on an orange ad would say nothing.

    Args:
        picture: The ad; it is brought to the size of the map.
        values: (h, w), signed.
        scale: The value of the full colour, above 0.
        opacity: Of the layer, 0–1.
    """
    height, width = values.shape
    ground = picture.convert("L").convert("RGB").resize((width, height), Image.Resampling.LANCZOS)
    coloured = layer(values, scale)
    coloured.putalpha(coloured.getchannel("A").point(lambda alpha: round(alpha * opacity)))
    ground.paste(coloured, mask=coloured)
    draw = ImageDraw.Draw(ground)
    # On a banner the mark goes by the shorter side, or it would hide the words it points at.
    radius = max(4.0, min(MARK_SHARE * max(width, height) / 2, min(width, height) / 6))
    for sign, colour in ((1, RAISES), (-1, LOWERS)):
        peak = peak_of(sign * values)
        if peak is not None:
            x, y = (
                min(max(place * side, radius), max(side - radius, radius))
                for place, side in zip(peak, (width, height), strict=True)
            )
            tip, base = y - sign * radius, y + sign * radius
            corners = [(x, tip), (x + radius, base), (x - radius, base)]
            draw.polygon(
                corners, fill=tuple(int(c) for c in ramp(colour)[-1]), outline="white", width=max(1, round(radius / 5))
            )
    return ground


def outlined(image: Image.Image, boxes: Sequence[Outline]) -> Image.Image:
    """The picture with boxes drawn in the colours of what they do, the strongest on top; the image given is changed.

    Args:
        image: Of any size.
        boxes: The strongest first.
    """
    draw, (width, height) = ImageDraw.Draw(image), image.size
    line = max(2, round(max(width, height) / 170))
    for box in reversed(boxes):
        corners = (box.left * width, box.top * height, box.right * width - 1, box.bottom * height - 1)
        if corners[0] <= corners[2] and corners[1] <= corners[3]:
            colour = tuple(int(c) for c in ramp(RAISES if box.weight >= 0 else LOWERS)[-1])
            draw.rectangle(corners, outline="white", width=line + 2)
            draw.rectangle(corners, outline=colour, width=line)
    return image


def png(image: Image.Image) -> bytes:
    """The image as a PNG file."""
    buffer = BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def peak_of(values: NDArray[np.floating]) -> tuple[float, float] | None:
    """Where the largest value lies, as shares of width and height; None if none is above 0."""
    if not (values > 0).any():
        return None
    tied = np.argwhere(values == values.max())  # a box has one value: its middle is meant, not its first corner
    y, x = tied[np.square(tied - tied.mean(axis=0)).sum(axis=1).argmin()]
    return (float(x) + 0.5) / values.shape[1], (float(y) + 0.5) / values.shape[0]


def common_scale(maps: Sequence[NDArray[np.floating]]) -> float:
    """The largest absolute value of all, or 1 where all are 0."""
    return max((float(np.abs(values).max()) for values in maps), default=0.0) or 1.0


def place_words(peak: tuple[float, float]) -> str:
    """A place in words, such as "upper left"; thirds of the picture."""
    column, row = (min(int(3 * share), 2) for share in peak)
    words = " ".join(word for word in (("upper", "", "lower")[row], ("left", "", "right")[column]) if word)
    return words or "middle"


def alt_text(name: str, values: NDArray[np.floating], padding_share: float) -> str:
    """One sentence that says what the colours show."""
    parts = [
        f"{verb} most in the {place_words(peak)}"
        for verb, peak in (("raises", peak_of(values)), ("lowers", peak_of(-values)))
        if peak is not None
    ]
    said = " and ".join(parts) or "shows nothing on the picture"
    return f"Heat map, {name}: {said}; {100 * padding_share:.0f} % of it lies outside the picture."


def summary_table(maps: Sequence[FusionMap]) -> pd.DataFrame:
    """One row a map: where and how much it raises and lowers most, on the picture, and what falls on padding."""
    rows = []
    for each in maps:
        up, down = peak_of(each.values), peak_of(-each.values)
        rows.append(
            {
                "step": each.step,
                "raises most": place_words(up) if up else "",
                "by": float(max(0.0, each.values.max())),
                "lowers most": place_words(down) if down else "",
                "by ": float(max(0.0, -each.values.min())),
                "on padding": each.padding_share,
            }
        )
    return pd.DataFrame(rows)


def cell_table(maps: Sequence[FusionMap]) -> pd.DataFrame:
    """Raw values, one row a cell; x and y in pixels of the original picture, outside it on the padding."""
    parts = []
    for each in maps:
        rows, columns = (axis.ravel() for axis in np.indices(each.cells.shape))
        parts.append(
            pd.DataFrame(
                {
                    "step": each.step,
                    "row": rows,
                    "column": columns,
                    "x": each.x[columns],
                    "y": each.y[rows],
                    "value": each.cells.ravel(),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
