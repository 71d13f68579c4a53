"""Updates of read rows only: equal to torch's own optimisers, which take longer."""

from __future__ import annotations

import copy

import pytest
import torch
from torch.nn import functional as F

from adlab.errors import ConfigError, UnknownNameError
from adlab.training.sparse_rows import SparseRows, joined_rows

ROWS = 12


def batches(count: int = 6) -> list[torch.Tensor]:
    return list(torch.randint(0, ROWS - 2, (count, 9), generator=torch.Generator().manual_seed(0)))


def trained(make, *, sparse: bool, start: torch.Tensor) -> torch.Tensor:
    table = torch.nn.Parameter(start.clone())
    optimiser = make([table])
    target = torch.randn(9, 3, generator=torch.Generator().manual_seed(1))
    for ids in batches():
        optimiser.zero_grad()
        (F.embedding(ids, table, sparse=sparse) - target).square().sum().backward()
        optimiser.step()
    return table.detach()


START = torch.randn(ROWS, 3, generator=torch.Generator().manual_seed(2))


@pytest.mark.parametrize("initial", [0.0, 0.1])
def test_adagrad_equals_the_dense_one(initial):
    ours = trained(lambda p: SparseRows(p, "adagrad", 0.1, eps=1e-10, initial=initial), sparse=True, start=START)
    dense = trained(
        lambda p: torch.optim.Adagrad(p, lr=0.1, initial_accumulator_value=initial), sparse=False, start=START
    )
    torch.testing.assert_close(ours, dense, rtol=1e-5, atol=1e-6)
    assert not torch.allclose(ours[:-2], START[:-2])


def test_adam_equals_torch_s_sparse_one():
    ours = trained(lambda p: SparseRows(p, "adam", 0.05), sparse=True, start=START)
    lazy = trained(lambda p: torch.optim.SparseAdam(p, lr=0.05), sparse=True, start=START)
    torch.testing.assert_close(ours, lazy, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("method", ["adam", "adagrad"])
def test_rows_that_were_not_read_stay_as_they_are(method):
    table = torch.nn.Parameter(START.clone())
    optimiser = SparseRows([table], method, 0.1)
    for ids in (torch.tensor([1, 1, 4]), torch.tensor([4])):
        optimiser.zero_grad()
        F.embedding(ids, table, sparse=True).sum().backward()
        optimiser.step()
    moved = (table.detach() != START).any(dim=1)
    assert moved.nonzero().flatten().tolist() == [1, 4]


def test_entries_of_one_row_are_added_up():
    values = torch.tensor([[1.0], [10.0], [100.0], [1000.0]])
    gradient = torch.sparse_coo_tensor(torch.tensor([[3, 0, 3, 2]]), values, (5, 1))
    rows, summed = joined_rows(gradient)
    assert rows.tolist() == [0, 2, 3]
    assert summed.flatten().tolist() == [10, 1000, 101]


@pytest.mark.parametrize("method", ["adam", "adagrad"])
def test_a_saved_state_goes_on_as_if_it_had_not_been_saved(method):
    def step(optimiser: SparseRows, table: torch.nn.Parameter, ids: torch.Tensor) -> None:
        optimiser.zero_grad()
        F.embedding(ids, table, sparse=True).square().sum().backward()
        optimiser.step()

    table = torch.nn.Parameter(START.clone())
    optimiser = SparseRows([table], method, 0.1)
    step(optimiser, table, torch.tensor([1, 2]))
    again = torch.nn.Parameter(table.detach().clone())
    other = SparseRows([again], method, 0.1)
    other.load_state_dict(copy.deepcopy(optimiser.state_dict()))
    for ids in batches(3):
        step(optimiser, table, ids)
        step(other, again, ids)
    assert torch.equal(table, again)


def test_what_it_cannot_do_is_refused():
    table = torch.nn.Parameter(START.clone())
    with pytest.raises(UnknownNameError, match="Did you mean 'adam'"):
        SparseRows([table], "adamw", 0.1)
    with pytest.raises(ConfigError, match="learning_rate is 0"):
        SparseRows([table], "adam", 0)
    with pytest.raises(ConfigError, match="initial is -1"):
        SparseRows([table], "adagrad", 0.1, initial=-1)
    with pytest.raises(ConfigError, match="closure"):
        SparseRows([table], "adam", 0.1).step(lambda: 0.0)
