"""Food: burger, pizza, ice cream, cupcake, juice, coffee.

Food has colours of its own; the product's is that of its wrapper, box, frosting or cup, which is what shops vary.
"""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.kind import Kind
from adlab.simulator.drawing.shapes import arc, blob, box, curve, limb, oval, shape, star
from adlab.simulator.drawing.sketch import Sketch


def _burger(s: Sketch, rng: np.random.Generator) -> None:
    tall, double, drip = rng.uniform(-3, 4), rng.random() < 0.4, rng.uniform(-6, 6)
    s.form(shape((6, 46, 3), (24, 38), (76, 38), (94, 46, 3), (88, 60), (12, 60)), s.deep, "slope")
    s.form(box(11, 41, 89, 48, 3), s.material("tomato"), "slope", cast=0.25)
    s.form(box(10, 46, 90, 56, 5), s.material("meat"), "pillow", cast=0.3)
    cheese = shape((12, 46), (88, 46), (80, 51), (70 + drip, 58, 2), (60, 51), (34 + drip, 50),
        (26 + drip, 57, 2), (19, 50))  # fmt: skip
    s.form(cheese, s.material("cheese"), "slope", cast=0.25)
    wave = [(x, 45 + (6.0 if i % 2 else -3.0)) for i, x in enumerate(np.linspace(9, 91, 13))]
    s.form(np.concatenate([curve(*wave), [(90, 37), (10, 37)]]), s.material("leaf", 0.2), "slope", cast=0.3)
    s.form(
        blob((14, 40), (13, 16 - tall), (50, 4 - tall), (87, 16 - tall), (86, 40), (50, 42)),
        s.material("bun"),
        cast=0.45,
    )
    s.shine(blob((24, 22 - tall), (38, 12 - tall), (46, 14 - tall), (32, 24)), 0.3)
    for x, y in ((34, 22), (45, 14), (58, 15), (69, 23), (51, 25), (40, 30), (62, 31), (76, 32), (27, 32)):
        s.flat(oval(x, y - tall * 0.7, 1.9, 1.2, tilt=x * 7), s.material("paper").at(0.7), inside=True)
    if double:
        s.form(box(10, 53, 90, 60, 4), s.material("meat"), "pillow", cast=0.3)
    top = [(x, 56 + (2.6 if i % 2 else -2.2)) for i, x in enumerate(np.linspace(4, 96, 15))]
    wrap = np.concatenate([shape(*top, closed=False), shape((96, 56), (92, 80, 20), (84, 98, 8),
        (16, 98, 8), (8, 80, 20), (4, 56), closed=False)])  # fmt: skip
    s.form(wrap, s.main, "slope", 0.04, cast=0.5)
    s.shade(shape((50, 62), (98, 52), (96, 100), (58, 100)), 0.1)
    s.shine(shape((14, 58), (26, 58), (34, 96), (24, 96)), 0.2)
    s.seam(np.array([(50, 60), (58, 98)]), 0.8)
    s.seam(np.array([(30, 60), (20, 97)]), 0.6)
    s.flat(star(50, 78, 10, 8.2, 12), s.pale.at(0.85), inside=True)
    s.flat(star(50, 78, 6, 2.6, 5), s.deep, inside=True)


