"""What the reference ads look like to a funnel's networks, without and with the contrastive task, for the map pages."""

from __future__ import annotations

import numpy as np
import torch

from adlab.checkpoints.manifest import Manifest
from adlab.features.stored import Progress, no_progress
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork
from adlab.models.funnel_networks import build_funnel
from adlab.projection.reference import Latent
from adlab.projection.view_findings import WITH, WITHOUT
from adlab.projection.views import View, ads_of, views_of
from adlab.training.funnel_ads import AdLog
from adlab.training.funnel_members import CL4CVR, ESMM, FunnelTrain, TrainedFunnels

LABEL = "conversion"  # as the reference set's column: above or below the median of the planted probability


def reference_views(
    run: FunnelTrain,
    log: AdLog,
    shape: ESMMConfig,
    trained: TrainedFunnels,
    reference: Manifest,
    progress: Progress = no_progress,
) -> Latent | None:
    """Views of the test ads, which are those of the reference set.

    Args:
        run: The training.
        log: Its log.
        shape: Of the networks.
        trained: The networks.
        reference: Manifest of the reference set.
        progress: Called with (maps done, all maps).

    Returns:
        None where no creative is read, where the task was not tried, or where no ad has a planted chance.
    """
    if log.vectors is None or log.planted is None or CL4CVR not in trained.rivals:
        return None
    networks = {WITHOUT: trained.rivals[ESMM].network, WITH: trained.rivals[CL4CVR].network}
    kept = trained.members[0] is trained.rivals[CL4CVR]  # only then do further members have the task
    other = trained.members[1].network if kept and len(trained.members) > 1 else None
    test = log.parts.test
    chance = (log.planted.ad_ctr * log.planted.ad_cvr)[test]
    return views_of(
        {space: view_of(network) for space, network in networks.items()},
        view_of(_untrained(shape, run.seed * 1000)),
        None if other is None else view_of(other),
        log.vectors[test],
        (chance > np.median(chance)).astype(np.int64),
        label=LABEL,
        ads=ads_of(reference),
        seed=run.seed,
        progress=progress,
    )


def view_of(network: FunnelNetwork) -> View:
    """What a network that reads the creative makes of its vector."""
    projection = network.embedding.projection
    assert projection is not None  # its callers have vectors
    return View(weight=projection.weight.detach().numpy(), bias=projection.bias.detach().numpy())


def _untrained(shape: ESMMConfig, seed: int) -> FunnelNetwork:
    """The network before its training; the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_funnel(shape)
