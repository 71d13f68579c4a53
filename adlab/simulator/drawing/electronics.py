"""Electronics: phone, laptop, headphones, camera, speaker, television, game controller."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import arc, blob, box, curve, limb, mirrored, oval, shape, star
from adlab.simulator.drawing.sketch import Sketch


def _picture(s: Sketch, x0: float, y0: float, x1: float, y1: float, motif: int) -> None:
    """A wallpaper in the product's own hue, clipped to the last form."""
    w, h = x1 - x0, y1 - y0

    def at(u: float, v: float) -> tuple[float, float]:
        return x0 + u * w, y0 + v * h

    if motif == 0:
        s.flat(oval(*at(0.68, 0.32), 0.13 * min(w, h)), s.pale.at(0.95), inside=True)
        s.panel(blob(at(-0.1, 1.1), at(-0.1, 0.62), at(0.25, 0.42), at(0.55, 0.8), at(1.1, 0.6), at(1.1, 1.1)), s.main)
        s.panel(blob(at(-0.1, 1.1), at(-0.1, 0.92), at(0.4, 0.72), at(0.8, 0.62), at(1.1, 0.88), at(1.1, 1.1)), s.deep)
    elif motif == 1:
        for i, tone in enumerate((s.main, s.deep, s.main, s.accent)):
            s.panel(blob(at(-0.2, 0.2 + i * 0.22), at(0.3, 0.05 + i * 0.24), at(0.7, 0.4 + i * 0.2),
                at(1.2, 0.15 + i * 0.24), at(1.2, 1.3), at(-0.2, 1.3)), tone, "slope",
                (0, 0.06, 0.12, 0)[i])  # fmt: skip
    else:
        for i, (u, v, r) in enumerate(((0.2, 0.2, 0.5), (0.9, 0.5, 0.42), (0.3, 0.95, 0.4), (0.72, 0.12, 0.16))):
            s.panel(oval(*at(u, v), r * min(w, h) * 1.2), (s.main, s.deep, s.accent, s.pale)[i], "ball")


def _phone(s: Sketch, rng: np.random.Generator) -> None:
    motif, shift, lenses = int(rng.integers(3)), rng.uniform(-2, 3), int(rng.integers(2, 4))
    s.form(box(42 + shift, 4, 84 + shift, 88, 8), s.main, "slope", lift=0.02)
    s.glint(box(43 + shift, 5, 83 + shift, 87, 7), 0.9, 0.5)
    s.shine(shape((70, 0), (80, 0), (60, 95), (50, 95)), 0.14)
    s.form(box(62 + shift, 8, 80 + shift, 29, 6), s.deep, "slope", 0.1, cast=0.3)
    for i in range(lenses):
        x, y = ((67, 13.4), (67, 22.4), (75, 18))[i]
        s.form(oval(x + shift, y, 3.9), s.material("ink"), "ball", cast=0.2)
        s.flat(oval(x + shift - 1.1, y - 1.2, 0.9), s.material("steel").at(0.9), 0.8)
    s.form(box(16 - shift, 13, 59 - shift, 98, 8), s.material("ink"), "slope", 0.1, cast=0.6)
    s.glint(box(16.6 - shift, 13.6, 58.4 - shift, 97.4, 7.4), 0.8, 0.6)
    s.form(box(18 - shift, 15.2, 57 - shift, 95.8, 6), s.pale, "slope")
    _picture(s, 18 - shift, 15, 57 - shift, 96, motif)
    s.flat(box(31 - shift, 17.6, 44 - shift, 20.8, 1.6), s.material("ink").at(0.2), inside=True)
    for row in range(2):
        for column in range(4):
            left, top = 21.6 - shift + column * 8.6, 67 + row * 10.5
            s.flat(
                box(left, top, left + 6.2, top + 6.2, 1.8),
                s.material("paper").at(0.9),
                0.85 if row else 0.5,
                inside=True,
            )
    s.flat(box(29 - shift, 92.6, 46 - shift, 93.8, 0.6), s.material("paper").at(1), inside=True)
    s.shine(shape((14, 10), (34, 10), (14, 74)), 0.16)