def _pizza(s: Sketch, rng: np.random.Generator) -> None:
    turn, lid = rng.uniform(0, 60), rng.uniform(-3, 4)
    s.form(shape((9, 40), (14, 4 - lid, 3), (86, 4 - lid, 3), (91, 40)), s.deep, "slope", 0.12)
    s.panel(shape((14, 38), (18, 8 - lid, 2), (82, 8 - lid, 2), (86, 38)), s.main, "slope")
    s.flat(oval(50, 22 - lid, 13, 10), s.pale.at(0.8), 0.9, inside=True)
    s.flat(shape((50, 29 - lid), (43, 18 - lid, 2), (50, 15 - lid, 6), (57, 18 - lid, 2)), s.deep.at(0.6), inside=True)
    s.form(shape((9, 40), (91, 40), (99, 84, 2), (1, 84, 2)), s.deep, "slope", 0.04)
    s.form(shape((12, 42), (88, 42), (94, 81), (6, 81)), s.deep, "hollow", 0.1)
    s.form(oval(50, 61, 34, 18.5), s.material("bun"), "slope", cast=0.6)
    s.form(oval(50, 60.4, 30, 15.6), s.material("tomato"), "slope", 0.05)
    s.form(oval(50, 60, 28.5, 14.6), s.material("cheese"), "slope")
    for i in range(9):
        a = np.radians(turn + i * 360 / 8)
        r = 0.66 if i < 8 else 0
        s.form(oval(50 + 28 * r * np.cos(a), 60 + 14.4 * r * np.sin(a), 4.6, 2.7), s.material("tomato"),
            "slope", cast=0.3)  # fmt: skip
    for i in range(7):
        a = np.radians(turn * 2 + i * 51)
        x, y = 50 + 10 * np.cos(a), 60 + 5.6 * np.sin(a)
        s.flat(oval(x, y, 2.0, 0.9, tilt=i * 40), s.material("leaf").at(0.4))
    for i in range(4):
        a = np.radians(turn + 22 + i * 45)
        line = np.array([(50 + 33 * np.cos(a), 60 + 17.6 * np.sin(a)), (50 - 33 * np.cos(a), 60 - 17.6 * np.sin(a))])
        s.line(line, 0.7, s.material("bun").at(0.1), 0.7)
    s.form(shape((1, 83, 1), (99, 83, 1), (97, 97, 2), (3, 97, 2)), s.main, "slope", 0.06, cast=0.4)
    s.flat(box(24, 88.4, 76, 91.6, 1.6), s.pale.at(0.8), 0.9, inside=True)
    s.glint(np.array([(2, 84.4), (98, 84.4)]), 0.8, 0.5)


def _ice_cream(s: Sketch, rng: np.random.Generator) -> None:
    scoops, lean = int(rng.integers(1, 4)), rng.uniform(-3, 3)
    cone = shape((25, 46, 2), (75, 46, 2), (52, 100, 3), (48, 100, 3))
    s.form(cone, s.material("waffle"), "cylinder")
    for i in range(-5, 8):
        at = 24 + i * 8
        s.line(np.array([(at, 46), (at + 38, 102)]), 0.9, s.material("waffle").at(0.05), 0.8, inside=True)
        s.line(np.array([(at + 24, 46), (at - 14, 102)]), 0.9, s.material("waffle").at(0.05), 0.8, inside=True)
    s.shade(box(20, 46, 80, 58), 0.14)
    if scoops == 1:
        places = [(50.0, 33.0, 30.0)]
    elif scoops == 2:
        places = [(50 + lean, 14.0, 22.0), (50.0, 40.0, 27.0)]
    else:
        places = [(50.0, 13.0, 20.0), (35.0, 38.0, 21.0), (65.0, 38.0, 21.0)]
    for n, (x, y, r) in enumerate(places):
        tone = (s.main, s.main, s.deep)[n] if scoops > 1 else s.main
        sides = np.cos(np.linspace(0, np.pi, 11))
        hang = np.where(np.arange(11) % 2, 2.6, -1.6) - np.abs(sides) * 3
        frill = list(zip((x + r * sides * 1.04).tolist(), (y + r * 0.62 + hang).tolist(), strict=True))
        s.form(np.concatenate([arc(x, y, r, start=180, stop=360), curve(*frill)]), tone, "pillow", 0.04, cast=0.35)
        s.shine(blob((x - r * 0.62, y - r * 0.2), (x - r * 0.3, y - r * 0.7),
            (x - r * 0.05, y - r * 0.6), (x - r * 0.4, y)), 0.4)  # fmt: skip
        for k in range(6):
            a, d = k * 2.4 + x, r * (0.25 + 0.1 * k)
            px, py = x + d * np.cos(a), y - r * 0.15 + d * 0.6 * np.sin(a)
            s.line(np.array([(px, py), (px + 2.4 * np.cos(a * 3), py + 2.4 * np.sin(a * 3))]), 1.2,
                s.pale.at(0.9) if k % 2 else s.accent, inside=True)  # fmt: skip


