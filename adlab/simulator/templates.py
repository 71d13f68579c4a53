"""The layouts of simulated ads: how words and product share the picture, and what sets them off."""

from __future__ import annotations

from dataclasses import dataclass

RGB = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Template:
    """One layout; where its words are (top, bottom, left, right) is a cause of the ad and no part of it.

    Attributes:
        name: What it is called.
        block: What lies behind the words: "open" (nothing), "split" (half the picture), "card", "strip" (a band behind
            them across the picture), "diagonal" (half the picture, cut aslant).
        stage: What lies behind the product: "none", "disc", "blob", "arch", "podium", "rings", "rays", "tile".
        align: "left" or "centre".
        share: Part of the picture that belongs to the words, 0–1.
        headline: Largest headline, as a share of the unit length.
        capitals: Whether the headline is in capitals whatever the brand's style.
        decor: "none", "frame", "rule", "dots", "corners".
    """

    name: str
    block: str = "open"
    stage: str = "none"
    align: str = "left"
    share: float = 0.48
    headline: float = 0.15
    capitals: bool = False
    decor: str = "none"


TEMPLATES: tuple[Template, ...] = (
    Template(name="plain"),
    Template(name="hero", stage="disc", align="centre", headline=0.165),
    Template(name="split", block="split"),
    Template(name="card", block="card", share=0.5, align="centre"),
    Template(name="strip", block="strip", align="centre"),
    Template(name="diagonal", block="diagonal", share=0.5),
    Template(name="framed", decor="frame", align="centre", share=0.5),
    Template(name="big type", share=0.52, headline=0.24, capitals=True),
    Template(name="spotlight", stage="rings", align="centre"),
    Template(name="arch", stage="arch", decor="rule"),
    Template(name="podium", stage="podium", align="centre"),
    Template(name="sun rays", stage="rays", headline=0.16),
    Template(name="blob", stage="blob", decor="dots"),
    Template(name="tile", stage="tile", decor="corners"),
)

# Accents that go with each background; badges and buttons are made of them.
ACCENTS: dict[str, tuple[RGB, ...]] = {
    "black": ((233, 185, 73), (255, 99, 88), (64, 196, 214), (198, 222, 86)),
    "blue": ((255, 176, 46), (255, 220, 84), (255, 112, 92), (250, 244, 228)),
    "brown": ((250, 226, 186), (238, 150, 70), (40, 128, 124), (232, 190, 92)),
    "green": ((250, 202, 70), (255, 246, 224), (20, 52, 92), (238, 108, 60)),
    "grey": ((232, 72, 62), (36, 88, 214), (250, 200, 60), (24, 140, 132)),
    "multiple": ((30, 32, 54), (238, 72, 84), (102, 66, 206), (14, 120, 122)),
    "pink": ((182, 24, 84), (46, 44, 116), (252, 246, 238), (14, 122, 118)),
    "red": ((255, 206, 66), (255, 240, 218), (28, 34, 84), (40, 16, 24)),
    "white": ((34, 92, 226), (238, 82, 70), (22, 140, 92), (104, 68, 214), (28, 30, 38)),
    "yellow": ((26, 40, 104), (212, 40, 44), (34, 30, 32), (98, 44, 150)),
}
# Backgrounds that keep their name when they get darker but not when they get paler: pale red is pink.
DEEPENED = frozenset({"black", "blue", "brown", "green", "grey", "red"})
