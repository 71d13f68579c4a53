"""Deletion: does the number fall faster when the parts go that a map calls important (Petsiuk et al. 2018)?

The picture is cut into about 64 parts of equal size. They are masked one group after another, those first that the map
says raise the target most, and the target is read at each step. The area under this curve is small if the map is right.
What counts as small is told by other maps on the same ad:

- random maps: the map itself, moved around the picture's edge and mirrored at random, so that they have patches of the
  same size. Independent noise would mask in specks, which a network notices far more than patches;
- the centre prior, a bump in the middle. Ads have their subject there: a map that always points there looks good.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.metrics.arrays import FloatArray

BASELINES = ("blur", "mean")
PARTS = 64
BLUR_SHARE = 1 / 10  # of the picture's longer side, the standard deviation of the blur
CENTRE_WIDTH = 1 / 4  # of each side, the standard deviation of the centre prior
MAX_BATCH = 32
ALPHA = 0.05

Score = Callable[[Sequence[Image.Image]], NDArray[np.floating]]
"""Pictures of one size -> the target of each, (N,)."""


@dataclass(frozen=True, kw_only=True)
class DeletionConfig:
    """How the evidence is gathered.

    Attributes:
        steps: Steps from the whole picture to all of it masked, at least 2.
        random_maps: How many random maps, 1 to 200; with 19 "better than chance" can be said at 5 %.
        baseline: What a masked part shows: ``"blur"``, the picture out of focus, or ``"mean"``, its mean colour.
        batch_size: Masked copies scored at once, 1 to 32.
        seed: Of the random maps.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The baseline is not a known one.
    """

    steps: int = 8
    random_maps: int = 19
    baseline: str = "blur"
    batch_size: int = MAX_BATCH
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least, most in (("steps", 2, PARTS), ("random_maps", 1, 200), ("batch_size", 1, MAX_BATCH)):
            if not least <= getattr(self, name) <= most:
                raise ConfigError(f"{name} is {getattr(self, name)}; give a whole number from {least} to {most}.")
        if self.baseline not in BASELINES:
            raise UnknownNameError("baseline", self.baseline, BASELINES)


@dataclass(frozen=True, kw_only=True)
class DeletionCurve:
    """The target while parts are masked.

    Attributes:
        shares: Share of the picture that is masked at each step, from 0 to 1.
        targets: The target at each step.
    """

    shares: tuple[float, ...]
    targets: tuple[float, ...]

    @property
    def auc(self) -> float:
        """Area under the curve, the mean target while masking, in units of the target."""
        return float(np.trapezoid(self.targets, self.shares))


@dataclass(frozen=True, kw_only=True)
class Deletion:
    """What deletion says of one map on one ad.

    Attributes:
        curve: Of the map.
        centre: Of the centre prior.
        random: Of each random map.
        baseline: What masked parts showed.
        parts: Rows and columns that the picture was cut into.
    """

    curve: DeletionCurve
    centre: DeletionCurve
    random: tuple[DeletionCurve, ...]
    baseline: str
    parts: tuple[int, int]

    @property
    def gain_over_random(self) -> float:
        """How much lower the map's area is than that of random maps on average, in units of the target."""
        return float(np.mean([curve.auc for curve in self.random])) - self.curve.auc

    @property
    def gain_over_centre(self) -> float:
        """How much lower the map's area is than that of the centre prior, in units of the target."""
        return self.centre.auc - self.curve.auc

    @property
    def p_value(self) -> float:
        """Chance of an area as low as the map's if its place meant nothing: rank among the random maps, 0–1."""
        as_low = sum(curve.auc <= self.curve.auc for curve in self.random)
        return (1 + as_low) / (1 + len(self.random))

    @property
    def better_than_random(self) -> bool:
        """Whether that chance is at most 5 %. One ad's answer; over many ads, one in twenty says so by chance."""
        return self.p_value <= ALPHA


def deletion(image: Image.Image, values: NDArray[np.floating], score: Score, config: DeletionConfig) -> Deletion:
    """Test a map on its ad.

    Args:
        image: The ad. It is masked as it is, before any letterbox: padding is no part of it.
        values: (h, w), a signed map over the picture, such as `FusionMap.values`; positive raises the target.
        score: The target of masked copies; called with at most `batch_size` of them.
        config: How.

    Raises:
        InputError: The map is empty or not finite, or a score is not finite.
    """
    if values.ndim != 2 or not values.size or not np.isfinite(values).all():
        raise InputError(f"The map has shape {values.shape} or holds a value that is not finite; give (h, w) numbers.")
    parts = part_grid(*image.size)
    importance = part_means(values, parts)
    maps = [importance, centre_prior(parts), *random_maps(importance, config.random_maps, config.seed)]
    ties = np.random.default_rng(config.seed).permutation(importance.size)
    hidden = [first_masked(each, config.steps, ties) for each in maps]  # per map: (steps − 1, rows, columns)
    masks = np.concatenate([np.zeros((1, *parts), bool), np.ones((1, *parts), bool), *hidden])
    targets = _scored(image.convert("RGB"), masks, score, config)
    shares = [0.0, *(float(mask.mean()) for mask in hidden[0]), 1.0]
    inner = targets[2:].reshape(len(maps), config.steps - 1)
    curves = [
        DeletionCurve(shares=tuple(shares), targets=(float(targets[0]), *map(float, row), float(targets[1])))
        for row in inner
    ]
    return Deletion(curve=curves[0], centre=curves[1], random=tuple(curves[2:]), baseline=config.baseline, parts=parts)


