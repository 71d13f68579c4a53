"""What a pair costs: the analytic count against torch's counter, and the paper's number."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from helpers.tiny_adscvlr import learned_adscvlr, pairs
from torch.utils.flop_counter import FlopCounterMode

from adlab.models.adscvlr import AdsCVLR
from adlab.models.adscvlr_config import AdsCVLRConfig
from adlab.models.adscvlr_cost import flops_per_pair


@torch.no_grad()
@pytest.mark.parametrize("states", [True, False])
@pytest.mark.parametrize(("tokens", "regions"), [(11, 4), (7, 0), (1, 9)])
def test_the_count_is_torch_s_own(tokens, regions, states):
    model, inputs = learned_adscvlr(), pairs(5, tokens, regions, padded=False)
    with FlopCounterMode(display=False) as counter:
        model(inputs, maps=True, states=states)  # the fused kernel is not counted on every device
    expected = flops_per_pair(model.config, tokens=tokens, regions=regions, states=states)
    assert counter.get_total_flops() == 5 * expected


@torch.no_grad()
def test_the_count_of_the_compact_preset_is_torch_s_own():
    config = AdsCVLRConfig.compact()
    with torch.device("meta"):
        model = AdsCVLR(replace(config, frozen_tokens=False)).eval()
        x = torch.zeros(2, 73, config.width)
    with FlopCounterMode(display=False) as counter:
        for block in model.blocks:
            x = block(x, maps=True).states
    regions = 2 * 49 * config.width * (config.region_dim + 5)
    heads = 2 * config.width * (4 + config.projection_dim)
    assert flops_per_pair(config, tokens=24, regions=49) == counter.get_total_flops() / 2 + regions + heads


def test_the_paper_s_preset_costs_about_what_the_paper_prints():
    # 24 G is printed for a length of 152, of which 20 are regions in our reading
    assert flops_per_pair(AdsCVLRConfig.paper(), tokens=132, regions=20) == pytest.approx(24e9, rel=0.15)


def test_leaving_out_the_last_states_saves_about_a_seventh_of_the_compact_network():
    config = AdsCVLRConfig.compact()
    part, whole = (flops_per_pair(config, tokens=24, regions=49, states=states) for states in (False, True))
    assert part / whole == pytest.approx(6 / 7, abs=0.02)
