from __future__ import annotations

import pytest
import torch

from adlab.errors import InputError
from adlab.layers.moment_pooling import EPSILON, MomentPooling


def maps(n: int = 5, seed: int = 0) -> torch.Tensor:
    return 2 + 3 * torch.randn(n, 3, 4, 6, generator=torch.Generator().manual_seed(seed))


def test_by_hand_two_cells_of_one_channel():
    cells = torch.tensor([[[[1.0, 5.0]]]])
    pooled = MomentPooling(1)(MomentPooling(1).by_cell(cells, cells))
    torch.testing.assert_close(pooled, torch.tensor([[3.0, (4 + EPSILON) ** 0.5]]))


def test_weights_give_the_weighted_mean_and_deviation():
    x, layer = maps(2), MomentPooling(3)
    weights = torch.rand(2, 4, 6, generator=torch.Generator().manual_seed(1))
    weights /= weights.sum(dim=(1, 2), keepdim=True)
    found = layer(layer.by_cell(x * weights[:, None] * 24, x))
    for row in range(2):
        for channel in range(3):
            w, values = weights[row].flatten(), x[row, channel].flatten()
            mean = (w * values).sum()
            deviation = ((w * (values - mean) ** 2).sum() + EPSILON).sqrt()
            torch.testing.assert_close(found[row, [channel, 3 + channel]], torch.stack([mean, deviation]))


def test_the_order_of_cells_does_not_matter():
    x, layer = maps(), MomentPooling(3)
    turned = x.flip(dims=(2, 3))
    torch.testing.assert_close(layer(layer.by_cell(x, x)), layer(layer.by_cell(turned, turned)))


@pytest.mark.parametrize("standardised_before", [False, True])
def test_calibration_pictures_come_out_standardised(standardised_before):
    layer, x = MomentPooling(3), maps(40)
    x = x * torch.rand(40, 1, 1, 1, generator=torch.Generator().manual_seed(2)) * 3
    for part in x.split(16):
        layer.note(part)
    mean, std = torch.tensor([1.0, 2.0, 3.0]), torch.tensor([0.5, 1.0, 2.0])
    if standardised_before:
        layer.standardise(mean, std)
        x = (x - mean[:, None, None]) / std[:, None, None]
    else:
        layer.standardise(0.0, 1.0)
    pooled = layer(layer.by_cell(x, x))
    torch.testing.assert_close(pooled.mean(dim=0), torch.zeros(6), atol=1e-3, rtol=0)
    torch.testing.assert_close(pooled.std(dim=0, correction=0), torch.ones(6), atol=1e-2, rtol=0)


def test_calibration_without_pictures_is_refused():
    with pytest.raises(InputError, match="0 pictures"):
        MomentPooling(2).standardise(0.0, 1.0)


def test_a_plain_map_has_a_finite_gradient():
    x, layer = torch.ones(1, 2, 3, 3, requires_grad=True), MomentPooling(2)
    (gradient,) = torch.autograd.grad(layer(layer.by_cell(x, x)).sum(), x)
    assert gradient.isfinite().all()
