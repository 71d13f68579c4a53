"""The shape of an M2FN: Table 3 part by part, presets, switches, baselines."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from functools import cache

import pytest
import torch
from torch import nn
from torchvision.models import get_model

from adlab.errors import AdlabError, ConfigError, UnknownNameError
from adlab.layers.conditional_batch_norm import ConditionalBatchNorm
from adlab.models.backbones import StagedBackbone
from adlab.models.baselines import ABLATIONS, BASELINES, ablated_config, baseline_config
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.nima import nima_config

PAPER = M2FNConfig.paper(aux_dim=2385)


@cache
def on_meta(config: M2FNConfig, backbone: str = "vgg19") -> M2FN:
    """Without memory for its weights: the paper's networks have more than 60 million."""
    with torch.device("meta"):
        return M2FN(config, StagedBackbone(get_model(backbone, weights=None)))


def weights(part: nn.Module) -> int:
    """Numbers in weight matrices and kernels; the table leaves biases out."""
    return sum(p.numel() for p in part.parameters() if p.ndim > 1)


def test_table_3_low_level_fusion_as_printed_and_as_built():
    with torch.device("meta"):
        printed = ConditionalBatchNorm(256, 2385, 512)
    for network in (printed.gamma_net, printed.beta_net):
        assert weights(network) == 2385 * 512 + 512 * 256 == 1_352_192  # printed: 1.3M
    # 256 outputs do not fit the 64 channels after VGG-19's first convolution.
    built = on_meta(PAPER).cbn["1"]
    assert on_meta(PAPER).backbone.entry_channels[0] == 64
    assert weights(built.gamma_net) == weights(built.beta_net) == 2385 * 512 + 512 * 64 == 1_253_888


def test_table_3_backbone_has_vgg_19_s_20_million_and_not_the_147_million_of_vgg_16():
    assert weights(on_meta(PAPER).backbone) == 20_018_880
    with torch.device("meta"):
        assert weights(StagedBackbone(get_model("vgg16", weights=None))) == 14_710_464  # printed: 14.7M


def test_table_3_attention_as_printed_and_as_built():
    attention = on_meta(PAPER).attention
    assert weights(attention.hidden) == (25088 + 2385) * 512 == 14_066_176  # printed: 14M
    # One output, as printed, cannot weigh 49 cells.
    assert weights(attention.logits) == 512 * 49


def test_table_3_high_level_fusion():
    fusion = on_meta(PAPER).fusion
    assert weights(fusion.image) == 25088 * 512 == 12_845_056  # printed: 13M
    assert weights(fusion.aux) == 2385 * 512 == 1_221_120  # printed: 1.2M


def test_table_3_output():
    head = on_meta(PAPER).head
    assert weights(head.early) + weights(head.late) == 512 * 4096 + 4096 * 4096 == 18_874_368  # printed: 19M
    assert weights(head.out) == 4096  # printed: 4k


def test_table_3_attributes_are_2385_by_the_levels_of_table_1_and_2383_in_the_text():
    levels = {"gender": 2, "age": 9, "month": 12, "weekday": 7, "time": 24, "position": 4, "cate2": 4, "cate3": 9}
    assert sum(levels.values()) + 10 + 3 * 768 == 2385 == PAPER.aux_dim
    assert on_meta(M2FNConfig.paper(aux_dim=2383)).fusion.aux.in_features == 2383  # either can be built


@pytest.mark.parametrize(
    ("config", "millions"),
    [
        (replace(M2FNConfig.paper(aux_dim=768, outputs=10), cbn_dim=64), 65),  # M2FN {1,0,0,0,0}
        (baseline_config("image-only", PAPER), 139),  # VGG19
    ],
)
def test_table_5_total_numbers_of_parameters(config, millions):
    total = sum(p.numel() for p in on_meta(config).parameters())
    assert int(total / 1e6) == millions


def test_table_5_counts_cat_as_if_attributes_joined_at_the_output_and_ours_join_one_layer_earlier():
    image_only, cat = (
        sum(p.numel() for p in on_meta(baseline_config(name, M2FNConfig.paper(aux_dim=768, outputs=10))).parameters())
        for name in ("image-only", "cat")
    )
    assert int((image_only + 768 * 10) / 1e6) == 139  # printed: 139M
    assert cat == image_only + 768 * 4096


def test_table_5_nima_on_vgg_16_has_134_million_parameters():
    total = sum(p.numel() for p in on_meta(nima_config(PAPER), "vgg16").parameters())
    assert int(total / 1e6) == 134


