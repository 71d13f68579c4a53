"""Pairs of rows that are no negatives of each other: by hand and against all pairs."""

from __future__ import annotations

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.losses.false_negatives import identical_pairs, similar_pairs


def as_set(pairs: torch.Tensor) -> set[tuple[int, int]]:
    found = [tuple(pair) for pair in pairs.tolist()]
    assert len(set(found)) == len(found)
    return set(found)


def test_identical_pairs_by_hand():
    assert as_set(identical_pairs(torch.tensor([7, 3, 7, 7, 1]))) == {(0, 2), (2, 0), (0, 3), (3, 0), (2, 3), (3, 2)}


@pytest.mark.parametrize("levels", [1, 3, 1000])
def test_identical_pairs_are_those_of_a_comparison_of_all_with_all(levels):
    groups = torch.randint(-levels, levels, (60,), generator=torch.Generator().manual_seed(0))
    every = {(i, j) for i in range(60) for j in range(60) if i != j and groups[i] == groups[j]}
    assert as_set(identical_pairs(groups)) == every


def test_rows_that_all_differ_have_no_pairs():
    assert identical_pairs(torch.arange(9)).shape == (0, 2)


def test_similar_pairs_by_hand():
    rows = torch.tensor([[1.0, 0.0], [10.0, 1.0], [0.0, 1.0], [-1.0, 0.0]])
    assert as_set(similar_pairs(rows)) == {(0, 1), (1, 0)}  # cosine 0.995
    assert similar_pairs(rows, 0.996).shape == (0, 2)


def test_similar_pairs_are_those_of_a_comparison_of_all_with_all_and_carry_no_gradient():
    rows = torch.randn(40, 3, generator=torch.Generator().manual_seed(0), requires_grad=True)
    cosine = torch.nn.functional.cosine_similarity(rows[:, None], rows[None], dim=2)
    every = {(i, j) for i in range(40) for j in range(40) if i != j and cosine[i, j] > 0.5}
    found = similar_pairs(rows, 0.5)
    assert as_set(found) == every
    assert not found.requires_grad


def test_what_cannot_be_paired_is_refused():
    with pytest.raises(InputError, match="groups has"):
        identical_pairs(torch.zeros(3))
    with pytest.raises(InputError, match=r"shape \(3,\)"):
        similar_pairs(torch.zeros(3))
    with pytest.raises(ConfigError, match=r"threshold is 1\.0"):
        similar_pairs(torch.zeros(3, 2), 1.0)