def part_grid(width: int, height: int) -> tuple[int, int]:
    """Rows and columns of about 64 parts that are as square as can be, for a picture of this size in pixels."""
    rows = min(max(1, round((PARTS * height / width) ** 0.5)), height, PARTS)
    return rows, min(max(1, round(PARTS / rows)), width)


def part_means(values: NDArray[np.floating], parts: tuple[int, int]) -> FloatArray:
    """Mean of a map over each part, (rows, columns); a part smaller than a pixel of the map takes that pixel."""
    for axis, count in enumerate(parts):
        edges = np.linspace(0, values.shape[axis], count + 1)
        spans = [slice(int(a), max(int(a) + 1, int(b))) for a, b in pairwise(edges)]
        values = np.stack([np.take(values, range(s.start, s.stop), axis).mean(axis) for s in spans], axis)
    return values.astype(np.float64)


def centre_prior(parts: tuple[int, int]) -> FloatArray:
    """A bump in the middle, (rows, columns)."""
    y, x = ((np.arange(count) + 0.5) / count - 0.5 for count in parts)
    bump: FloatArray = np.exp(-(y[:, None] ** 2 + x**2) / (2 * CENTRE_WIDTH**2))
    return bump


def random_maps(importance: FloatArray, count: int, seed: int) -> list[FloatArray]:
    """The map moved around the edge and mirrored, each way at most once and never as it is.

    Args:
        importance: (rows, columns).
        count: How many; fewer come back only if there are not as many ways.
        seed: Of the choice.
    """
    rows, columns = importance.shape
    ways = list(product(range(rows), range(columns), (1, -1), (1, -1)))[1:]  # without the first, the map as it is
    chosen = np.random.default_rng(seed).permutation(len(ways))[:count]
    return [np.roll(importance, ways[k][:2], (0, 1))[:: ways[k][2], :: ways[k][3]] for k in chosen]


def first_masked(importance: FloatArray, steps: int, ties: NDArray[np.int64]) -> NDArray[np.bool_]:
    """The masks between none and all, (steps − 1, rows, columns), the most important parts first.

    Args:
        importance: (rows, columns).
        steps: From none to all.
        ties: The order of equally important parts, a permutation of all; the order of reading would favour the top.
    """
    ranks = np.empty(importance.size, int)
    ranks[ties[np.argsort(-importance.ravel()[ties], kind="stable")]] = np.arange(importance.size)
    limits = np.round(np.linspace(0, importance.size, steps + 1)[1:-1])
    return ranks.reshape(importance.shape) < limits[:, None, None]


def masked(image: Image.Image, hidden: Image.Image, mask: NDArray[np.bool_]) -> Image.Image:
    """A copy that shows `hidden` in the masked parts, with hard edges.

    Args:
        image: The ad.
        hidden: What masked parts show, of the same size.
        mask: (rows, columns) of parts.
    """
    stencil = Image.fromarray(mask.astype(np.uint8) * 255).resize(image.size, Image.Resampling.NEAREST)
    return Image.composite(hidden, image, stencil)


def masked_content(image: Image.Image, baseline: str) -> Image.Image:
    """What masked parts show: the picture out of focus, or its mean colour."""
    if baseline == "blur":
        return image.filter(ImageFilter.GaussianBlur(max(image.size) * BLUR_SHARE))
    mean = np.asarray(image).reshape(-1, 3).mean(0)
    red, green, blue = (round(float(channel)) for channel in mean)
    return Image.new("RGB", image.size, (red, green, blue))


def _scored(image: Image.Image, masks: NDArray[np.bool_], score: Score, config: DeletionConfig) -> FloatArray:
    hidden = masked_content(image, config.baseline)
    found = []
    for start in range(0, len(masks), config.batch_size):
        batch = [masked(image, hidden, mask) for mask in masks[start : start + config.batch_size]]
        found.append(np.asarray(score(batch), dtype=np.float64).reshape(len(batch)))
    targets = np.concatenate(found)
    if not np.isfinite(targets).all():
        raise InputError("A masked copy has a score that is not finite; give a score that is a number for any picture.")
    return targets
