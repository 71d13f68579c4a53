"""The t-SNE maps of FOCAL Ad: the chain of §7.2, and that of §5, which leaves out standardising and PCA."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.metrics.arrays import FloatArray, matrix

CHAINS = ("standardise-pca", "direct")
MIN_ITERATIONS = 300  # the first 250 are early exaggeration, which is no map yet


@dataclass(frozen=True, kw_only=True)
class TsneConfig:
    """How the map is made.

    Attributes:
        chain: ``"standardise-pca"``: standardise, PCA, t-SNE (FOCAL Ad, §7.2). ``"direct"``: t-SNE on the
            embeddings as they are (FOCAL Ad, §5).
        perplexity: Effective number of neighbours, above 0 and below the number of rows.
        iterations: Steps of gradient descent, at least 300.
        pca_dim: Width after PCA, at least 2; less where the embeddings are narrower or fewer.
        seed: Seed of the solver, 0 or more.

    Raises:
        ConfigError: A number is outside its range.
        UnknownNameError: The chain is not a known one.
    """

    chain: str = "standardise-pca"
    perplexity: float = 30.0
    iterations: int = 1000
    pca_dim: int = 50
    seed: int = 0

    def __post_init__(self) -> None:
        if self.chain not in CHAINS:
            raise UnknownNameError("t-SNE chain", self.chain, CHAINS)
        if not self.perplexity > 0:
            raise ConfigError(f"perplexity is {self.perplexity}; give a number above 0, 30 as in the paper.")
        for name, least in (("iterations", MIN_ITERATIONS), ("pca_dim", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name} is {getattr(self, name)}; give {least} or more.")


class TsneMap(NamedTuple):
    """A finished map; axes have no unit, only neighbourhoods mean something.

    Attributes:
        coordinates: float32, (N, 2).
        config: The parameters used.
        input_dim: Width that t-SNE itself was given: after PCA, or that of the embeddings.
        kl_divergence: What t-SNE minimised, 0 or more; comparable only between maps of the same rows.
    """

    coordinates: NDArray[np.float32]
    config: TsneConfig
    input_dim: int
    kl_divergence: float


def tsne_map(embeddings: ArrayLike, config: TsneConfig | None = None) -> TsneMap:
    """Map embeddings to the plane. The same embeddings and config give the same map.

    Args:
        embeddings: (N, D), N above the perplexity.
        config: How; the chain of §7.2 if not given.

    Returns:
        Coordinates and the parameters they were made with.

    Raises:
        InputError: The shape does not fit, a value is not finite, or there are too few rows for the
            perplexity.
    """
    config = config or TsneConfig()
    z = matrix("embeddings", embeddings, at_least=3)
    if config.perplexity >= len(z):
        raise InputError(f"perplexity is {config.perplexity:g} for {len(z)} rows; give a perplexity below that.")
    if z.shape[1] < 2:
        raise InputError(f"embeddings have shape {z.shape}; a map needs two or more columns.")
    if config.chain == "standardise-pca":
        z = _standardise_and_reduce(z, config)
    solver = TSNE(
        n_components=2,
        perplexity=config.perplexity,
        max_iter=config.iterations,
        init="pca",
        random_state=config.seed,
    )
    coordinates = solver.fit_transform(z.astype(np.float32)).astype(np.float32)
    return TsneMap(coordinates, config, z.shape[1], float(solver.kl_divergence_))


def _standardise_and_reduce(z: FloatArray, config: TsneConfig) -> FloatArray:
    std = z.std(axis=0)
    z = (z - z.mean(axis=0)) / np.where(std == 0, 1.0, std)
    width = min(config.pca_dim, *z.shape)
    # The exact solver: the randomised one would make the map depend on its seed twice.
    reduced: FloatArray = PCA(n_components=width, svd_solver="full").fit_transform(z)
    return reduced
