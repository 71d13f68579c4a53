"""Grounds that show a place: table, room, hills, beach, city, podium, shelf, window light."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.ground import Hues, Plate
from adlab.simulator.drawing.shapes import blob, box, curve, limb, moved


def _ridge(plate: Plate, rng: np.random.Generator, y: float, swing: float) -> np.ndarray:
    """A rolling horizon over the full width, closed at the bottom."""
    xs = np.linspace(-2, plate.width + 2, 40)
    turns = plate.width / plate.unit / 100
    phase = rng.uniform(0, 6.28, 2)
    along = xs / plate.width * turns
    ys = y + swing * (0.7 * np.sin(along * 5.2 + phase[0]) + 0.3 * np.sin(along * 11 + phase[1]))
    return np.concatenate([np.stack([xs, ys], axis=1), [(plate.width + 2, plate.height + 2), (-2, plate.height + 2)]])


def _cloud(plate: Plate, x: float, y: float, size: float, hues: Hues, light: float) -> None:
    u = plate.unit * size
    for dx, dy, r in ((-5, 0, 3.2), (-1, -2.4, 4.6), (4, -0.6, 3.8), (7.5, 0.8, 2.4)):
        plate.disc(x + dx * u, y + dy * u, r * u, hues.at(light))
    plate.rectangle(x - 6 * u, y - 0.4 * u, x + 8.4 * u, y + 3.2 * u, hues.at(light))
    for dx in (-6, 8.2):
        plate.disc(x + dx * u, y + 1.4 * u, 1.8 * u, hues.at(light))


def _sprig(plate: Plate, x: float, y: float, size: float, lean: float, hues: Hues, light: float, hue: int) -> None:
    """A twig with pairs of leaves."""
    u = plate.unit * size
    stem = curve((x, y), (x + lean * 0.2 * u, y - 12 * u), (x + lean * u, y - 26 * u))
    plate.line(stem, 0.7 * u, hues.at(light - 0.1, hue))
    for i in range(4):
        at = stem[2 + i * 2] if 2 + i * 2 < len(stem) else stem[-1]
        for side in (-1, 1):
            leaf = blob((0, 0), (side * 3.5, -3.4), (side * 9.5, -4.2), (side * 4.5, -0.4)) * u * (1 - 0.12 * i)
            plate.area(leaf + at, hues.at(light + 0.05 * side, hue))


def _wainscot(plate: Plate, hues: Hues, top: float, bottom: float, light: float) -> None:
    """The lower part of a wall in the second hue, where there are several."""
    if hues.many:
        plate.fade(top, bottom, hues.at(light, 1), hues.at(light - 0.12, 1))


def _table(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    w, h, u = plate.width, plate.height, plate.unit
    edge = h * rng.uniform(0.66, 0.76)
    plate.fade(0, edge, hues.at(0.86), hues.at(0.68))
    _wainscot(plate, hues, edge * 0.6, edge, 0.7)
    plate.glow(w * 0.25, h * 0.2, max(w, h) * 0.55, hues.at(1.0), 0.6)
    x = w * rng.uniform(0.06, 0.2)
    for i in range(2):
        _sprig(plate, x + i * 9 * u, edge + 2 * u, 1.5 - 0.3 * i, 6 * (1 if i else -1), hues, 0.48 + 0.1 * i, 1)
    plate.area(moved(box(0, 0, 16 * u, 22 * u, 5 * u), x - 6 * u, edge - 18 * u), hues.at(0.36, 2))
    plate.area(moved(box(0, 0, 5 * u, 16 * u, 2.4 * u), x - 4 * u, edge - 15 * u), hues.at(0.5, 2))
    plate.fade(edge, h, hues.at(0.52, 2), hues.at(0.32, 2))
    plate.rectangle(0, edge, w, edge + 1.2 * u, hues.at(0.74, 2))
    for i in range(3):
        y = edge + (h - edge) * (0.3 + 0.25 * i)
        plate.line(np.array([(w * rng.uniform(0, 0.5), y), (w * rng.uniform(0.6, 1.0), y)]), 0.5 * u, hues.at(0.38, 2))


def _room(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    w, h, u = plate.width, plate.height, plate.unit
    floor = h * rng.uniform(0.74, 0.82)
    plate.fade(0, floor, hues.at(0.8), hues.at(0.62))
    _wainscot(plate, hues, floor * 0.55, floor, 0.66)
    right = rng.random() < 0.5
    x, wide, tall = (w * 0.66, 24 * u, 34 * u)
    x = x if right else w * 0.08
    plate.area(box(x - 1.6 * u, 12 * u, x + wide + 1.6 * u, 12 * u + tall, 1 * u), hues.at(0.5))
    plate.area(box(x, 13.6 * u, x + wide, 10.4 * u + tall, 0.6 * u), hues.at(0.98, 1))
    plate.disc(x + wide * 0.62, 13.6 * u + tall * 0.3, 4 * u, hues.at(0.7, 2))
    low = 10 * u + tall
    hill = blob((x, low), (x, low - tall * 0.28), (x + wide * 0.45, low - tall * 0.45),
        (x + wide, low - tall * 0.15), (x + wide, low))  # fmt: skip
    plate.area(hill, hues.at(0.6, 1))
    plate.fade(floor, h, hues.at(0.42, 2), hues.at(0.26, 2))
    plate.rectangle(0, floor - 3 * u, w, floor, hues.at(0.88))
    plate.disc(w * 0.5, (floor + h) / 2 + u, w * 0.36, hues.at(0.52, 1), (h - floor) * 0.36)
    plate.disc(w * 0.5, (floor + h) / 2 + u, w * 0.31, hues.at(0.58, 1), (h - floor) * 0.29)
    _sprig(plate, w - x if right else w * 0.88, floor - 4 * u, 1.2, 4, hues, 0.34, 1)
    plate.area(box(w * 0.88 - 5 * u, floor - 10 * u, w * 0.88 + 5 * u, floor + 3 * u, 2 * u), hues.at(0.3, 2))


def _hills(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    w, h, u = plate.width, plate.height, plate.unit
    plate.fade(0, h * 0.7, hues.at(0.72), hues.at(0.98))
    x = w * rng.uniform(0.12, 0.88)
    plate.glow(x, h * 0.24, 26 * u, hues.at(1.0, 1), 0.8)
    plate.disc(x, h * 0.24, 8 * u, hues.at(1.0, 1))
    for _ in range(max(2, int(w / u / 70))):
        _cloud(plate, w * rng.uniform(0, 1), h * rng.uniform(0.12, 0.4), rng.uniform(0.6, 1.1), hues, 0.97)
    near = 0.16 if hues.many else 0.0
    for i, (y, light) in enumerate(((0.56, 0.62), (0.68, 0.46), (0.8, 0.3), (0.91, 0.18))):
        plate.area(_ridge(plate, rng, h * (y - near), 5.5 * u), hues.at(light, i + 1))
        if i in (1, 2):
            for _ in range(4):
                tx, ty = w * rng.uniform(0, 1), h * (y + 0.05)
                tree = np.array([(0, -13), (4.4, 0), (-4.4, 0)]) * u * (0.6 + 0.3 * i)
                plate.area(moved(tree, tx, ty), hues.at(light - 0.12, i + 1))


def _beach(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    w, h, u = plate.width, plate.height, plate.unit
    sea, sand = h * rng.uniform(0.42, 0.5), h * rng.uniform(0.66, 0.74)
    plate.fade(0, sea, hues.at(0.74), hues.at(0.98))
    x = w * rng.uniform(0.2, 0.8)
    plate.disc(x, sea - 7 * u, 9 * u, hues.at(0.99, 1))
    plate.fade(sea, sand + 6 * u, hues.at(0.46, 0), hues.at(0.62, 0))
    for _ in range(9):
        sx, sy = w * rng.uniform(0, 1), sea + (sand - sea) * rng.uniform(0.1, 0.8)
        plate.line(np.array([(sx, sy), (sx + 9 * u, sy)]), 0.7 * u, hues.at(0.8, 0))
    shore = _ridge(plate, rng, sand, 2.6 * u)
    plate.area(shore - (0, 2 * u), hues.at(0.97, 0))
    plate.area(shore, hues.at(0.8, 1))
    plate.area(_ridge(plate, rng, sand + (h - sand) * 0.55, 2.2 * u), hues.at(0.68, 1))
    side = float(rng.choice([0.0, 1.0]))
    for turn in (-62, -34, -4, 26, 52):
        line = curve((0, 0), (16 * u, -5 * u), (30 * u, 6 * u))
        frond = limb(line if side == 0 else line * (-1, 1), 1.0 * u, 7 * u, 0.4 * u)
        plate.area(moved(frond, w * side, -3 * u + abs(turn) * 0.12 * u, turn=-turn * 0.4), hues.at(0.26, 2))


def _city(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    w, h, u = plate.width, plate.height, plate.unit
    plate.fade(0, h, hues.at(0.66), hues.at(0.98, 1))
    plate.disc(w * rng.uniform(0.15, 0.85), h * 0.28, 9 * u, hues.at(0.98))
    for layer, (base, light, low, high) in enumerate(((0.0, 0.6, 26, 54), (0.0, 0.36, 14, 38))):
        x = -rng.uniform(0, 8) * u
        while x < w:
            wide, tall = rng.uniform(9, 18) * u, rng.uniform(low, high) * u
            top = h - tall - base
            plate.rectangle(x, top, x + wide - 0.8 * u, h, hues.at(light, 2 - layer))
            plate.rectangle(x + wide * 0.62, top, x + wide - 0.8 * u, h, hues.at(light - 0.08, 2 - layer))
            if layer:
                lit = rng.random((6, 3)) < 0.5
                for row, column in zip(*np.nonzero(lit), strict=True):
                    wx, wy = x + wide * (0.14 + 0.27 * column), top + (3 + 5.4 * row) * u
                    plate.rectangle(wx, wy, wx + 1.7 * u, wy + 2.6 * u, hues.at(0.74, 1))
            elif rng.random() < 0.4:
                plate.rectangle(x + wide * 0.4, top - 7 * u, x + wide * 0.4 + 0.9 * u, top, hues.at(light, 2))
            x += wide


def _podium(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    w, h, u = plate.width, plate.height, plate.unit
    floor = h * 0.72
    plate.fade(0, floor, hues.at(0.7), hues.at(0.84))
    plate.fade(floor, h, hues.at(0.6, 1 if hues.many else 0), hues.at(0.74, 1 if hues.many else 0))
    x, r = w * rng.uniform(0.44, 0.56), 33 * u
    if rng.random() < 0.5:
        plate.disc(x, floor - 22 * u, 35 * u, hues.at(0.9, 2))
        plate.rectangle(0, floor, w, h, hues.at(0.62, 1))
    else:
        top = floor - 74 * u
        left, right = curve((x - r, floor), (x - r, top), (x, top)), curve((x, top), (x + r, top), (x + r, floor))
        arch = np.concatenate([left, right])
        plate.area(arch, hues.at(0.54, 2))
        plate.area((arch - (x, floor)) * (0.9, 0.94) + (x + 1.6 * u, floor), hues.at(0.92, 2))
    for wide, y, deep in ((36, 4, 9), (27, -3, 7)):
        cy, rx, ry = floor + y * u, wide * u, wide * 0.2 * u
        plate.disc(x + 2 * u, cy + (deep + 2.4) * u, rx, hues.at(0.4, 1), ry)
        plate.rectangle(x - rx, cy, x + rx, cy + deep * u, hues.at(0.62))
        plate.disc(x, cy + deep * u, rx, hues.at(0.62), ry)
        plate.rectangle(x + rx * 0.42, cy, x + rx - 0.5, cy + deep * u, hues.at(0.54))
        plate.disc(x, cy, rx, hues.at(0.96), ry)
    for side in (-1, 1):
        plate.disc(x + side * 44 * u, floor + 9 * u, (6 if side < 0 else 4) * u, hues.at(0.42, 2))
        plate.disc(x + side * 44 * u - 1.6 * u, floor + 7.4 * u, (3 if side < 0 else 2) * u, hues.at(0.6, 2))


def _shelf(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    w, h, u = plate.width, plate.height, plate.unit
    plate.fade(0, h, hues.at(0.84), hues.at(0.66))
    plate.glow(w * 0.3, h * 0.1, max(w, h) * 0.6, hues.at(1.0), 0.5)
    _wainscot(plate, hues, h * 0.5, h, 0.7)
    for level in (0.28, 0.88):
        y, x = h * level, 4 * u
        while x < w - 10 * u:
            what, tall, wide = int(rng.integers(5)), rng.uniform(11, 19) * u, rng.uniform(3, 5) * u
            light, hue = rng.uniform(0.3, 0.6), int(rng.integers(3))
            if what < 3:
                for _ in range(3):
                    tall = rng.uniform(11, 18) * u
                    light = rng.uniform(0.25, 0.6)
                    plate.rectangle(x, y - tall, x + wide, y, hues.at(light, hue))
                    plate.rectangle(x, y - tall * 0.8, x + wide, y - tall * 0.74, hues.at(light + 0.2, hue))
                    x, hue = x + wide + 0.3 * u, hue + 1
            elif what == 3:
                pot = np.array([(0, 0), (9, 0), (7.6, 8), (1.4, 8)]) * u
                _sprig(plate, x + 4.5 * u, y - 7 * u, 0.5, 2, hues, 0.4, 1)
                plate.area(moved(pot, x, y - 8 * u), hues.at(0.34, 2))
                x += 11 * u
            x += rng.uniform(6, 26) * u
        plate.rectangle(0, y, w, y + 2.6 * u, hues.at(0.42))
        plate.rectangle(0, y + 2.6 * u, w, y + 4.4 * u, hues.at(0.58))
        plate.rectangle(0, y, w, y + 0.7 * u, hues.at(0.7))


def _window_light(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    """A wall on which the sun throws a window and the leaves before it."""
    w, h, u = plate.width, plate.height, plate.unit
    plate.fade(0, h, hues.at(0.72), hues.at(0.56))
    _wainscot(plate, hues, h * 0.5, h, 0.6)
    x, lean = w * rng.uniform(0.15, 0.4), 12 * u
    pane = np.array([(0, 0), (21, 0), (21, 27), (0, 27)]) * u
    for column in range(2):
        for row in range(3):
            placed = moved(pane, column * 24 * u, row * 30 * u + 6 * u)
            # The light falls aslant: what is lower lies further right, what is further right lies lower.
            thrown = placed @ np.array([[1.0, 0.12], [lean / 100 / u, 1.0]])
            plate.area(moved(thrown, x), hues.at(0.86, 1))
    for _ in range(4):
        x, y, lean = w * rng.uniform(0.2, 0.9), h * rng.uniform(0.5, 1.1), rng.uniform(-14, 14)
        _sprig(plate, x, y, 1.7, lean, hues, 0.58, 2)
    plate.fade(h * 0.86, h, hues.at(0.5, 2), hues.at(0.42, 2))
    plate.rectangle(0, h * 0.86, w, h * 0.86 + 0.8 * u, hues.at(0.8, 2))


SCENES = (_table, _room, _hills, _beach, _city, _podium, _shelf, _window_light)
