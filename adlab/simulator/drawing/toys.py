"""Toys: teddy bear, toy car."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import blob, box, curve, mirrored, oval, shape, star
from adlab.simulator.drawing.sketch import Sketch


def _teddy_bear(s: Sketch, rng: np.random.Generator) -> None:
    ears, belly, bow = rng.uniform(-2, 2), rng.uniform(-2, 3), rng.random() < 0.6
    for x in (24, 76):
        s.form(oval(x, 15, 12 + ears), s.main)
        s.panel(oval(x, 16, 7 + ears * 0.5), s.pale, "slope")
    arm = blob((28, 50), (14, 54), (4, 68), (8, 78), (20, 74), (32, 62))
    s.form(arm, s.main)
    s.form(mirrored(arm), s.main, lift=-0.07)
    s.form(blob((50, 44), (28 - belly, 52), (22 - belly, 76), (34, 94), (66, 94), (78 + belly, 76),
        (72 + belly, 52)), s.main, cast=0.25)  # fmt: skip
    s.panel(oval(50, 72, 17, 18), s.pale, "slope")
    for m in (0, 1):
        leg = oval(24, 88, 14.5, 12, tilt=24)
        s.form(mirrored(leg) if m else leg, s.main, lift=-0.05 * m, cast=0.35)
        sole = oval(21.5, 89.5, 8, 7.4, tilt=24)
        s.panel(mirrored(sole) if m else sole, s.pale, "slope")
    s.form(blob((50, 3), (22, 8), (14, 32), (24, 52), (50, 57), (76, 52), (86, 32), (78, 8)), s.main, cast=0.4)
    s.shine(blob((26, 20), (36, 10), (44, 11), (32, 24)), 0.22)
    s.panel(oval(50, 39.5, 15.5, 12.5), s.pale, "ball", 0.08)
    s.form(blob((43.4, 33), (50, 31.4), (56.6, 33), (53, 38.6), (47, 38.6)), s.material("ink"), "ball", 0.1)
    s.line(np.array([(50, 38), (50, 43)]), 1.3, s.material("ink").at(0.4))
    s.line(curve((43, 43), (46, 47), (50, 43)), 1.3, s.material("ink").at(0.4))
    s.line(curve((57, 43), (54, 47), (50, 43)), 1.3, s.material("ink").at(0.4))
    for x in (35, 65):
        s.form(oval(x, 27, 3.5, 3.9), s.material("ink"), "ball", 0.05)
        s.flat(oval(x - 1.2, 25.6, 1.1), (255, 255, 255), 0.9)
    s.stitch(curve((50, 60), (50, 74), (50, 90)), tone=s.deep, light=0.3)
    if bow:
        for m in (0, 1):
            loop = shape((50, 58, 1), (36, 51, 5), (33, 58, 5), (36, 66, 5))
            s.form(mirrored(loop) if m else loop, s.accent, "pillow", -0.1, cast=0.35)
        s.form(oval(50, 58.4, 4, 4.4), s.accent, "ball", cast=0.3)


def _toy_car(s: Sketch, rng: np.random.Generator) -> None:
    roof, nose, motif = rng.uniform(-5, 4), rng.uniform(-4, 5), int(rng.integers(3))
    cabin = shape((22, 46), (32, 18 + roof, 10), (64, 18 + roof, 12), (80, 46))
    s.form(cabin, s.main)
    s.shine(shape((36, 16 + roof), (60, 16 + roof), (60, 22 + roof), (34, 22 + roof)), 0.3)
    for pane in (shape((31, 44, 1), (36, 26 + roof, 5), (49, 26 + roof, 1),
        (49, 44, 1)), shape((53, 44, 1), (53, 26 + roof, 1), (62, 26 + roof, 5), (72, 44, 1))):  # fmt: skip
        s.form(pane, s.material("glass"), "slope", 0.1)
        s.shine(shape((34, 20), (44, 20), (34, 48), (24, 48)), 0.5)
        s.shine(shape((60, 20), (66, 20), (58, 48), (52, 48)), 0.5)
    body = shape((2, 50, 10), (20, 42, 6), (80, 42, 10), (99, 54 + nose * 0.4, 10), (99, 74, 5), (3, 74, 5))
    s.form(body, s.main, cast=0.2)
    s.shade(box(-2, 68, 102, 76), 0.25)
    s.shine(curve((4, 50), (22, 44.6), (78, 44.6), (60, 48.4), (24, 48.4)), 0.45)
    s.seam(shape((51, 43), (51, 70), (31, 70), (29, 44), closed=False), 0.8)
    s.flat(box(44, 52.4, 49, 54.4, 1), s.deep.at(0.1), inside=True)
    if motif == 0:
        s.flat(oval(63, 57, 7.4), s.material("paper").at(0.7), inside=True)
        s.flat(star(63, 57, 5.4, 2.3, 5), s.deep, inside=True)
    elif motif == 1:
        s.panel(box(-2, 58, 102, 62.4), s.pale, "level", 0.15)
    else:
        s.panel(blob((96, 58), (60, 54), (44, 62), (60, 60), (70, 66), (100, 66)), s.accent, "level", 0.1)
    s.form(oval(95, 56 + nose * 0.3, 3.6, 4.4), s.material("cheese"), "ball", 0.15)
    s.form(box(1.4, 53, 6, 61, 1.6), s.material("tomato"), "slope")
    for x in (0, 88):
        s.form(box(x, 66, x + 12, 73, 3), s.material("steel"), "slope")
    for x in (24, 77):
        s.flat(oval(x, 73, 15.4), s.deep.at(0.08), inside=False)
        s.form(oval(x, 74, 13.6), s.material("ink"), "slope", 0.08)
        s.form(oval(x, 74, 8.4), s.pale, "ball", 0.05)
        s.form(oval(x, 74, 3.4), s.main, "ball", cast=0.35)


TOYS = {
    "teddy bear": Kind(_teddy_bear, tilt=8),
    "toy car": Kind(_toy_car, tilt=7),
}
