"""Home, the larger things: lamp, armchair, sofa, clock, candle, potted plant."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import blob, box, curve, limb, mirrored, oval, shape
from adlab.simulator.drawing.sketch import Sketch


def _lamp(s: Sketch, rng: np.random.Generator) -> None:
    flare, foot, belly = rng.uniform(-5, 4), int(rng.integers(2)), rng.uniform(-3, 3)
    s.form(oval(50, 93, 21, 5), s.material("gold"), "metal")
    if foot:
        s.form(blob((46, 48), (54, 48), (54, 56), (68 + belly, 72), (60, 92), (40, 92),
            (32 - belly, 72), (46, 56)), s.main, "cylinder")  # fmt: skip
        s.shine(blob((40, 66), (45, 64), (42, 82), (38, 78)), 0.5)
    else:
        s.rod((50, 46), (50, 91), width=4, tone=s.material("gold"))
        for y in (62, 78):
            s.form(oval(50, y, 6, 6.4), s.main, "ball", cast=0.2)
    s.rod((60, 50), (60, 64), width=0.8, tone=s.material("gold"))
    s.form(oval(60, 65, 1.6), s.material("gold"), "ball")
    s.form(shape((31 - flare * 0.3, 6, 2), (69 + flare * 0.3, 6, 2), (86 + flare, 52, 2), (50, 55, 20),
        (14 - flare, 52, 2)), s.main, "cylinder", 0.03, cast=0.3)  # fmt: skip
    glow = 0.25 + 0.75 * sum(s.main.at()) / 765  # a dark shade lets little light through
    s.flat(
        blob((38, 10), (62, 10), (74, 54), (50, 60), (26, 54)),
        (255, 244, 196),
        (0.1 + 0.1 * s.finish) * glow,
        inside=True,
    )
    s.flat(
        blob((43, 26), (57, 26), (65, 54), (50, 58), (35, 54)),
        (255, 246, 206),
        (0.14 + 0.16 * s.finish) * glow,
        inside=True,
    )
    s.line(curve((14 - flare, 50.4), (50, 54.6), (86 + flare, 50.4)), 2.4, s.deep.at(0.5), inside=True)
    s.line(curve((31, 7.4), (50, 9), (69, 7.4)), 2.2, s.deep.at(0.5), inside=True)
    s.form(box(47.6, 1.5, 52.4, 6.5, 1.6), s.material("gold"), "metal")


def _legs(s: Sketch, xs: tuple[float, ...], y: float) -> None:
    for x in xs:
        lean = 2.5 if x > 50 else -2.5
        s.form(shape((x - 3, y), (x + 3, y), (x + 1.4 + lean, y + 13, 1),
            (x - 1.4 + lean, y + 13, 1)), s.material("wood"), "cylinder")  # fmt: skip


def _armchair(s: Sketch, rng: np.random.Generator) -> None:
    wide, back, tuft = rng.uniform(-3, 3), rng.uniform(-5, 4), rng.random() < 0.5
    _legs(s, (22, 78), 84)
    s.form(shape((22 - wide, 66), (19 - wide, 24 - back, 26), (30, 6 - back, 22), (70, 6 - back, 22),
        (81 + wide, 24 - back, 26), (78 + wide, 66)), s.main)  # fmt: skip
    if tuft:
        for x, y in ((38, 24), (50, 24), (62, 24), (44, 37), (56, 37)):
            s.flat(oval(x, y - back * 0.5, 1.5), s.deep.at(0.1), inside=True)
            s.shine(oval(x - 2.6, y - 3 - back * 0.5, 2.4, 1.4, tilt=-30), 0.18)
    else:
        s.seam(curve((40, 10 - back), (38, 34), (40, 60)), 0.8)
        s.seam(curve((60, 10 - back), (62, 34), (60, 60)), 0.8)
    s.form(box(20, 72, 80, 87, 4), s.deep, "slope", 0.14)
    s.form(shape((25, 56, 7), (75, 56, 7), (79, 74, 7), (21, 74, 7)), s.main, lift=0.06, cast=0.35)
    s.stitch(curve((25, 71), (50, 72.5), (75, 71)))
    arm = shape((10 - wide, 46, 9), (26 - wide * 0.4, 46, 9), (27, 88, 4), (14 - wide, 88, 6), (7 - wide, 60, 12))
    s.form(arm, s.main, cast=0.4)
    s.shine(blob((13 - wide, 48), (22, 48), (21, 54), (12 - wide, 56)), 0.3)
    s.form(mirrored(arm), s.main, lift=-0.07, cast=0.3)
    s.form(shape((42, 40, 5), (60, 36, 5), (66, 54, 5), (46, 59, 5)), s.accent, cast=0.4)
    s.shine(blob((45, 42), (54, 40), (50, 46)), 0.25)


def _sofa(s: Sketch, rng: np.random.Generator) -> None:
    seats, back, low = int(rng.integers(2, 4)), rng.uniform(-4, 4), rng.uniform(-1, 3)
    _legs(s, (14, 86), 74)
    s.form(box(10, 26 - back, 90, 66, 8), s.deep, lift=0.12)
    step = 76 / seats
    for i in range(seats):
        x = 12 + i * step
        s.form(box(x + 0.4, 28 - back, x + step - 0.4, 60, 6), s.main, lift=-0.03 * i, cast=0.25)
        s.shine(blob((x + 5, 31 - back), (x + step * 0.5, 30 - back), (x + 6, 38 - back)), 0.22)
    s.form(box(8, 66, 92, 78 + low * 0.4, 3), s.deep, "slope", 0.1)
    for i in range(seats):
        x = 12 + i * step
        s.form(shape((x, 55, 5), (x + step, 55, 5), (x + step, 69, 4),
            (x, 69, 4)), s.main, lift=0.06 - 0.03 * i, cast=0.35)  # fmt: skip
        s.stitch(curve((x + 4, 66.4), (x + step / 2, 67), (x + step - 4, 66.4)))
    arm = shape((2, 44, 7), (15, 44, 7), (16, 78, 3), (5, 78, 4), (1, 58, 12))
    s.form(arm, s.main, cast=0.4)
    s.shine(blob((4, 46), (12, 45.6), (11, 50), (4, 54)), 0.32)
    s.form(mirrored(arm), s.main, lift=-0.08, cast=0.3)
    s.form(shape((18, 42, 4), (31, 38, 4), (35, 52, 4), (21, 56, 4)), s.pale, cast=0.4)
    s.form(shape((69, 39, 4), (82, 42, 4), (79, 57, 4), (66, 53, 4)), s.accent, cast=0.4)
    s.seam(curve((70, 43), (75, 47), (78, 54)), 0.6, s.accent)


def _clock(s: Sketch, rng: np.random.Generator) -> None:
    hour, bells, rim = rng.uniform(0, 12), rng.uniform(-2, 3), rng.uniform(-1, 1.5)
    for m in (0, 1):
        leg = shape((27, 82), (34, 86), (25, 98, 2), (19, 96, 2))
        s.form(mirrored(leg) if m else leg, s.deep, "slope", 0.1)
        bell = blob((14, 28), (11, 14 - bells), (28, 4 - bells), (42, 14), (40, 20))
        s.form(mirrored(bell) if m else bell, s.deep, "ball" if m == 0 else "pillow", 0.12)
        if m == 0:
            s.shine(blob((18, 16), (26, 10), (28, 14), (20, 22)), 0.5)
    s.line(np.array([(50, 18), (50, 7)]), 3, s.material("steel").at(0.35))
    s.form(box(44, 3, 56, 9, 2.4), s.material("steel"), "metal")
    s.form(oval(50, 56, 39), s.main, "slope")
    s.shine(limb(curve((16, 50), (22, 30), (42, 20)), 0.5, 4, 0.5), 0.5)
    s.form(oval(50, 56, 30.5 + rim), s.deep, "slope", -0.05, cast=0.2)
    s.form(oval(50, 56, 28.5 + rim), s.pale, "slope", 0.2)
    hand = s.contrast()
    for i in range(12):
        a = i * np.pi / 6
        tick = np.array([(50 + r * np.sin(a), 56 - r * np.cos(a)) for r in (22.4 if i % 3 else 20, 25.6)])
        s.line(tick, 1.2 if i % 3 else 2.4, hand)
    for a, length, width in ((hour * np.pi / 6, 13, 3.2), (hour * np.pi * 2, 20, 2.2)):
        s.line(np.array([(50 - 3 * np.sin(a), 56 + 3 * np.cos(a)),
            (50 + length * np.sin(a), 56 - length * np.cos(a))]), width, hand)  # fmt: skip
    s.form(oval(50, 56, 3), s.deep, "ball", 0.15)
    s.flat(blob((30, 44), (44, 31), (56, 30), (40, 42), (30, 56)), (255, 255, 255), 0.3 * s.finish)


def _candle(s: Sketch, rng: np.random.Generator) -> None:
    tall, wide, drip = rng.uniform(-6, 8), rng.uniform(-3, 4), rng.uniform(-5, 5)
    top, x0, x1 = 36 - tall, 31 - wide, 69 + wide
    s.form(oval(50, 91, 36, 7.5), s.material("gold"), "metal")
    s.form(oval(50, 89.4, 31, 5.4), s.material("gold"), "hollow", 0.1)
    s.form(shape((x0, top, 2), (x1, top, 2), (x1, 88, 6), (50, 92, 30), (x0, 88, 6)), s.main, "cylinder")
    s.shade(blob((x0, 80), (50, 86), (x1, 80), (x1, 94), (x0, 94)), 0.15)
    for x, y, w in ((x0 + 4, 56 + drip, 6), (x0 + 15, 47 - drip, 5), (x1 - 12, 62 - drip, 6), (x1 - 3, 50, 5)):
        s.form(shape((x - w, top), (x + w, top), (x + w * 0.5, top + 6, 3), (x + w * 0.5, y, w),
            (x - w * 0.5, y, w), (x - w * 0.5, top + 6, 3)), s.main, "pillow", 0.14, inside=True)  # fmt: skip
    s.form(oval(50, top + 0.6, (x1 - x0) / 2, 5.6), s.pale, "slope", 0.05)
    s.form(oval(50, top + 1, (x1 - x0) / 2 - 4, 3.6), s.pale, "hollow", 0.3)
    s.line(curve((50, top + 1), (50, top - 4), (51, top - 8)), 1.6, s.material("ink").at(0.2))
    s.form(blob((50, top - 34), (59, top - 18), (59, top - 7), (50, top - 2), (41, top - 7),
        (42, top - 18)), s.material("cheese"), "level", 0.05)  # fmt: skip
    s.flat(blob((50, top - 24), (55, top - 13), (54, top - 5), (50, top - 3), (46, top - 5),
        (45, top - 13)), (255, 246, 200), inside=True)  # fmt: skip
    s.flat(oval(50, top - 5, 3, 3.6), (255, 170, 60), 0.5, inside=True)


def _potted_plant(s: Sketch, rng: np.random.Generator) -> None:
    count, spread, rim = int(rng.integers(5, 8)), rng.uniform(0.8, 1.1), rng.uniform(-3, 3)
    angles = np.linspace(-1, 1, count)
    order = np.argsort(-np.abs(angles))
    for i in order:
        a = float(angles[i]) * spread
        tall = 44 - 14 * abs(a) + 5 * (i % 2)
        tip = (50 + a * 40, 50 - tall)
        line = curve((50 + a * 7, 54), (50 + a * 16, 52 - tall * 0.7), tip)
        s.form(limb(line, 3.5, 13, 11, 0.5), s.material("leaf", 0.25 * (1 - abs(a)) - 0.1), cast=0.35)
        s.line(line[1:-1], 0.7, s.material("leaf").at(0.9), 0.6, inside=True)
    s.form(shape((22, 58), (78, 58), (71 + rim * 0.5, 97, 6), (29 - rim * 0.5, 97, 6)), s.main, "cylinder")
    s.shade(shape((14, 58), (86, 58), (86, 67, 2), (14, 67, 2)), 0.22)
    for i in range(6):
        x = 27 + i * 8.6
        s.flat(shape((x, 78), (x + 4.3, 72), (x + 8.6, 78), (x + 8.6, 82), (x + 4.3, 76),
            (x, 82)), s.pale.at(0.6), 0.75, inside=True)  # fmt: skip
    s.form(shape((17, 50, 2.5), (83, 50, 2.5), (82, 63, 2.5), (18, 63, 2.5)), s.main, "cylinder", 0.06, cast=0.3)
    s.glint(np.array([(20, 51.6), (80, 51.6)]), 0.9, 0.4)
    s.shine(box(27, 50, 32, 96, 1), 0.22)


FURNITURE = {
    "lamp": Kind(_lamp, tilt=3),
    "armchair": Kind(_armchair, tilt=3),
    "sofa": Kind(_sofa, tilt=2, squeeze=0.14),
    "clock": Kind(_clock, tilt=8),
    "candle": Kind(_candle, tilt=2),
    "potted plant": Kind(_potted_plant, tilt=3),
}
