"""How far the single stream is trusted beside the likeness of wholes: one share, chosen on dev pairs after fine-tuning.

    logits = W·[μ + s · (states_[CLS] − μ), likeness] + b,   0 < s ≤ 1,   μ the mean state over these pairs

Fine-tuning makes the stream surer of the few queries it has seen than of any other, while the likeness comes from
encoders that never saw the grades. Less of the former ranks unseen queries better; which share is best is chosen by
the score that chooses the epoch, on the same dev pairs. It is folded into weights and bias; the mean logits stay.
"""

from __future__ import annotations

import numpy as np
import torch

from adlab.errors import InputError
from adlab.models.adscvlr import AdsCVLR
from adlab.training.adscvlr_calibration import natural
from adlab.training.adscvlr_finetune_data import GradedSet
from adlab.training.adscvlr_readings import scores_by_source

SHARES = tuple(np.arange(5, 21) / 20)  # tried: 0.25 … 1


def balance(net: AdsCVLR, stop: GradedSet) -> float:
    """Weigh the stream by the share under which dev pairs rank best, the largest of equal ones.

    Args:
        net: Fine-tuned, and reading the likeness of wholes; its head is changed in place.
        stop: Dev pairs that chose the epoch.

    Returns:
        The share.

    Raises:
        InputError: The network reads no likeness, or no source of the pairs has two different grades.
    """
    if not net.config.whole_dim:
        raise InputError("The network reads no likeness of wholes, so there is nothing to weigh its stream against.")
    read = natural(net, stop, np.arange(len(stop)))
    weight = net.grade.weight.detach().double().cpu().numpy()
    width = net.config.width
    stream = read.evidence[:, :width] @ weight[:, :width].T
    mean = stream.mean(axis=0)
    scores = {}
    for share in SHARES:
        logits = read.logits - (1 - share) * (stream - mean)
        found = [
            each["correlation"] for each in scores_by_source(stop, read.rows, logits).values() if "correlation" in each
        ]
        if not found:
            raise InputError("The dev pairs of every source have one grade; give pairs of several to weigh the stream.")
        scores[share] = float(np.mean(found))
    best = max(SHARES, key=lambda share: (scores[share], share))
    with torch.no_grad():
        net.grade.weight[:, :width] *= best
        net.grade.bias.add_((1 - best) * torch.from_numpy(mean).to(net.grade.bias))
    return float(best)
