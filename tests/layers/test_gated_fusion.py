"""Gated fusion: its formula, and that a map's cells add up to it."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError, InputError
from adlab.layers.gated_fusion import GatedFusion


def fusion(seed: int = 0) -> GatedFusion:
    torch.manual_seed(seed)
    return GatedFusion(24, 5, 7)


def data(n: int = 4) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, 2, 3, 4, generator=generator), torch.randn(n, 5, generator=generator)


def test_formula_by_hand():
    made = GatedFusion(2, 1, 1)
    with torch.no_grad():
        made.image.weight.copy_(torch.tensor([[1.0, -1.0]]))
        made.image.bias.fill_(0.5)
        made.aux.weight.fill_(2.0)
        made.aux.bias.fill_(-1.0)
    found = made(torch.tensor([[3.0, 2.5]]), torch.tensor([[0.25]])).item()
    assert found == pytest.approx(math.tanh(1.0) * math.tanh(-0.5), abs=1e-6)


@torch.no_grad()
def test_output_equals_the_paper_s_formula_in_loops():
    made, (x, aux) = fusion(), data()
    found = made(x.flatten(1), aux)
    for b in range(4):
        for d in range(7):
            v = sum(w * z for w, z in zip(made.image.weight[d].tolist(), x[b].flatten().tolist(), strict=True))
            a = sum(w * z for w, z in zip(made.aux.weight[d].tolist(), aux[b].tolist(), strict=True))
            expected = math.tanh(v + made.image.bias[d].item()) * math.tanh(a + made.aux.bias[d].item())
            assert found[b, d].item() == pytest.approx(expected, abs=1e-5)


def test_cells_add_up_to_the_flattened_map():
    made, (x, aux) = fusion(), data()
    torch.testing.assert_close(made.from_cells(made.by_cell(x), aux), made(x.flatten(1), aux))


def test_a_cell_s_part_depends_on_this_cell_alone():
    made, (x, _) = fusion(), data()
    changed = x.clone()
    changed[:, :, 1, 2] += 1
    moved = (made.by_cell(changed) - made.by_cell(x)).abs().sum(dim=(0, 1))
    assert moved[1, 2] > 0.1
    assert moved.sum() == moved[1, 2]


def test_values_stay_between_minus_one_and_one_and_every_parameter_gets_a_gradient():
    made, (x, aux) = fusion(), data()
    assert made(100 * x.flatten(1), 100 * aux).abs().max() <= 1
    made(x.flatten(1), aux).sum().backward()
    assert [n for n, p in made.named_parameters() if p.grad is None or not p.grad.abs().min() > 0] == []


def test_at_the_start_neither_factor_closes_the_gate_for_the_other():
    torch.manual_seed(0)
    made = GatedFusion(512, 512, 512)
    small = 0.01 * torch.randn(8, 512)
    assert made(small, small).abs().mean() > 0.1


def test_maps_and_widths_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"\(2, 3, 3\), 18 numbers; this fusion takes 24"):
        fusion().by_cell(torch.zeros(1, 2, 3, 3))
    with pytest.raises(ConfigError, match="output_dim is 0"):
        GatedFusion(1, 1, 0)
