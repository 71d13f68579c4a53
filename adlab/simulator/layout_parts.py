"""The parts of a layout before they have a place: headline, price, button, wordmark and badge, set to fit."""

from __future__ import annotations

from dataclasses import dataclass

from adlab.simulator.ad import AdPlan
from adlab.simulator.brands import BRAND_OF
from adlab.simulator.draws import Draws
from adlab.simulator.layout import Box, Words, apart
from adlab.simulator.templates import Template
from adlab.simulator.text_drawing import Setting, Typefaces, fit, heights, longest_line


@dataclass(frozen=True, kw_only=True)
class Price:
    """The price, set, and the space of a plate around it (0 without one)."""

    setting: Setting
    pad: int

    @property
    def width(self) -> int:
        """Pixels with the plate."""
        return longest_line(self.setting) + 3 * self.pad

    @property
    def height(self) -> int:
        """Pixels with the plate; figures have no descenders."""
        return round(self.setting.size * heights(self.setting.face)[0]) + 2 * self.pad

    def at(self, x: int, y: int, align: str) -> tuple[Words, Box | None]:
        """The words, and the plate's box, with the upper edge at a height."""
        left = {"left": x, "centre": x - self.width // 2, "right": x - self.width}[align]
        inside = left + (self.width - longest_line(self.setting)) // 2
        words = Words(name="price", setting=self.setting, x=inside, top=y + self.pad, align="left")
        return words, (left, y, left + self.width, y + self.height) if self.pad else None


def set_price(plan: AdPlan, faces: Typefaces, box: tuple[float, float], largest: float, draws: Draws) -> Price | None:
    """The price within a box; None without one."""
    if not plan.price:
        return None
    setting = fit(plan.price, faces.strong, box, largest, 1)
    return Price(setting=setting, pad=max(round(setting.size * 0.24), 2) if draws.chance(23, 0.4) else 0)


def headline_text(plan: AdPlan, template: Template, faces: Typefaces) -> str:
    """The headline in the letters that template and typeface ask for."""
    return plan.headline.upper() if template.capitals or faces.capitals else plan.headline


def set_wordmark(plan: AdPlan, faces: Typefaces, box: tuple[float, float], mark: int) -> Setting:
    """The brand's name beside a mark of so many pixels."""
    capitals = BRAND_OF[plan.brand].capitals
    name = plan.brand.upper() if capitals else plan.brand
    return fit(name, faces.strong, box, mark * (0.72 if capitals else 0.86), 1, tracking=0.08 if capitals else 0.0)


def brand_width(mark: int, wordmark: Setting) -> int:
    """Pixels of mark and wordmark."""
    return round(mark * 1.35) + longest_line(wordmark)


def button_height(plan: AdPlan, unit: float) -> int:
    """Pixels; one half of the cause `cta` is the size of the button."""
    return round(unit * (0.075 + 0.055 * plan.factors.cta))


def button_width(label: Setting, height: int, room: float, draws: Draws) -> int:
    """Pixels of a button around its label."""
    return min(longest_line(label) + round(height * (0.9 + 0.4 * draws.share(5))), int(room))


def set_badge(plan: AdPlan, whole: Box, stage: Box, unit: float, side: str, brand: Box, draws: Draws) -> Box | None:
    """A corner of the product's part that is not the brand's; None without a badge.

    Args:
        plan: The ad.
        whole: All of the picture that words leave free.
        stage: What the product has of it.
        unit: Length that sizes are shares of, in pixels.
        side: Where the words are.
        brand: Box of the brand.
        draws: The row of chance for layout.
    """
    if not plan.badge:
        return None
    size = round(unit * (0.175 + 0.045 * draws.share(6)))
    edge = max(round(unit * 0.03), 2)
    corners = stage if side in ("left", "right") else whole
    left, right = corners[0] + edge, corners[2] - edge - size
    upper, lower = corners[1] + edge, corners[3] - edge - size
    if side in ("left", "right"):
        x, high = right if side == "left" else left, draws.chance(7, 0.7)
    else:  # the side that the brand leaves free, or the one beside a product that has moved away from the brand
        moved = stage[0] > whole[0] or stage[2] < whole[2]
        centred = stage[0] + stage[2] == whole[0] + whole[2]
        brand_left = brand[0] + brand[2] < whole[0] + whole[2]
        beside = moved and not centred
        x, high = left if brand_left == beside else right, (side == "bottom") != beside
    first, second = (upper, lower) if high else (lower, upper)
    y = first if apart((x, first, x + size, first + size), brand) else second
    return x, y, x + size, y + size
