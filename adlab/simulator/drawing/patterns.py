"""Repeating grounds: stripes, dots, checks, waves, confetti, terrazzo, rays, arches, diamonds."""

from __future__ import annotations

import numpy as np

from adlab.simulator.drawing.ground import Hues, Plate
from adlab.simulator.drawing.shapes import blob, box, moved, star


def _tones(hues: Hues, rng: np.random.Generator) -> tuple[float, float]:
    """Ground and figure: near to each other, so that a pattern stays behind what is on it."""
    ground = rng.uniform(0.55, 0.8)
    return ground, ground + (0.2 if rng.random() < 0.6 else -0.22)


def _fill(plate: Plate, hues: Hues, light: float) -> None:
    """The ground of a pattern; of two hues, parted aslant, where there are several."""
    plate.rectangle(0, 0, plate.width, plate.height, hues.at(light))
    if hues.many:
        w, h = plate.width, plate.height
        plate.area(np.array([(w * 0.62, 0), (w, 0), (w, h), (w * 0.38, h)]), hues.at(light, 1))


def _stripes(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    step = plate.unit * rng.uniform(9, 18)
    lean = plate.height * float(rng.choice([0.0, 0.6, 1.0, -0.6]))
    count = int((plate.width + 2 * abs(lean)) / step) + 2
    for i in range(count):
        x = i * step - abs(lean)
        tone = hues.at(ground, i) if i % 2 else hues.at(figure, i)
        ends = [(x + lean, 0), (x + step + lean, 0), (x + step - lean, plate.height), (x - lean, plate.height)]
        plate.area(np.array(ends), tone)


def _dots(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    _fill(plate, hues, ground)
    step = plate.unit * rng.uniform(9, 16)
    radius = step * rng.uniform(0.16, 0.3)
    for row in range(int(plate.height / step) + 2):
        for column in range(int(plate.width / step) + 2):
            x = (column + 0.5 * (row % 2)) * step
            plate.disc(x, row * step, radius, hues.at(figure, 1 + (row + column) % 2))


def _checks(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    step = plate.unit * rng.uniform(10, 20)
    middle = (ground + figure) / 2
    _fill(plate, hues, ground)
    for row in range(int(plate.height / step) + 1):
        for column in range(int(plate.width / step) + 1):
            if row % 2 or column % 2:
                both = row % 2 and column % 2
                x, y = column * step, row * step
                plate.rectangle(x, y, x + step, y + step, hues.at(figure if both else middle, 1 + column % 2))


def _waves(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    step, phase = plate.unit * rng.uniform(11, 18), rng.uniform(0, 6)
    length, height = plate.unit * rng.uniform(22, 44), plate.unit * rng.uniform(2, 4.5)
    xs = np.linspace(-4, plate.width + 4, max(24, int(plate.width / length * 12)))
    crest = height * np.sin(xs / length * 2 * np.pi + phase)
    _fill(plate, hues, ground)
    for i in range(int(plate.height / step) + 2):
        upper = np.stack([xs, crest + i * step - step / 2], axis=1)
        lower = np.stack([xs, crest + (i + 0.5) * step - step / 2], axis=1)[::-1]
        plate.area(np.concatenate([upper, lower]), hues.at(figure, i + 1))


def _confetti(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    _fill(plate, hues, ground)
    scraps = _spread(plate, rng, 13)
    for i, (x, y, turn, size) in enumerate(scraps):
        scrap = box(-3.4, -1.2, 3.4, 1.2) if i % 3 else star(0, 0, 2.4, 2.2, 5)
        tone = hues.at(figure if i % 2 else (ground + figure) / 2, i % 3)
        plate.area(moved(scrap * plate.unit * size, x, y, turn=turn), tone)


def _terrazzo(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    _fill(plate, hues, ground)
    chips = [rng.uniform(0.55, 1.0, 6) for _ in range(5)]
    angles = np.arange(6) * np.pi / 3
    for i, (x, y, turn, size) in enumerate(_spread(plate, rng, 11)):
        radius = chips[i % 5]
        chip = np.stack([radius * np.cos(angles), 0.8 * radius * np.sin(angles)], axis=1) * plate.unit * 5.4 * size
        plate.area(moved(chip, x, y, turn=turn), hues.at((figure, (ground + figure) / 2, ground - 0.2)[i % 3], i % 3))


def _spread(plate: Plate, rng: np.random.Generator, step: float) -> np.ndarray:
    """Places without crowding: x, y, turn in degrees, size; (N, 4)."""
    step = plate.unit * step
    columns, rows = int(plate.width / step) + 2, int(plate.height / step) + 2
    x, y = np.meshgrid(np.arange(columns), np.arange(rows))
    jitter = rng.uniform(-0.32, 0.32, (2, rows, columns))
    places = [(x + 0.5 * (y % 2) + jitter[0]) * step, (y + jitter[1]) * step]
    places += [rng.uniform(0, 180, x.shape), rng.uniform(0.6, 1.15, x.shape)]
    return np.stack([part.ravel() for part in places], axis=1)


def _rays(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    x, y = plate.width * rng.uniform(0.3, 0.7), plate.height * rng.uniform(0.4, 1.1)
    reach, count = 2 * max(plate.width, plate.height), 2 * int(rng.integers(7, 13))
    for i in range(count):
        a = np.array([i, i + 1]) * 2 * np.pi / count
        rim = np.stack([x + reach * np.cos(a), y + reach * np.sin(a)], axis=1)
        plate.area(np.concatenate([[(x, y)], rim]), hues.at(figure if i % 2 else ground, i))
    plate.glow(x, y, max(plate.width, plate.height) * 0.5, hues.at(ground + 0.25), 0.6)


def _arches(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    ground, figure = _tones(hues, rng)
    _fill(plate, hues, ground)
    step = plate.unit * rng.uniform(18, 26)
    for row in range(int(plate.height / step * 2) + 3):
        for column in range(int(plate.width / step) + 2):
            x, y = (column + 0.5 * (row % 2)) * step, row * step / 2
            for ring in range(4):
                tone = hues.at(figure if ring % 2 == 0 else ground, column + (ring // 2))
                plate.disc(x, y, step * (0.5 - 0.12 * ring), tone)


def _cutouts(plate: Plate, hues: Hues, rng: np.random.Generator) -> None:
    """A few large organic shapes, as cut from paper."""
    ground, figure = _tones(hues, rng)
    _fill(plate, hues, ground)
    for i in range(6):
        a = np.arange(7) * 2 * np.pi / 7
        radius = rng.uniform(0.6, 1.15, 7) * plate.unit * rng.uniform(20, 36)
        x, y = plate.width * (i + rng.uniform(0, 1)) / 6, plate.height * float(rng.choice([0.02, 0.2, 0.85, 1.0]))
        leaf = blob(*zip((x + radius * np.cos(a)).tolist(), (y + radius * np.sin(a)).tolist(), strict=True))
        plate.area(leaf + plate.unit * 0.9, hues.at(ground - 0.14))
        plate.area(leaf, hues.at((figure, (ground + figure) / 2)[i % 2], i + 1))


PATTERNS = (_stripes, _dots, _checks, _waves, _confetti, _terrazzo, _rays, _arches, _cutouts)