def _laptop(s: Sketch, rng: np.random.Generator) -> None:
    motif, lean, deep = int(rng.integers(3)), rng.uniform(-2, 2), rng.uniform(-2, 2)
    s.form(shape((17 - lean, 18, 3.5), (83 + lean, 18, 3.5), (86, 66), (14, 66)), s.main, "slope")
    s.glint(shape((17.4 - lean, 66), (17.8 - lean, 18.8, 3), (82.4 + lean, 18.8, 3), closed=False), 0.8, 0.6)
    s.form(shape((20 - lean, 22, 1), (80 + lean, 22, 1), (82, 62, 1), (18, 62, 1)), s.pale, "slope")
    _picture(s, 18, 22, 82, 62, motif)
    for y in (30, 35.5):
        s.flat(box(24, y, 40 if y < 31 else 34, y + 2.6, 1.3), s.material("paper").at(0.95), 0.85, inside=True)
    s.shine(shape((16, 20), (44, 20), (24, 64), (14, 64)), 0.14)
    s.form(shape((14, 64), (86, 64), (99, 82 + deep, 2), (1, 82 + deep, 2)), s.main, "slope", lift=0.05)
    keys = shape((19, 66.5), (81, 66.5), (85.6, 74.4), (14.4, 74.4))
    s.flat(keys, s.deep.at(0.15), inside=True)
    for row in range(3):
        y = 67.4 + row * 2.4
        for column in range(12):
            x = 20.4 - row * 1.35 + column * (4.95 + row * 0.225)
            s.flat(shape((x, y), (x + 4, y), (x + 3.95, y + 1.6), (x - 0.3, y + 1.6)), s.pale.at(0.4), inside=True)
    s.flat(shape((40, 76), (60, 76), (61.4, 80.4), (38.6, 80.4)), s.deep.at(0.55), 0.7, inside=True)
    s.form(shape((1, 82 + deep), (99, 82 + deep), (97, 86 + deep, 2), (3, 86 + deep, 2)), s.deep, "slope", 0.1)
    s.flat(box(42, 82 + deep, 58, 83.6 + deep, 0.8), s.deep.at(0.05))


def _headphones(s: Sketch, rng: np.random.Generator) -> None:
    wide, tall = rng.uniform(-3, 3), rng.uniform(-4, 3)
    band = arc(50, 52, 37 + wide, 44 + tall, start=180, stop=360)
    s.line(band, 6.4, s.deep.at(0.25))
    s.line(band, 5.0, s.deep.at(0.75))
    pad = arc(50, 52, 34.6 + wide, 41.6 + tall, start=214, stop=326)
    s.line(pad, 7.6, s.main.at(0.3))
    s.line(pad + np.array([-0.5, -0.7]), 4.6, s.main.at(0.72))
    for x in (13 - wide, 87 + wide):
        s.rod((x, 42), (x + (1.5 if x < 50 else -1.5), 62), width=3.2, tone=s.material("steel"))
    for m, lift in ((1, 0.0), (-1, -0.06)):
        x = 50 - m * (34 + wide)
        s.form(blob((x + 1 * m, 48), (x + 13 * m, 50), (x + 15 * m, 71), (x + 13 * m, 93),
            (x + 1 * m, 95)), s.material("ink"), "slope", lift)  # fmt: skip
        s.form(blob((x + 5 * m, 46), (x + 6 * m, 72), (x + 5 * m, 98), (x - 7 * m, 94),
            (x - 13 * m, 72), (x - 7 * m, 49)), s.main, lift=lift, cast=0.35)  # fmt: skip
        s.panel(oval(x - 4.6 * m, 72, 5.4, 14), s.deep, "slope", 0.14)
        s.flat(oval(x - 5 * m, 72, 2.6, 7), s.accent, 0.9, inside=True)
        s.shine(blob((x - 8, 56), (x - 3, 52), (x - 3, 60), (x - 9, 68)), 0.45)


