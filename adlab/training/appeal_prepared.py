"""Many small trainings of M2FN on rated ads, as a study with repeated folds needs them.

The same network, loss, order of ads and schedule as `adlab.training.appeal_task` gives `train appeal`, but on maps that
were prepared once (`adlab.models.m2fn_prepared`) and without a trainer around it, which takes longer than such a step.
Dropout is drawn in another order, so a network is not the same to the digit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from adlab.models.backbones import StagedBackbone
from adlab.models.m2fn import M2FN
from adlab.models.m2fn_config import M2FNConfig
from adlab.models.m2fn_prepared import PreparedMaps, forward_prepared, prepare
from adlab.training.appeal_task import AppealTraining, RatedTensors, RatingLoss, start_network


class Calibration(NamedTuple):
    """How maps are standardised over some training ads.

    Attributes:
        buffers: For any network with these poolings, by name.
        vectors: Standardised moments of all ads, (N, 2·C).
    """

    buffers: dict[str, Tensor]
    vectors: Tensor

    def scaled(self, factor: float) -> Calibration:
        """The same with moments that deviate by `factor` and not by 1.

        Every weight moves at the same pace under Adam, so that smaller inputs are learned from more slowly.
        """
        name = "moments.std"
        return Calibration({**self.buffers, name: self.buffers[name] / factor}, self.vectors * factor)


def calibration_of(shape: M2FNConfig, backbone: StagedBackbone, maps: Tensor, train: Tensor) -> Calibration:
    """Standardise cached maps over training ads, once for all networks of a fold.

    Args:
        shape: With moment pooling.
        backbone: Frozen; only its widths are read.
        maps: Of all ads, (N, C, H, W).
        train: Rows of training ads.
    """
    plain = replace(shape, aux=False, aux_dim=0, low=False, attention=False, high=False, branches=False)
    network = M2FN(plain, backbone)
    network.calibrate_map(maps[train].split(64))
    buffers = {name: value for name, value in network.named_buffers() if not name.startswith("backbone.")}
    vectors = prepare(network, maps).vectors
    assert vectors is not None
    return Calibration(buffers, vectors)


def fit_prepared(
    config: AppealTraining,
    shape: M2FNConfig,
    backbone: StagedBackbone,
    calibration: Calibration,
    data: RatedTensors,
    train: Tensor,
    seeds: list[int],
) -> list[tuple[M2FN, Tensor]]:
    """Train networks on the same ads, one a seed.

    Args:
        config: How.
        shape: Of the networks.
        backbone: Frozen; only its widths are read.
        calibration: Of the same training ads.
        data: All ads.
        train: Rows of training ads.
        seeds: Each of initial values, order and dropout.

    Returns:
        Each network, in eval mode, and its logits of all ads, (N, K).
    """
    maps: PreparedMaps | None = None
    found = []
    loss_of = RatingLoss(config, data.shares.shape[1])
    for seed in seeds:
        network = start_network(shape, backbone, data.shares[train], seed)
        if shape.image:
            network.load_state_dict(calibration.buffers, strict=False)
        if maps is None:  # the same for all seeds
            without_attention = shape.image and not shape.attention
            maps = PreparedMaps(vectors=calibration.vectors) if without_attention else prepare(network, data.maps)
        _fit(network, config, loss_of, maps, data, train, seed)
        with torch.inference_mode():
            found.append((network, forward_prepared(network, maps, data.aux)))
    return found


def _fit(
    network: M2FN,
    config: AppealTraining,
    loss_of: RatingLoss,
    maps: PreparedMaps,
    data: RatedTensors,
    train: Tensor,
    seed: int,
) -> None:
    own = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(own, lr=config.learning_rate, weight_decay=config.weight_decay, fused=True)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, config.epochs)
    network.train()
    for epoch in range(config.epochs):
        generator = torch.Generator().manual_seed(seed * 100_000 + epoch)
        for batch in train[torch.randperm(len(train), generator=generator)].split(config.batch_size):
            loss = loss_of(forward_prepared(network, maps.at(batch), data.aux[batch]), data.shares[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        schedule.step()
    network.eval()