def test_the_paper_s_network_runs_at_its_own_size_with_49_weights():
    with torch.device("meta"):
        output = on_meta(PAPER)(torch.zeros(2, 3, 224, 224), torch.zeros(2, 2385))
    assert output.conditioned_map.shape == (2, 64, 224, 224)
    assert output.backbone_map.shape == output.attention_map.shape == (2, 512, 7, 7)
    assert output.attention.shape == (2, 7, 7)
    assert output.fused_map.shape == (2, 512, 7, 7)
    assert output.logits.shape == (2, 1)


def test_presets_differ_in_what_is_trained_and_a_json_file_gives_a_config_back():
    assert PAPER.trained_blocks == (1, 2, 3, 4, 5)
    compact = M2FNConfig.compact(aux_dim=100, outputs=7)
    assert compact.trained_blocks == ()
    for config in (PAPER, compact):
        assert M2FNConfig(**json.loads(json.dumps(asdict(config)))) == config


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"aux_dim": 0}, "aux_dim is 0"),
        ({"outputs": 0}, "outputs is 0"),
        ({"outputs": True}, "outputs is True"),
        ({"fusion_dim": 1.5}, r"fusion_dim is 1\.5"),
        ({"head_dims": (4, 0)}, "head_dims is 0"),
        ({"image_size": 100}, "image_size is 100"),
        ({"cbn_blocks": (0,)}, r"cbn_blocks is \(0,\)"),
        ({"cbn_blocks": (1, 1)}, r"cbn_blocks is \(1, 1\)"),
        ({"cbn_blocks": ()}, "low is on and cbn_blocks is empty"),
        ({"trained_blocks": (6,)}, r"trained_blocks is \(6,\)"),
        ({"dropout": 1.0}, r"dropout is 1\.0"),
        ({"attention_kind": "flatt"}, "Did you mean 'flat'"),
        ({"pooling": "max"}, "Unknown pooling 'max'"),
        ({"aux": False}, "low is on and aux is off"),
        ({"aux": False, "low": False}, "attention is on and aux is off"),
        ({"aux": False, "low": False, "attention": False}, "high is on and aux is off"),
        ({"image": False}, "low is on and image is off"),
        ({"image": False, "low": False}, "attention is on and image is off"),
        (
            {"image": False, "aux": False, "low": False, "attention": False, "high": False},
            "aux and image are both off",
        ),
    ],
)
def test_a_config_that_cannot_be_built_is_refused_with_its_value(fields, message):
    with pytest.raises(AdlabError, match=message):
        M2FNConfig(**({"aux_dim": 3} | fields))


def test_baselines_switch_parts_off_and_keep_the_rest():
    config = M2FNConfig.compact(aux_dim=50, outputs=7)
    switches = {
        name: (made.aux, made.image, made.low, made.attention, made.high)
        for name in BASELINES
        for made in [baseline_config(name, config)]
    }
    assert switches == {
        "m2fn": (True, True, True, True, True),
        "nima": (False, True, False, False, False),
        "image-only": (False, True, False, False, False),
        "cat": (True, True, False, False, False),
        "attributes-m2fn": (True, False, False, False, True),
        "attributes-mlp": (True, False, False, False, False),
    }
    assert {baseline_config(name, config).outputs for name in BASELINES} == {7}
    with pytest.raises(UnknownNameError, match="Did you mean 'nima'"):
        baseline_config("nimma", config)


def test_nima_has_no_hidden_layer_after_an_averaged_map_and_the_classifier_s_after_a_flattened_one():
    compact = nima_config(M2FNConfig.compact(aux_dim=50, outputs=7))
    assert (compact.head_dims, compact.dropout) == ((), 0.75)
    assert nima_config(PAPER).head_dims == (4096, 4096)
    with pytest.raises(ConfigError, match="NIMA sees nothing else"):
        nima_config(baseline_config("attributes-mlp", compact if compact.aux else M2FNConfig.compact(aux_dim=5)))


def test_the_rows_of_the_ablation_tables_are_seven_and_end_with_the_whole_network():
    config = M2FNConfig.compact(aux_dim=50)
    rows = [ablated_config(config, low=low, attention=att, high=high) for low, att, high in ABLATIONS]
    assert len(set(rows)) == 7
    assert rows[0] == baseline_config("cat", config)
    assert rows[-1] == config