def _camera(s: Sketch, rng: np.random.Generator) -> None:
    hump, lens, grip = rng.uniform(-4, 4), rng.uniform(-1.5, 2), rng.uniform(-2, 4)
    s.form(box(14, 19, 25, 28, 2), s.material("steel"), "metal")
    s.form(box(76, 20, 88, 28, 2), s.material("steel"), "metal")
    s.form(shape((31 + hump, 28), (36 + hump, 12, 4), (64 + hump, 12, 4), (69 + hump, 28)), s.deep, "slope", 0.14)
    s.form(box(43 + hump, 15, 57 + hump, 22, 2), s.material("paper"), "slope")
    s.form(box(4, 25, 96, 86, 8), s.main)
    s.panel(box(0, 24, 100, 37), s.pale, "slope")
    s.panel(box(0, 37, 17 + grip, 90), s.deep, "cylinder", 0.08)
    s.shade(box(0, 36.4, 100, 37.6), 0.35)
    s.flat(box(9, 29, 20, 33, 1), s.accent, inside=True)
    s.form(oval(86, 31, 2.6), s.material("tomato"), "ball")
    s.form(oval(54, 58, 26.5 + lens), s.material("ink"), "slope", 0.1, cast=0.6)
    s.form(oval(54, 58, 23.5 + lens), s.material("steel"), "slope")
    s.form(oval(54, 58, 20.5 + lens), s.material("ink"), "slope")
    s.form(oval(54, 58, 15.5), s.deep, "hollow", -0.05)
    s.panel(oval(56, 61, 9.5), s.main, "hollow", 0.1)
    s.flat(oval(54, 58, 5.4), s.material("ink").at(0.05))
    s.flat(oval(47.5, 50.5, 4.6, 3.2, tilt=-42), (255, 255, 255), 0.4 + 0.5 * s.finish)
    s.flat(oval(60, 65, 1.9), (255, 255, 255), 0.3 + 0.3 * s.finish)


def _speaker(s: Sketch, rng: np.random.Generator) -> None:
    tall, small = rng.uniform(-4, 6), rng.uniform(-1.5, 2)
    s.form(shape((74, 6 - tall, 2), (86, 11 - tall, 2), (86, 92, 2), (74, 97, 2)), s.deep, "slope", -0.08)
    s.form(box(18, 5 - tall, 77, 97, 5), s.main, "slope")
    s.glint(box(19, 6 - tall, 76, 96, 4.4), 0.9, 0.45)
    s.shine(shape((10, 0 - tall), (34, 0 - tall), (10, 60)), 0.12)
    for y, r in ((25 - tall * 0.6, 11.5 + small), (66, 21.5)):
        s.form(oval(47.5, y, r + 2.6), s.material("steel"), "slope", cast=0.35)
        s.form(oval(47.5, y, r + 0.6), s.deep, "slope", -0.05)
        s.form(oval(47.5, y, r - 1.6), s.material("ink"), "slope")
        s.form(oval(47.5, y, r * 0.72), s.material("ink"), "hollow", -0.05)
        s.form(oval(47.5, y, r * 0.34), s.pale, "ball", cast=0.4)
    for x, y in ((23, 10 - tall), (72, 10 - tall), (23, 92), (72, 92)):
        s.flat(oval(x, y, 1.3), s.deep.at(0.1))
    s.flat(box(62, 90.5, 70, 92.2, 0.8), s.accent)


