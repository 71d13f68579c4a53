"""One map by any method: which parameters it was made with, on how many points, and how long it takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.metrics.arrays import matrix
from adlab.projection.pca import pca_axes
from adlab.projection.progress import Progress, no_progress

PCA, TSNE, TSNE_RAW, UMAP = "pca", "tsne", "tsne-raw", "umap"
METHODS = (PCA, TSNE, TSNE_RAW, UMAP)
MIN_POINTS = {PCA: 3, TSNE: 12, TSNE_RAW: 12, UMAP: 12}
MIN_DIST = 0.1


@dataclass(frozen=True, kw_only=True)
class MapConfig:
    """How a map is made.

    Attributes:
        method: ``"pca"``: the two directions of largest variance. ``"tsne"``: the chain of FOCAL Ad, §7.2.
            ``"tsne-raw"``: that of §5, t-SNE on the embeddings as they are. ``"umap"``.
        perplexity: Of t-SNE, above 0; lowered to a third of the points where there are too few.
        iterations: Steps of t-SNE, at least 300.
        neighbours: Of UMAP, at least 2; lowered to all other points where there are too few.
        seed: Seed of the solver, 0 or more.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: There is no such method.
    """

    method: str = TSNE
    perplexity: float = 30.0
    iterations: int = 1000
    neighbours: int = 15
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise UnknownNameError("map method", self.method, METHODS)
        if not self.perplexity > 0:
            raise ConfigError(f"perplexity is {self.perplexity}; give a number above 0, 30 as in the paper.")
        for name, least in (("iterations", 300), ("neighbours", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {least} or more.")


Parameters = dict[str, float | int | str]


class FinishedMap(NamedTuple):
    """A finished map. The axes of t-SNE and UMAP have no unit; only neighbourhoods mean something.

    Attributes:
        coordinates: (P, 2).
        method: One of `METHODS`.
        parameters: What it was made with, the seed included, as they were used on these points.
    """

    coordinates: NDArray[np.float32]
    method: str
    parameters: Parameters


def make_map(
    vectors: NDArray[np.floating], config: MapConfig | None = None, progress: Progress = no_progress
) -> FinishedMap:
    """Map every point to the plane; none is left out. The same vectors and config give the same map.

    Args:
        vectors: (P, D).
        config: How; t-SNE by the chain of §7.2 if not given.
        progress: Called with (done, total); what it raises ends the work.

    Raises:
        InputError: The shape does not fit, a value is not finite, or there are too few points for the method.
    """
    config = config or MapConfig()
    least = MIN_POINTS[config.method]
    if len(vectors) < least:
        other = f", or take {PCA}" if config.method != PCA and len(vectors) >= MIN_POINTS[PCA] else ""
        raise InputError(f"There are {len(vectors)} points; {config.method} needs {least} or more{other}.")
    if config.method == PCA:
        return _pca(vectors)
    return _umap(vectors, config, progress) if config.method == UMAP else _tsne(vectors, config, progress)


def _pca(vectors: NDArray[np.floating]) -> FinishedMap:
    axes = pca_axes(vectors)
    share: Parameters = {
        f"variance_{axis}": round(float(value), 4) for axis, value in enumerate(axes.variance, start=1)
    }
    return FinishedMap(axes.place(vectors), PCA, share)


def _tsne(vectors: NDArray[np.floating], config: MapConfig, progress: Progress) -> FinishedMap:
    from adlab.projection.tsne import TsneConfig, tsne_map

    done = tsne_map(
        vectors,
        TsneConfig(
            chain="standardise-pca" if config.method == TSNE else "direct",
            perplexity=min(config.perplexity, (len(vectors) - 1) / 3),
            iterations=config.iterations,
            seed=config.seed,
        ),
        progress,
    )
    parameters: Parameters = {
        "perplexity": round(done.config.perplexity, 2),
        "iterations": config.iterations,
        "init": "pca",
        "input_columns": done.input_dim,
        "seed": config.seed,
    }
    return FinishedMap(done.coordinates, config.method, parameters)


def _umap(vectors: NDArray[np.floating], config: MapConfig, progress: Progress) -> FinishedMap:
    import umap  # compiles for seconds

    z = matrix("vectors", vectors).astype(np.float32)
    neighbours = min(config.neighbours, len(z) - 1)
    progress(0, 2)
    # init="pca" because the spectral start fails on graphs in pieces, and differs between solvers.
    solver = umap.UMAP(n_neighbors=neighbours, min_dist=MIN_DIST, init="pca", n_jobs=1, random_state=config.seed)
    coordinates = np.asarray(solver.fit_transform(z), dtype=np.float32)
    progress(2, 2)
    parameters: Parameters = {
        "neighbours": neighbours,
        "min_dist": MIN_DIST,
        "init": "pca",
        "seed": config.seed,
    }
    return FinishedMap(coordinates, UMAP, parameters)
