"""`python -m adlab train reference`: what every shipped head says of the simulated reference ads, kept as quantiles."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.reference_set import KIND, add_scores
from adlab.checkpoints.store import list_checkpoints, load_checkpoint
from adlab.data.creative import Creative
from adlab.data.image_intake import AdImage
from adlab.errors import CheckpointError, UnknownNameError
from adlab.features.stored import Progress, no_progress
from adlab.inference.assessor import Assessor
from adlab.inference.ranks import GROUP
from adlab.simulator.plan import plan_ad
from adlab.simulator.render import draw
from adlab.training.simulated import creative_of

NAME = "reference-simulated"
BATCH = 32


def score_reference(name: str = NAME, *, device: str = "auto", progress: Progress = no_progress) -> Manifest:
    """Score the ads of a simulated reference set with every shipped head, and store quantiles of the scores in it.

    Args:
        name: The reference set.
        device: ``"auto"``, ``"cpu"`` or ``"cuda"``.
        progress: Called with (ads done, all ads).

    Returns:
        The manifest of the set, written anew.

    Raises:
        UnknownNameError: There is no such checkpoint.
        CheckpointError: It is not a reference set of simulated ads.
    """
    names = [found for found, manifest in list_checkpoints().items() if manifest.kind == KIND]
    if name not in names:
        raise UnknownNameError("reference set", name, names)
    drawn = load_checkpoint(name).manifest.extras.get("latent", {}).get("simulator")
    if drawn is None:
        raise CheckpointError(f"{name} does not say how to draw its ads; give a reference set of simulated ads.")
    scores = _scores(Assessor(device=device), int(drawn["seed"]), drawn["index"], progress)
    return add_scores(name, GROUP, scores)


def _scores(assessor: Assessor, seed: int, indices: list[int], progress: Progress) -> dict[str, tuple[np.ndarray, str]]:
    """Values of each head that could score all of the ads, and the digest of its weights."""
    values: dict[str, list[float]] = {head: [] for head in assessor.heads}
    digests: dict[str, str] = {}
    for start in range(0, len(indices), BATCH):
        plans = [plan_ad(seed, index) for index in indices[start : start + BATCH]]
        ads: list[Creative] = [
            replace(creative_of(plan), image=AdImage.from_pixels(draw(plan).image)) for plan in plans
        ]
        for assessment in assessor.assess_batch(ads):
            for result in assessment.heads:
                values[result.head].append(result.value)
                digests[result.head] = result.provenance.sha256
        progress(min(start + BATCH, len(indices)), len(indices))
    return {head: (np.array(found), digests[head]) for head, found in values.items() if len(found) == len(indices)}
