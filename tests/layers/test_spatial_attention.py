"""Attention over cells: as M2FN writes it, and what must hold of the weights."""

from __future__ import annotations

import math

import pytest
import torch

from adlab.errors import ConfigError
from adlab.layers.spatial_attention import FlatAttention, SpatialAttention

CHANNELS, HEIGHT, WIDTH, AUX, HIDDEN = 6, 3, 4, 5, 7
CELLS = HEIGHT * WIDTH


def fresh(kind: str) -> SpatialAttention | FlatAttention:
    if kind == "spatial":
        return SpatialAttention(CHANNELS, AUX, HIDDEN)
    return FlatAttention(CHANNELS, CELLS, AUX, HIDDEN)


def block(kind: str, seed: int = 0) -> SpatialAttention | FlatAttention:
    """A block that has learned something."""
    torch.manual_seed(seed)
    made = fresh(kind)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(0.5 * torch.randn_like(parameter))
    return made


def data(n: int = 3, seed: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, CHANNELS, HEIGHT, WIDTH, generator=generator), torch.randn(n, AUX, generator=generator)


def test_two_cells_by_hand():
    made = SpatialAttention(1, 1, 1)
    with torch.no_grad():
        made.hidden.weight.copy_(torch.tensor([[1.0, 10.0]]))
        made.hidden.bias.fill_(0.0)
        made.logit.weight.fill_(math.log(3))
    out = made(torch.tensor([[[[-9.0, -8.0]]]]), torch.tensor([[1.0]]))
    # hidden −9 + 10 = 1 and 2, logits log 3 and 2 log 3, weights 3/12 and 9/12, each times two cells
    assert out.weights.flatten().tolist() == pytest.approx([0.25, 0.75])
    assert out.features.flatten().tolist() == pytest.approx([-9 * 0.5, -8 * 1.5])


@torch.no_grad()
def test_spatial_attention_is_the_paper_s_tiled_and_concatenated_mlp():
    made, (x, aux) = block("spatial"), data()
    tiled = aux[:, :, None, None].expand(-1, -1, HEIGHT, WIDTH)
    stacked = torch.cat([x, tiled], dim=1)  # N_b × (C + dim_aux) × H × W
    for b in range(len(x)):
        logits = torch.stack(
            [
                made.logit(made.hidden(stacked[b, :, h, w]).clamp_min(0)).squeeze()
                for h in range(HEIGHT)
                for w in range(WIDTH)
            ]
        )
        expected = logits.exp() / logits.exp().sum()
        torch.testing.assert_close(made(x, aux).weights[b].flatten(), expected)


@torch.no_grad()
def test_flat_attention_is_table_3_s_stack_with_one_logit_a_cell():
    made, (x, aux) = block("flat"), data()
    logits = made.logits(made.hidden(torch.cat([x.flatten(1), aux], dim=1)).clamp_min(0))
    torch.testing.assert_close(made(x, aux).weights.flatten(1), logits.softmax(dim=1))


@pytest.mark.parametrize("kind", ["spatial", "flat"])
def test_weights_add_up_to_one_and_features_are_weighted_around_one(kind):
    x, aux = data()
    out = block(kind)(x, aux)
    torch.testing.assert_close(out.weights.sum(dim=(1, 2)), torch.ones(3))
    assert out.weights.min() >= 0
    torch.testing.assert_close(out.features, x * out.weights[:, None] * CELLS)
    torch.testing.assert_close(out.features.mean(dim=(2, 3)), (x * out.weights[:, None]).sum(dim=(2, 3)))


@pytest.mark.parametrize("kind", ["spatial", "flat"])
def test_before_training_the_map_passes_as_it_is(kind):
    x, aux = data()
    torch.testing.assert_close(fresh(kind)(x, aux).features, x)


def test_spatial_attention_follows_cells_that_change_places_and_takes_maps_of_any_size():
    made, (x, aux) = block("spatial"), data()
    torch.testing.assert_close(made(x.flip(2, 3), aux).weights, made(x, aux).weights.flip(1, 2))
    torch.testing.assert_close(made(x.repeat(1, 1, 2, 1), aux).features, made(x, aux).features.repeat(1, 1, 2, 1))


@pytest.mark.parametrize("kind", ["spatial", "flat"])
def test_attributes_move_the_attention_and_every_parameter_gets_a_gradient(kind):
    made, (x, aux) = block(kind), data()
    assert (made(x, aux).weights - made(x, aux.flip(0)).weights).abs().max() > 0.02
    made(x, aux).features.pow(2).sum().backward()
    assert [n for n, p in made.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0] == []


@pytest.mark.parametrize("kind", ["spatial", "flat"])
def test_a_picture_alone_is_attended_as_in_a_batch(kind):
    made, (x, aux) = block(kind), data()
    alone = torch.cat([made(x[i : i + 1], aux[i : i + 1]).weights for i in range(3)])
    torch.testing.assert_close(alone, made(x, aux).weights)


def test_the_sizes_of_table_3_and_of_the_text():
    with torch.device("meta"):
        flat, spatial = FlatAttention(512, 49, 2385, 512), SpatialAttention(512, 2385, 512)
    assert flat.hidden.weight.numel() == 27473 * 512  # printed
    assert flat.logits.weight.numel() == 512 * 49  # printed: 512 × 1, one logit for 49 cells
    assert spatial.hidden.weight.numel() == (512 + 2385) * 512
    assert spatial.logit.weight.numel() == 512


def test_a_width_below_one_is_refused():
    with pytest.raises(ConfigError, match="aux_dim is 0"):
        SpatialAttention(4, 0, 3)
    with pytest.raises(ConfigError, match="cells is 0"):
        FlatAttention(4, 0, 3, 3)
