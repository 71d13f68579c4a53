"""One picture in many contexts: the short cut gives what the long way gives."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from helpers.tiny_m2fn import tiny_backbone

from adlab.errors import InputError
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_contexts import forward_contexts

AUX, CONTEXTS = 6, 5
SHAPE = replace(
    M2FNConfig.ratings(aux_dim=AUX, outputs=3), image_size=64, depth=2, fusion_dim=8, attention_dim=4, dropout=0.0
)


def network(shape: M2FNConfig) -> M2FN:
    """A network whose every part has learned something."""
    torch.manual_seed(0)
    made = M2FN(shape, tiny_backbone(depth=shape.depth))
    made.calibrate_map([torch.randn(8, made.backbone.output_channels, 16, 16)])
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made.eval()


def inputs(made: M2FN, ads: int = 3) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    maps = torch.randn(ads, made.backbone.output_channels, 16, 16, generator=generator)
    return maps, torch.randn(ads, CONTEXTS, AUX, generator=generator)


@pytest.mark.parametrize(
    "changes", [{}, {"attention": False}, {"high": False, "branches": False}, {"standardise_map": False}], ids=str
)
def test_many_contexts_at_once_are_each_context_alone(changes: dict[str, bool]):
    made = network(replace(SHAPE, **changes))
    maps, aux = inputs(made)
    with torch.inference_mode():
        together = forward_contexts(made, maps, aux)
        alone = torch.stack([made.forward_head(maps, aux[:, k]).logits for k in range(CONTEXTS)], dim=1)
    assert together.shape == (3, CONTEXTS, 3)
    torch.testing.assert_close(together, alone, rtol=1e-5, atol=1e-5)
    assert float(alone.std(dim=1).max()) > 1e-3  # contexts do matter to this network


def test_gradients_reach_what_attention_and_fusion_learn():
    made = network(SHAPE)
    maps, aux = inputs(made)
    forward_contexts(made, maps, aux).square().sum().backward()
    learned = {name: p.grad for name, p in made.named_parameters() if p.requires_grad}
    assert [name for name, grad in learned.items() if grad is None or not grad.abs().sum() > 0] == []


def test_a_network_that_flattens_its_map_is_refused():
    made = network(replace(SHAPE, pooling="flatten"))
    with pytest.raises(InputError, match="need 'moments'"):
        forward_contexts(made, *inputs(made))


def test_contexts_of_another_width_are_refused():
    made = network(SHAPE)
    maps, aux = inputs(made)
    with pytest.raises(InputError, match=rf"aux has shape \(3, {CONTEXTS}, {AUX - 1}\)"):
        forward_contexts(made, maps, aux[..., 1:])
