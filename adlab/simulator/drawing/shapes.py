"""Outlines as arrays of points (N, 2), y downwards: rounded polygons, splines, ovals and limbs.

A corner with a large radius is a quadratic Bézier curve between the middles of its edges, so one helper gives
anything from a crisp polygon to a smooth B-spline. Most parts of a drawing keep their shape from one product to the
next, so outlines are kept; what is returned cannot be written to.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

SMOOTH = 1e6  # a radius so large that every corner becomes a curve
KEPT = 4096
Point = tuple[float, ...]


@lru_cache(maxsize=8)
def _weights(count: int) -> np.ndarray:
    t = np.linspace(0, 1, count)
    return np.stack([(1 - t) ** 2, 2 * t * (1 - t), t**2])  # (3, count)


@lru_cache(maxsize=KEPT)
def shape(*corners: Point, r: float = 0.0, closed: bool = True, steps: int = 7) -> np.ndarray:
    """A polygon with rounded corners.

    Args:
        corners: (x, y) or (x, y, radius) each; a radius is held at half of each edge.
        r: Radius where a corner names none.
        closed: Whether the last corner joins the first; an open line keeps its two ends sharp.
        steps: Points along each rounded corner.

    Returns:
        Points (N, 2).
    """
    xy = np.array([corner[:2] for corner in corners], float)
    radius = np.array([corner[2] if len(corner) > 2 else r for corner in corners], float)
    if not closed:
        radius[[0, -1]] = 0
    before, after = xy[np.arange(len(xy)) - 1] - xy, xy[np.arange(1, len(xy) + 1) % len(xy)] - xy
    ends = []
    for edge in (before, after):
        length = np.maximum(np.hypot(edge[:, 0], edge[:, 1]), 1e-9)
        ends.append(xy + edge * (np.minimum(radius / length, 0.5))[:, None])
    # Control points (N, 3, 2) against weights (3, steps) -> (N, steps, 2)
    control = np.stack([ends[0], xy, ends[1]], axis=1)
    points = np.einsum("nkd,ks->nsd", control, _weights(steps)).reshape(-1, 2)
    points = points if closed else points[steps - 1 : len(points) - steps + 1]
    points.flags.writeable = False
    return points


def blob(*corners: Point) -> np.ndarray:
    """A closed smooth curve that the corners pull towards themselves."""
    return shape(*corners, r=SMOOTH)


def curve(*corners: Point) -> np.ndarray:
    """An open smooth line from the first corner to the last."""
    return shape(*corners, r=SMOOTH, closed=False, steps=9)


def box(x0: float, y0: float, x1: float, y1: float, r: float = 0.0) -> np.ndarray:
    """A rectangle with rounded corners."""
    return shape((x0, y0), (x1, y0), (x1, y1), (x0, y1), r=r)


def oval(x: float, y: float, rx: float, ry: float | None = None, *, tilt: float = 0.0) -> np.ndarray:
    """An ellipse about (x, y); a circle without `ry`; `tilt` in degrees."""
    return arc(x, y, rx, ry, start=0, stop=360, tilt=tilt)


@lru_cache(maxsize=KEPT)
def arc(
    x: float, y: float, rx: float, ry: float | None = None, *, start: float, stop: float, tilt: float = 0.0
) -> np.ndarray:
    """Part of an ellipse from `start` to `stop` degrees, clockwise on the screen from three o'clock."""
    ry = rx if ry is None else ry
    count = max(6, int(abs(stop - start) / 9))
    a = np.radians(np.linspace(start, stop, count))
    dx, dy, t = rx * np.cos(a), ry * np.sin(a), math.radians(tilt)
    points = np.stack([x + dx * math.cos(t) - dy * math.sin(t), y + dx * math.sin(t) + dy * math.cos(t)], axis=1)
    points.flags.writeable = False
    return points


def limb(line: np.ndarray, *widths: float) -> np.ndarray:
    """A body of changing width along a line: straps, handles, leaves, legs.

    Args:
        line: Points (N, 2).
        widths: Full widths, spread evenly from the start to the end.
    """
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    width = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(widths)), widths)[:, None] / 2
    return np.concatenate([line + normal * width, (line - normal * width)[::-1]])


def star(x: float, y: float, outer: float, inner: float, points: int, *, turn: float = 0.0) -> np.ndarray:
    """A star or burst with so many points; `turn` in degrees."""
    a = np.radians(turn - 90) + np.arange(points * 2) * math.pi / points
    radius = np.where(np.arange(points * 2) % 2 == 0, outer, inner)
    return np.stack([x + radius * np.cos(a), y + radius * np.sin(a)], axis=1)


def moved(points: np.ndarray, dx: float = 0.0, dy: float = 0.0, *, scale: float = 1.0, turn: float = 0.0) -> np.ndarray:
    """Points scaled and turned (degrees) about their mean, then shifted."""
    if turn == 0 and scale == 1:
        return points + np.array([dx, dy])
    middle, t = points.mean(axis=0), math.radians(turn)
    rotation = np.array([[math.cos(t), math.sin(t)], [-math.sin(t), math.cos(t)]]) * scale
    return (points - middle) @ rotation + middle + (dx, dy)


def mirrored(points: np.ndarray, x: float = 50.0) -> np.ndarray:
    """Points mirrored about the vertical at `x`."""
    return points * (-1, 1) + (2 * x, 0)
