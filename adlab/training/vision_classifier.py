"""The classifier of an averaged network, fitted again: two trainings shared their features, not their last layer's use.

Averaging weights moves features a little off what either classifier was made for. The last layer alone is fitted to
the teacher's class distributions on cached views (Hinton et al. 2015), features held still: a convex problem.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from adlab.encoders.mobilenet import VisionNet
from adlab.losses.distillation import ClassDistillationLoss

if TYPE_CHECKING:
    from adlab.training.vision import VisionSource

VIEWS, EPOCHS, BATCH, RATE = 3, 12, 256, 3e-4


def refit_classifier(net: VisionNet, source: VisionSource, seed: int) -> tuple[float, float]:
    """Fit `net.classifier` in place; it stays as it was if that does not help on validation pictures.

    Args:
        net: The network; only its classifier changes.
        source: Pictures; the first `VIEWS` views of each training picture are used.
        seed: Of the order.

    Returns:
        Divergence from the teacher on validation pictures, before and after.
    """
    views = min(VIEWS, source.cache.arrays["pooled"].shape[1])
    parts = [features_of(net, source, source.train, view) for view in range(views)]
    pooled, logits = (torch.cat(column) for column in zip(*parts, strict=True))
    held_out = features_of(net, source, source.validation, 0)
    loss, classifier = ClassDistillationLoss(), net.classifier
    before_state = {name: tensor.clone() for name, tensor in classifier.state_dict().items()}
    with torch.inference_mode():
        before = float(loss(classifier(held_out[0]), held_out[1]))
    generator = torch.Generator().manual_seed(seed)
    optimiser = torch.optim.Adam(classifier.parameters(), lr=RATE)
    steps = EPOCHS * -(-len(pooled) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(pooled), generator=generator).split(BATCH):
            optimiser.zero_grad()
            loss(classifier(pooled[rows]), logits[rows]).backward()
            optimiser.step()
            schedule.step()
    optimiser.zero_grad()
    with torch.inference_mode():
        after = float(loss(classifier(held_out[0]), held_out[1]))
    if after >= before:
        classifier.load_state_dict(before_state)
        return before, before
    return before, after


def features_of(net: VisionNet, source: VisionSource, rows: object, view: int) -> tuple[Tensor, Tensor]:
    """Pooled features of a view of pictures, (N, 1280), and the teacher's class logits, (N, 1000)."""
    arrays, pooled = source.cache.arrays, []
    numbers = torch.as_tensor(rows)
    with torch.inference_mode():
        for part in numbers.split(64):
            stem = torch.from_numpy(arrays["stem"][part.numpy(), view]).float()
            pooled.append(net.forward_stages(stem, source.stem_stages).mean(dim=(2, 3)))
    features = torch.cat(pooled) if pooled else torch.zeros(0, net.classifier.in_features)
    return features.clone(), torch.from_numpy(arrays["logits"][numbers.numpy(), view]).float()
