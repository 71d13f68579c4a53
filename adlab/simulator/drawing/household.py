"""Home, the smaller things, and beauty: mug, kettle, frying pan, vase, perfume, lipstick, lotion."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import arc, blob, box, curve, limb, oval, shape, star
from adlab.simulator.drawing.sketch import Sketch


def _mug(s: Sketch, rng: np.random.Generator) -> None:
    taper, motif, tall = rng.uniform(-2, 5), int(rng.integers(3)), rng.uniform(-4, 4)
    handle = curve((66, 36), (94, 30), (98, 56), (86, 72), (64, 72))
    s.line(handle, 9, s.deep.at(0.35))
    s.line(handle + np.array([-0.9, -1.1]), 4.6, s.main.at(0.72))
    top = 22 - tall
    s.form(shape((10, top), (72, top), (72 - taper, 86, 12), (41, 93, 26), (10 + taper, 86, 12)), s.main, "cylinder")
    if motif == 0:
        half = shape((41, 75), (24, 60, 8), (25, 46, 8), (38, 46, 6), (41, 53))
        s.flat(np.concatenate([half, (half * (-1, 1) + np.array([82, 0]))[::-1]]), s.pale.at(0.8), inside=True)
    elif motif == 1:
        for y in (50, 60, 70):
            s.line(curve((8, y - 2), (41, y + 5), (74, y - 2)), 3, s.pale.at(0.7), inside=True)
    else:
        s.flat(star(41, 60, 13, 5.6, 5), s.accent, inside=True)
    s.shine(box(19, 26, 24, 84, 2), 0.42)
    s.form(oval(41, top, 31, 7.5), s.pale, "slope")
    s.form(oval(41, top + 0.6, 28, 6), s.material("meat"), "hollow", 0.1)
    s.flat(oval(34, top + 1.4, 11, 2), s.material("waffle").at(0.6), 0.5)
    for x in (30, 42, 54):
        s.line(curve((x, top - 8), (x + 5, top - 14), (x - 4, top - 19), (x + 2, top - 26)), 2.2, (198, 204, 214), 0.75)


def _kettle(s: Sketch, rng: np.random.Generator) -> None:
    belly, tall = rng.uniform(-3, 3), rng.uniform(-4, 4)
    s.line(curve((24, 44), (22, 6 - tall), (52, 2 - tall), (82, 6 - tall), (78, 44)), 5, s.material("steel").at(0.25))
    s.line(curve((34, 10.5 - tall), (52, 4.6 - tall), (70, 10.5 - tall)), 7.4, s.material("ink").at(0.5))
    s.form(shape((70, 70, 4), (84, 40, 6), (90, 34, 2), (100, 37, 2), (94, 44, 4), (84, 84, 10)), s.deep, "slope", 0.12)
    s.form(blob((14 - belly, 92), (8 - belly, 70), (22, 40), (52, 34), (82, 40), (94, 68),
        (88 + belly, 92), (52, 95)), s.main)  # fmt: skip
    s.form(shape((16, 88, 2), (88, 88, 2), (86, 95, 4), (18, 95, 4)), s.material("steel"), "metal", cast=0.2)
    s.form(blob((30, 44), (36, 33), (52, 30), (68, 33), (74, 44), (52, 48)), s.deep, "slope", 0.16, cast=0.3)
    s.form(box(49.4, 26, 54.6, 34), s.material("steel"), "metal")
    s.form(oval(52, 24.5, 5, 4.6), s.material("ink"), "ball", 0.1)
    s.shine(blob((20, 78), (18, 62), (28, 50), (34, 48), (27, 62), (26, 80)), 0.5)
    s.shine(blob((70, 52), (78, 58), (80, 72), (76, 66)), 0.25)


def _frying_pan(s: Sketch, rng: np.random.Generator) -> None:
    long, deep = rng.uniform(-5, 3), rng.uniform(-1.5, 2)
    s.form(limb(np.array([(56, 44), (74, 28),
        (92 + long * 0.6, 11 - long * 0.6)]), 9, 7.5, 9.5), s.material("wood"), "slope")  # fmt: skip
    s.glint(np.array([(60, 38), (90 + long * 0.6, 10 - long * 0.6)]), 1.6, 0.4)
    s.form(limb(np.array([(56, 44), (68, 33.4)]), 10.5, 9), s.material("steel"), "metal")
    s.flat(oval(89.6 + long * 0.6, 13 - long * 0.6, 1.7), s.deep.at(0.1))
    s.form(oval(37, 63 + deep, 36.5, 33), s.deep, "slope")
    s.form(oval(37, 60, 36.5, 33), s.main, "slope", 0.1)
    s.form(oval(37, 60.6, 33.4, 30), s.deep, "hollow", 0.05)
    s.form(oval(37, 63, 28.5, 25), s.deep, "slope", 0.16)
    for r in (24, 19):
        s.seam(oval(37, 63, r, r * 0.88), 0.5, s.deep, 0.05)
    s.form(blob((22, 56), (36, 50), (52, 55), (54, 68), (42, 78), (26, 75), (20, 66)), s.material("paper"), cast=0.3)
    s.form(oval(38, 63, 8, 7.2), s.material("cheese"), "ball", cast=0.2)
    s.flat(oval(35.4, 60.4, 2.2, 1.4, tilt=-40), (255, 255, 255), 0.3 + 0.5 * s.finish)


def _vase(s: Sketch, rng: np.random.Generator) -> None:
    neck, belly, foot = rng.uniform(7, 13), rng.uniform(27, 36), rng.uniform(12, 19)
    for x, y, lean in ((50, 8, -14), (50, 2, 3), (50, 10, 19)):
        stem = curve((50, 44), (50 + lean * 0.3, 26), (x + lean, y + 4))
        s.line(stem, 1.4, s.material("leaf").at(0.3))
        leaf = limb(curve((50 + lean * 0.35, 30), (50 + lean * 0.9, 25), (50 + lean * 1.25, 25)), 0.6, 4, 0.4)
        s.form(leaf, s.material("leaf"), "slope")
        for k in range(5):
            a = k * 2 * np.pi / 5
            s.flat(oval(x + lean + 3.3 * np.cos(a), y + 3.3 * np.sin(a), 2.9), s.accent.at(0.62 if k % 2 else 0.5))
        s.form(oval(x + lean, y, 2.2), s.material("cheese"), "ball")
    left = [(50 - neck - 3, 32.0, 2.0), (50 - neck, 40, 8), (50 - neck - 1, 48, 10), (50 - belly, 62, 26),
        (50 - belly * 0.8, 84, 20), (50 - foot, 98, 3)]  # fmt: skip
    s.form(shape(*left, *[(100 - c[0], *c[1:]) for c in reversed(left)]), s.main, "cylinder")
    s.line(curve((10, 62), (50, 69), (90, 62)), 2.6, s.pale.at(0.7), 0.9, inside=True)
    s.line(curve((10, 78), (50, 85), (90, 78)), 2.6, s.pale.at(0.7), 0.9, inside=True)
    for i in range(6):
        at = 24 + i * 10.4
        s.flat(shape((at, 73), (at + 3, 69.5), (at + 6, 73),
            (at + 3, 77)) + np.array([0, 1.5 - abs(i - 2.5) * 0.7]), s.accent, inside=True)  # fmt: skip
    s.shine(blob((50 - belly * 0.72, 62), (50 - belly * 0.5, 58), (50 - belly * 0.52, 76),
        (50 - belly * 0.66, 76)), 0.5)  # fmt: skip
    s.form(oval(50, 32, neck + 3, 2.6), s.deep, "hollow")


def _perfume(s: Sketch, rng: np.random.Generator) -> None:
    round_, wide, ball = rng.uniform(3, 24), rng.uniform(-3, 5), rng.random() < 0.4
    x0, x1 = 20 - wide, 80 + wide
    if ball:
        s.form(oval(50, 14, 11), s.material("gold"), "ball")
    else:
        s.form(box(38, 4, 62, 24, 2.4), s.material("gold"), "metal")
        s.seam(np.array([(38, 19), (62, 19)]), 0.7, s.material("gold"))
    s.form(box(42, 23, 58, 31), s.material("steel"), "metal")
    s.form(box(x0, 30, x1, 97, round_), s.pale, "slope", 0.12)
    s.glint(box(x0 + 1, 31, x1 - 1, 96, max(round_ - 1, 1)), 1.2, 0.7)
    inner = box(x0 + 5, 36, x1 - 5, 92, max(round_ - 4, 2))
    s.form(inner, s.main, "cylinder", cast=0.1)
    s.panel(blob((x0, 33), (x1, 33), (x1, 44), (50, 47), (x0, 43)), s.pale, "slope", 0.1)
    s.line(np.array([(50, 30), (51, 88)]), 1.2, s.deep.at(0.4), 0.4, inside=True)
    s.shine(shape((x0 + 8, 36), (x0 + 15, 36), (x0 + 15, 92), (x0 + 8, 92)), 0.42)
    s.shade(shape((x1 - 12, 36), (x1, 36), (x1, 92), (x1 - 8, 92)), 0.12)
    s.form(box(34, 58, 66, 78, 1.5), s.material("paper"), "slope", cast=0.3)
    s.flat(box(38, 62.6, 62, 65, 1), s.deep)
    s.flat(box(42, 68, 58, 69.4, 0.6), s.material("gold"))
    s.flat(box(44, 72, 56, 73.2, 0.6), s.material("gold"))


def _lipstick(s: Sketch, rng: np.random.Generator) -> None:
    slant, wide = rng.uniform(-3, 5), rng.uniform(-1.5, 2)
    x0, x1 = 36 - wide, 64 + wide
    s.form(shape((x0 + 3, 44), (x0 + 3, 14 - slant, 8), (x0 + 12, 4 - slant, 6), (x1 - 3, 24, 8),
        (x1 - 3, 44)), s.main, "cylinder")  # fmt: skip
    s.panel(blob((x0 + 3, 12 - slant), (x0 + 10, 3 - slant), (x1 - 2, 22), (x1 - 4, 30),
        (x0 + 14, 18 - slant)), s.pale, "slope", 0.05)  # fmt: skip
    s.shine(box(x0 + 7, 20, x0 + 10, 44, 1), 0.5)
    s.form(box(x0 + 1, 40, x1 - 1, 55, 1.2), s.material("gold"), "metal", cast=0.3)
    s.seam(np.array([(x0, 51), (x1, 51)]), 0.8, s.material("gold"))
    s.form(box(x0 - 3, 54, x1 + 3, 99, 2.4), s.deep, "cylinder", 0.08, cast=0.3)
    s.shine(box(x0 + 2, 56, x0 + 6, 98, 1), 0.45)
    s.form(box(x0 - 3, 58, x1 + 3, 61.4), s.material("gold"), "metal")
    s.flat(star(50, 79, 5.4, 2.2, 4), s.material("gold").at(0.6))


def _lotion(s: Sketch, rng: np.random.Generator) -> None:
    wide, shoulder, nozzle = rng.uniform(-2, 5), rng.uniform(6, 20), rng.uniform(-3, 3)
    x0, x1 = 27 - wide, 73 + wide
    s.form(box(47.6, 14, 52.4, 28), s.material("steel"), "metal")
    s.form(shape((43, 16, 2), (43, 7, 3), (58, 5, 3), (58, 14, 2)), s.deep, "slope", 0.2)
    s.form(limb(curve((46, 9.5), (28 + nozzle, 8.5), (22 + nozzle, 16)), 6, 5, 3.4), s.deep, "slope", 0.2)
    s.form(box(40, 24, 60, 34, 1.6), s.deep, "cylinder", 0.1)
    for x in np.arange(42, 60, 2.2):
        s.seam(np.array([(x, 25.5), (x, 33)]), 0.5, s.deep)
    s.form(shape((x0, 42, shoulder), (x0 + 8, 34, 8), (x1 - 8, 34, 8), (x1, 42, shoulder), (x1, 98, 7),
        (x0, 98, 7)), s.main, "cylinder", cast=0.1)  # fmt: skip
    s.shine(box(x0 + 6, 42, x0 + 10.5, 94, 2), 0.45)
    s.form(box(x0 + 2, 54, x1 - 2, 85, 1), s.pale, "cylinder", 0.2)
    leaf = blob((50, 57), (57, 62), (56, 68), (50, 71), (44, 68), (43, 62))
    s.flat(leaf, s.accent)
    s.line(np.array([(50, 60), (50, 72)]), 0.8, s.pale.at(0.95))
    s.flat(box(37, 74.5, 63, 77, 1), s.deep)
    s.flat(box(41, 79.6, 59, 81, 0.7), s.deep, 0.8)
    s.seam(arc(50, 92, 20, 2, start=0, stop=180), 0.5)


HOUSEHOLD = {
    "mug": Kind(_mug, tilt=5),
    "kettle": Kind(_kettle, tilt=5),
    "frying pan": Kind(_frying_pan, tilt=14),
    "vase": Kind(_vase, tilt=3),
    "perfume": Kind(_perfume, tilt=8),
    "lipstick": Kind(_lipstick, tilt=20),
    "lotion": Kind(_lotion, tilt=8),
}
