"""The funnel networks by name."""

from __future__ import annotations

from adlab.models.esmm import ESMM
from adlab.models.esmm_config import ESMMConfig
from adlab.models.funnel import FunnelNetwork
from adlab.models.funnel_baselines import SharedBottom, SingleTask
from adlab.models.mmoe import MMoE

NETWORKS: dict[str, type[FunnelNetwork]] = {
    "esmm": ESMM,
    "single-task": SingleTask,
    "shared-bottom": SharedBottom,
    "mmoe": MMoE,
}


def build_funnel(config: ESMMConfig) -> FunnelNetwork:
    """The network that a configuration's `sharing` names; initial values from torch's global generator."""
    return NETWORKS[config.sharing](config)
