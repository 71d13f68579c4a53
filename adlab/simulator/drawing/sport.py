"""Sport: bicycle, football, tennis racket, dumbbell, tent, skateboard."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import blob, box, curve, oval, shape, star
from adlab.simulator.drawing.sketch import Sketch


def _bicycle(s: Sketch, rng: np.random.Generator) -> None:
    drop, rise, spokes = rng.random() < 0.5, rng.uniform(-3, 3), int(rng.integers(7, 11))
    hubs = ((20.0, 66.0), (80.0, 66.0))
    for x, y in hubs:
        hub, ring = np.array([x, y]), oval(x, y, 17.6)
        s.line(ring, 2.5, s.material("ink").at(0.35))
        s.line(oval(x, y, 14.5), 4.4, s.main.at(0.4))
        s.line(oval(x - 0.2, y - 0.3, 15.5), 1.0, s.main.at(0.9))
        for i in range(spokes):
            a = i * np.pi / spokes
            reach = np.array([np.cos(a), np.sin(a)]) * 14
            s.line(np.stack([hub - reach, hub + reach]), 0.4, s.pale.at(0.3))
        s.flat(oval(x, y, 2.3), s.material("steel").at(0.4))
    crank, seat, head, fork = (45, 68), (37, 37 - rise), (68, 35), (71, 43)
    s.rod(hubs[0], crank, width=3.4, tone=s.main)
    s.rod(hubs[0], (39, 44 - rise), width=3.2, tone=s.main)
    s.rod(crank, seat, width=5.2, tone=s.main)
    s.rod(crank, fork, width=5.4, tone=s.main)
    s.rod((38.6, 43 - rise), head, width=5.2, tone=s.main)
    s.rod((67, 31), fork, width=4.2, tone=s.deep)
    s.line(curve(fork, (74, 56), hubs[1]), 3.2, s.main.at(0.42))
    s.line(curve(fork, (73.4, 56), hubs[1]) - np.array([0.4, 0.3]), 1.2, s.main.at(0.85))
    s.rod((37.4, 40 - rise), (35.6, 30 - rise), width=2, tone=s.material("steel"))
    s.form(blob((25, 29 - rise), (26, 25.6 - rise), (36, 26 - rise), (47, 29 - rise), (36, 31.6 - rise),
        (30, 33 - rise)), s.material("ink"), "slope", 0.1)  # fmt: skip
    s.rod((67.2, 33), (65.6, 25), width=2.2, tone=s.material("steel"))
    if drop:
        s.line(curve((65, 25), (77, 22), (82, 29), (74, 35)), 2.6, s.material("ink").at(0.4))
    else:
        s.line(curve((72, 27), (66, 24), (57, 22)), 2.6, s.material("steel").at(0.4))
        s.line(np.array([(61, 22.8), (56, 21.6)]), 3.6, s.material("ink").at(0.4))
    s.flat(oval(*crank, 5.4), s.material("ink"))
    s.flat(oval(*crank, 3.6), s.material("steel"))
    s.line(np.array([(42, 60), (48, 76)]), 1.8, s.material("steel").at(0.35))
    for x, y in ((40.6, 59.6), (49.4, 76.4)):
        s.line(np.array([(x - 2.6, y), (x + 2.6, y)]), 2.2, s.material("ink").at(0.3))


def _football(s: Sketch, rng: np.random.Generator) -> None:
    turn = rng.uniform(0, 72)
    s.form(oval(50, 50, 46), s.main, "ball")

    def corner(radius: float, degrees: float) -> tuple[float, float]:
        # Points near the rim crowd together, as on a ball seen from the front.
        a, r = np.radians(turn + degrees), 46 * np.sin(min(radius, 1.0) * np.pi / 2)
        return 50 + r * np.cos(a), 50 + r * np.sin(a)

    patch = s.material("steel" if sum(s.main.at()) < 200 else "ink")
    seam = patch.at(0.2) if sum(s.main.at()) < 200 else s.deep.at(0.15)
    s.panel(shape(*[corner(0.24, i * 72) for i in range(5)], r=1), patch, "slope", 0.05)
    for i in range(5):
        a = i * 72
        s.line(np.array([corner(0.24, a), corner(0.46, a)]), 1.0, seam, inside=True)
        for sign in (-1, 1):
            s.line(np.array([corner(0.46, a), corner(0.6, a + sign * 19)]), 1.0, seam, inside=True)
            s.line(np.array([corner(0.84, a + sign * 15), corner(0.88, a + 36 * sign)]), 1.0, seam, inside=True)
        outer = [corner(0.6, a + 36 - 17), corner(0.6, a + 36 + 17), corner(0.84, a + 36 + 21),
            corner(1.0, a + 36), corner(0.84, a + 36 - 21)]  # fmt: skip
        s.panel(shape(*outer, r=1), patch, "slope", 0.02)
    s.shade(blob((96, 30), (100, 70), (60, 100), (20, 92), (60, 84), (86, 60)), 0.18)
    s.shine(oval(34, 26, 12, 8, tilt=-40), 0.42)
    s.shine(oval(31, 24, 6, 3.6, tilt=-40), 0.5)


def _tennis_racket(s: Sketch, rng: np.random.Generator) -> None:
    wide, long = rng.uniform(-2, 3), rng.uniform(-2, 3)
    rx, ry, y0 = 26 + wide, 31 + long, 34
    for i in range(-6, 7):
        x = i * rx / 7
        h = ry * np.sqrt(max(0.0, 1 - (x / rx) ** 2))
        s.line(np.array([(50 + x, y0 - h), (50 + x, y0 + h)]), 0.55, s.pale.at(0.25))
    for i in range(-7, 8):
        y = i * ry / 8
        w = rx * np.sqrt(max(0.0, 1 - (y / ry) ** 2))
        s.line(np.array([(50 - w, y0 + y), (50 + w, y0 + y)]), 0.55, s.pale.at(0.25))
    s.line(curve((32, 58), (40, 70), (47, 82)), 4.4, s.deep.at(0.4))
    s.line(curve((68, 58), (60, 70), (53, 82)), 4.4, s.deep.at(0.3))
    s.line(oval(50, y0, rx, ry), 6.4, s.deep.at(0.35))
    s.line(oval(50, y0, rx, ry), 5.2, s.main.at(0.5))
    s.line(oval(49.4, y0 - 0.8, rx, ry), 1.6, s.main.at(1.0))
    ring = oval(50, y0, rx, ry)
    for start in (2, 12, 22, 32):
        s.line(ring[start : start + 4], 5.2, s.accent.at(0.6))
    s.form(shape((46, 78), (54, 78), (54, 92), (46, 92)), s.main, "cylinder")
    s.form(box(45, 88, 55, 122, 2.6), s.deep, "cylinder", 0.14, cast=0.2)
    for y in range(91, 121, 4):
        s.seam(np.array([(44, y + 2), (56, y - 2)]), 0.8, s.deep, 0.0)
    s.form(box(43.6, 119, 56.4, 124, 2), s.main, "cylinder")
    s.form(oval(84, 108, 13), s.material("leaf", 0.9), "ball")
    s.line(curve((74, 100), (84, 106), (84, 121)), 1.5, s.material("paper").at(0.9), inside=True)
    s.line(curve((84, 95), (88, 104), (97, 108)), 1.5, s.material("paper").at(0.9), inside=True)


def _dumbbell(s: Sketch, rng: np.random.Generator) -> None:
    big, gap, hexed = rng.uniform(-3, 3), rng.uniform(-2, 3), rng.random() < 0.5
    s.form(box(2, 44, 98, 56, 3), s.material("steel"), "pillow")
    s.form(box(36, 42.6, 64, 57.4, 3), s.material("steel"), "slope", -0.1)
    for x in np.arange(38, 63, 2.4):
        s.seam(np.array([(x, 42), (x + 2, 58)]), 0.6, s.material("steel"), 0.1)
    for m in (1, -1):
        for inner, wide, tall in ((13 + gap, 14, 33 + big), (27 + gap, 10, 25 + big)):
            x0, x1 = 50 - m * inner, 50 - m * (inner + wide)
            x0, x1 = min(x0, x1), max(x0, x1)
            plate = box(x0, 50 - tall, x1, 50 + tall, 4)
            if hexed:
                plate = shape((x0 + 2, 50 - tall, 2), (x1 - 2, 50 - tall, 2), (x1, 50 - tall + 8, 2),
                    (x1, 50 + tall - 8, 2), (x1 - 2, 50 + tall, 2), (x0 + 2, 50 + tall, 2),
                    (x0, 50 + tall - 8, 2), (x0, 50 - tall + 8, 2))  # fmt: skip
            s.form(plate, s.main, cast=0.35)
            s.shade(box(x0 - 1, 50 + tall * 0.3, x1 + 1, 51 + tall), 0.22)
            s.shine(box(x0 + 2, 54 - tall, x0 + 4.6, 50 + tall * 0.2, 1), 0.5)
            s.line(np.array([(x0, 50 - tall * 0.36), (x1, 50 - tall * 0.36)]), 1.0, s.deep.at(0.2), inside=True)
            s.line(np.array([(x0, 50 + tall * 0.3), (x1, 50 + tall * 0.3)]), 1.0, s.deep.at(0.1), inside=True)
        x = 50 - m * (39.5 + gap)
        s.form(box(x - 2.2, 42.4, x + 2.2, 57.6, 1.4), s.accent, "pillow", cast=0.2)


def _tent(s: Sketch, rng: np.random.Generator) -> None:
    lean, open_, low = rng.uniform(-5, 5), rng.uniform(0.9, 1.3), rng.uniform(-2, 3)
    top, back = (36 + lean, 18), (74, 26 + low)
    for points in (((96, 82), (104, 88)), ((4, 84), (-3, 90))):
        s.line(np.array(points), 1.0, s.material("wood").at(0.4))
    s.line(np.array([back, (104, 88)]), 0.8, s.material("steel").at(0.3))
    s.line(np.array([top, (-4, 90)]), 0.8, s.material("steel").at(0.3))
    s.form(shape(top, back, (98, 84, 2), (66, 90)), s.deep, "slope", 0.12)
    s.shade(shape((70, 22), (80, 26), (104, 84), (84, 88)), 0.16)
    s.seam(np.array([(56, 20), (84, 88)]), 0.8, s.deep)
    s.flat(shape((70, 52, 1), (78, 53, 1), (82, 66, 1), (73, 66, 1)), s.pale.at(0.7), 0.9, inside=True)
    s.flat(np.array([(75.4, 52.5), (76.6, 52.6), (78.2, 66), (77, 66)]), s.deep.at(0.4), inside=True)
    s.form(shape((top[0], top[1], 1), (66, 90, 1), (6, 88, 1)), s.main, "slope", 0.08)
    mouth = shape((top[0], 32), (36 + 15 * open_, 90), (36 - 15 * open_, 89))
    s.flat(mouth, (28, 24, 40), 0.9, inside=True)
    s.flat(shape((36, 62), (46, 90), (26, 90)), (255, 214, 120), 0.22, inside=True)
    s.form(blob((top[0], 30), (top[0] + 3, 44), (36 + 17 * open_, 90), (36 + 25 * open_, 90),
        (top[0] + 9, 52)), s.pale, "pillow", cast=0.3)  # fmt: skip
    s.form(blob((top[0], 30), (top[0] - 3, 44), (36 - 17 * open_, 89), (36 - 25 * open_, 89),
        (top[0] - 9, 52)), s.pale, "pillow", cast=0.3)  # fmt: skip
    for x, y in ((36 + 15 * open_, 74), (36 - 15 * open_, 73)):
        s.line(np.array([(x - 5, y), (x + 5, y)]), 1.6, s.accent.at(0.6))
    s.line(np.array([(top[0] - 0.6, top[1]), (66, 90)]), 1.2, s.pale.at(0.8))
    s.line(np.array([top, back]), 1.6, s.pale.at(0.6))
    s.form(oval(*top, 1.8), s.material("gold"), "ball")


def _skateboard(s: Sketch, rng: np.random.Generator) -> None:
    kick, wheel, stripe = rng.uniform(-3, 4), rng.uniform(-1, 1.5), int(rng.integers(3))
    for x in (22, 78):
        s.form(shape((x - 9, 48), (x + 9, 48), (x + 4, 61, 2), (x - 4, 61, 2)), s.material("steel"), "metal")
        s.form(oval(x, 63, 9.4 + wheel), s.accent, "ball", 0.05)
        s.form(oval(x, 63, 4.4), s.material("paper"), "slope", cast=0.2)
        s.flat(oval(x, 63, 1.7), s.material("ink"))
    deck = shape((-2, 26 - kick, 8), (16, 36, 22), (84, 36, 22), (102, 26 - kick, 8),
        (101, 40 - kick, 8), (85, 54, 20), (15, 54, 20), (-1, 40 - kick, 8))  # fmt: skip
    s.form(deck, s.main, cast=0.5)
    if stripe == 0:
        for x in (30, 42, 54):
            s.panel(shape((x, 30), (x + 6, 30), (x + 18, 58), (x + 12, 58)), s.pale, "level", 0.1)
    elif stripe == 1:
        s.panel(blob((20, 60), (34, 38), (50, 50), (66, 36), (84, 60)), s.deep, "slope", 0.1)
        s.flat(star(50, 43, 7, 3, 5), s.pale.at(0.9), inside=True)
    else:
        for x in (28, 43, 58, 73):
            s.flat(star(x, 45, 6.4, 2.8, 4), s.pale.at(0.85), inside=True)
    s.line(curve((-2, 39 - kick), (15, 52.8), (50, 53), (85, 52.8),
        (102, 39 - kick)), 2.6, s.material("wood").at(0.6), inside=True)  # fmt: skip
    s.glint(curve((0, 28 - kick), (16, 37.4), (50, 38), (84, 37.4)), 1.2, 0.5)
    for x in (18, 24, 76, 82):
        s.flat(oval(x, 43, 0.9), s.material("steel").at(0.8), inside=True)


SPORT = {
    "bicycle": Kind(_bicycle, tilt=5),
    "football": Kind(_football, tilt=20, squeeze=0.0),
    "tennis racket": Kind(_tennis_racket, tilt=30),
    "dumbbell": Kind(_dumbbell, tilt=24),
    "tent": Kind(_tent, tilt=2),
    "skateboard": Kind(_skateboard, tilt=16),
}
