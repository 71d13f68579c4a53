"""Clothing: t-shirt, hoodie, dress, jeans, jacket, cap, skirt, scarf."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import arc, blob, box, curve, limb, mirrored, moved, oval, shape, star
from adlab.simulator.drawing.sketch import Sketch


def _folds(s: Sketch, *lines: np.ndarray, strength: float = 0.16) -> None:
    for line in lines:
        s.shade(limb(line, 0.2, 3.2, 0.4), strength)


def _t_shirt(s: Sketch, rng: np.random.Generator) -> None:
    sleeve, hem, motif = rng.uniform(-4, 8), rng.uniform(-3, 3), int(rng.integers(3))
    s.form(oval(50, 15, 14, 6), s.deep, "hollow")
    left = [(38, 10), (31, 12, 10), (14, 20, 9), (1, 42 + sleeve, 3), (17, 52 + sleeve, 3), (24, 41, 4), (24, 70, 60),
            (22, 93 + hem, 4)]  # fmt: skip
    body = shape((50, 24, 16), *left, *[(100 - c[0], *c[1:]) for c in reversed(left)], r=2)
    s.form(body, s.main)
    if motif == 0:
        for y in (46, 55):
            s.panel(box(20, y, 80, y + 5.5), s.pale, "pillow")
    elif motif == 1:
        s.flat(oval(50, 52, 12), s.accent, inside=True)
        s.flat(star(50, 52, 9, 4, 5), s.pale.at(0.85), inside=True)
    else:
        s.panel(shape((58, 40), (72, 40), (72, 54, 2), (65, 58, 2), (58, 54, 2)), s.main, lift=-0.06)
        s.stitch(shape((58, 42), (58, 54), (65, 58), (72, 54), (72, 42), closed=False))
    s.line(curve((36, 10), (40, 25), (60, 25), (64, 10)), 2.6, s.deep.at(0.55), inside=True)
    for x in (0.0, 1.0):
        cuff = np.array([(3, 40 + sleeve), (19, 50 + sleeve)])
        s.seam(cuff if x == 0 else mirrored(cuff), 0.8)
    s.seam(curve((30, 12), (26, 26), (24, 41)), 0.8)
    s.seam(curve((70, 12), (74, 26), (76, 41)), 0.8)
    s.stitch(curve((23, 90 + hem), (50, 91 + hem), (77, 90 + hem)))
    _folds(s, curve((27, 44), (36, 58), (34, 74)), curve((74, 46), (62, 66), (64, 88)), curve((30, 92),
    (40, 80), (42, 62)))  # fmt: skip
    s.shine(blob((29, 17), (36, 20), (33, 38), (27, 34)), 0.22)


def _hoodie(s: Sketch, rng: np.random.Generator) -> None:
    width, hem = rng.uniform(-2, 2), rng.uniform(-3, 2)
    for sleeve in (shape((27, 24, 8), (15, 28, 10), (4, 60, 20), (3, 86, 3), (15, 88, 3), (26, 56, 10)),):
        s.form(sleeve, s.main)
        s.panel(box(0, 80, 20, 90), s.deep)
        s.form(mirrored(sleeve), s.main, lift=-0.07)
        s.panel(box(80, 80, 100, 90), s.deep)
    left = [(33, 22), (24, 26, 8), (22 - width, 60, 30), (23 - width, 92 + hem, 4)]
    s.form(shape(*left, *[(100 - c[0], *c[1:]) for c in reversed(left)]), s.main, cast=0.3)
    s.panel(box(15, 84 + hem, 85, 96), s.deep)
    for x in range(24, 78, 3):
        s.seam(np.array([(x, 85 + hem), (x, 92 + hem)]), 0.5, s.deep)
    pocket = shape((37, 58, 3), (63, 58, 3), (73, 70, 3), (73, 83 + hem, 2), (27, 83 + hem, 2), (27, 70, 3))
    s.panel(pocket, s.main, lift=-0.1)
    s.stitch(shape((36, 59), (27, 70.5), closed=False))
    s.stitch(shape((64, 59), (73, 70.5), closed=False))
    _folds(s, curve((28, 40), (36, 48), (34, 60)), curve((72, 40), (65, 48), (68, 58)))
    s.form(blob((30, 28), (28, 10), (42, 2), (58, 2), (72, 10), (70, 28), (58, 36), (42, 36)), s.main, cast=0.35)
    s.panel(blob((36, 26), (36, 13), (44, 8), (56, 8), (64, 13), (64, 26), (50, 38)), s.deep, "hollow", -0.1)
    s.seam(curve((35, 28), (44, 35), (50, 37)), 1.0)
    s.shine(blob((31, 20), (34, 9), (40, 6), (36, 12), (34, 24)), 0.3)
    for x in (43, 57):
        line = curve((x, 31), (x + (x - 50) * 0.1, 42), (x - (x - 50) * 0.15, 52))
        s.line(line, 1.7, s.material("paper").at(0.7))
        s.line(line[-3:], 2.2, s.material("steel").at(0.4))


def _dress(s: Sketch, rng: np.random.Generator) -> None:
    flare, waist, straps = rng.uniform(-4, 5), rng.uniform(-2, 3), rng.random() < 0.5
    if straps:
        for strap in (shape((37, 4, 1), (40, 4, 1), (41, 20), (36, 20)), shape((60, 4, 1), (63, 4, 1),
            (64, 20), (59, 20))):  # fmt: skip
            s.form(strap, s.deep, "level")
        top = [(50, 19, 10), (37, 14, 4), (33, 20, 4), (35, 30, 8), (38 - waist, 42, 4)]
    else:
        sleeve = shape((36, 8, 4), (28, 10, 8), (20, 26, 4), (30, 30, 4), (36, 24, 4))
        s.form(sleeve, s.main)
        s.form(mirrored(sleeve), s.main, lift=-0.06)
        top = [(50, 17, 12), (41, 6, 2), (33, 9, 4), (34, 28, 8), (38 - waist, 42, 4)]
    skirt = [(38 - waist, 42), (28 - flare, 70, 30), (19 - flare, 94, 6)]
    edge = [(35, 97, 8), (50, 98, 8), (65, 97, 8)]
    s.form(shape(*skirt, *edge, *[(100 - c[0], *c[1:]) for c in reversed(skirt)]), s.main)
    for x0, x1 in ((43, 33), (49, 48), (56, 64), (61, 76)):
        s.shade(shape((x0, 44), (x1 + (x1 - 50) * 0.2, 99), (x1 + 7 + (x1 - 50) * 0.2, 99)), 0.17)
    s.shine(shape((42, 48), (26, 94), (31, 95)), 0.16)
    s.stitch(curve((20 - flare, 92), (50, 95.5), (80 + flare, 92)))
    s.form(shape(*top, *[(100 - c[0], *c[1:]) for c in reversed(top[1:])]), s.main, lift=0.03)
    s.shine(blob((38, 20), (43, 20), (43, 36), (40, 36)), 0.2)
    s.form(box(37 - waist, 39, 63 + waist, 44.5, 1.5), s.accent, "cylinder", cast=0.3, lift=-0.1)
    s.form(oval(50, 41.8, 2.2), s.material("gold"), "ball")


def _jeans(s: Sketch, rng: np.random.Generator) -> None:
    taper, cuff = rng.uniform(-4, 4), rng.random() < 0.6
    left = shape((27, 8), (51, 8), (50, 34), (46 + taper * 0.3, 97, 2), (25 + taper, 97, 2), (21, 50, 60), (24, 20, 20))
    for side, lift in ((mirrored(left), -0.1), (left, 0.0)):
        s.form(side, s.main, lift=lift, cast=0.25 if lift == 0 else 0)
        right = lift < 0
        s.shine(blob(*[(100 - x if right else x, y) for x, y in ((31, 40), (38, 38), (39, 84), (33, 84))]), 0.13)
        if cuff:
            s.panel(box(0, 90, 100, 100), s.pale)
        fold = curve((48, 36), (40, 42), (30, 44))
        _folds(s, mirrored(fold) if right else fold, mirrored(moved(fold, 2, 5)) if right else moved(fold, 2, 5))
        pocket = curve((40, 13), (38, 24), (24, 27))
        s.seam(mirrored(pocket) if right else pocket, 1.2)
        s.stitch(moved(mirrored(pocket) if right else pocket, 0, 1.6), tone=s.material("cheese"))
        seam = curve((26, 28), (23.5, 60), (27 + taper, 96))
        s.stitch(mirrored(seam) if right else seam, tone=s.material("cheese"))
    s.form(shape((26, 5, 1), (74, 5, 1), (75, 13, 1), (25, 13, 1)), s.deep, "cylinder", lift=0.12, cast=0.3)
    s.stitch(curve((26, 6.6), (50, 6.6), (74, 6.6)), tone=s.material("cheese"))
    for x in (31, 41, 66):
        s.form(box(x, 4, x + 2.6, 14.5, 0.6), s.main, "level", cast=0.3)
    s.form(oval(51, 9, 2.1), s.material("gold"), "ball")
    s.stitch(curve((51, 14), (56, 22), (50.5, 33)), tone=s.material("cheese"))


def _jacket(s: Sketch, rng: np.random.Generator) -> None:
    count, hood = int(rng.integers(5, 8)), rng.uniform(-2, 3)
    sleeve = shape((29, 20, 8), (17, 23, 10), (5, 56, 20), (2, 82, 4), (15, 88, 4), (28, 52, 10))
    for side, lift in ((sleeve, 0.0), (mirrored(sleeve), -0.08)):
        s.form(side, s.main, lift=lift)
        for i in range(5):
            seam = curve((0, 36 + i * 11), (14, 42 + i * 10.5), (32, 36 + i * 10))
            s.shade(limb(seam if lift == 0 else mirrored(seam), 1.6, 1.6), 0.3)
    s.form(blob((36, 20), (36, 4 - hood), (50, 1 - hood), (64, 4 - hood), (64, 20)), s.deep, "hollow")
    left = [(36, 14, 5), (25, 22, 8), (23, 56, 40), (24, 92, 5), (50, 94)]
    s.form(shape((50, 18), *left), s.main, cast=0.3)
    for i in range(count):
        y = 22 + (i + 1) * 68 / (count + 1)
        s.shade(limb(curve((20, y), (36, y + 3), (52, y)), 1.4, 2.0, 1.4), 0.3)
        s.shine(limb(curve((22, y + 3.6), (34, y + 6), (46, y + 4)), 0.5, 2.6, 0.5), 0.3)
    s.form(mirrored(shape((50, 18), *left)), s.main, lift=-0.05)
    for i in range(count):
        y = 22 + (i + 1) * 68 / (count + 1)
        s.shade(limb(curve((48, y), (64, y + 3), (80, y)), 1.4, 2.0, 1.4), 0.3)
        s.shine(limb(curve((53, y + 3.6), (62, y + 6), (72, y + 4)), 0.5, 2.2, 0.5), 0.22)
    s.form(shape((47.6, 16), (52.4, 16), (52, 94), (48, 94)), s.deep, "level")
    s.line(np.array([(50, 14), (50, 93)]), 1.2, s.material("steel").at(0.7))
    for collar in (shape((50, 22), (35, 18, 4), (36, 5, 5), (43, 7, 6)),):
        s.form(collar, s.main, lift=0.06, cast=0.4)
        s.form(mirrored(collar), s.main, cast=0.4)
    s.form(box(48.4, 22, 51.6, 29, 1), s.material("steel"), "metal")
    for x in (29, 60):
        s.line(np.array([(x, 72), (x + 11, 68 if x < 50 else 76)]), 1.6, s.deep.at(0.3))


def _cap(s: Sketch, rng: np.random.Generator) -> None:
    tall, brim = rng.uniform(-4, 4), rng.uniform(-4, 5)
    dome = blob((4, 60), (6, 28 - tall), (30, 10 - tall), (56, 12 - tall), (74, 32), (76, 60), (40, 66))
    s.form(dome, s.main)
    s.panel(shape((30, 6 - tall), (-4, 10), (0, 70), (18, 70), (22, 40, 30)), s.deep, "pillow", 0.12)
    s.seam(curve((36, 10 - tall), (22, 34), (19, 64)), 0.9)
    s.seam(curve((38, 10 - tall), (58, 30), (60, 62)), 0.9)
    s.stitch(curve((40, 12 - tall), (60.5, 32), (62.5, 60)))
    s.stitch(curve((34, 12 - tall), (24.5, 34), (21.5, 62)))
    for x, y in ((29, 26), (53, 26)):
        s.flat(oval(x, y - tall * 0.6, 1.3), s.deep.at(0.2), inside=True)
    s.shine(blob((38, 17 - tall), (50, 19 - tall), (54, 30), (42, 26)), 0.28)
    s.form(blob((52, 56), (70, 50), (90, 58), (101 + brim, 74), (98 + brim, 79), (74, 70), (46, 68),
        (38, 62)), s.deep, "slope", lift=0.1, cast=0.4)  # fmt: skip
    s.stitch(curve((50, 60), (72, 55), (92 + brim, 70)))
    s.stitch(curve((48, 63), (72, 60), (93 + brim, 74)))
    s.glint(curve((62, 55.5), (80, 55), (95 + brim, 68)), 1.2, 0.4)
    s.form(blob((4, 56), (38, 62), (56, 58), (54, 64), (38, 68), (4, 63)), s.deep, "level", -0.1)
    s.form(oval(36, 8.5 - tall * 1.05, 4, 2.4), s.deep, "ball", 0.1)
    s.form(star(41, 42, 7.5, 5.6, 6), s.pale, "slope", cast=0.25)
    s.flat(star(41, 42, 4.2, 1.9, 5), s.accent)


def _skirt(s: Sketch, rng: np.random.Generator) -> None:
    count, flare, long = int(rng.integers(6, 10)), rng.uniform(-6, 6), rng.uniform(-8, 8)
    bottom = 84 + long
    top_x, low_x = np.linspace(30, 70, count + 1), np.linspace(6 - flare, 94 + flare, count + 1)
    scallop = [(x, bottom + 5 * np.sin((x - 5) / 90 * np.pi) + (2.5 if i % 2 else 0), 2) for i, x in enumerate(low_x)]
    s.form(shape((30, 16), (70, 16), *scallop[::-1]), s.main)
    for i in range(count):
        x0, x1, y = top_x[i], low_x[i], bottom + 9
        s.shade(shape((x0, 16), (x1, y), (x1 + (low_x[1] - low_x[0]) * 0.42, y)), 0.3)
        s.shine(shape((x0 + 2.6, 18), (x1 + (low_x[1] - low_x[0]) * 0.62, y),
            (x1 + (low_x[1] - low_x[0]) * 0.84, y)), 0.2)  # fmt: skip
    y = bottom - 6
    s.line(curve((8 - flare, y), (50, y + 8), (92 + flare, y)), 2.4, s.accent.at(0.55), 0.9, inside=True)
    s.form(shape((29, 8, 2), (71, 8, 2), (72, 18, 2), (28, 18, 2)), s.deep, "cylinder", lift=0.12, cast=0.35)
    s.stitch(curve((30, 9.6), (50, 9.6), (70, 9.6)))
    for x in (36, 62):
        s.form(box(x, 7, x + 2.4, 19, 0.6), s.main, "level", cast=0.3)
    s.form(oval(50, 13, 2.2), s.material("gold"), "ball", cast=0.2)


def _fringe(s: Sketch, x: float, y: float, wide: float) -> None:
    for i in range(7):
        at = x + wide * (i + 0.5) / 7
        s.line(np.array([(at, y - 1), (at + (i % 2) * 0.8 - 0.4, y + 7)]), 1.7, s.deep.at(0.4 + 0.06 * (i % 2)))


def _scarf(s: Sketch, rng: np.random.Generator) -> None:
    longer, bands = rng.uniform(-8, 6), int(rng.integers(2, 4))
    s.form(blob((22, 24), (34, 8), (66, 8), (78, 24), (50, 30)), s.deep, "hollow")
    for x, y, wide in ((54, 76 + longer, 18), (32, 86, 19)):
        _fringe(s, x, y, wide)
        s.form(shape((x + 4, 30), (x + wide - 1, 30), (x + wide, y, 1.5), (x, y, 1.5)), s.main, cast=0.3)
        for i in range(bands):
            s.panel(box(x - 2, y - 8 - i * 9, x + wide + 2, y - 3.5 - i * 9),
                s.pale if i % 2 == 0 else s.accent, "cylinder")  # fmt: skip
        s.shade(shape((x + wide * 0.62, 30), (x + wide + 2, 30), (x + wide + 2, y), (x + wide * 0.78, y)), 0.12)
        s.shade(limb(curve((x + 8, 40), (x + 7, 54), (x + 8, 70)), 0.3, 1.8, 0.3), 0.16)
    s.form(blob((16, 24), (20, 14), (30, 12), (50, 26), (70, 12), (80, 14), (84, 24), (76, 40),
        (50, 48), (24, 40)), s.main, cast=0.4)  # fmt: skip
    for dy in (0, 6.5, 13):
        s.shade(limb(curve((20, 20 + dy), (48, 33 + dy), (80, 18 + dy)), 0.3, 2.0, 0.3), 0.2)
    s.shine(limb(curve((21, 18), (34, 25), (48, 30)), 0.4, 3, 0.4), 0.25)
    s.form(blob((42, 28), (56, 27), (63, 36), (60, 50), (44, 51), (36, 40)), s.main, lift=0.03, cast=0.45)
    s.shade(limb(curve((44, 32), (50, 40), (48, 50)), 0.3, 1.8, 0.3), 0.2)
    s.shade(arc(52, 38, 7, 10, start=-40, stop=80), 0.1)


CLOTHING = {
    "t-shirt": Kind(_t_shirt, tilt=7),
    "hoodie": Kind(_hoodie, tilt=6),
    "dress": Kind(_dress, tilt=8),
    "jeans": Kind(_jeans, tilt=7),
    "jacket": Kind(_jacket, tilt=6),
    "cap": Kind(_cap, tilt=12),
    "skirt": Kind(_skirt, tilt=8),
    "scarf": Kind(_scarf, tilt=8),
}
