"""Map quality: by hand, as published, and what must hold."""

from __future__ import annotations

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.projection.quality import faithfulness, knn_purity


def neighbours_of(points: np.ndarray, i: int) -> list[int]:
    """All other rows, nearest first."""
    others = [j for j in range(len(points)) if j != i]
    return sorted(others, key=lambda j: np.linalg.norm(points[i] - points[j]))


def trust(embeddings: np.ndarray, coordinates: np.ndarray, neighbours: int = 15) -> float:
    return faithfulness(embeddings, coordinates, neighbours=neighbours).trustworthiness


def test_trustworthiness_equals_the_published_formula_in_loops():
    rng = np.random.default_rng(0)
    z, y, n, k = rng.normal(size=(30, 6)), rng.normal(size=(30, 2)), 30, 4
    penalty = 0
    for i in range(n):
        order = neighbours_of(z, i)
        penalty += sum(max(0, order.index(j) + 1 - k) for j in neighbours_of(y, i)[:k])
    expected = 1 - 2 / (n * k * (2 * n - 3 * k - 1)) * penalty
    assert trust(z, y, neighbours=k) == pytest.approx(expected)


def test_trustworthiness_by_hand():
    # one neighbour each; points 0, 1, 3, 7, 15 mapped to 0, 1, 15, 7, 3: rows 0 and 1 keep each other.
    # Row 2 gets row 3, its third nearest (penalty 2), row 3 gets row 4, its fourth (3), row 4 gets row 1, its
    # third (2): 1 − 2 / (5 · 1 · (10 − 3 − 1)) · 7
    z = np.array([[0.0], [1.0], [3.0], [7.0], [15.0]])
    y = z[[0, 1, 4, 3, 2]]
    assert trust(z, y, neighbours=1) == pytest.approx(1 - 2 / 30 * 7)


def test_a_rotated_copy_is_fully_trusted_and_a_random_map_is_not():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(100, 2))
    rotation = np.linalg.qr(rng.normal(size=(2, 2)))[0]
    assert trust(z, 9 * z @ rotation) == 1.0
    assert trust(z, rng.normal(size=(100, 2))) < 0.7


def test_purity_by_hand():
    # nearest of 0 is 1 (same), of 1 is 0 (same), of 3 is 1 (other): 2 of 3; chance (2·1 + 1·0) / (3·2)
    purity = knn_purity([[0.0], [1.0], [3.0]], ["a", "a", "b"], neighbours=1)
    assert purity == pytest.approx((2 / 3, 1 / 3))


def test_purity_equals_counting_neighbours_in_loops():
    rng = np.random.default_rng(2)
    y, labels = rng.normal(size=(40, 2)), rng.integers(3, size=40)
    shares = [np.mean([labels[j] == labels[i] for j in neighbours_of(y, i)[:7]]) for i in range(40)]
    assert knn_purity(y, labels, neighbours=7).purity == pytest.approx(np.mean(shares))


def test_purity_of_labels_without_meaning_is_at_chance():
    rng = np.random.default_rng(3)
    y, labels = rng.normal(size=(3000, 2)), rng.choice(["x", "y", "z"], p=[0.7, 0.2, 0.1], size=3000)
    purity = knn_purity(y, labels)
    assert purity.chance == pytest.approx(0.54, abs=0.03)
    assert purity.purity == pytest.approx(purity.chance, abs=0.02)


def test_a_point_is_not_its_own_neighbour_even_among_copies():
    assert knn_purity(np.zeros((2, 2)), [0, 1], neighbours=1).purity == 0.0


def test_arguments_outside_their_range_are_refused():
    z = np.zeros((10, 2))
    with pytest.raises(InputError, match="neighbours is 5 for 10 rows"):
        trust(z, z, neighbours=5)
    with pytest.raises(InputError, match="neighbours is 10 for 10 rows"):
        knn_purity(z, np.zeros(10), neighbours=10)
    with pytest.raises(InputError, match="coordinates has 9 rows"):
        trust(z, z[:9], neighbours=2)
    with pytest.raises(InputError, match="labels has 9 rows"):
        knn_purity(z, np.zeros(9))
