"""Standardised features: as numpy computes them, over any batches."""

from __future__ import annotations

import pytest
import torch

from adlab.errors import InputError
from adlab.layers.standardise import Standardise


def test_rows_get_a_mean_of_zero_and_a_deviation_of_one_however_they_are_batched():
    rows = 1000 + 3 * torch.randn(50, 4, generator=torch.Generator().manual_seed(0))
    whole, parts = Standardise(4), Standardise(4)
    whole.fit([rows])
    parts.fit(rows.split(7))
    torch.testing.assert_close(parts.mean, whole.mean)
    torch.testing.assert_close(parts.std, whole.std)
    torch.testing.assert_close(whole.std, rows.std(0, correction=0), rtol=1e-4, atol=0)
    out = whole(rows)
    assert out.mean(0).abs().max() < 1e-3
    torch.testing.assert_close(out.std(0, correction=0), torch.ones(4), rtol=1e-3, atol=0)


def test_a_constant_feature_is_not_blown_up_and_an_unfitted_layer_changes_nothing():
    rows = torch.tensor([[1.0, 5.0], [3.0, 5.0]])
    made = Standardise(2)
    assert torch.equal(made(rows), rows)
    made.fit([rows])
    assert made(rows).tolist() == [[-1, 0], [1, 0]]
    assert sorted(made.state_dict()) == ["mean", "std"]


def test_rows_that_cannot_be_used_are_refused():
    with pytest.raises(InputError, match="no rows"):
        Standardise(2).fit([])
    with pytest.raises(InputError, match=r"\(1, 3\)"):
        Standardise(2).fit([torch.ones(1, 3)])
    with pytest.raises(InputError, match="not finite"):
        Standardise(2).fit([torch.tensor([[1.0, float("nan")]])])
