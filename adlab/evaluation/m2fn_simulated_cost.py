"""What a context costs: a pass through the backbone where attributes come early, a pass through the head where late."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from adlab.evaluation.kept import Arrays
from adlab.evaluation.m2fn_simulated_study import World
from adlab.models.m2fn import M2FN

CONTEXTS = 32
TIMES = 3


def context_cost(world: World) -> Arrays:
    """Processor milliseconds of one ad in `CONTEXTS` contexts, the least of `TIMES` trials.

    Returns:
        "early_context", one context by the full network; "late_picture", the backbone once; "late_context", one
        context by what follows it.
    """
    width = world.data.attributes.schema.width
    shape = replace(world.shape, aux_dim=width)
    early = M2FN(shape, copy.deepcopy(world.backbone)).eval()
    late = M2FN(replace(shape, low=False), copy.deepcopy(world.backbone)).eval()
    assert world.data.squares is not None
    pixels = world.backbone.scale(world.data.squares[:1])
    aux = torch.zeros(CONTEXTS, width)
    with torch.inference_mode():
        feature_map = late.forward_features(pixels)[1]
        each = {
            "early_context": _least(lambda: early(pixels.expand(CONTEXTS, -1, -1, -1), aux)) / CONTEXTS,
            "late_picture": _least(lambda: late.forward_features(pixels)),
            "late_context": _least(lambda: late.forward_head(feature_map.expand(CONTEXTS, -1, -1, -1), aux)) / CONTEXTS,
        }
    return {name: np.array(1000 * seconds) for name, seconds in each.items()}


def _least(call: Callable[[], object]) -> float:
    found = []
    for _ in range(TIMES):
        started = time.process_time()
        call()
        found.append(time.process_time() - started)
    return min(found)
