"""Conditional batch norm inside a frozen backbone, trained on rated ads (M2FN, §5.1 and Table 5).

A pass through the backbone is what costs here, so it is kept short on both sides: the stages before the first
conditional batch norm are computed once, and training goes on from a network that was trained without one on cached
maps. Beside it the same network goes on for as long without conditional batch norm: the difference is what it brings.
"""

from __future__ import annotations

import torch
from torch import Tensor

from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.training.appeal_task import AppealTraining, RatedTensors, RatingLoss

BATCH = 25  # pictures through the backbone at once, without gradients
CALIBRATED_ON = 64  # pictures


def entry_stage(shape: M2FNConfig) -> int:
    """The stage whose input is cached: that of the first conditional batch norm, or one past the last."""
    return min(shape.cbn_blocks) if shape.low else shape.depth + 1


@torch.inference_mode()
def stage_inputs(backbone: StagedBackbone, squares: Tensor, stage: int) -> Tensor:
    """What a stage takes in of each picture, (N, C, H, W) with the backbone's margin.

    Args:
        backbone: Frozen.
        squares: Pictures (N, S, S, 3) uint8.
        stage: 1 for the padded pixels, one past the last for the backbone's map.
    """
    found = []
    for part in squares.split(BATCH):
        pixels = backbone.scale(part)
        margin = backbone.margin
        x = torch.nn.functional.pad(pixels, (margin, 0, margin, 0)) if margin else pixels
        for early in backbone.staged()[: stage - 1]:
            x = early.leave(x, early.enter(x))
        found.append(x)
    return torch.cat(found).clone()


def forward_from(network: M2FN, inputs: Tensor, aux: Tensor) -> Tensor:
    """Logits (B, outputs) from what `stage_inputs` gave at the network's `entry_stage`, and attributes."""
    backbone = network.backbone
    assert backbone is not None
    x = inputs
    for number, stage in enumerate(backbone.staged(), start=1):
        if number < entry_stage(network.config):
            continue
        entered = stage.enter(x)
        if network.config.low and str(number) in network.cbn:
            entered = network.cbn[str(number)](entered, aux)
        x = stage.leave(x, entered)
    return network.forward_head(x[:, :, backbone.margin :, backbone.margin :], aux).logits


def go_on(
    config: AppealTraining,
    start: M2FN,
    shape: M2FNConfig,
    squares: Tensor,
    inputs: Tensor,
    data: RatedTensors,
    seed: int,
) -> M2FN:
    """Train on from a network without conditional batch norm.

    Args:
        config: How.
        start: Trained on cached maps.
        shape: Of the network to make: that of `start`, with low-level fusion or without.
        squares: Pictures of training ads that conditional batch norm is calibrated on, (N, S, S, 3) uint8.
        inputs: Of the training ads, from `stage_inputs` at the shape's `entry_stage`.
        data: Training ads.
        seed: Of initial values, order and dropout.

    Returns:
        The network, in eval mode.
    """
    backbone = start.backbone
    assert backbone is not None
    torch.manual_seed(seed)
    loss_of = RatingLoss(config, data.shares.shape[1])
    network = M2FN(shape, backbone)
    if shape.low:
        network.calibrate([backbone.scale(squares[:CALIBRATED_ON])])
    network.load_state_dict(start.trainable_state(), strict=False)  # all but conditional batch norm
    own = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(own, lr=config.learning_rate, weight_decay=config.weight_decay)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.epochs)
    network.train()
    for epoch in range(config.epochs):
        generator = torch.Generator().manual_seed(seed * 100_000 + epoch)
        for rows in torch.randperm(len(data.shares), generator=generator).split(config.batch_size):
            loss = loss_of(forward_from(network, inputs[rows], data.aux[rows]), data.shares[rows])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    return network.eval()


@torch.inference_mode()
def conditional_logits(network: M2FN, inputs: Tensor, aux: Tensor) -> Tensor:
    """Logits of ads from their stage's inputs, (N, K)."""
    parts = zip(inputs.split(BATCH), aux.split(BATCH), strict=True)
    return torch.cat([forward_from(network, *part) for part in parts])
