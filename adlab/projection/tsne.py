"""The t-SNE maps of FOCAL Ad: the chain of §7.2, and that of §5, which leaves out standardising and PCA.

Solved by openTSNE (Poličar et al. 2024), which reports on its way and can be stopped: 250 steps of early
exaggeration, then the others, Barnes-Hut gradients, exact neighbours up to `EXACT_NEIGHBOURS` rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.metrics.arrays import FloatArray, matrix
from adlab.projection.progress import Progress, no_progress

CHAINS = ("standardise-pca", "direct")
EXAGGERATED = 250  # steps of early exaggeration, which is no map yet
MIN_ITERATIONS = 300
REPORT_EVERY = 25
EXACT_NEIGHBOURS = 20_000


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


def tsne_map(embeddings: ArrayLike, config: TsneConfig | None = None, progress: Progress = no_progress) -> TsneMap:
    """Map embeddings to the plane. The same embeddings and config give the same map.

    Args:
        embeddings: (N, D), N above the perplexity.
        config: How; the chain of §7.2 if not given.
        progress: Called with (steps done, all steps); what it raises ends the work.

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
    from openTSNE import TSNE

    solved = TSNE(
        perplexity=config.perplexity,
        early_exaggeration_iter=EXAGGERATED,
        n_iter=config.iterations - EXAGGERATED,
        initialization="pca",
        negative_gradient_method="bh",
        neighbors="exact" if len(z) <= EXACT_NEIGHBOURS else "annoy",
        callbacks=_Reporter(config.iterations, progress),
        callbacks_every_iters=REPORT_EVERY,
        n_jobs=1,  # sums of several threads round in another order each time
        random_state=config.seed,
    ).fit(z.astype(np.float32))
    return TsneMap(np.asarray(solved, dtype=np.float32), config, z.shape[1], float(solved.kl_divergence))


class _Reporter:
    """Passes the solver's steps on; it counts them anew after the early exaggeration."""

    def __init__(self, iterations: int, progress: Progress) -> None:
        self.iterations, self.progress, self.done = iterations, progress, 0

    def __call__(self, iteration: int, error: float, embedding: object) -> bool:
        """Report; never asks the solver to stop, which would pass for a finished map."""
        self.done += REPORT_EVERY
        self.progress(min(self.done, self.iterations), self.iterations)
        return False


def _standardise_and_reduce(z: FloatArray, config: TsneConfig) -> FloatArray:
    from sklearn.decomposition import PCA

    std = z.std(axis=0)
    z = (z - z.mean(axis=0)) / np.where(std == 0, 1.0, std)
    width = min(config.pca_dim, *z.shape)
    # The exact solver: the randomised one would make the map depend on its seed twice.
    reduced: FloatArray = PCA(n_components=width, svd_solver="full").fit_transform(z)
    return reduced