def _cupcake(s: Sketch, rng: np.random.Generator) -> None:
    swirl, tall = int(rng.integers(3, 5)), rng.uniform(-3, 4)
    s.form(shape((18, 56), (82, 56), (72, 98, 4), (28, 98, 4)), s.deep, "cylinder", 0.1)
    for i in range(9):
        x0, x1 = 18 + i * 7.2, 28 + i * 4.95
        s.shade(shape((x0, 55), (x0 + 3.2, 55), (x1 + 2.2, 99), (x1, 99)), 0.24)
        s.shine(shape((x0 + 4.4, 55), (x0 + 6.0, 55), (x1 + 4.1, 99), (x1 + 3.1, 99)), 0.25)
    for i in range(swirl):
        w, y = 39 - i * (30 / swirl), 53 - i * (40 / swirl) - tall * i / swirl
        h = 40 / swirl
        layer = blob((50 - w, y + 5), (50 - w - 1, y - h * 0.5), (50 - w * 0.4, y - h * 0.9),
            (50 + w * 0.5, y - h * 0.7), (50 + w + 1, y - h * 0.1), (50 + w, y + 8),
            (50 + w * 0.3, y + 11), (50 - w * 0.4, y + 10))  # fmt: skip
        s.form(layer, s.main, lift=0.02, cast=0.3)
        s.shine(limb(curve((50 - w * 0.8, y + 1), (50 - w * 0.5, y - h * 0.35), (50, y - h * 0.5)), 0.4, 3, 0.4), 0.35)
        for k in range(4):
            x = 50 + w * (-0.6 + 0.42 * k) + (i % 2) * 3
            line = np.array([(x, y + 2), (x + 2.2, y + (3 if (k + i) % 2 else 0.6))])
            s.line(line, 1.4, (s.material("paper").at(0.8), s.accent.at(0.7))[k % 2], inside=True)
    top = 14 - tall
    s.line(curve((50, top), (52, top - 8), (60, top - 13)), 1.3, s.material("leaf").at(0.25))
    s.form(oval(50, top, 7.4), s.material("tomato"), "ball", cast=0.35)
    s.flat(oval(47.4, top - 3, 2, 1.4, tilt=-40), (255, 255, 255), 0.3 + 0.5 * s.finish)


def _juice(s: Sketch, rng: np.random.Generator) -> None:
    level, taper, straw = rng.uniform(-4, 6), rng.uniform(0, 5), rng.uniform(-4, 4)
    s.line(shape((54, 60), (66 + straw, 2), (82 + straw, -4), closed=False), 4.6, s.accent.at(0.4))
    s.line(shape((53.4, 60), (65.4 + straw, 2), (81 + straw, -4.6), closed=False), 2, s.material("paper").at(0.9))
    s.form(oval(78, 24, 17), s.material("cheese"), "slope")
    s.flat(oval(78, 24, 13.6), s.material("paper").at(0.6))
    for i in range(8):
        a = i * np.pi / 4 + 0.2
        wedge = np.array([(78, 24), (78 + 12.2 * np.cos(a), 24 + 12.2 * np.sin(a)),
            (78 + 12.2 * np.cos(a + 0.62), 24 + 12.2 * np.sin(a + 0.62))])  # fmt: skip
        s.flat(wedge, s.material("cheese").at(0.62))
    glass = shape((16, 18, 2), (76, 18, 2), (70 - taper, 98, 6), (22 + taper, 98, 6))
    s.form(glass, s.material("glass"), "cylinder", 0.22)
    top = 32 + level
    k = (top - 18) / 80
    x0, x1 = 16 + (6 + taper) * k + 2.4, 76 - (6 + taper) * k - 2.4
    s.form(shape((x0, top), (x1, top), (67.6 - taper, 94, 4), (24.4 + taper, 94, 4)), s.main, "cylinder")
    for x, y, t in ((34, top + 12, 18), (54, top + 20, -14), (40, top + 34, 40)):
        cube = box(x - 7, y - 7, x + 7, y + 7, 2.4)
        a = np.radians(t)
        turned = (cube - (x, y)) @ np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]]) + np.array([x, y])
        s.flat(turned, s.pale.at(0.95), 0.45, inside=True)
        s.line(turned[:22], 0.8, s.pale.at(1), 0.6, inside=True)
    for x, y, r in ((30, 84, 1.6), (48, 88, 1.2), (58, 78, 1.8), (38, 72, 1.1), (60, 60, 1.3)):
        s.flat(oval(x, y, r), s.pale.at(0.9), 0.7, inside=True)
    s.form(oval((x0 + x1) / 2, top, (x1 - x0) / 2, 3.6), s.pale, "slope")
    s.flat(shape((21, 22), (27, 22), (31, 94), (26.5, 94)), (255, 255, 255), 0.25 + 0.3 * s.finish)
    s.line(arc(46, 18, 29.4, 3.2, start=0, stop=360), 1.2, (255, 255, 255), 0.9)


