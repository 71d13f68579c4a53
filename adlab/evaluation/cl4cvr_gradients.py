"""Why the contrastive task helps or harms: what it adds to the gradient of the embeddings, beside what the labels give.

Both losses pull at the same embedding tables. Adam brings every step to about the same length, so what counts is the
direction: a contrastive gradient that is large beside that of the labels replaces their step, and one that is small
changes nothing. Whether it may help is told by its cosine to the gradient of the labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adlab.data.funnel_batch import FunnelBatch
from adlab.evaluation.cl4cvr_training import TimedParts, loop_of, seconds_since
from adlab.evaluation.cl4cvr_variants import MAIN, STARTS
from adlab.evaluation.cl4cvr_world import FunnelWorld
from adlab.evaluation.kept import Arrays
from adlab.models.funnel import funnel_inputs
from adlab.training.funnel_loop import FunnelLoop
from adlab.training.funnel_task import Labels
from adlab.training.row_groups import row_groups

PLACES = (0.0, 0.1, 0.3, 1.0)  # shares of the training after which is looked
ROWS = 4096
MEASURES = ("size", "cosine", "turned")
_FULL = MAIN[-1]


def followed_gradients(world: FunnelWorld, parts: TimedParts, tuned: tuple[float, float], most: int) -> dict[str, Any]:
    """Follow CL4CVR's gradients through one epoch, at τ and α as tuned and at both starts.

    Args:
        world: The log.
        parts: Its trainings.
        tuned: τ and α.
        most: Most training rows.

    Returns:
        "places", and "runs": τ, α and what `gradient_shares` gives, by measure, one number a place.
    """
    runs = []
    train = world.train(most)
    for temperature, weight in dict.fromkeys((tuned, *STARTS)):
        name = f"gradients-{temperature:g}-{weight:g}-{train.rows}"
        follow = partial(_followed, world, train, (temperature, weight))
        if (found := parts.get(name, train.rows, follow)) is not None:
            runs.append({"temperature": temperature, "weight": weight, **plain_shares(found)})
    return {"places": list(PLACES), "runs": runs}


def follow(loop: FunnelLoop, rows: FunnelBatch) -> Arrays:
    """Train to the end, and look at the gradients after each of `PLACES` on the way.

    Args:
        loop: With a contrastive task, not begun; it is run.
        rows: That are looked at; they may be among those trained on.

    Returns:
        By measure, one number a place, as `gradient_shares` gives them.
    """
    found = []
    for place in PLACES:
        loop.run(max_steps=round(place * loop.all_steps) - loop.steps)
        found.append(gradient_shares(loop, rows))
    return {measure: np.array([own[measure] for own in found]) for measure in MEASURES}


def plain_shares(found: Arrays) -> dict[str, list[float]]:
    """What `follow` gave, as plain JSON."""
    return {measure: found[measure].tolist() for measure in MEASURES}


def gradient_shares(loop: FunnelLoop, rows: FunnelBatch) -> Mapping[str, float]:
    """What the contrastive task adds to the gradient of the embedding table, on rows that are not stepped on.

    Args:
        loop: With a contrastive task; left as it is.
        rows: In batches of the loop's size; a rest is left out, unless it is all there is.

    Returns:
        "size": norm of α times its gradient over that of the labels, median over the embeddings that a batch reads;
        "cosine" of the two, all elements together; "turned": share of the elements of which it turns the sign. Means
        over batches.
    """
    size = loop.config.batch_size
    found = [_shares(loop, rows.slice(s, s + size)) for s in range(0, max(rows.rows - size, 0) + 1, size)]
    return {name: float(np.mean([own[name] for own in found])) for name in MEASURES}


def _shares(loop: FunnelLoop, rows: FunnelBatch) -> dict[str, float]:
    known = (rows.click, rows.conversion, rows.weight, row_groups(rows))
    labels = Labels(*(torch.from_numpy(part) for part in known))
    losses = loop.task(funnel_inputs(rows, loop.creatives), labels, torch.Generator().manual_seed(loop.seed))
    ours, theirs = (_rows_of(part, loop) for part in (losses.total - losses.ctr - losses.conversion, losses.total))
    theirs = theirs - ours
    norms = ours.norm(dim=1), theirs.norm(dim=1)
    return {
        "size": float((norms[0] / norms[1].clamp_min(1e-30)).median()),
        "cosine": float((ours * theirs).sum() / (ours.norm() * theirs.norm()).clamp_min(1e-30)),
        "turned": float(((ours + theirs).sign() != theirs.sign()).float().mean()),
    }


def _rows_of(loss: Tensor, loop: FunnelLoop) -> Tensor:
    """Gradient of the embeddings that a batch has read, (U, D)."""
    (table,) = loop.task.network.tables()
    (gradient,) = torch.autograd.grad(loss, table, retain_graph=True)
    values: Tensor = gradient.coalesce().values()
    return values


def _followed(world: FunnelWorld, train: FunnelBatch, tuned: tuple[float, float]) -> Arrays:
    since, loop = seconds_since(), loop_of(_FULL, world, train, tuned, 0)
    return {**follow(loop, train.slice(0, ROWS)), **since()}
