"""The two t-SNE chains of FOCAL Ad."""

from __future__ import annotations

import numpy as np
import openTSNE
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.projection.quality import knn_purity
from adlab.projection.tsne import TsneConfig, tsne_map

QUICK = {"perplexity": 10.0, "iterations": 400}


def two_clusters(n: int = 60, d: int = 8) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(n) % 2
    return np.random.default_rng(0).normal(size=(n, d)) + 8 * labels[:, None], labels


def solved(z: np.ndarray, seed: int) -> np.ndarray:
    """What `QUICK` asks of the solver, written out."""
    solver = openTSNE.TSNE(
        perplexity=10,
        early_exaggeration_iter=250,
        n_iter=150,
        initialization="pca",
        negative_gradient_method="bh",
        neighbors="exact",
        random_state=seed,
    )
    return np.asarray(solver.fit(z.astype(np.float32)))


def test_defaults_are_those_of_section_7_2():
    config = TsneConfig()
    assert config.chain == "standardise-pca"
    assert (config.perplexity, config.iterations, config.pca_dim) == (30.0, 1000, 50)


def test_section_7_2_equals_its_three_steps_written_out():
    z, _ = two_clusters(d=60)
    z[:, 0] *= 1000
    found = tsne_map(z, TsneConfig(**QUICK, pca_dim=5, seed=3))
    standardised = (z - z.mean(0)) / z.std(0)
    reduced = PCA(5, svd_solver="full").fit_transform(standardised).astype(np.float32)
    assert found.input_dim == 5
    assert np.allclose(found.coordinates, solved(reduced, 3), rtol=1e-5, atol=1e-5)


def test_section_5_takes_the_embeddings_as_they_are():
    z, _ = two_clusters(d=60)
    found = tsne_map(z, TsneConfig(**QUICK, chain="direct", seed=3))
    assert np.allclose(found.coordinates, solved(z, 3), rtol=1e-5, atol=1e-5)
    assert found.input_dim == 60


def test_the_solver_reaches_what_scikit_learn_reaches():
    z = np.random.default_rng(5).normal(size=(200, 10)) + 3 * (np.arange(200) % 4)[:, None]
    found = tsne_map(z, TsneConfig(chain="direct", perplexity=20.0, iterations=1000))
    other = TSNE(perplexity=20, max_iter=1000, init="pca", random_state=0)
    other.fit(z.astype(np.float32))
    assert found.kl_divergence == pytest.approx(other.kl_divergence_, rel=0.1)


def test_progress_counts_every_step_up_to_the_last():
    seen: list[tuple[int, int]] = []
    tsne_map(two_clusters()[0], TsneConfig(**QUICK), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (400, 400)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


def test_only_section_7_2_is_blind_to_the_scale_of_a_column():
    z, _ = two_clusters()
    scaled = z * np.array([1000, 1, 1, 1, 1, 1, 1, 1])
    for chain, same in (("standardise-pca", True), ("direct", False)):
        maps = [tsne_map(x, TsneConfig(**QUICK, chain=chain)).coordinates for x in (z, scaled)]
        distances = [np.linalg.norm(m[:, None] - m[None], axis=2) for m in maps]
        assert (np.corrcoef(distances[0].ravel(), distances[1].ravel())[0, 1] > 0.99) == same


def test_pca_width_is_at_most_that_of_the_embeddings():
    assert tsne_map(two_clusters(d=8)[0], TsneConfig(**QUICK)).input_dim == 8


@pytest.mark.parametrize("chain", ["standardise-pca", "direct"])
def test_two_clusters_stay_two_clusters(chain):
    z, labels = two_clusters()
    found = tsne_map(z, TsneConfig(**QUICK, chain=chain))
    assert found.coordinates.shape == (60, 2)
    assert found.coordinates.dtype == np.float32
    assert knn_purity(found.coordinates, labels, neighbours=5).purity == 1.0
    assert 0 < found.kl_divergence < 5


def test_the_same_input_gives_the_same_map():
    z, _ = two_clusters()
    config = TsneConfig(**QUICK, seed=1)
    first, again = tsne_map(z, config), tsne_map(z, config)
    assert np.array_equal(first.coordinates, again.coordinates)
    assert first.config == config


def test_the_seed_decides_where_the_start_is_approximate():
    z = np.random.default_rng(5).normal(size=(510, 128))  # large enough for the randomised start
    options = {"chain": "direct", "perplexity": 10.0, "iterations": 300}
    first, again, other = (tsne_map(z, TsneConfig(**options, seed=s)).coordinates for s in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other)


def test_a_constant_column_is_harmless():
    z, _ = two_clusters()
    z[:, 3] = 2.0
    assert np.isfinite(tsne_map(z, TsneConfig(**QUICK)).coordinates).all()


def test_arguments_outside_their_range_are_refused():
    z, _ = two_clusters()
    with pytest.raises(InputError, match="perplexity is 60 for 60 rows"):
        tsne_map(z, TsneConfig(perplexity=60))
    with pytest.raises(InputError, match=r"shape \(60, 1\)"):
        tsne_map(z[:, :1], TsneConfig(**QUICK))
    with pytest.raises(UnknownNameError, match="Did you mean 'direct'"):
        TsneConfig(chain="direkt")
    for field, value in (("perplexity", 0.0), ("iterations", 100), ("pca_dim", 1), ("seed", -1)):
        with pytest.raises(ConfigError, match=f"{field} is {value}"):
            TsneConfig(**{field: value})