def _coffee(s: Sketch, rng: np.random.Generator) -> None:
    tall, taper, motif = rng.uniform(-4, 4), rng.uniform(6, 11), int(rng.integers(2))
    top = 20 - tall
    s.form(shape((20, top), (80, top), (80 - taper, 98, 4), (20 + taper, 98, 4)), s.main, "cylinder")
    y0, y1 = 42, 76
    k0, k1 = (y0 - top) / (98 - top) * taper, (y1 - top) / (98 - top) * taper
    sleeve = shape((19.2 + k0, y0, 1), (50, y0 + 2.4, 30), (80.8 - k0, y0, 1), (80.8 - k1, y1, 1),
        (50, y1 + 2.6, 30), (19.2 + k1, y1, 1))  # fmt: skip
    s.form(sleeve, s.deep, "cylinder", 0.1, cast=0.4)
    for i in range(1, 12):
        x = 20 + i * 5
        s.seam(np.array([(x + (50 - x) * k0 / 40, y0), (x + (50 - x) * k1 / 40, y1 + 2)]), 0.4, s.deep, 0.25)
    s.flat(oval(50, 60, 11.5), s.material("paper").at(0.7), inside=True)
    if motif:
        s.flat(oval(50, 60, 5, 7, tilt=28), s.material("meat"), inside=True)
        s.line(curve((53, 54), (49, 59), (51, 61), (47, 66)), 1.1, s.material("paper").at(0.7), inside=True)
    else:
        s.flat(shape((43.6, 56), (55, 56), (53.6, 65.6, 3), (45, 65.6, 3)), s.material("meat"), inside=True)
        s.line(arc(55.5, 59.6, 2.6, start=-90, stop=90), 1.2, s.material("meat"), inside=True)
    s.shine(shape((28, top), (33, top), (36, 98), (32, 98)), 0.3)
    s.form(shape((16, top - 4, 2), (84, top - 4, 2), (83, top + 5, 2),
        (17, top + 5, 2)), s.deep, "cylinder", 0.16, cast=0.4)  # fmt: skip
    s.form(shape((22, top - 4), (25, top - 14, 4), (75, top - 14, 4), (78, top - 4)), s.deep, "cylinder", 0.2)
    s.form(oval(50, top - 13.4, 25, 2.6), s.main, "slope", 0.05)
    s.flat(oval(62, top - 13.2, 4, 0.9), s.deep.at(0.02))


FOOD = {
    "burger": Kind(_burger, tilt=5),
    "pizza": Kind(_pizza, tilt=3),
    "ice cream": Kind(_ice_cream, tilt=16),
    "cupcake": Kind(_cupcake, tilt=6),
    "juice": Kind(_juice, tilt=3),
    "coffee": Kind(_coffee, tilt=10),
}
