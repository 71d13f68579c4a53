"""Reference sets: what a score is compared with. Embeddings and quantiles only, no image and no text.

A reference set is a checkpoint folder of kind ``"reference"``: `weights.safetensors` holds embeddings (float16),
`quantiles.safetensors` the quantiles of each score (float32, because ranks need the digits).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from adlab.checkpoints.manifest import Manifest
from adlab.checkpoints.store import load_checkpoint, read_extra, replace_file
from adlab.errors import CheckpointError, UnknownNameError

KIND = "reference"
QUANTILES = "quantiles.safetensors"
SCORED = "scored"  # in a manifest's extras: digest of the weights that scored the set, by head
LEVELS = 501  # evenly spaced, so a percentile is exact to 0.2 and changes smoothly with the score


@dataclass(frozen=True)
class ReferenceSet:
    """A verified reference set.

    Attributes:
        manifest: What it says about itself; `extras["groups"]` names each set of quantiles with n and a description.
        embeddings: Float32 arrays by name.
        quantiles: Ascending quantiles at evenly spaced levels, by ``"<group>/<score>"``; each (Q,) or (M, Q).
    """

    manifest: Manifest
    embeddings: dict[str, Tensor]
    quantiles: dict[str, np.ndarray]

    def group(self, name: str) -> tuple[int, str]:
        """The number and the description of a group of reference pairs.

        Raises:
            UnknownNameError: There is no such group.
        """
        groups = self.manifest.extras["groups"]
        if name not in groups:
            raise UnknownNameError("reference group", name, groups)
        return int(groups[name]["n"]), str(groups[name]["description"])


def load_reference_set(name: str, root: Path | None = None) -> ReferenceSet:
    """Verify and read a reference set.

    Raises:
        UnknownNameError: There is none of that name.
        CheckpointError: It is not intact, or is something else.
    """
    checkpoint = load_checkpoint(name, root)
    if checkpoint.manifest.kind != KIND:
        raise CheckpointError(f"{name} is a {checkpoint.manifest.kind!r} checkpoint, not a reference set.")
    quantiles = {key: value.numpy().astype(np.float64) for key, value in read_extra(checkpoint, QUANTILES).items()}
    return ReferenceSet(checkpoint.manifest, checkpoint.state, quantiles)


def quantiles_of(scores: np.ndarray) -> np.ndarray:
    """Quantiles at `LEVELS` evenly spaced levels along the last axis, float32."""
    levels = np.linspace(0, 1, LEVELS)
    return np.moveaxis(np.quantile(scores, levels, axis=-1), 0, -1).astype(np.float32)


def add_scores(
    name: str, group: str, scores: Mapping[str, tuple[np.ndarray, str]], root: Path | None = None
) -> Manifest:
    """Write the quantiles of heads' scores of a set's pairs into it, and whose weights scored them.

    Args:
        name: The set.
        group: Which of its groups was scored.
        scores: Scores of the group and the digest of the weights that gave them, by head.
        root: Folder of the checkpoints.

    Returns:
        The manifest of the set, written anew.

    Raises:
        UnknownNameError: There is none of that name.
        CheckpointError: It is not intact.
    """
    checkpoint = load_checkpoint(name, root)
    manifest = checkpoint.manifest
    whose = manifest.extras.get(SCORED, {}) | {head: digest for head, (_, digest) in scores.items()}
    own = {f"{group}/{head}": torch.from_numpy(quantiles_of(values)) for head, (values, _) in scores.items()}
    scored = replace(manifest, extras=manifest.extras | {SCORED: whose})
    return replace_file(checkpoint, scored, QUANTILES, read_extra(checkpoint, QUANTILES) | own)
