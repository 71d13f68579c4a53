"""The places of everything in one picture; `arrange` settles them.

Words are at the top, bottom, left or right. In a picture more than 2.2 times as wide as high there is no top or
bottom to speak of: "top" is drawn as "left" and "bottom" as "right". In one more than 2.2 times as high as wide "left"
is drawn as "top" and "right" as "bottom".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from adlab.simulator.templates import Template
from adlab.simulator.text_drawing import Setting, Typefaces, longest_line

Box = tuple[int, int, int, int]
EXTREME = 2.2


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
        stages: Parts that the product may have, the most wanted first; none of them meets the brand.
        badges: Box of the badge for each of the stages; None without one.
        words: Headline, subline and price.
        plate: Box of the plate behind the price; None without one.
        button: Box of the button; None without one.
        button_label: The words on it, set.
        brand: Box of the brand's mark and wordmark, whose height is that of the mark.
        wordmark: The brand's name, set.
    """

    template: Template
    faces: Typefaces
    side: str
    unit: float
    margin: int
    zone: Box
    stages: tuple[Box, ...]
    words: tuple[Words, ...]
    plate: Box | None
    button: Box | None
    button_label: Setting | None
    brand: Box
    wordmark: Setting
    badges: tuple[Box | None, ...]

    @property
    def stage(self) -> Box:
        """The part that belongs to the product: the most wanted of `stages`."""
        return self.stages[0]

    @property
    def badge(self) -> Box | None:
        """The badge that goes with the stage."""
        return self.badges[0]

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


def aligned(x: int, y: int, width: int, height: int, align: str) -> Box:
    """A box whose left edge ("left") or middle is at x, its upper edge at y."""
    left = x if align == "left" else x - width // 2
    return left, y, left + width, y + height


def apart(a: Box, b: Box) -> bool:
    """Whether two boxes share no pixel."""
    return a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
