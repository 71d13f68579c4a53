"""Accessories: backpack, handbag, suitcase, wristwatch, sunglasses, umbrella."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import arc, blob, box, curve, limb, mirrored, oval, shape
from adlab.simulator.drawing.sketch import Sketch


def _backpack(s: Sketch, rng: np.random.Generator) -> None:
    wide, pocket = rng.uniform(-2, 3), rng.uniform(-3, 3)
    s.line(arc(50, 9, 9, 8, start=180, stop=360), 4.2, s.deep.at(0.3))
    strap = limb(curve((22, 30), (8, 46), (9, 74), (20, 90)), 7, 7, 5)
    s.form(strap, s.deep, "slope", -0.1)
    s.form(mirrored(strap), s.deep, "slope", -0.15)
    side = shape((24 - wide, 52, 4), (12 - wide, 56, 6), (12 - wide, 88, 6), (24, 92, 4))
    s.form(side, s.deep)
    s.form(mirrored(side), s.deep, lift=-0.08)
    body = shape((20 - wide, 40, 20), (24 - wide, 6, 24), (76 + wide, 6, 24), (80 + wide, 40, 20),
        (82 + wide, 95, 9), (18 - wide, 95, 9))  # fmt: skip
    s.form(body, s.main, cast=0.3)
    s.shine(blob((27, 16), (36, 11), (34, 24), (26, 40)), 0.3)
    zip_line = curve((21 - wide, 46), (24, 18), (50, 13), (76, 18), (79 + wide, 46))
    s.line(zip_line, 2.4, s.deep.at(0.3), inside=True)
    s.line(zip_line, 0.8, s.material("steel").at(0.6), inside=True)
    s.form(shape((29, 54 + pocket, 10), (71, 54 + pocket, 10), (74, 90, 7), (26, 90, 7)), s.main, lift=0.04, cast=0.4)
    s.panel(shape((24, 50 + pocket), (76, 50 + pocket), (76, 63 + pocket, 8), (24, 63 + pocket, 8)), s.deep)
    s.stitch(curve((27, 61 + pocket), (50, 64.5 + pocket), (73, 61 + pocket)))
    s.form(box(48.4, 59 + pocket, 51.6, 70 + pocket, 1.4), s.accent, "metal", cast=0.3)
    s.form(box(41, 28, 59, 40, 2), s.pale, "slope", cast=0.25)
    s.flat(shape((44, 37), (49, 31), (52, 34.5), (54, 32.5), (57, 37)), s.accent)


def _handbag(s: Sketch, rng: np.random.Generator) -> None:
    flare, flap, tall = rng.uniform(-3, 5), rng.uniform(-5, 5), rng.uniform(-5, 4)
    s.line(arc(50, 38, 20, 32 + tall, start=180, stop=360), 5, s.deep.at(0.12))
    s.line(arc(49.6, 37.6, 20, 32 + tall, start=180, stop=360), 2.6, s.deep.at(0.6))
    body = shape((17, 36, 6), (83, 36, 6), (93 + flare, 88, 9), (7 - flare, 88, 9))
    s.form(body, s.main)
    s.shade(shape((-4, 82), (104, 82), (104, 92), (-4, 92)), 0.2)
    s.stitch(curve((11 - flare, 82), (50, 83), (89 + flare, 82)))
    s.form(shape((16, 34, 6), (84, 34, 6), (86, 46, 8), (72, 62 + flap, 14), (50, 66 + flap, 14),
        (28, 62 + flap, 14), (14, 46, 8)), s.main, lift=0.06, cast=0.5)  # fmt: skip
    s.stitch(curve((17, 46), (28, 59 + flap), (50, 63.4 + flap), (72, 59 + flap), (83, 46)))
    s.shine(blob((20, 38), (44, 38), (34, 48), (21, 46)), 0.3)
    s.form(box(43.5, 56 + flap, 56.5, 70 + flap, 3), s.material("gold"), "metal", cast=0.4)
    s.flat(box(48.6, 60 + flap, 51.4, 66 + flap, 1), s.material("gold").at(0.12))
    for x in (29, 71):
        s.form(oval(x, 38, 4.4), s.material("gold"), "ball", cast=0.3)
        s.flat(oval(x, 38, 2.1), s.deep.at(0.3))


def _suitcase(s: Sketch, rng: np.random.Generator) -> None:
    ribs, wide, tall = int(rng.integers(4, 7)), rng.uniform(-3, 4), rng.uniform(-3, 4)
    for x in (39.0, 59.0):
        s.form(box(x, 4 - tall, x + 2.6, 26), s.material("steel"), "metal")
    s.form(box(36, 1 - tall, 64.6, 7 - tall, 2.6), s.material("ink"), "slope")
    for x in (27 - wide, 66 + wide):
        s.form(box(x, 88, x + 7, 99, 2.6), s.material("ink"), "cylinder")
    s.form(box(20 - wide, 22, 80 + wide, 93, 9), s.main)
    for i in range(ribs):
        x = 20 - wide + (60 + 2 * wide) * (i + 1) / (ribs + 1)
        s.shade(box(x + 1.3, 28, x + 3.0, 87, 1), 0.32)
        s.shine(box(x - 1.4, 28, x + 0.3, 87, 1), 0.42)
    s.shade(box(10, 56.4, 90, 59.6), 0.5)
    s.line(np.array([(10, 58), (90, 58)]), 0.8, s.material("steel").at(0.6), inside=True)
    for x, y in ((20 - wide, 22), (80 + wide, 22), (20 - wide, 93), (80 + wide, 93)):
        s.panel(oval(x, y, 10), s.deep, "slope")
    s.form(box(40, 18.5, 60, 24, 2.4), s.deep, "slope", cast=0.3)
    s.form(box(62, 50, 72, 62, 2), s.material("steel"), "metal", cast=0.4)
    s.flat(oval(67, 56, 1.8), s.material("ink"))
    s.form(shape((30, 24, 1), (38, 24, 1), (38, 40, 2), (30, 40, 2)), s.accent, "slope", cast=0.4)
    s.flat(box(32, 30, 36, 31.4), s.pale.at(0.9))
    s.flat(box(32, 33.5, 36, 34.9), s.pale.at(0.9))


def _wristwatch(s: Sketch, rng: np.random.Generator) -> None:
    wide, hour = rng.uniform(-1.5, 2.5), rng.uniform(0, 12)
    for strap, light in ((shape((37 - wide, 34), (63 + wide, 34), (60, 2, 4), (40, 2, 4)), "cylinder"),
        (shape((37 - wide, 66), (63 + wide, 66), (60, 99, 6), (40, 99, 6)), "cylinder")):  # fmt: skip
        s.form(strap, s.main, light)
        s.stitch(np.array([(42.4, 8), (40.6, 30)]))
        s.stitch(np.array([(57.6, 8), (59.4, 30)]))
        s.stitch(np.array([(40.6, 70), (42.4, 92)]))
        s.stitch(np.array([(59.4, 70), (57.6, 92)]))
        for y in (77, 83, 89):
            s.flat(oval(50, y, 1.4, 1.1), s.deep.at(0.05), inside=True)
    s.form(box(75, 46, 80, 54, 1.4), s.material("gold"), "slope")
    s.form(oval(50, 50, 27), s.material("gold"), "slope", cast=0.4)
    s.form(oval(50, 50, 23.6), s.deep, "slope", lift=0.1)
    s.panel(oval(50, 50, 20.6), s.main, "ball")
    hand = s.contrast()
    for i in range(12):
        a = i * np.pi / 6
        inner = 16.6 if i % 3 else 14.4
        tick = np.array([(50 + r * np.sin(a), 50 - r * np.cos(a)) for r in (inner, 19)])
        s.line(tick, 0.9 if i % 3 else 1.8, hand, inside=True)
    for a, length, width in ((hour * np.pi / 6, 10.5, 2.2), (hour * np.pi * 2, 15.5, 1.6)):
        s.line(np.array([(50, 50), (50 + length * np.sin(a), 50 - length * np.cos(a))]), width, hand)
    s.form(oval(50, 50, 1.8), s.material("gold"), "ball")
    s.flat(blob((36, 36), (46, 30), (54, 31), (40, 42), (33, 48)), (255, 255, 255), 0.2 * s.finish)


def _sunglasses(s: Sketch, rng: np.random.Generator) -> None:
    round_, drop = rng.uniform(4, 16), rng.uniform(-3, 4)
    for arm in (curve((10, 36), (3, 26), (12, 20), (24, 17)), curve((90, 36), (97, 26), (88, 20), (76, 17))):
        s.form(limb(arm, 5, 4.4, 3), s.deep, "slope")
    for x in (28, 72):
        m = 1 if x < 50 else -1
        lens = [(x - 21 * m, 32, 8), (x + 15 * m, 34, 9), (x + 17 * m, 50, round_),
            (x + 8 * m, 66 + drop, round_ + 4), (x - 12 * m, 66 + drop, round_ + 4),
            (x - 21 * m, 50, round_)]  # fmt: skip
        s.form(shape(*lens), s.main)
        middle = np.array([c[:2] for c in lens]).mean(axis=0)
        inner = [(*(middle + (np.array(c[:2]) - middle) * 0.68), c[2]) for c in lens]
        s.form(shape(*inner), s.deep, "slope", lift=-0.28)
        s.flat(shape(*inner), (10, 12, 22), 0.22, inside=True)
        s.shine(shape((x - 12, 30), (x - 4, 30), (x - 14, 70), (x - 22, 70)), 0.4)
        s.shine(shape((x - 1, 30), (x + 2, 30), (x - 8, 70), (x - 11, 70)), 0.28)
    s.form(limb(curve((41, 39), (50, 33), (59, 39)), 6, 4.6, 6), s.main, "slope", cast=0.3)
    for hinge in (10.5, 89.5):
        s.form(box(hinge - 1.6, 36, hinge + 1.6, 39.6, 1), s.material("gold"), "metal")
    s.glint(curve((10, 33.4), (26, 33), (40, 35)), 1.2, 0.5)


def _umbrella(s: Sketch, rng: np.random.Generator) -> None:
    tall, lift = rng.uniform(-4, 5), rng.uniform(-2, 3)
    s.rod((50, 40), (50, 84), width=2.4, tone=s.material("steel"))
    s.line(curve((50, 78), (50, 99), (61, 99), (62, 88)), 5, s.material("wood").at(0.2))
    s.line(curve((49.7, 78), (49.7, 98), (60.4, 98.4), (61.6, 88)), 2.6, s.material("wood").at(0.7))
    s.rod((50, 2 - tall), (50, 12), width=2.2, tone=s.material("steel"))
    edge = [(3, 52), (20, 45 - lift), (35, 53), (50, 46 - lift), (65, 53), (80, 45 - lift), (97, 52)]
    scallops = np.concatenate([curve(a,
        ((a[0] + c[0]) / 2, b[1]), c) for a, b, c in zip(edge[::2], edge[1::2], edge[2::2],
        strict=False)])  # fmt: skip
    dome = curve((97, 52), (92, 14 - tall), (50, 6 - tall), (8, 14 - tall), (3, 52))
    s.form(np.concatenate([scallops, dome]), s.main, "slope")
    top = (50, 8 - tall)
    for (x0, y0), (x1, y1), sign in (((3, 52), (35, 53), 0), ((35, 53), (65, 53), 1), ((65, 53), (97, 52), 2)):
        left = curve(top, ((x0 + 50) / 2 + (x0 - 50) * 0.24, 22 - tall * 0.5), (x0, y0 + 2))
        right = curve((x1, y1 + 2), ((x1 + 50) / 2 + (x1 - 50) * 0.24, 22 - tall * 0.5), top)
        tone = (s.main, s.pale, s.deep)[sign]
        s.panel(np.concatenate([left, right]), tone, "slope", (0.04, -0.05, 0.16)[sign])
        s.seam(left, 0.6)
    s.shine(limb(curve((16, 38), (22, 22), (38, 12 - tall * 0.6)), 0.6, 4.5, 0.6), 0.35)
    for x, y in ((3, 52), (35, 53), (65, 53), (97, 52)):
        s.form(oval(x, y + 0.6, 1.5), s.material("steel"), "ball")


ACCESSORIES = {
    "backpack": Kind(_backpack, tilt=8),
    "handbag": Kind(_handbag, tilt=7),
    "suitcase": Kind(_suitcase, tilt=7),
    "wristwatch": Kind(_wristwatch, tilt=24),
    "sunglasses": Kind(_sunglasses, tilt=12),
    "umbrella": Kind(_umbrella, tilt=18),
}