def _television(s: Sketch, rng: np.random.Generator) -> None:
    motif, stand = int(rng.integers(3)), rng.random() < 0.5
    if stand:
        for m in (0, 1):
            leg = shape((22, 70), (27, 70), (19, 82, 1), (14, 82, 1))
            s.form(mirrored(leg) if m else leg, s.material("ink"), "slope", 0.1)
    else:
        s.form(box(44, 66, 56, 80), s.material("ink"), "cylinder")
        s.form(shape((32, 78, 2), (68, 78, 2), (73, 83, 2), (27, 83, 2)), s.material("ink"), "slope", 0.15)
    s.form(box(1, 12, 99, 72, 2.6), s.material("ink"), "slope", 0.05)
    s.glint(shape((1.6, 70), (1.6, 12.6, 2), (98, 12.6), closed=False), 0.6, 0.7)
    s.form(box(3.6, 14.6, 96.4, 68.4, 1), s.pale, "slope")
    _picture(s, 3.6, 14.6, 96.4, 68.4, motif)
    s.flat(oval(50, 42, 8.6), s.material("paper").at(1), 0.9, inside=True)
    s.flat(shape((47, 37, 0.6), (55.4, 42, 0.6), (47, 47, 0.6)), s.deep.at(0.3), inside=True)
    s.flat(box(9, 61.4, 91, 62.8, 0.7), s.material("paper").at(0.9), 0.5, inside=True)
    s.flat(box(9, 61.2, 44, 63.0, 0.9), s.material("paper").at(1), inside=True)
    s.shine(shape((0, 12), (40, 12), (16, 72), (0, 72)), 0.16)
    s.flat(box(46, 69.6, 54, 70.6, 0.5), s.material("steel"))


def _controller(s: Sketch, rng: np.random.Generator) -> None:
    wing, grip = rng.uniform(-3, 3), rng.uniform(-3, 4)
    bumper = shape((18, 26, 4), (22, 17, 5), (38, 17, 5), (40, 30))
    s.form(bumper, s.deep, "slope")
    s.form(mirrored(bumper), s.deep, "slope", -0.08)
    left = [(36, 25, 6), (20, 22, 10), (10, 34, 20), (1 - wing, 70 + grip, 16), (9, 86 + grip, 10),
        (20, 83 + grip, 10), (33, 68, 10)]  # fmt: skip
    s.form(shape(*left, *[(100 - c[0], *c[1:]) for c in reversed(left)]), s.main)
    s.panel(blob((-4, 60), (18, 62), (22, 92), (-4, 96)), s.deep, "pillow", 0.1)
    s.panel(blob((104, 60), (82, 62), (78, 92), (104, 96)), s.deep, "pillow")
    s.shine(limb(curve((14, 36), (22, 26), (38, 28)), 1, 4, 1), 0.45)
    s.form(box(38, 29, 62, 43, 3), s.deep, "slope", 0.1, cast=0.2)
    s.flat(star(50, 36, 4, 1.7, 5), s.pale.at(0.7))
    cross = np.array([(-2.8, -8), (2.8, -8), (2.8, -2.8), (8, -2.8), (8, 2.8), (2.8, 2.8), (2.8, 8),
        (-2.8, 8), (-2.8, 2.8), (-8, 2.8), (-8, -2.8), (-2.8, -2.8)])  # fmt: skip
    s.form(cross + np.array([24, 42]), s.material("ink"), "slope", 0.2, cast=0.35)
    for dx, dy, name in ((0, -7, "cheese"), (7, 0, "tomato"), (0, 7, "leaf"), (-7, 0, "glass")):
        s.form(oval(76 + dx, 42 + dy, 3.6), s.material(name), "ball", cast=0.35)
    for x in (37.5, 62.5):
        s.form(oval(x, 58, 8.4), s.deep, "hollow", -0.1)
        s.form(oval(x, 57.4, 6.6), s.material("ink"), "slope", 0.25, cast=0.3)
        s.form(oval(x, 57, 4.4), s.material("ink"), "hollow", 0.15)


ELECTRONICS = {
    "phone": Kind(_phone, tilt=14),
    "laptop": Kind(_laptop, tilt=5, mirror=False),
    "headphones": Kind(_headphones, tilt=12),
    "camera": Kind(_camera, tilt=10),
    "speaker": Kind(_speaker, tilt=4),
    "television": Kind(_television, tilt=2, mirror=False),
    "game controller": Kind(_controller, tilt=16),
}
