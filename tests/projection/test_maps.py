"""Maps by invariants: rotation, seed, and a new point's place."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import ConfigError, InputError, UnknownNameError
from adlab.projection.maps import METHODS, MapConfig, make_map
from adlab.projection.pca import pca_axes
from adlab.projection.placing import own_distances, place
from adlab.projection.quality import faithfulness

QUICK = {"iterations": 300, "perplexity": 10.0, "neighbours": 8}


def clusters(n: int = 90, d: int = 6) -> tuple[np.ndarray, np.ndarray]:
    labels = np.arange(n) % 3
    centres = np.random.default_rng(1).normal(size=(3, d)) * 12
    return np.random.default_rng(0).normal(size=(n, d)) + centres[labels], labels


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_three_clusters_and_the_same_call_gives_the_same_map(method):
    z, labels = clusters()
    config = MapConfig(method=method, **QUICK)
    first, again = make_map(z, config), make_map(z, config)
    assert np.array_equal(first.coordinates, again.coordinates)
    assert first.coordinates.shape == (90, 2)
    centres = np.stack([first.coordinates[labels == k].mean(axis=0) for k in range(3)])
    nearest = np.linalg.norm(first.coordinates[:, None] - centres[None], axis=2).argmin(axis=1)
    assert (nearest == labels).mean() > 0.98


@pytest.mark.parametrize("method", ["tsne", "umap"])
def test_the_seed_stands_in_the_parameters_and_umap_depends_on_it(method):
    z, _ = clusters()
    first, other = (make_map(z, MapConfig(method=method, seed=seed, **QUICK)) for seed in (0, 1))
    assert (first.parameters["seed"], other.parameters["seed"]) == (0, 1)
    if method == "umap":
        assert not np.allclose(first.coordinates, other.coordinates)


def test_pca_is_blind_to_rotation_but_for_signs():
    z, _ = clusters()
    rotation = np.linalg.qr(np.random.default_rng(2).normal(size=(6, 6)))[0]
    plain, turned = (make_map(x, MapConfig(method="pca")).coordinates for x in (z, z @ rotation))
    np.testing.assert_allclose(np.abs(plain), np.abs(turned), rtol=1e-3, atol=1e-3)


def test_pca_finds_the_axes_and_shares_of_a_stretched_cloud():
    rng = np.random.default_rng(0)
    z = rng.normal(size=(4000, 3)) * [1.0, 5.0, 2.0] + 7
    axes = pca_axes(z)
    np.testing.assert_allclose(axes.axes, [[0, 1, 0], [0, 0, 1]], atol=0.05)
    np.testing.assert_allclose(axes.variance, [25 / 30, 4 / 30], atol=0.02)


def test_perplexity_and_neighbours_give_way_to_few_points_and_say_so():
    z = clusters(15)[0]
    assert make_map(z, MapConfig(iterations=300)).parameters["perplexity"] == round(14 / 3, 2)
    assert make_map(z, MapConfig(method="umap", neighbours=50)).parameters["neighbours"] == 14


def test_too_few_points_are_refused_with_the_way_out():
    with pytest.raises(InputError, match="There are 5 points; tsne needs 12 or more, or take pca"):
        make_map(clusters(5)[0])
    with pytest.raises(InputError, match="All 4 points are the same"):
        make_map(np.ones((4, 3)), MapConfig(method="pca"))


def test_settings_outside_their_range_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'tsne'"):
        MapConfig(method="tnse")
    for field, value in (("perplexity", 0.0), ("iterations", 299), ("neighbours", 1), ("seed", -1)):
        with pytest.raises(ConfigError, match=field):
            MapConfig(**{field: value})


def test_what_the_progress_raises_ends_the_work():
    class EnoughError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done >= 100:
            raise EnoughError

    with pytest.raises(EnoughError):
        make_map(clusters()[0], MapConfig(**QUICK), stop)


def test_a_new_point_on_principal_axes_is_where_the_map_itself_would_put_it():
    z, _ = clusters()
    made = make_map(z, MapConfig(method="pca"))
    for row in (0, 17):
        placed = place(z[row], z, made.coordinates, "pca", own_distances(z))
        np.testing.assert_allclose(placed.coordinates, made.coordinates[row], atol=1e-4)


def test_a_new_point_is_placed_in_its_cluster_at_the_same_place_every_time():
    z, labels = clusters()
    made, own = make_map(z, MapConfig(**QUICK)), own_distances(z)
    new = z[labels == 1].mean(axis=0)
    first, again = (place(new, z, made.coordinates, "tsne", own) for _ in range(2))
    assert np.array_equal(first.coordinates, again.coordinates)
    assert set(labels[first.nearest]) == {1}
    assert (np.diff(first.distances) >= 0).all()
    assert any(np.array_equal(first.coordinates, made.coordinates[row]) for row in first.nearest)


def test_a_far_point_has_a_high_percentile_and_a_central_one_a_low_one():
    z, labels = clusters()
    made, own = make_map(z, MapConfig(method="pca")), own_distances(z)
    far = place(z[0] + 100, z, made.coordinates, "pca", own)
    near = place(z[labels == 0].mean(axis=0), z, made.coordinates, "pca", own)
    assert (far.percentile, near.percentile) == (100.0, 0.0)


def test_own_distances_equal_sorting_all_distances_in_loops():
    z = np.random.default_rng(3).normal(size=(40, 4))
    expected = []
    for i in range(40):
        others = sorted(np.linalg.norm(z[i] - z[j]) for j in range(40) if j != i)
        expected.append(np.mean(others[:10]))
    np.testing.assert_allclose(own_distances(z).ascending, np.sort(expected))


def test_continuity_is_trustworthiness_with_the_spaces_swapped():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(60, 5)), rng.normal(size=(60, 2))
    there, back = faithfulness(z, y, neighbours=7), faithfulness(y, z, neighbours=7)
    assert there.trustworthiness == pytest.approx(back.continuity)
    assert there.continuity == pytest.approx(back.trustworthiness)
    assert there.trustworthiness != pytest.approx(there.continuity)


def test_a_part_of_the_points_measures_nearly_the_same_and_says_how_many():
    z, _ = clusters(900)
    y = z[:, :2]
    everyone, some = faithfulness(z, y), faithfulness(z, y, most=300)
    assert (everyone.measured, some.measured) == (900, 300)
    assert some.trustworthiness == pytest.approx(everyone.trustworthiness, abs=0.03)
