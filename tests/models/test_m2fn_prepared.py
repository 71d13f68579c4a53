"""Maps prepared once: training on them is training on the maps."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from helpers.tiny_m2fn import tiny_backbone

from adlab.errors import InputError
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_prepared import forward_prepared, prepare

AUX, ADS = 6, 5
SHAPE = replace(
    M2FNConfig.ratings(aux_dim=AUX, outputs=3), image_size=64, depth=2, fusion_dim=8, attention_dim=4, dropout=0.0
)
CHANGES = [
    {},
    {"attention": False},
    {"high": False, "branches": False},
    {"attention": False, "high": False, "branches": False},
    {"attention": False, "high": False, "branches": False, "aux": False, "aux_dim": 0},
    {"attention": False, "image": False, "branches": False},
]


def network(shape: M2FNConfig) -> M2FN:
    """A network whose every part has learned something."""
    torch.manual_seed(0)
    made = M2FN(shape, tiny_backbone(depth=shape.depth) if shape.image else None)
    if shape.image:
        made.calibrate_map([torch.randn(8, made.backbone.output_channels, 16, 16)])
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made.eval()


@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_prepared_maps_give_the_logits_and_the_gradients_of_the_maps(changes):
    made = network(replace(SHAPE, **changes))
    generator = torch.Generator().manual_seed(1)
    channels = tiny_backbone(depth=2).output_channels
    maps, aux = torch.randn(ADS, channels, 16, 16, generator=generator), torch.randn(ADS, AUX, generator=generator)
    rows = torch.tensor([3, 0])
    learned = [p for p in made.parameters() if p.requires_grad]
    short = forward_prepared(made, prepare(made, maps).at(rows), aux[rows])
    long = made.forward_head(maps[rows], aux[rows]).logits
    torch.testing.assert_close(short, long, rtol=1e-5, atol=1e-5)
    weights = torch.randn(long.shape, generator=generator)
    gradients = [torch.autograd.grad((out * weights).sum(), learned) for out in (short, long)]
    for own, expected in zip(*gradients, strict=True):
        torch.testing.assert_close(own, expected, rtol=1e-3, atol=1e-4)
    assert max(float(grad.abs().max()) for grad in gradients[0]) > 1e-2


def test_other_poolings_are_refused():
    made = network(replace(SHAPE, pooling="mean", branches=False))
    with pytest.raises(InputError, match="pooling is 'mean'"):
        prepare(made, torch.zeros(1, 1, 1, 1))
