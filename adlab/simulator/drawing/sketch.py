"""A display list: what to draw, in units of its own, before anyone knows how large or in which pose.

The functions that draw a kind speak to a `Sketch` only; `raster` turns it into pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from adlab.simulator.drawing.palette import RGB, Tone, tone
from adlab.simulator.drawing.shapes import moved, shape

WHITE: RGB = (255, 255, 255)


@dataclass(frozen=True, kw_only=True, eq=False)
class Mark:
    """One thing to draw.

    Attributes:
        what: "form", "flat", "line" or "dashes".
        points: Outline, line, or both ends of each dash in turn, (N, 2) in units of the sketch.
        tone: Ramp of a form.
        colour: Colour of a flat or a line.
        opacity: 0–1.
        width: Width of a line or of dashes, in units.
        inside: Whether it is seen only on the last form.
        light: How a form is shaded: "pillow" (soft, follows the outline), "level" (not at all) or a name of
            `raster.LIGHTS`.
        lift: Moves a form's shading to the dark (−) or the light (+).
        cast: Strength of the shadow that a form throws on what is below it, 0–1.
    """

    what: str
    points: np.ndarray
    tone: Tone | None = None
    colour: RGB = WHITE
    opacity: float = 1.0
    width: float = 0.0
    inside: bool = False
    light: str = "pillow"
    lift: float = 0.0
    cast: float = 0.0


class Sketch:
    """What a product is made of, in its colour and finish.

    Args:
        colour: Name in `palette.PALETTE`.
        finish: 0–1, dull and worn to crisp and glossy.
        tint: −1 to 1, a darker or lighter version of the colour.
    """

    def __init__(self, colour: str, finish: float, tint: float = 0.0) -> None:
        self.finish = finish
        self.marks: list[Mark] = []
        self.main = tone(colour, finish, tint)
        self.deep = tone(colour, finish, max(tint - 0.6, -0.9))
        self.pale = tone(colour, finish, min(tint + 0.55, 0.9))
        self.accent = tone(colour, finish, tint, True)

    def material(self, name: str, tint: float = 0.0) -> Tone:
        """The ramp of a material that keeps its own colour, a name of `palette.MATERIALS`."""
        return tone(name, self.finish, tint)

    def contrast(self) -> RGB:
        """Near white on a dark colour, near black on a light one."""
        r, g, b = self.main.at()
        return self.material("paper" if 2 * r + 5 * g + b < 1040 else "ink").at(0.6)

    def form(
        self,
        points: np.ndarray,
        tone: Tone,
        light: str = "pillow",
        lift: float = 0.0,
        *,
        cast: float = 0.0,
        inside: bool = False,
    ) -> None:
        """A solid body with shading; what follows with `inside` is clipped to it."""
        self.marks.append(Mark(what="form", points=points, tone=tone, light=light, lift=lift, cast=cast, inside=inside))

    def flat(self, points: np.ndarray, colour: RGB | Tone, opacity: float = 1.0, *, inside: bool = False) -> None:
        """An area of one colour."""
        colour = colour.at() if isinstance(colour, Tone) else colour
        self.marks.append(Mark(what="flat", points=points, colour=colour, opacity=opacity, inside=inside))

    def line(
        self, points: np.ndarray, width: float, colour: RGB | Tone, opacity: float = 1.0, *, inside: bool = False
    ) -> None:
        """A line with round ends."""
        colour = colour.at() if isinstance(colour, Tone) else colour
        self.marks.append(Mark(what="line", points=points, width=width, colour=colour, opacity=opacity, inside=inside))

    def shine(self, points: np.ndarray, strength: float = 0.5) -> None:
        """A highlight on the last form; the better the finish, the clearer."""
        self.flat(points, WHITE, strength * max(0.0, 1.15 * self.finish - 0.15), inside=True)

    def glint(self, points: np.ndarray, width: float, strength: float = 0.6) -> None:
        """A highlight along a line of the last form."""
        self.line(points, width, WHITE, strength * max(0.0, 1.15 * self.finish - 0.15), inside=True)

    def shade(self, points: np.ndarray, strength: float = 0.3) -> None:
        """A hard-edged shadow on the last form."""
        self.flat(points, (20, 18, 34), strength * (0.35 + 0.65 * self.finish), inside=True)

    def seam(self, points: np.ndarray, width: float = 0.8, tone: Tone | None = None, light: float = 0.12) -> None:
        """A fold or seam on the last form."""
        self.line(points, width, (tone or self.main).at(light), 0.35 + 0.5 * self.finish, inside=True)

    def stitch(self, points: np.ndarray, width: float = 0.7, tone: Tone | None = None, light: float = 0.9) -> None:
        """A dashed line; left out where the finish is poor."""
        if self.finish < 0.35:
            return
        steps = np.hypot(*np.diff(points, axis=0).T)
        total = np.concatenate([[0.0], np.cumsum(steps)])
        count = max(2, int(total[-1] / 2.6))
        at = np.linspace(0, total[-1], count * 2)
        dots = np.stack([np.interp(at, total, points[:, i]) for i in (0, 1)], axis=1)
        colour = (tone or self.main).at(light)
        self.marks.append(Mark(what="dashes", points=dots, width=width, colour=colour, opacity=0.85, inside=True))

    def panel(self, points: np.ndarray, tone: Tone, light: str = "slope", lift: float = 0.0) -> None:
        """A smaller part that lies on the last form and is clipped to it."""
        self.form(points, tone, light, lift=lift, inside=True)

    def rod(self, *points: tuple[float, ...], width: float, tone: Tone, light: float = 0.5) -> None:
        """A thin bar with a lit upper side."""
        line = shape(*points, closed=False, r=0.0)
        self.line(line, width, tone.at(light - 0.15))
        self.line(moved(line, -0.12 * width, -0.16 * width), width * 0.5, tone.at(light + 0.22))
