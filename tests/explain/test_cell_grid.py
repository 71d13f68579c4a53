"""Where cells look: known networks, the shipped encoder, and interpolation between them."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from adlab.checkpoints.networks import DEFAULT_IMAGE_ENCODER, load_image_encoder
from adlab.checkpoints.store import list_checkpoints
from adlab.errors import ConfigError, InputError
from adlab.explain.cell_grid import CellGrid, measure_shift, probes
from adlab.models.backbones import StagedBackbone


def test_cells_without_a_shift_look_at_the_middle_of_their_squares():
    assert CellGrid(cells=4, size=64).centres.tolist() == [8, 24, 40, 56]
    assert CellGrid(cells=4, size=64, shift=3.5).centres.tolist() == [11.5, 27.5, 43.5, 59.5]


def test_values_between_cells_are_interpolated_and_beyond_them_kept():
    weights = CellGrid(cells=3, size=24, shift=1.0).weights(np.array([0.5, 5.0, 7.0, 9.0, 23.5]))
    assert weights.tolist() == [[1, 0, 0], [1, 0, 0], [0.75, 0.25, 0], [0.5, 0.5, 0], [0, 0, 1]]


def test_a_ramp_over_cells_is_the_same_ramp_over_pixels():
    grid = CellGrid(cells=7, size=224, shift=6.0)
    positions = np.arange(30, 200) + 0.5
    np.testing.assert_allclose(grid.weights(positions) @ grid.centres, positions)


def convolution(kernel: list[list[float]], stride: int, padding: int) -> nn.Conv2d:
    layer = nn.Conv2d(3, 1, len(kernel), stride=stride, padding=padding, bias=False)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(kernel).expand_as(layer.weight))
    return layer


ONES = [[1.0] * 3] * 3
CORNER = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]
KNOWN = {
    # Cell i covers pixels 2i and 2i + 1, around 2i + 1; the window is centred on the middle of pixel 2i, at 2i + 0.5.
    "one 3×3 convolution of stride 2": (nn.Sequential(convolution(ONES, 2, 1)), -0.5),
    "a pool over the square itself": (nn.AvgPool2d(4), 0.0),
    # Only the window's last tap is used: pixel 2i + 1, whose middle is 2i + 1.5.
    "a kernel that looks down and right": (nn.Sequential(convolution(CORNER, 2, 1)), 0.5),
}


@pytest.mark.parametrize("name", KNOWN)
def test_the_shift_of_a_known_network_is_found(name):
    network, shift = KNOWN[name]
    assert measure_shift(network, probes(4, 32).permute(0, 3, 1, 2).float()) == pytest.approx(shift, abs=1e-6)


def test_a_map_that_does_not_look_at_the_picture_is_refused():
    with pytest.raises(InputError, match="responds to no pixel"):
        measure_shift(lambda x: nn.functional.avg_pool2d(x, 8) * 0, torch.rand(2, 3, 32, 32))


@pytest.mark.parametrize("fields", [{"cells": 5, "size": 64}, {"cells": 0, "size": 64}])
def test_a_grid_that_does_not_divide_the_square_is_refused(fields):
    with pytest.raises(ConfigError, match="do not divide"):
        CellGrid(**fields)


def test_a_shift_beyond_the_cell_is_refused():
    with pytest.raises(ConfigError, match="measure it again"):
        CellGrid(cells=4, size=64, shift=-17)


def test_probes_are_the_same_every_time_and_differ_from_one_another():
    first = probes(3, 64)
    assert torch.equal(first, probes(3, 64))
    assert first.shape == (3, 64, 64, 3)
    assert not torch.equal(first[0], first[1])


@pytest.fixture(scope="module")
def shipped() -> nn.Module:
    if DEFAULT_IMAGE_ENCODER not in list_checkpoints():
        pytest.skip("no image encoder ships")
    return load_image_encoder().network


SIDE = 256


def responses(backbone: StagedBackbone) -> tuple[Tensor, Tensor]:
    """Where a white patch is, (P, 2), and how the cells along y and x respond to it, (P, N, 2, cells) with sum 1."""
    squares, found = probes(4, SIDE), []
    places = torch.randint(96, 160, (12, 2), generator=torch.Generator().manual_seed(5))
    with torch.no_grad():
        before = backbone(backbone.scale(squares))
        for y, x in places.tolist():
            patched: Tensor = squares.clone()
            patched[:, y - 8 : y + 8, x - 8 : x + 8] = 255
            response = (backbone(backbone.scale(patched)) - before).pow(2).sum(1)
            response = response / response.sum((1, 2), keepdim=True)
            found.append(torch.stack([response.sum(2), response.sum(1)], dim=1))
    return places.float(), torch.stack(found)


def offset(places: Tensor, response: Tensor, shift: float) -> float:
    """Where patches are, less where the cells that respond to them look; mean over places and both directions."""
    grid = CellGrid(cells=response.shape[-1], size=SIDE, shift=shift)
    looked = response @ torch.from_numpy(grid.centres).float()  # (P, N, 2)
    return float((places - looked.mean(dim=1)).mean())


@pytest.mark.slow
@pytest.mark.parametrize("depth", [4, 5])
def test_on_the_shipped_encoder_a_patch_is_found_nearest_where_cells_were_measured_to_look(shipped, depth):
    backbone = StagedBackbone(shipped, depth).requires_grad_(False)
    stride = backbone.stride
    shift = measure_shift(backbone, backbone.scale(probes()))
    assert 0.1 < shift / stride < 0.3
    found = responses(backbone)
    measured = abs(offset(*found, shift))
    assert measured < abs(offset(*found, 0.0))
    assert measured < abs(offset(*found, (stride - 1) / 2))  # the half cell of the geometry
