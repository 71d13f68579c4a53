"""Shoes: sneaker, boot, sandal, high heel."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import blob, box, curve, limb, mirrored, moved, oval, shape
from adlab.simulator.drawing.sketch import Sketch


def _sneaker(s: Sketch, rng: np.random.Generator) -> None:
    toe, collar, sole = rng.uniform(-2, 2), rng.uniform(-4, 4), rng.uniform(0, 3)
    upper = shape((6, 22 + collar, 5), (14, 18 + collar, 6), (22, 27, 12), (31, 24, 6), (40, 16 + collar, 4),
                  (48, 20, 8), (66, 36, 20), (90, 42 + toe, 14), (98, 52, 10), (97, 62, 3), (4, 62, 3),
                  (3, 46, 10))  # fmt: skip
    s.form(upper, s.main)
    s.panel(shape((70, 40), (100, 38, 9), (101, 64), (74, 64, 8)), s.pale, lift=0.05)
    s.panel(shape((0, 34), (16, 36, 6), (20, 64), (0, 64)), s.deep)
    s.panel(blob((22, 52), (44, 40), (62, 30), (52, 48), (30, 60)), s.accent, "level", 0.15)
    s.seam(curve((70, 42), (74, 52), (73, 63)), 0.9)
    s.seam(curve((20, 36), (22, 50), (20, 63)), 0.9)
    s.form(shape((38, 15 + collar, 3), (48, 17, 4), (68, 34, 4), (64, 38, 3), (44, 26, 5)), s.deep, "slope")
    for i in range(4):
        x, y = 43 + i * 5.6, 21 + i * 4.1
        s.line(curve((x - 4, y + 5.5), (x, y + 1), (x + 5, y - 1)), 2.2, s.material("paper").at(0.75))
    s.form(shape((2, 60 - sole, 3), (40, 61 - sole), (99, 60 - sole, 4), (100, 68, 6), (92, 73, 4),
        (8, 73, 5), (2, 69, 4)),
           s.material("paper"), "slope", cast=0.25)  # fmt: skip
    s.panel(shape((0, 69.5), (101, 69.5), (100, 75), (0, 75)), s.deep, "level")
    s.seam(curve((4, 65.5), (50, 66.5), (98, 65)), 0.7, s.material("paper"), 0.2)
    s.stitch(curve((24, 58), (48, 57.5), (70, 58)))
    s.shine(blob((10, 26 + collar), (16, 24 + collar), (22, 34), (14, 40)), 0.3)
    s.glint(curve((74, 42.5), (84, 43.5), (92, 47)), 1.6, 0.6)


def _boot(s: Sketch, rng: np.random.Generator) -> None:
    shaft, heel = rng.uniform(-8, 6), rng.uniform(0, 3)
    leather = shape((12, 6 + shaft, 5), (46, 6 + shaft, 5), (47, 34, 8), (56, 50, 14), (82, 56, 16), (90, 72, 8),
                    (89, 80, 2), (12, 80, 2), (10, 60, 9), (15, 38, 20))  # fmt: skip
    s.form(leather, s.main)
    s.panel(shape((8, 0 + shaft), (52, 0 + shaft), (52, 15 + shaft, 4), (8, 15 + shaft, 4)), s.deep)
    s.panel(shape((66, 54, 3), (92, 52), (92, 82), (70, 82, 10)), s.deep, lift=0.12)
    s.panel(blob((6, 56), (24, 56), (26, 84), (6, 84)), s.deep, lift=0.08)
    s.seam(curve((30, 16 + shaft), (31, 40), (28, 62), (27, 80)), 0.9)
    for i in range(5):
        y = 20 + shaft * (1 - i / 5) + i * 8
        x = 39 + max(0, i - 2) * 4
        s.line(curve((x, y + 3), (x + 6, y), (x + 13, y + 1.5)), 2.0, s.material("cheese", -0.2).at(0.7))
    sole = shape((9, 78, 2), (90, 78, 3), (92, 84, 4), (88, 88, 2), (40, 87, 1), (36, 91 + heel, 1), (10, 91 + heel, 2))
    s.form(sole, s.material("ink"), "slope", cast=0.3)
    s.stitch(curve((12, 77), (50, 77), (88, 77)), tone=s.material("cheese"))
    s.shine(limb(curve((17, 18 + shaft), (20, 36), (16, 58)), 2, 5, 1), 0.35)
    s.shine(blob((62, 56), (74, 58), (82, 66), (70, 62)), 0.3)


def _sandal(s: Sketch, rng: np.random.Generator) -> None:
    wide, knot, straps = rng.uniform(-1.5, 2), rng.uniform(-3, 3), rng.random() < 0.5
    left = blob((25, 2), (9 - wide, 6), (6 - wide, 30), (13, 54), (8, 76), (13, 97), (30, 99), (38, 80),
        (37, 54), (45 + wide, 30), (40, 6))  # fmt: skip
    for turn, flip in ((-7.0, False), (7.0, True)):

        def at(points: np.ndarray, turn: float = turn, flip: bool = flip) -> np.ndarray:
            placed = mirrored(points, 51) if flip else points
            a = np.radians(turn)
            return (placed - (51, 50)) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a),
            np.cos(a)]]) + np.array([51, 50])  # fmt: skip

        s.form(moved(at(left), 1.6, 3.2), s.deep, "slope", -0.1)
        s.form(at(left), s.main, "slope", 0.03)
        s.seam(at(moved(left, scale=0.87)), 0.9)
        s.panel(at(oval(23, 84, 9, 10)), s.deep, "slope", 0.2)
        for y in (14, 18.5, 23):
            s.seam(at(curve((15, y), (25, y - 3), (36, y))), 0.8)
        if straps:
            for y in (34, 52):
                band = limb(curve((2 - wide, y + 5), (24, y - 6), (47 + wide, y + 4)), 11, 12, 11)
                s.form(at(band), s.deep, cast=0.5)
                s.stitch(at(curve((6, y + 1), (24, y - 9), (43, y))), tone=s.pale)
                s.form(at(box(33, y - 5.6, 41, y + 3.6, 1.4)), s.material("gold"), "metal", cast=0.3)
                s.flat(at(box(35.4, y - 3, 38.8, y + 1.2, 0.6)), s.deep.at(0.2))
        else:
            for side in (curve((26, 25), (12, 34 + knot), (5 - wide, 58)), curve((26, 25),
                (39, 34 + knot), (43 + wide, 56))):  # fmt: skip
                s.form(at(limb(side, 6.5, 9, 8)), s.deep, cast=0.5)
                s.line(at(side[3:-2]), 1.1, s.pale.at(0.6), 0.8)
            s.form(at(oval(26, 25, 4.6)), s.accent, "ball", cast=0.4)


def _high_heel(s: Sketch, rng: np.random.Generator) -> None:
    arch, heel = rng.uniform(-4, 4), rng.uniform(-1.5, 1.5)
    s.form(
        shape((9, 40, 3), (17, 44, 6), (15, 66, 10), (11.5 + heel, 92, 1), (7 + heel, 92, 1), (7, 66, 10)),
        s.deep,
        "cylinder",
    )
    s.form(
        blob((10, 30), (24, 38 + arch), (46, 62 + arch), (64, 78), (66, 86), (46, 74 + arch), (22, 52), (8, 46)),
        s.material("wood"),
        "slope",
    )
    upper = shape((7, 18, 6), (13, 17, 5), (20, 30, 14), (38, 50 + arch, 20), (56, 64, 10), (64, 62, 6), (76, 66, 14),
                  (98, 84, 8), (97, 91, 3), (66, 91, 8), (46, 76 + arch, 20), (20, 50, 18), (7, 46, 6))  # fmt: skip
    s.form(upper, s.main, cast=0.25)
    s.panel(blob((48, 62 + arch), (57, 63), (65, 61), (58, 70), (52, 68)), s.deep, "hollow")
    s.shade(shape((60, 91), (98, 86), (99, 93), (60, 94)), 0.35)
    s.line(curve((64, 91.5), (80, 92), (97, 91)), 2.2, s.deep.at(0.3))
    s.shine(blob((70, 68), (80, 72), (92, 84), (78, 80)), 0.55)
    s.shine(limb(curve((10, 21), (15, 34), (28, 48)), 1, 3.4, 0.5), 0.5)


SHOES = {
    "sneaker": Kind(_sneaker, tilt=14),
    "boot": Kind(_boot, tilt=6),
    "sandal": Kind(_sandal, tilt=24),
    "high heel": Kind(_high_heel, tilt=6),
}
