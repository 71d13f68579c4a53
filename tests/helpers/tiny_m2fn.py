"""A small M2FN on the shipped architecture with random weights, and data for it."""

from __future__ import annotations

import copy
from dataclasses import replace
from functools import cache

import torch
from torch import Tensor

from adlab.encoders.mobilenet import VisionConfig, VisionNet
from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from helpers.tiny_models import randomise

SIZE, AUX = 64, 9
CONFIG = replace(
    M2FNConfig.compact(aux_dim=AUX, image_size=SIZE), cbn_dim=6, attention_dim=7, fusion_dim=8, head_dims=(10,)
)
# Table 3's attention and head, which are bound to the size of the map.
FLAT = replace(CONFIG, attention_kind="flat", pooling="flatten", head_dims=(24, 16))
# The preset for rated ads, without its dropout, and with conditional batch norm.
RATINGS = replace(
    M2FNConfig.ratings(aux_dim=AUX, outputs=1),
    image_size=SIZE,
    low=True,
    cbn_blocks=(2,),
    fusion_dim=8,
    dropout=0.0,
    input_dropout=0.0,
)
MAPS = ("conditioned_map", "backbone_map", "attention_map", "fused_map")  # fields of `M2FNOutput`, in order


@cache
def _backbone(seed: int, depth: int) -> StagedBackbone:
    net = VisionNet(VisionConfig(image_size=SIZE, classes=2, text_dim=2, pool_heads=1, pool_dim=2)).eval()
    randomise(net, seed)
    return StagedBackbone(net, depth)


def tiny_backbone(seed: int = 1, depth: int = 5) -> StagedBackbone:
    """The shipped architecture, 1,280 channels at full depth, random weights of the signal's scale; one's own copy."""
    return copy.deepcopy(_backbone(seed, depth))


def fresh_m2fn(config: M2FNConfig = CONFIG, seed: int = 0) -> M2FN:
    """As built, calibrated on `pictures` where it uses them."""
    torch.manual_seed(seed)
    model = M2FN(config, tiny_backbone(depth=config.depth) if config.image else None)
    if config.image:
        model.calibrate([pictures()])
    return model.eval()


def learned_m2fn(config: M2FNConfig = CONFIG, seed: int = 0) -> M2FN:
    """As after training: no parameter is zero, so that every part has a say."""
    model = fresh_m2fn(config, seed)
    generator = torch.Generator().manual_seed(seed + 100)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if not name.startswith("backbone."):
                fan_in = parameter[0].numel() if parameter.ndim > 1 else 1
                noise = torch.randn(parameter.shape, generator=generator)
                parameter.add_((fan_in**-0.5 if parameter.ndim > 1 else 0.2) * noise)
    return model


def pictures(n: int = 4, size: int = SIZE, seed: int = 2) -> Tensor:
    """Pixels of smooth random pictures, (n, 3, size, size) in −1 … 1."""
    coarse = torch.rand(n, 3, 8, 8, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return torch.nn.functional.interpolate(coarse, size=size, mode="bilinear")


def attributes(n: int = 4, seed: int = 3, width: int = AUX) -> Tensor:
    """(n, width), half of it one-hot-like zeros and ones, half of it real numbers."""
    generator = torch.Generator().manual_seed(seed)
    aux = torch.randn(n, width, generator=generator)
    aux[:, : width // 2] = (aux[:, : width // 2] > 0).float()
    return aux
