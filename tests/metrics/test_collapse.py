"""Collapse measures: by hand, in loops, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest

from adlab.errors import InputError
from adlab.metrics.collapse import effective_rank, mean_pairwise_cosine


def test_mean_cosine_by_hand():
    # pairs: (1,0)·(0,1) = 0, (1,0)·(−1,0) = −1, (0,1)·(−1,0) = 0, lengths aside
    assert mean_pairwise_cosine([[3, 0], [0, 5], [-2, 0]]) == pytest.approx(-1 / 3)


def test_mean_cosine_equals_all_pairs_in_loops():
    z = np.random.default_rng(0).normal(1, 2, size=(25, 4))
    cosines = [np.dot(z[i], z[j]) / math.hypot(*z[i]) / math.hypot(*z[j]) for i in range(25) for j in range(i)]
    assert mean_pairwise_cosine(z) == pytest.approx(np.mean(cosines), abs=1e-12)


def test_mean_cosine_tells_collapse_from_spread():
    rng = np.random.default_rng(1)
    assert mean_pairwise_cosine(np.ones((50, 8)) + 1e-3 * rng.normal(size=(50, 8))) > 0.999
    assert abs(mean_pairwise_cosine(rng.normal(size=(500, 64)))) < 0.01
    assert mean_pairwise_cosine(np.eye(4) - 0.25) == pytest.approx(-1 / 3)  # a simplex: the lowest of four


def test_effective_rank_by_hand():
    # singular values 3 and 1: shares ¾ and ¼
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert effective_rank([[3, 0, 0], [0, 1, 0]]) == pytest.approx(math.exp(entropy))


def test_effective_rank_equals_the_definition_on_the_gram_matrix():
    z = np.random.default_rng(2).normal(size=(30, 5)) * [5, 2, 1, 0.5, 0.1]
    for centre in (False, True):
        x = z - z.mean(axis=0) if centre else z
        sigma = [math.sqrt(v) for v in np.linalg.eigvalsh(x.T @ x)]
        shares = [s / sum(sigma) for s in sigma]
        expected = math.exp(-sum(p * math.log(p) for p in shares))
        assert effective_rank(z, centre=centre) == pytest.approx(expected, rel=1e-9)


def test_effective_rank_counts_directions_and_ignores_scale_and_rotation():
    rng = np.random.default_rng(3)
    assert effective_rank(np.eye(6)) == pytest.approx(6)
    assert effective_rank(np.ones((9, 6))) == pytest.approx(1)
    z, rotation = rng.normal(size=(40, 6)), np.linalg.qr(rng.normal(size=(6, 6)))[0]
    assert effective_rank(1000 * z @ rotation) == pytest.approx(effective_rank(z))
    assert 5 < effective_rank(z) <= 6


def test_centring_looks_past_a_common_offset():
    z = np.random.default_rng(4).normal(size=(200, 6)) + 100
    assert effective_rank(z) < 1.5
    assert effective_rank(z, centre=True) > 5.5


def test_embeddings_without_direction_are_refused():
    with pytest.raises(InputError, match="Row 1 of embeddings is zero"):
        mean_pairwise_cosine([[1, 0], [0, 0]])
    with pytest.raises(InputError, match=r"shape \(1, 2\)"):
        mean_pairwise_cosine([[1, 0]])
    with pytest.raises(InputError, match="all zero"):
        effective_rank(np.zeros((3, 2)))
    with pytest.raises(InputError, match="all equal"):
        effective_rank(np.full((7, 3), 0.1), centre=True)
